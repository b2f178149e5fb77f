//! How much of a lesson is done: told to whoever waits for it, and to the database for everybody else.

use atlas_model::Clock;
use atlas_store::Store;
use atlas_sync::Error;

/// Takes what is done, and of how much.
pub type Tell<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Where a lesson tells how much of it is done.
pub(crate) struct ShareDone<'a> {
    pub(crate) store: &'a Store,
    pub(crate) lesson: &'static str,
    pub(crate) holder: &'a str,
    pub(crate) clock: Clock,
    pub(crate) tell: Tell<'a>,
}

impl ShareDone<'_> {
    /// So much is done, of so much in all.
    pub(crate) async fn tell(&self, done: i64, total: i64) -> Result<(), Error> {
        let total = total.max(done);
        let me = (self.holder, self.clock.now());
        self.store.tell_analysis(self.lesson, done, Some(total), me).await?;
        (self.tell)(done.unsigned_abs(), total.unsigned_abs());
        Ok(())
    }
}

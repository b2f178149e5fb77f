//! A sync that another process does for us: asked for, followed, and ended as if it had been done here.

use std::time::Duration;

use atlas_model::Clock;
use atlas_store::{Request, SCHEDULER, Source, Store, SyncOutcome};
use atlas_sync::is_dead;
use tokio::sync::watch;

use crate::progress::Progress;

/// How often it is looked how far it is.
const LOOK: Duration = Duration::from_millis(300);

/// Asks whoever is at a source for a sync, and shows how far it is. What it came to; nothing when nobody is there any more
/// who would do it. Who is interrupted leaves the other one working.
pub(crate) async fn follow(
    store: &Store,
    source: &Source,
    is_full: bool,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
    progress: &Progress,
) -> atlas_store::Result<Option<SyncOutcome>> {
    let number = store.request_sync(source.id, is_full, clock.now()).await?;
    loop {
        let Some(request) = store.request(source.id, number).await? else { return Ok(None) };
        progress.show(&store.progress(source.id).await?);
        if request.state == "done" {
            let outcome = request.outcome.and_then(|outcome| serde_json::from_value(outcome).ok());
            return Ok(outcome);
        }
        if is_nobody_there(store, &request, clock).await?
            && store.withdraw_request(&request, clock.now()).await?
        {
            return Ok(None);
        }
        if tokio::time::timeout(LOOK, stop.wait_for(|stop| *stop)).await.is_ok() {
            return Ok(Some(SyncOutcome {
                outcome: "interrupted".to_owned(),
                reason: "the server or worker goes on with it".to_owned(),
                hint: format!("atlas status {} shows how far it is", source.name),
                figures: None,
            }));
        }
    }
}

/// Whether no process does it, and none that lives could.
async fn is_nobody_there(store: &Store, request: &Request, clock: Clock) -> atlas_store::Result<bool> {
    let now = clock.now();
    let living = store.living_tasks(now, is_dead).await?;
    Ok(request.is_free(now, is_dead) && living.iter().all(|task| task.name != SCHEDULER))
}

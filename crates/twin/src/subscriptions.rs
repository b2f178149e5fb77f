//! What a service has been asked to post, and where to.

use serde_json::Value;

/// One subscription, as it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) id: u64,
    /// Where each campaign has subscriptions of its own: whose.
    pub(crate) campaign: Option<u64>,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) is_off: bool,
    /// What else was asked for.
    pub(crate) rest: Value,
}

/// A service's subscriptions, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    all: Vec<Subscription>,
    last_id: u64,
}

impl Subscriptions {
    pub(crate) fn all(&self) -> &[Subscription] {
        &self.all
    }

    /// Makes one, whether there is the same already or not.
    pub(crate) fn add(&mut self, subscription: Subscription) -> &Subscription {
        self.last_id += 1;
        self.all.push(Subscription { id: self.last_id, ..subscription });
        &self.all[self.all.len() - 1]
    }

    pub(crate) fn find(&mut self, id: u64) -> Option<&mut Subscription> {
        self.all.iter_mut().find(|one| one.id == id)
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.all.len();
        self.all.retain(|one| one.id != id);
        self.all.len() < before
    }

    /// The service has had enough of receivers that do not answer.
    pub(crate) fn switch_off(&mut self) {
        self.all.iter_mut().for_each(|one| one.is_off = true);
    }
}

//! Which service a path belongs to.

use crate::{phoneburner, replyio, smartlead};

/// A service that the twin plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    SmartLead,
    ReplyIo,
    PhoneBurner,
}

/// What a service's routes begin with.
const BASES: &[(&str, Vendor)] = &[
    (smartlead::BASE, Vendor::SmartLead),
    (replyio::V1, Vendor::ReplyIo),
    (replyio::V2, Vendor::ReplyIo),
    (replyio::V3, Vendor::ReplyIo),
    (replyio::API_V2, Vendor::ReplyIo),
    (phoneburner::BASE, Vendor::PhoneBurner),
    (phoneburner::OAUTH, Vendor::PhoneBurner),
];

impl Vendor {
    /// The service that has this path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let is_below =
            |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        BASES.iter().find(|(base, _)| is_below(base)).map(|(_, vendor)| *vendor)
    }
}

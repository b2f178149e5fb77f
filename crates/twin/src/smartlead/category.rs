//! The categories into which an account sorts its leads.

use fastrand::Rng;
use serde::Serialize;

use crate::options::Dialect;

/// A category for leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    /// Its id.
    pub id: u64,
    /// Its name, as the service spells it.
    pub name: &'static str,
    /// How the service colours it where it tells a colour.
    pub color: &'static str,
    /// `positive`, `negative`, or nothing.
    pub sentiment: Option<&'static str>,
    /// Its leads are won over.
    pub is_positive: bool,
    /// Its leads want to meet.
    pub is_meeting: bool,
    /// Its leads are away.
    pub is_ooo: bool,
}

/// Those that every account has, and three of this account's own: one that its sentiment places, one that only the
/// words of its name do, one that nothing does.
const OBSERVED: &[Category] = &[
    warm(1, "Interested"),
    Category { is_meeting: true, ..warm(2, "Meeting Request") },
    cold(3, "Not Interested"),
    cold(4, "Do Not Contact"),
    warm(5, "Information Request"),
    Category { is_ooo: true, ..plain(6, "Out Of Office") },
    plain(7, "Wrong Person"),
    plain(8, "Uncategorizable by Ai"),
    plain(9, BOUNCE),
    warm(131_207, "Sample parcel sent"),
    plain(131_988, "Budget frozen, try later"),
    plain(140_512, "Parked"),
];

const DOCUMENTED: &[Category] = &[
    warm(1, "Interested"),
    Category { is_meeting: true, ..warm(2, "Meeting Booked") },
    Category { is_meeting: true, ..warm(3, "Meeting Scheduled") },
    warm(4, "Positive"),
    cold(5, "Not Interested"),
    Category { is_ooo: true, ..plain(6, "Out of Office") },
    Category { is_ooo: true, ..plain(7, "OOO") },
    plain(8, "Wrong Person"),
    cold(9, "Unsubscribed"),
    cold(10, "Do Not Contact"),
    plain(11, "Neutral"),
    plain(12, "Question"),
    plain(13, "Not Now"),
];

const BOUNCE: &str = "Sender Originated Bounce";

const fn warm(id: u64, name: &'static str) -> Category {
    Category { color: "#2f9e6e", sentiment: Some("positive"), is_positive: true, ..plain(id, name) }
}

const fn cold(id: u64, name: &'static str) -> Category {
    Category { color: "#c2504a", sentiment: Some("negative"), ..plain(id, name) }
}

const fn plain(id: u64, name: &'static str) -> Category {
    Category {
        id,
        name,
        color: "#8a8f98",
        sentiment: None,
        is_positive: false,
        is_meeting: false,
        is_ooo: false,
    }
}

/// All categories, in the order in which the service lists them.
pub(super) const fn all(dialect: Dialect) -> &'static [Category] {
    match dialect {
        Dialect::Live => OBSERVED,
        Dialect::Requirement => DOCUMENTED,
    }
}

/// The category of somebody who replied; so many of 100 replies are positive.
pub(super) fn of_reply(rng: &mut Rng, dialect: Dialect, positive: u64) -> &'static Category {
    let wins = rng.u64(..100) < positive;
    let fits = |category: &&Category| category.is_positive == wins && category.name != BOUNCE;
    let fitting: Vec<_> = all(dialect).iter().filter(fits).collect();
    fitting[rng.usize(..fitting.len())]
}

/// The category of somebody who wants no more mail.
pub(super) fn unsubscribed(dialect: Dialect) -> Option<&'static Category> {
    all(dialect).iter().find(|category| category.name == "Do Not Contact")
}

/// The category of somebody whom no mail reaches, where there is one.
pub(super) fn bounced(dialect: Dialect) -> Option<&'static Category> {
    all(dialect).iter().find(|category| category.name == BOUNCE)
}

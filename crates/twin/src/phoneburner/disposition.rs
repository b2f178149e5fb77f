//! What people note at the end of a call.

use fastrand::Rng;

/// A disposition and what goes with it.
pub(super) struct Disposition {
    pub(super) label: &'static str,
    pub(super) is_connected: bool,
    pub(super) is_voicemail: bool,
    /// How often, relative to the others.
    weight: u32,
    note: Option<&'static str>,
}

const fn reached(label: &'static str, weight: u32, note: Option<&'static str>) -> Disposition {
    Disposition { label, is_connected: true, is_voicemail: false, weight, note }
}

const fn missed(label: &'static str, weight: u32) -> Disposition {
    Disposition { label, is_connected: false, is_voicemail: false, weight, note: None }
}

const fn voicemail(label: &'static str, weight: u32) -> Disposition {
    Disposition { is_voicemail: true, ..missed(label, weight) }
}

/// One is this account's own, one is written in another way than usual.
const ALL: &[Disposition] = &[
    reached("Set Appointment", 3, Some("Meets us next week")),
    reached("Interested", 4, Some("Wants the price list")),
    reached("Callback Requested", 5, Some("Wants a call on Thursday")),
    reached("Send Email", 4, Some("Asked for something in writing")),
    reached("Transfer", 1, Some("Passed on to purchasing")),
    reached("Receptionist", 5, None),
    reached("Not Interested", 9, Some("No budget this year")),
    reached("Not Qualified", 3, None),
    reached("Hung Up", 3, None),
    reached("Do Not Call", 1, Some("Asked not to be called again")),
    reached("Wrong Number", 2, None),
    reached("Connected", 3, None),
    reached("Language Barrier", 1, Some("Speaks Portuguese")),
    missed("Bad Phone", 4),
    missed("No Answer", 30),
    missed("NO  ANSWER", 2),
    missed("Busy Phone", 3),
    voicemail("Voicemail", 12),
    voicemail("Live Voicemail", 3),
    voicemail("Left Message", 12),
];

/// After this, a contact is not to be called.
pub(super) const DO_NOT_CALL: &str = "Do Not Call";

/// One of them, as often as it comes.
pub(super) fn draw(rng: &mut Rng) -> &'static Disposition {
    let mut at = rng.u32(..ALL.iter().map(|one| one.weight).sum::<u32>());
    for one in ALL {
        if at < one.weight {
            return one;
        }
        at -= one.weight;
    }
    &ALL[0]
}

impl Disposition {
    /// How long such a call takes, ringing included.
    pub(super) fn seconds(&self, rng: &mut Rng) -> i64 {
        if self.is_connected { rng.i64(25..=420) } else { rng.i64(12..=48) }
    }

    /// What is written down beside it, mostly nothing.
    pub(super) fn note(&self, rng: &mut Rng) -> Option<&'static str> {
        self.note.filter(|_| rng.u8(..3) > 0)
    }
}

//! All that is counted of a campaign. Two days' tallies differ by what happened between them, so days add up.

use std::ops::{AddAssign, Sub};

use jiff::civil::Date;

use super::campaign::Campaign;

/// What is counted of a campaign: through a day, or within a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    /// Leads that got their first mail.
    pub(crate) reached: u64,
    /// Every opening, however often a lead opens.
    pub(crate) opens: u64,
    pub(crate) opened: u64,
    /// Every click, however often a lead clicks.
    pub(crate) clicks: u64,
    pub(crate) clicked: u64,
    pub(crate) replied: u64,
    /// Every reply, however often a lead replies.
    pub(crate) replies: u64,
    /// Leads that replied themselves; for others, only a note of absence came.
    pub(crate) present: u64,
    pub(crate) positive: u64,
    pub(crate) bounced: u64,
    pub(crate) blocked: u64,
    pub(crate) unsubscribed: u64,
}

impl Tally {
    /// From the campaign's first day to the end of this one.
    pub(crate) fn through(campaign: &Campaign, day: Date) -> Self {
        let counts = campaign.counts(day);
        let clicked = if campaign.tracking.clicks { counts.opened / 25 } else { 0 };
        Self {
            sent: counts.sent,
            reached: campaign.reached(day),
            opens: counts.opened * 8 / 5,
            opened: counts.opened,
            clicks: clicked * 5 / 4,
            clicked,
            replied: counts.replied,
            replies: counts.replied * 6 / 5,
            present: counts.replied * 4 / 5,
            positive: counts.replied * campaign.positive / 100,
            bounced: counts.bounced,
            blocked: campaign.lead_states(day).blocked,
            unsubscribed: counts.unsubscribed,
        }
    }

    fn with(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            sent: of(self.sent, other.sent),
            reached: of(self.reached, other.reached),
            opens: of(self.opens, other.opens),
            opened: of(self.opened, other.opened),
            clicks: of(self.clicks, other.clicks),
            clicked: of(self.clicked, other.clicked),
            replied: of(self.replied, other.replied),
            replies: of(self.replies, other.replies),
            present: of(self.present, other.present),
            positive: of(self.positive, other.positive),
            bounced: of(self.bounced, other.bounced),
            blocked: of(self.blocked, other.blocked),
            unsubscribed: of(self.unsubscribed, other.unsubscribed),
        }
    }
}

impl Sub for Tally {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        self.with(earlier, |through, before| through - before)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = self.with(other, |one, other| one + other);
    }
}

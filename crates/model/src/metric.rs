//! The registry of metrics: one place for name, formula, unit and what a reader should know.

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number of things.
    Count,
    /// A share from 0.0 to 1.0, shown as per cent.
    Rate,
    /// Seconds, shown as a person says how long something takes.
    Seconds,
}

/// A figure that reports show.
#[derive(Debug)]
pub struct Metric {
    /// The column in tables and views, the field in the API.
    pub name: &'static str,
    /// The heading on screens.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// How it comes about.
    pub formula: &'static str,
    /// For rates: the columns above and below the line.
    pub ratio: Option<(&'static str, &'static str)>,
    /// Where one day's figure stands: a column of `report_days`. None for rates, which follow from sums.
    pub day: Option<&'static str>,
    /// What a reader should know.
    pub about: &'static str,
    /// Opens and clicks: measured by pixels and robots as much as by people, so not shown unless asked for.
    pub is_deemphasised: bool,
}

const fn count(
    name: &'static str,
    title: &'static str,
    day: &'static str,
    formula: &'static str,
    about: &'static str,
) -> Metric {
    let (unit, day) = (Unit::Count, Some(day));
    Metric { name, title, unit, formula, ratio: None, day, about, is_deemphasised: false }
}

const fn rate(
    name: &'static str,
    title: &'static str,
    ratio: (&'static str, &'static str),
    formula: &'static str,
    about: &'static str,
) -> Metric {
    let (unit, ratio) = (Unit::Rate, Some(ratio));
    Metric { name, title, unit, formula, ratio, day: None, about, is_deemphasised: false }
}

/// Every metric, in the order in which reports show them.
pub const METRICS: &[Metric] = &[
    count("total_sent", "Sent", "emails_sent", "as the service counts", "E-mails sent, follow-ups included."),
    count(
        "total_delivered",
        "Delivered",
        "emails_delivered",
        "total_sent − total_bounced",
        "Unknown when either operand is unknown.",
    ),
    Metric {
        is_deemphasised: true,
        ..count(
            "total_opened",
            "Opened",
            "unique_opens",
            "as the service counts",
            "Leads that opened. Not measured where tracking is off.",
        )
    },
    count(
        "total_replied",
        "Replied",
        "emails_replied",
        "as the service counts",
        "Leads that replied, each counted once.",
    ),
    rate(
        "reply_rate",
        "Reply rate",
        ("total_replied", "total_delivered"),
        "total_replied / total_delivered",
        "Unknown while nothing is delivered.",
    ),
    count(
        "positive_replies",
        "Positive",
        "positive_replies",
        "as the service counts",
        "Leads in a positive category. Unknown until a source for it answers.",
    ),
    rate(
        "positive_rate",
        "Positive rate",
        ("positive_replies", "total_delivered"),
        "positive_replies / total_delivered",
        "Unknown while nothing is delivered.",
    ),
    count("total_bounced", "Bounced", "emails_bounced", "as the service counts", "E-mails that came back."),
    rate(
        "bounce_rate",
        "Bounce rate",
        ("total_bounced", "total_sent"),
        "total_bounced / total_sent",
        "Above 3 % mailbox providers begin to distrust the sender.",
    ),
    count(
        "total_unsubscribed",
        "Unsubscribed",
        "emails_unsubscribed",
        "as the service counts",
        "Leads that asked not to be written to.",
    ),
];

/// A call's figure, which stands in a column of that name.
const fn of_call(
    name: &'static str,
    title: &'static str,
    formula: &'static str,
    about: &'static str,
) -> Metric {
    let (unit, ratio, day) = (Unit::Count, None, None);
    Metric { name, title, unit, formula, ratio, day, about, is_deemphasised: false }
}

/// The metrics of calls.
pub const CALL_METRICS: &[Metric] = &[
    of_call(
        "dials",
        "Dials",
        "calls made",
        "A call that a service tells twice is one; calls that came in are none.",
    ),
    of_call("connects", "Connects", "calls with is_connected", "Somebody was reached."),
    rate(
        "connect_rate",
        "Connect rate",
        ("connects", "dials"),
        "connects / dials",
        "Over calls of which both are known.",
    ),
    of_call(
        "conversations",
        "Conversations",
        "connects of 60 seconds or more",
        "Long enough to have talked.",
    ),
    rate(
        "conversation_rate",
        "Conversation rate",
        ("conversations", "connects"),
        "conversations / connects",
        "Over calls of which both are known.",
    ),
    Metric {
        unit: Unit::Seconds,
        ..of_call(
            "talk_seconds",
            "Talk time",
            "sum of duration_seconds of connects",
            "How long connects lasted.",
        )
    },
    of_call("meetings", "Meetings", "calls whose disposition says so", "Appointments set on the phone."),
];

/// The metrics of how far people come: each stage counts people, and a stage may be reached without the one before.
pub const JOURNEY_METRICS: &[Metric] = &[
    of_call(
        "emailed",
        "E-mailed",
        "current_step or reply_count at 1 or more, or an event tells of an e-mail",
        "At least one e-mail was sent.",
    ),
    of_call(
        "replied",
        "Replied",
        "reply_count at 1 or more, or an event tells of a reply",
        "At least one reply came, automatic ones left out.",
    ),
    rate(
        "replied_rate",
        "Reply rate",
        ("replied", "emailed"),
        "replied / emailed",
        "Of people, not of e-mails.",
    ),
    of_call("called", "Called", "calls of the same person", "Unknown while no account with calls is stored."),
    of_call("connected", "Connected", "connects of the same person", "Somebody was reached."),
    of_call("meeting", "Meeting", "a reply category or a disposition says so", "A meeting was agreed on."),
    rate(
        "meeting_rate",
        "Meeting rate",
        ("meeting", "emailed"),
        "meeting / emailed",
        "Of people, not of e-mails.",
    ),
    Metric {
        unit: Unit::Seconds,
        ..rate(
            "time_to_first_reply",
            "To first reply",
            ("reply_delay_s", "reply_delays"),
            "first reply − first e-mail, the median of people",
            "Of people whose first e-mail and first reply are told by events; unknown where no events are.",
        )
    },
    Metric {
        unit: Unit::Seconds,
        ..rate(
            "time_to_first_call",
            "To first call",
            ("call_delay_s", "call_delays"),
            "first call − enrolment, averaged",
            "Over people whose first call came after they were enrolled.",
        )
    },
];

/// The metrics that are summed.
pub fn counts(of: &'static [Metric]) -> impl Iterator<Item = &'static Metric> {
    of.iter().filter(|metric| metric.ratio.is_none())
}

/// The metrics that are shares, each with what stands above and below its line.
pub fn rates(of: &'static [Metric]) -> impl Iterator<Item = (&'static Metric, &'static str, &'static str)> {
    of.iter().filter_map(|metric| metric.ratio.map(|(above, below)| (metric, above, below)))
}

/// The metric of that name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().chain(CALL_METRICS).chain(JOURNEY_METRICS).find(|metric| metric.name == name)
}

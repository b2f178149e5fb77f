//! The registry of metrics: one place for name, formula, unit and what a reader should know.

/// What a metric is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number of things.
    Count,
    /// A share from 0.0 to 1.0, shown as per cent.
    Rate,
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

/// The metrics that are counted.
pub fn counts() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().filter(|metric| metric.unit == Unit::Count)
}

/// The metrics that are shares, each with what stands above and below its line.
pub fn rates() -> impl Iterator<Item = (&'static Metric, &'static str, &'static str)> {
    METRICS.iter().filter_map(|metric| metric.ratio.map(|(above, below)| (metric, above, below)))
}

/// The metric of that name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

//! Replies, one by one, and the thread that each belongs to.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::counting::PERSON;
use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A reply.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReplyLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is done for.
    pub client_name: Option<String>,
    /// The service's id.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// The event's key in its campaign.
    pub event_key: String,
    /// When it came.
    pub occurred_at: Timestamp,
    /// The lead's id at the service.
    pub contact_id: Option<String>,
    /// Who replied.
    pub lead_email: Option<String>,
    /// Their name.
    pub lead_name: Option<String>,
    /// The mailbox to which.
    pub from_email: Option<String>,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// The template replied to.
    pub variant_id: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The text; none where texts are not kept.
    pub body_plain: Option<String>,
    /// What they want.
    pub reply_category: Option<String>,
    /// positive, neutral, negative.
    pub sentiment: Option<String>,
    /// Whether they are interested.
    pub is_positive: Option<bool>,
    /// How sure that is, 0 to 1.
    pub confidence: Option<f64>,
    /// Whether a person should look at it.
    pub needs_review: Option<bool>,
    /// `person`, `service`, or the method and version that sorted it, as `embedded:1.4`; none where nothing did.
    pub classified_by: Option<String>,
    /// The method alone.
    pub method: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// When somebody who is away is back, as the reply says.
    #[schema(format = Date)]
    pub returns_on: Option<String>,
    /// Who corrected it.
    pub corrected_by: Option<String>,
    /// When.
    pub corrected_at: Option<Timestamp>,
    /// What it was taken for before that.
    pub sorted_as: Option<String>,
    /// By the service, or by which method and version.
    pub sorted_by: Option<String>,
}

/// Which replies, beside those of a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RepliesWanted {
    /// Only those sorted so; `unsorted` for those that are not.
    pub intent: Option<String>,
    /// Only those of `positive`, `neutral`, `negative`.
    pub sentiment: Option<String>,
    /// Only those that a person should, or need not, look at.
    pub needs_review: Option<bool>,
    /// Only those that are at least so sure.
    pub least_confidence: Option<f64>,
    /// Only those that are at most so sure.
    pub most_confidence: Option<f64>,
    /// Only those that were sorted by `person`, `service`, `rules`, `embedded` …
    pub method: Option<String>,
    /// Only those who are interested.
    pub is_positive: bool,
    /// Only those that a person has, or has not, corrected.
    pub is_corrected: Option<bool>,
    /// Only this one, by its key in its campaign.
    pub event_key: Option<String>,
    /// Only those that come after this one.
    pub after: Option<ReplyCursor>,
    /// At most so many.
    pub limit: usize,
}

/// The place of a reply in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ReplyCursor {
    /// When it came.
    pub occurred_at: Timestamp,
    /// The source's number.
    pub source_id: i64,
    /// The service's id.
    pub campaign_id: String,
    /// The event's key in its campaign.
    pub event_key: String,
}

impl ReplyLine {
    /// Its place.
    pub fn cursor(&self) -> ReplyCursor {
        ReplyCursor {
            occurred_at: self.occurred_at,
            source_id: self.source_id,
            campaign_id: self.campaign_id.clone(),
            event_key: self.event_key.clone(),
        }
    }
}

/// A message of a thread.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ThreadMessage {
    /// The event's key in its campaign.
    pub event_key: String,
    /// `sent` or `replied`.
    pub event: String,
    /// When.
    pub occurred_at: Timestamp,
    /// The mailbox.
    pub from_email: Option<String>,
    /// The lead's address.
    pub lead_email: Option<String>,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// The subject.
    pub subject: Option<String>,
    /// The text; none where texts are not kept.
    pub body_plain: Option<String>,
    /// The same as its sender laid it out, where a reply came as HTML: as it came, to be shown in a sandbox alone.
    pub body_html: Option<String>,
    /// What they want.
    pub reply_category: Option<String>,
}

/// What tells a reply from another, in a row `a` of events.
pub(crate) const KEY_OF_REPLY: &[(&str, &str, &str)] = &[
    ("event_key", "a.event_key", "The event's key in its campaign."),
    ("occurred_at", "a.occurred_at", "When it came."),
    ("date", "a.metric_date", "The account's day."),
];

/// What replies are sorted as: a person's word first, which is `k`.
pub(crate) const SORTED: &[(&str, &str, &str)] = &[
    (
        "reply_category",
        "COALESCE(k.reply_category, a.reply_category)",
        "What they want; a person's word first.",
    ),
    ("sentiment", "COALESCE(k.sentiment, a.sentiment)", "positive, neutral, negative."),
    ("is_positive", "COALESCE(k.is_positive, a.is_positive)", "Whether they are interested."),
    (
        "confidence",
        "CASE WHEN k.reply_category IS NULL THEN a.confidence END",
        "How sure that is, 0 to 1; empty where the service or a person says so.",
    ),
    (
        "needs_review",
        "CASE WHEN k.reply_category IS NULL THEN a.needs_review ELSE FALSE END",
        "Whether a person should look at it.",
    ),
    (
        "classified_by",
        "CASE WHEN k.reply_category IS NULL THEN a.classified_by ELSE 'person' END",
        "person, service, or the method and version that sorted it.",
    ),
    ("corrected_by", "k.corrected_by", "Who corrected it."),
];

/// Joins what a person said of a reply `a`.
pub(crate) const CORRECTED: &str = "LEFT JOIN reply_corrections k ON k.source_id = a.source_id AND k.campaign_id = a.campaign_id \
     AND k.event_key = a.event_key";

impl RepliesWanted {
    /// Whether every reply of a filter is wanted, page after page.
    fn is_all(&self) -> bool {
        *self == Self { after: self.after.clone(), limit: self.limit, ..Self::default() }
    }
}

/// How a statement begins that reads a filter's replies, from what it reads them, and the condition that they are of it. Those
/// of some campaigns are found by these: the newest of all may go far back before there is one of them. A page of them need
/// not be.
pub(crate) fn replies_of(
    values: &mut Values,
    filter: &Filter,
    of_campaigns: &str,
    page: Option<&RepliesWanted>,
) -> [String; 3] {
    let within = values.within_days(filter, "occurred_at", "date");
    if filter.is_of_sources() {
        let of_filter = format!("{} AND {within}", values.of_account(filter));
        return ["WITH".to_owned(), "report_replies".to_owned(), of_filter];
    }
    let with = format!(
        "WITH wanted AS MATERIALIZED (SELECT source_id AS wanted_source, campaign_id AS wanted_campaign \
         FROM report_campaigns WHERE {}),",
        values.of_campaign(filter)
    );
    let since = since(values, filter, page);
    let found = format!(
        "source_id = wanted_source AND campaign_id = wanted_campaign AND occurred_at >= {since} AND {within}"
    );
    [with, format!("wanted CROSS JOIN {of_campaigns}"), found]
}

/// An instant behind which a page of replies of the campaigns that are `wanted` surely lies, or the beginning of time: as many
/// as the page has came to one campaign since, and are looked up by an index in the order of their time.
fn since(values: &mut Values, filter: &Filter, page: Option<&RepliesWanted>) -> String {
    let ever = values.put(Timestamp::UNIX_EPOCH);
    let Some(page) = page.filter(|page| page.is_all() && page.limit > 0) else { return ever };
    let within = values.within_days(filter, "a.occurred_at", "a.metric_date");
    let before = page.after.as_ref().map_or(Timestamp::MAX, |after| after.occurred_at);
    let (before, place) = (values.put(before), values.put(page.limit - 1));
    format!(
        "COALESCE((SELECT MAX(since) FROM (SELECT (SELECT a.occurred_at FROM email_activities AS a \
         WHERE a.source_id = wanted_source AND a.campaign_id = wanted_campaign AND a.event = 'replied' \
         AND a.occurred_at >= {ever} AND a.occurred_at < {before} AND {within} \
         ORDER BY a.occurred_at DESC LIMIT 1 OFFSET {place}) AS since FROM wanted) AS s), {ever})"
    )
}

/// Replies with what they are found and put in order by: whose campaign they are of is looked up once and not for each.
fn narrow() -> String {
    let columns: Vec<String> =
        KEY_OF_REPLY.iter().chain(SORTED).map(|(name, sql, _)| format!("{sql} AS {name}")).collect();
    format!(
        "(SELECT a.source_id, a.campaign_id, {} FROM email_activities AS a {CORRECTED} WHERE a.event = 'replied') AS r",
        columns.join(", ")
    )
}

/// The order of replies: the newest first.
const ORDER: &str = "occurred_at DESC, source_id DESC, campaign_id DESC, event_key DESC";

impl Store {
    /// Replies, the newest first. A period means the account's days, or those of the zone that is asked for.
    pub async fn report_replies(&self, filter: &Filter, wanted: &RepliesWanted) -> Result<Vec<ReplyLine>> {
        let mut values = Values::new(self.flavour());
        let [with, from, of_filter] = replies_of(&mut values, filter, &narrow(), Some(wanted));
        let mut all = vec![of_filter];
        match wanted.intent.as_deref() {
            None => {}
            Some("unsorted") => all.push("reply_category IS NULL".to_owned()),
            Some(intent) => all.push(format!("reply_category = {}", values.put(intent))),
        }
        match wanted.needs_review {
            None => {}
            Some(true) => all.push("needs_review".to_owned()),
            Some(false) => all.push("(needs_review IS NULL OR NOT needs_review)".to_owned()),
        }
        if wanted.is_positive {
            all.push("is_positive".to_owned());
        }
        match wanted.is_corrected {
            None => {}
            Some(true) => all.push("corrected_by IS NOT NULL".to_owned()),
            Some(false) => all.push("corrected_by IS NULL".to_owned()),
        }
        for (column, value) in [("sentiment", &wanted.sentiment), ("event_key", &wanted.event_key)] {
            if let Some(value) = value {
                all.push(format!("{column} = {}", values.put(value.as_str())));
            }
        }
        for (how, bound) in [(">=", wanted.least_confidence), ("<=", wanted.most_confidence)] {
            if let Some(bound) = bound {
                all.push(format!(
                    "confidence {how} CAST({} AS DOUBLE PRECISION)",
                    values.put(bound.to_string())
                ));
            }
        }
        if let Some(method) = &wanted.method {
            let method = values.put(method.as_str());
            all.push(format!("(classified_by = {method} OR classified_by LIKE {method} || ':%')"));
        }
        if let Some(after) = &wanted.after {
            let place = [
                values.put(after.occurred_at),
                values.put(after.source_id),
                values.put(after.campaign_id.as_str()),
                values.put(after.event_key.as_str()),
            ];
            let names = "occurred_at, source_id, campaign_id, event_key";
            all.push(format!("({names}) < ({})", place.join(", ")));
        }
        let limit = values.put(wanted.limit);
        // Put in order are keys alone; texts are read of those that are told.
        let sql = format!(
            "{with} told AS MATERIALIZED (SELECT source_id, campaign_id, event_key FROM {from} WHERE {} ORDER BY {ORDER} \
              LIMIT {limit}) \
             SELECT v.*, CAST(v.returns_on AS TEXT) AS returns_on_text FROM told AS i CROSS JOIN report_replies AS v \
             WHERE v.source_id = i.source_id AND v.campaign_id = i.campaign_id AND v.event_key = i.event_key ORDER BY {ORDER}",
            all.join(" AND ")
        );
        self.fetch(&sql, values.into_params()).await?.iter().map(reply).collect()
    }

    /// How many replies of a filter are positive, and those among them that the service has not sorted.
    pub(crate) async fn positive_replies(&self, filter: &Filter) -> Result<[usize; 2]> {
        let mut values = Values::new(self.flavour());
        let [with, from, of_filter] = replies_of(&mut values, filter, "report_replies", None);
        let sql = format!(
            "{with} counted AS (SELECT COUNT(*) AS replies, CAST(COALESCE(SUM(CASE WHEN classified_by = 'service' \
             OR sorted_by = 'service' THEN 0 ELSE 1 END), 0) AS BIGINT) AS not_by_service \
             FROM {from} WHERE {of_filter} AND is_positive) SELECT * FROM counted"
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let count = |name| rows.first().map_or(Ok(0), |row: &DbRow| row.integer(name));
        let counts = [count("replies")?, count("not_by_service")?];
        Ok(counts.map(|count| usize::try_from(count).unwrap_or_default()))
    }

    /// What was written to the person of a reply, and by them, in the same campaign: the oldest first. Empty where there is
    /// no such reply.
    pub async fn reply_thread(
        &self,
        source_id: i64,
        campaign_id: &str,
        event_key: &str,
    ) -> Result<Vec<ThreadMessage>> {
        let sql = format!(
            "SELECT t.event_key, t.event, t.occurred_at, t.from_email, t.lead_email, t.step_number, t.subject, \
             t.body_plain, t.body_html, COALESCE(k.reply_category, t.reply_category) AS reply_category FROM email_activities AS t \
             LEFT JOIN reply_corrections AS k ON k.source_id = t.source_id AND k.campaign_id = t.campaign_id \
             AND k.event_key = t.event_key \
             WHERE t.source_id = $1 AND t.campaign_id = $2 AND t.event IN ('sent', 'replied') AND {PERSON} = \
             (SELECT {PERSON} FROM email_activities AS t WHERE t.source_id = $1 AND t.campaign_id = $2 AND t.event_key = $3) \
             ORDER BY t.occurred_at, t.event_key"
        );
        let rows = self.fetch(&sql, [source_id.into(), campaign_id.into(), event_key.into()]).await?;
        let message = |row| {
            Ok(line!(row => ThreadMessage {
                event_key, event, occurred_at, from_email, lead_email, step_number, subject, body_plain,
                body_html, reply_category,
            }))
        };
        rows.iter().map(message).collect()
    }
}

fn reply(row: &DbRow) -> Result<ReplyLine> {
    let classified_by = row.maybe_text("classified_by")?;
    let (method, version) = match classified_by.as_deref().map(|by| by.split_once(':').ok_or(by)) {
        Some(Ok((method, version))) => (Some(method.to_owned()), Some(version.to_owned())),
        Some(Err(method)) => (Some(method.to_owned()), None),
        None => (None, None),
    };
    Ok(line!(row => ReplyLine {
        source_id, platform, source_name, client_name, campaign_id, campaign_name, event_key, occurred_at, contact_id,
        lead_email, lead_name, from_email, step_number, variant_id, subject, body_plain, reply_category, sentiment,
        is_positive, confidence, needs_review, corrected_by, corrected_at, sorted_as, sorted_by;
        classified_by: classified_by, method: method, version: version,
        returns_on: row.maybe_text("returns_on_text")?,
    }))
}

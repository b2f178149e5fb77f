//! What figures count, one by one: the e-mails, calls, dial sessions and people behind them.

use std::collections::BTreeMap;

use atlas_model::CALL_METRICS;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::calls::{of_calls, shares, sums};
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::report::journeys::people_of;
use crate::report::line::line;
use crate::sql::to_batch;

/// Which e-mails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// All that went out.
    #[default]
    Sent,
    /// Those that went out and did not come back.
    Delivered,
    /// Those that came back.
    Bounced,
    /// Those after which somebody unsubscribed.
    Unsubscribed,
}

impl MessageKind {
    /// What holds of its events `a`.
    const fn condition(self) -> &'static str {
        match self {
            Self::Sent => "a.event = 'sent' AND a.counts_message",
            Self::Delivered => {
                "a.event = 'sent' AND a.counts_message AND NOT EXISTS (SELECT 1 FROM email_activities AS b \
                 WHERE b.source_id = a.source_id AND b.sent_id = a.sent_id AND b.event = 'bounced')"
            }
            // When it came back is not always told; then it counts on no day, and is listed by the time of its mail.
            Self::Bounced => "a.event = 'bounced'",
            Self::Unsubscribed => "a.event = 'unsubscribed' AND a.counts_message",
        }
    }

    /// What the index of a source's events by time is told by.
    const fn by_time(self) -> &'static str {
        match self {
            Self::Unsubscribed => "a.event = 'unsubscribed'",
            _ => "a.event IN ('sent', 'bounced')",
        }
    }
}

/// A single e-mail, as far as it is known one by one: services may tell more in their totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is done for.
    pub client_name: Option<String>,
    /// The campaign's id at the service.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: Option<String>,
    /// The event's key in its campaign.
    pub event_key: String,
    /// `sent`, `bounced` or `unsubscribed`.
    pub event: String,
    /// When.
    pub occurred_at: Timestamp,
    /// To whom.
    pub lead_email: Option<String>,
    /// Their name.
    pub lead_name: Option<String>,
    /// From which mailbox.
    pub from_email: Option<String>,
    /// The step, from 1.
    pub step_number: Option<i64>,
    /// The template.
    pub variant_id: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// Why it came back.
    pub bounce_reason: Option<String>,
}

/// The place of an e-mail among those that are listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageCursor {
    occurred_at: Timestamp,
    source_id: i64,
    campaign_id: String,
    event_key: String,
}

impl MessageLine {
    /// Its place.
    pub fn cursor(&self) -> MessageCursor {
        MessageCursor {
            occurred_at: self.occurred_at,
            source_id: self.source_id,
            campaign_id: self.campaign_id.clone(),
            event_key: self.event_key.clone(),
        }
    }
}

/// Which calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CallKind {
    /// All.
    #[default]
    Dials,
    /// Those that reached somebody.
    Connects,
    /// Those in which they talked.
    Conversations,
    /// Those in which a meeting was agreed on.
    Meetings,
}

/// A single call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CallLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it is done for.
    pub client_name: Option<String>,
    /// `call` or `activity`: which of the service's two series of numbers.
    pub origin: String,
    /// The call's number.
    pub call_id: String,
    /// The dial session.
    pub session_id: Option<String>,
    /// Who was called.
    pub contact_name: Option<String>,
    /// Their address.
    pub contact_email: Option<String>,
    /// Who called.
    pub caller_name: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// How long it lasted.
    pub duration_seconds: Option<i64>,
    /// What came of it, in words that all accounts share.
    pub disposition_normal: Option<String>,
    /// 1 where somebody was reached, 0 where not.
    pub connects: Option<i64>,
}

/// A sitting in which somebody dialled one contact after the other, with its calls of the days that are asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SessionLine {
    /// The source's number.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// The source's name.
    pub source_name: String,
    /// Whom it was done for.
    pub client_name: Option<String>,
    /// The session's number.
    pub session_id: String,
    /// Who called.
    pub caller_name: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over; none while it goes on.
    pub ended_at: Option<Timestamp>,
    /// Calls.
    pub all: i64,
    /// See the metric registry.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How far people came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Everybody.
    #[default]
    Enrolled,
    /// Who was written to.
    Emailed,
    /// Who wrote back.
    Replied,
    /// Who was called.
    Called,
    /// Who was reached.
    Connected,
    /// With whom a meeting was agreed on.
    Meeting,
}

/// A person of a client, and how far they came: 1 yes, 0 no, none where that is unknown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PersonLine {
    /// Whom it is done for.
    pub client_name: Option<String>,
    /// What tells the person from others of the client.
    pub person: String,
    /// The address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// In how many campaigns of the client.
    pub campaigns: i64,
    /// When the person first came into one.
    pub enrolled_at: Option<Timestamp>,
    /// Whether an e-mail was sent.
    pub emailed: Option<i64>,
    /// Whether a reply came.
    pub replied: Option<i64>,
    /// Whether they were called.
    pub called: Option<i64>,
    /// Whether they were reached.
    pub connected: Option<i64>,
    /// Whether a meeting was agreed on.
    pub meeting: Option<i64>,
}

const NAME: &str = "NULLIF(TRIM(COALESCE(p.first_name, '') || ' ' || COALESCE(p.last_name, '')), '')";

impl Store {
    /// E-mails one by one, the newest first.
    pub async fn report_messages(
        &self,
        filter: &Filter,
        kind: MessageKind,
        after: Option<&MessageCursor>,
        limit: usize,
    ) -> Result<Vec<MessageLine>> {
        let mut values = Values::new(self.flavour());
        let mut all =
            vec![kind.condition().to_owned(), values.within_days(filter, "a.occurred_at", "a.metric_date")];
        if let Some(after) = after {
            let place = [
                values.put(after.occurred_at),
                values.put(after.source_id),
                values.put(after.campaign_id.as_str()),
                values.put(after.event_key.as_str()),
            ];
            all.push(format!(
                "(a.occurred_at, a.source_id, a.campaign_id, a.event_key) < ({})",
                place.join(", ")
            ));
        }
        let (condition, limit) = (all.join(" AND "), values.put(limit));
        let order = |of: &str| {
            ["occurred_at", "source_id", "campaign_id", "event_key"]
                .map(|name| format!("{of}{name} DESC"))
                .join(", ")
        };
        let newest = order("");
        let keys = "SELECT a.source_id, a.campaign_id, a.event_key, a.occurred_at FROM email_activities AS a";
        // Those of whole sources are found by their time, source by source, and those of some campaigns by these.
        let found = if filter.is_of_sources() {
            let mut each = Vec::new();
            for source in self.sources_of(filter).await? {
                let source = values.put(source.id);
                each.push(format!(
                    "SELECT * FROM ({keys} WHERE a.source_id = {source} AND {by_time} AND {condition} ORDER BY {newest} LIMIT {limit}) AS one",
                    by_time = kind.by_time(),
                ));
            }
            if each.is_empty() {
                return Ok(Vec::new());
            }
            each.join(" UNION ALL ")
        } else {
            format!(
                "SELECT a.source_id, a.campaign_id, a.event_key, a.occurred_at FROM (SELECT source_id, campaign_id \
                 FROM report_campaigns WHERE {}) AS w CROSS JOIN email_activities AS a \
                 WHERE a.source_id = w.source_id AND a.campaign_id = w.campaign_id AND {condition}",
                values.of_campaign(filter)
            )
        };
        let sql = format!(
            "WITH told AS MATERIALIZED (SELECT * FROM ({found}) AS f ORDER BY {newest} LIMIT {limit}) \
             SELECT i.source_id, c.platform, c.source_name, c.client_name, i.campaign_id, c.campaign_name, i.event_key, a.event, \
             i.occurred_at, COALESCE(a.lead_email, lower(p.email)) AS lead_email, {NAME} AS lead_name, a.from_email, \
             a.step_number, a.variant_id, a.subject, a.bounce_reason \
             FROM told AS i JOIN email_activities AS a ON a.source_id = i.source_id AND a.campaign_id = i.campaign_id \
             AND a.event_key = i.event_key \
             JOIN report_campaigns AS c ON c.source_id = i.source_id AND c.campaign_id = i.campaign_id \
             LEFT JOIN contacts AS p ON p.source_id = a.source_id AND p.external_lead_id = a.contact_id ORDER BY {told}",
            told = order("i."),
        );
        let message = |row: &DbRow| {
            Ok(line!(row => MessageLine {
                source_id, platform, source_name, client_name, campaign_id, campaign_name, event_key, event, occurred_at,
                lead_email, lead_name, from_email, step_number, variant_id, subject, bounce_reason,
            }))
        };
        self.fetch(&sql, values.into_params()).await?.iter().map(message).collect()
    }

    /// Calls one by one, the newest first.
    pub async fn report_call_list(
        &self,
        filter: &Filter,
        kind: CallKind,
        enough: Option<usize>,
    ) -> Result<Vec<CallLine>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices(&mut values, filter, "v.started_at").await?;
        let condition = of_calls(&mut values, filter);
        let kind = match kind {
            CallKind::Dials => "TRUE",
            CallKind::Connects => "connects = 1",
            CallKind::Conversations => "conversations = 1",
            CallKind::Meetings => "meetings = 1",
        };
        let limit = limited(&mut values, enough);
        let sql = format!(
            "WITH told AS (SELECT v.* FROM report_calls AS v {slices} WHERE {condition} AND {kind} \
              ORDER BY started_at DESC NULLS LAST, source_id, origin, call_id {limit}) \
             SELECT t.*, {NAME} AS contact_name, p.email AS contact_email FROM told AS t \
             LEFT JOIN contacts AS p ON p.source_id = t.source_id AND p.external_lead_id = t.contact_id \
             ORDER BY t.started_at DESC NULLS LAST, t.source_id, t.origin, t.call_id"
        );
        let call = |row: &DbRow| {
            Ok(line!(row => CallLine {
                source_id, platform, source_name, client_name, origin, call_id, session_id, contact_name, contact_email,
                caller_name, started_at, duration_seconds, disposition_normal, connects,
            }))
        };
        self.fetch(&sql, values.into_params()).await?.iter().map(call).collect()
    }

    /// Dial sessions, the newest first; those without a call are none.
    pub async fn report_sessions(&self, filter: &Filter, enough: Option<usize>) -> Result<Vec<SessionLine>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices(&mut values, filter, "v.started_at").await?;
        let condition = of_calls(&mut values, filter);
        let limit = limited(&mut values, enough);
        let of_session = [
            "source_id",
            "platform",
            "source_name",
            "client_name",
            "session_id",
            "caller_name",
            "session_from",
            "session_to",
        ];
        let sql = format!(
            "WITH calls AS (SELECT v.*, session_from, session_to FROM report_calls AS v \
              JOIN (SELECT source_id AS of_account, external_id AS sitting, started_at AS session_from, \
               ended_at AS session_to FROM call_sessions) AS s ON of_account = v.source_id AND sitting = v.session_id \
              {slices} WHERE {condition}), \
             line AS (SELECT 0 AS in_several, calls.*, {shares} FROM calls) \
             {sums} ORDER BY session_from DESC NULLS LAST, source_id, session_id, caller_name NULLS LAST {limit}",
            shares = shares(CALL_METRICS),
            sums = sums(CALL_METRICS, &of_session),
        );
        let session = |row: &DbRow| {
            Ok(line!(row => SessionLine {
                source_id, platform, source_name, client_name, session_id, caller_name;
                started_at: row.maybe_time("session_from")?,
                ended_at: row.maybe_time("session_to")?,
                all: row.integer("members")?,
                figures: Figures::read(row, CALL_METRICS)?,
            }))
        };
        self.fetch(&sql, values.into_params()).await?.iter().map(session).collect()
    }

    /// People one by one, each of a client once, who came so far; the newest first.
    pub async fn report_people(
        &self,
        filter: &Filter,
        stage: Stage,
        enough: Option<usize>,
    ) -> Result<Vec<PersonLine>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices_of_period(&mut values, filter, "v.enrolled_at").await?;
        let condition = values.of_campaign(filter);
        let stage = match stage {
            Stage::Enrolled => "TRUE",
            Stage::Emailed => "emailed = 1",
            Stage::Replied => "replied = 1",
            Stage::Called => "called = 1",
            Stage::Connected => "connected = 1",
            Stage::Meeting => "meeting = 1",
        };
        let limit = limited(&mut values, enough);
        // A lead of theirs says what they are called; of those alone that are told.
        let sql = format!(
            "WITH {people} SELECT client_name, person, lead, campaigns, enrolled_at, emailed, replied, called, connected, meeting \
             FROM persons WHERE {stage} ORDER BY enrolled_at DESC NULLS LAST, client_name NULLS LAST, person {limit}",
            people = people_of(
                "v.source_id, v.external_lead_id, v.client_name, v.enrolled_at",
                &[format!("report_journeys AS v {slices} WHERE {condition}")],
                ["", ", MIN(CAST(source_id AS TEXT) || ' ' || external_lead_id) AS lead"],
            ),
        );
        let rows = self.fetch(&sql, values.into_params()).await?;
        let leads = rows.iter().map(|row| row.text("lead")).collect::<Result<Vec<_>>>()?;
        let called = self.called(&leads).await?;
        let people = rows.iter().zip(&leads).map(|(row, lead)| {
            let (name, email) = called.get(lead).cloned().unwrap_or_default();
            Ok(line!(row => PersonLine {
                client_name, person, campaigns, enrolled_at, emailed, replied, called, connected, meeting;
                name: name, email: email,
            }))
        });
        people.collect()
    }

    /// What leads are called, and where they are written to: by the source's number and their id.
    async fn called(&self, leads: &[String]) -> Result<BTreeMap<String, (Option<String>, Option<String>)>> {
        let keys = leads.iter().filter_map(|lead| lead.split_once(' '));
        let rows: Vec<Value> = keys.map(|(source, id)| json!({"source_id": source, "id": id})).collect();
        let mut values = Values::new(self.flavour());
        let sql = format!(
            "SELECT p.source_id, p.external_lead_id, lower(p.email) AS email, {NAME} AS name \
             FROM (SELECT CAST(value ->> 'source_id' AS BIGINT) AS of_source, value ->> 'id' AS lead FROM {rows}) AS w \
             CROSS JOIN contacts AS p WHERE p.source_id = w.of_source AND p.external_lead_id = w.lead",
            rows = values.batch(to_batch(&rows)),
        );
        let named = |row: &DbRow| {
            let lead = format!("{} {}", row.integer("source_id")?, row.text("external_lead_id")?);
            Ok((lead, (row.maybe_text("name")?, row.maybe_text("email")?)))
        };
        self.fetch(&sql, values.into_params()).await?.iter().map(named).collect()
    }
}

fn limited(values: &mut Values, enough: Option<usize>) -> String {
    enough.map(|enough| format!("LIMIT {}", values.put(enough))).unwrap_or_default()
}

//! How far people come over all services.
//!
//! Leads of campaigns whose sums are good are added up already (see [`crate::campaign_sums`]); all others, and whoever is in
//! several campaigns or was called, are looked at one by one.

use std::collections::BTreeSet;

use atlas_model::{JOURNEY_METRICS, Unit, counts, rates};
use utoipa::ToSchema;

use crate::campaign_sums::{Campaign, IS_SUMMED, batch_of, campaigns_with, summed_and_others};
use crate::db::{DbRow, Store, Tx};
use crate::error::Result;
use crate::report::calls::{Part, seconds};
use crate::report::figures::Figures;
use crate::report::filter::{Filter, Values};
use crate::sql::joined;

/// How people are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PeopleBy {
    /// All in one.
    Total,
    /// Their client; each person once.
    Client,
    /// The service at which they are in campaigns; a person once at each.
    Platform,
    /// The account in whose campaigns they are; a person once in each.
    Source,
    /// Their campaign; a person once in each.
    Campaign,
}

/// A first e-mail, and an answer by a person, among single events.
pub(crate) const SENT: &str = "t.event = 'sent'";
pub(crate) const REPLIED: &str = "t.event = 'replied' AND t.counts_message";

/// The events of a lead `e` in its campaign.
const OF_LEAD: &str = "FROM email_activities t WHERE t.source_id = e.source_id AND t.campaign_id = e.campaign_id \
                       AND t.contact_id = e.external_lead_id";

/// When such an event of a lead came first.
pub(crate) fn first(event: &str) -> String {
    format!("(SELECT MIN(t.occurred_at) {OF_LEAD} AND {event})")
}

/// Whether an event tells it. What a service does not tell of a lead its single events may; that there are none proves
/// nothing.
pub(crate) fn is_told(event: &str) -> String {
    format!("EXISTS (SELECT 1 {OF_LEAD} AND {event})")
}

/// Whether a lead was e-mailed: 1, 0 or unknown; told how it is seen whether its events tell of an e-mail, and of a reply.
pub(crate) fn emailed(sent: &str, replied: &str) -> String {
    format!(
        "CASE WHEN e.current_step >= 1 OR e.reply_count >= 1 OR {sent} OR {replied} THEN 1 WHEN e.current_step = 0 THEN 0 END"
    )
}

/// Whether a lead replied.
pub(crate) fn replied(replied: &str) -> String {
    format!("CASE WHEN e.reply_count >= 1 OR {replied} THEN 1 WHEN e.reply_count = 0 THEN 0 END")
}

/// Whether a lead was called, was reached, and agreed on a meeting: the stages behind those that are told of e-mails.
pub(crate) const OTHER_STAGES: [&str; 3] = [
    "CASE WHEN q.calls >= 1 THEN 1 WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0 END",
    "CASE WHEN q.connects >= 1 THEN 1 WHEN q.calls IS NOT NULL AND q.connects_known < q.calls THEN NULL \
     WHEN e.person_key IS NOT NULL AND t.accounts >= 1 THEN 0 END",
    "CASE WHEN g.is_meeting OR q.meetings >= 1 THEN 1 \
     WHEN e.reply_count IS NOT NULL OR e.category_id IS NOT NULL THEN 0 END",
];

/// What is joined to a lead `e` to know these.
pub(crate) const BESIDE_LEAD: &str = "LEFT JOIN lead_categories g ON g.source_id = e.source_id AND g.external_id = e.category_id \
     LEFT JOIN (SELECT person_key, COUNT(*) AS calls, SUM(connects) AS connects, COUNT(connects) AS connects_known, \
      SUM(meetings) AS meetings, MIN(started_at) AS first_call_at \
      FROM report_calls WHERE person_key IS NOT NULL GROUP BY person_key) q ON q.person_key = e.person_key \
     CROSS JOIN (SELECT COUNT(*) AS accounts FROM data_sources WHERE platform = 'phoneburner') t";

impl Store {
    /// How far people have come.
    pub async fn report_journey(&self, filter: &Filter, by: PeopleBy) -> Result<Vec<Part>> {
        let mut values = Values::new(self.flavour());
        let slices = self.slices_of_period(&mut values, filter, "v.enrolled_at").await?;
        let mut seen = self.snapshot().await?;
        let campaigns = summed_and_read(&mut seen, filter).await?;
        let whole = "SELECT p.* FROM persons AS p";
        // What tells a client's people apart beside themselves.
        let (label, of, people) = match by {
            PeopleBy::Total => ("CAST(NULL AS TEXT)", "", whole),
            PeopleBy::Client => ("client_name", "", whole),
            PeopleBy::Platform => ("platform", "platform, ", whole),
            PeopleBy::Source => ("source_name", "source_name, ", whole),
            PeopleBy::Campaign => (
                "COALESCE(campaign_name, campaign_id)",
                "",
                "SELECT k.*, p.campaigns FROM keyed AS k JOIN persons AS p ON p.person = k.person \
                 AND p.client_name IS NOT DISTINCT FROM k.client_name",
            ),
        };
        let [summed, read] = campaigns.map(|campaigns| batch_of(&mut values, &campaigns));
        let flavour = self.flavour();
        let sql = format!(
            "WITH {keyed_and_persons}, added AS ({added}), \
             line AS (SELECT {label} AS label, people, 0 AS in_several, {names}, waits, CAST(NULL AS BIGINT) AS reply_delay_s, \
              CAST(NULL AS BIGINT) AS reply_delays, CAST(NULL AS BIGINT) AS call_delay_s, CAST(NULL AS BIGINT) AS call_delays \
              FROM added UNION ALL SELECT {label}, 1, CASE WHEN campaigns > 1 THEN 1 ELSE 0 END, {names}, \
              CASE WHEN first_reply_at >= first_sent_at THEN CAST({reply} AS TEXT) END, NULL, NULL, \
              CASE WHEN first_call_at >= enrolled_at THEN {call} END, CASE WHEN first_call_at >= enrolled_at THEN 1 END \
              FROM ({people}) AS t) \
             SELECT {columns}, {waits} AS waits FROM line{group} ORDER BY members DESC, label NULLS LAST",
            keyed_and_persons = people_of(
                "v.source_id, v.platform, v.source_name, v.client_name, v.campaign_id, v.campaign_name, v.enrolled_at, \
                 v.first_sent_at, v.first_reply_at, v.first_call_at",
                &looked_at(&slices, [&summed, &read]),
                [
                    of,
                    ", MIN(first_sent_at) AS first_sent_at, MIN(first_reply_at) AS first_reply_at, \
                      MIN(first_call_at) AS first_call_at"
                ],
            ),
            added = added(&summed, &values.within("p.date", filter.period)),
            names = names().collect::<Vec<_>>().join(", "),
            reply = seconds(flavour, "first_reply_at", "first_sent_at"),
            call = seconds(flavour, "first_call_at", "enrolled_at"),
            columns = columns(by),
            waits = joined(flavour, "waits"),
            group = if by == PeopleBy::Total { "" } else { " GROUP BY label" },
        );
        seen.fetch(&sql, values.into_params()).await?.iter().map(part).collect()
    }
}

/// The campaigns of a filter whose sums are good, and those that are read lead by lead: which were written to since, or have
/// somebody in their sums who has turned up in one of these, or was called.
async fn summed_and_read(seen: &mut Tx, filter: &Filter) -> Result<[BTreeSet<Campaign>; 2]> {
    let [mut summed, mut read] = summed_and_others(seen, filter).await?;
    if !summed.is_empty() {
        let mut values = Values::new(seen.flavour());
        let leads = format!("{} AS b CROSS JOIN enrollments AS e", batch_of(&mut values, &read));
        let shared =
            campaigns_with(&leads, "e.source_id = b.of_wanted AND e.campaign_id = b.wanted_campaign");
        let sql = format!(
            "{shared} UNION SELECT o.source_id, o.campaign_id FROM (SELECT DISTINCT person_key FROM report_calls \
             WHERE person_key IS NOT NULL) AS q CROSS JOIN enrollments AS o WHERE o.person_key = q.person_key \
             AND {IS_SUMMED}"
        );
        for row in seen.fetch(&sql, values.into_params()).await? {
            let campaign = (row.integer("source_id")?, row.text("campaign_id")?);
            if summed.remove(&campaign) {
                read.insert(campaign);
            }
        }
    }
    Ok([summed, read])
}

/// The leads that are looked at one by one, as statements from `FROM` on: all of the second campaigns, and of the first, which
/// are added up, those who are not in the sums, with what was found among events.
fn looked_at(slices: &str, [summed, read]: [&str; 2]) -> [String; 2] {
    let others: Vec<String> = names()
        .skip(2)
        .zip(OTHER_STAGES)
        .map(|(name, stage)| format!("CAST({stage} AS BIGINT) AS {name}"))
        .collect();
    [
        format!(
            "{read} AS b CROSS JOIN report_journeys AS v {slices} WHERE v.source_id = b.of_wanted \
             AND v.campaign_id = b.wanted_campaign"
        ),
        format!(
            "(SELECT c.source_id, c.platform, c.source_name, c.client_name, c.campaign_id, c.campaign_name, e.enrolled_at, \
             e.external_lead_id, e.person_key, s.first_sent_at, s.first_reply_at, q.first_call_at, s.emailed, s.replied, {} \
             FROM {summed} AS b CROSS JOIN report_campaigns AS c CROSS JOIN single_leads AS s CROSS JOIN enrollments AS e \
             {BESIDE_LEAD} WHERE c.source_id = b.of_wanted AND c.campaign_id = b.wanted_campaign \
             AND s.source_id = b.of_wanted AND s.campaign_id = b.wanted_campaign AND e.source_id = s.source_id \
             AND e.campaign_id = s.campaign_id AND e.external_lead_id = s.external_lead_id) AS v {slices} WHERE TRUE",
            others.join(", "),
        ),
    ]
}

/// What leads add up to, as people who were not called.
fn added(summed: &str, within: &str) -> String {
    let uncalled = "CASE WHEN p.is_known AND EXISTS (SELECT 1 FROM data_sources WHERE platform = 'phoneburner') THEN 0 END";
    format!(
        "SELECT v.platform, v.source_name, v.client_name, v.campaign_id, v.campaign_name, p.leads AS people, p.emailed, \
         p.replied, {uncalled} AS called, {uncalled} AS connected, CASE WHEN g.is_meeting THEN 1 \
         WHEN p.is_told OR p.category_id IS NOT NULL THEN 0 END AS meeting, p.waits \
         FROM {summed} AS b CROSS JOIN report_campaigns AS v CROSS JOIN lead_sums AS p \
         LEFT JOIN lead_categories AS g ON g.source_id = p.source_id AND g.external_id = p.category_id \
         WHERE v.source_id = b.of_wanted AND v.campaign_id = b.wanted_campaign AND p.source_id = b.of_wanted \
         AND p.campaign_id = b.wanted_campaign AND {within}"
    )
}

fn names() -> impl Iterator<Item = &'static str> {
    counts(JOURNEY_METRICS).map(|metric| metric.name)
}

/// Leads as `keyed`, with these columns, read from each of these, and the people whom they are as `persons`: once for each
/// client, and for whatever `of` names beside; with how far they came, and with what `more` sums up.
pub(crate) fn people_of(columns: &str, from: &[String], [of, more]: [&str; 2]) -> String {
    let own: Vec<String> = names().map(|name| format!("v.{name}")).collect();
    let stages: Vec<String> = names()
        .map(|name| {
            let is = format!("CASE WHEN MAX({name}) = 1 THEN 1 WHEN COUNT({name}) = COUNT(*) THEN 0 END");
            format!("CAST({is} AS BIGINT) AS {name}")
        })
        .collect();
    let keyed = from.iter().map(|from| {
        format!(
            "SELECT {columns}, {own}, COALESCE(v.person_key, 'lead ' || CAST(v.source_id AS TEXT) || ' ' || \
             v.external_lead_id) AS person FROM {from}",
            own = own.join(", "),
        )
    });
    format!(
        "keyed AS ({keyed}), \
         persons AS (SELECT client_name, {of}person, COUNT(*) AS campaigns, {stages}, MIN(enrolled_at) AS enrolled_at{more} \
          FROM keyed GROUP BY client_name, {of}person)",
        keyed = keyed.collect::<Vec<_>>().join(" UNION ALL "),
        stages = stages.join(", "),
    )
}

/// The columns of a line: each stands for so many `people`.
fn columns(by: PeopleBy) -> String {
    let of = |what: &str, known: &str| {
        format!("CAST(SUM(CASE WHEN {known} IS NOT NULL THEN {what} * people END) AS BIGINT)")
    };
    // All in one have no label, and are there even if there are none.
    let label = if by == PeopleBy::Total { "CAST(NULL AS TEXT) AS label" } else { "label" };
    let mut columns = vec![
        label.to_owned(),
        "CAST(COALESCE(SUM(people), 0) AS BIGINT) AS members".to_owned(),
        "CAST(SUM(in_several) AS BIGINT) AS in_several".to_owned(),
    ];
    for name in names() {
        columns.push(format!("{} AS {name}, {} AS {name}_known", of(name, name), of("1", name)));
    }
    for (metric, above, below) in rates(JOURNEY_METRICS) {
        for (part, what, other) in [("numerator", above, below), ("denominator", below, above)] {
            let told = match metric.unit {
                // Where it is not known who was e-mailed, it is known of those who replied: their rate is no rate.
                Unit::Rate => format!("CASE WHEN COUNT({below}) = COUNT(*) THEN {} END", of(what, other)),
                _ => of(what, other),
            };
            columns.push(format!("{told} AS {}_{part}", metric.name));
        }
    }
    columns.join(", ")
}

fn part(row: &DbRow) -> Result<Part> {
    let mut figures = Figures::read(row, JOURNEY_METRICS)?;
    let waits = row.maybe_text("waits")?.unwrap_or_default();
    let mut waits: Vec<i64> = waits.split(',').filter_map(|wait| wait.parse().ok()).collect();
    waits.sort_unstable();
    // The median is the mean of the one or two in the middle.
    let middle = waits.len().checked_sub(1).map_or(&[][..], |last| &waits[last / 2..=waits.len() / 2]);
    let parts = (!middle.is_empty()).then(|| (middle.iter().sum(), if middle.len() == 1 { 1 } else { 2 }));
    figures.tell("time_to_first_reply", parts);
    Ok(Part {
        label: row.maybe_text("label")?,
        all: row.integer("members")?,
        in_several_campaigns: row.maybe_integer("in_several")?.unwrap_or_default(),
        figures,
    })
}

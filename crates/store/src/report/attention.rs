//! What a person should look at first.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Period, grouped, wilson};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;

use crate::counting::PERSON;
use crate::db::Store;
use crate::error::Result;
use crate::report::campaigns::CampaignRate;
use crate::report::filter::{Filter, Values};
use crate::sources::Source;

/// Mailbox providers begin to distrust a sender whose mail bounces more often; `bounce_rate_critical`, unless it is set.
const BOUNCE_LIMIT: f64 = 0.03;
/// Below so many e-mails a bounce rate says little.
const BOUNCE_SAMPLE: i64 = 200;
/// Figures older than this are said to be old.
const STALE: SignedDuration = SignedDuration::from_hours(26);
/// A campaign's latest days against as many before them; and how long a reply is waited with.
const RECENT_DAYS: i64 = 14;
/// Of one kind, so many are named; the rest are counted.
const NAMED: usize = 5;

/// What kind of thing needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// The last sync of a source failed.
    SyncFailed,
    /// A source has never been synced completely.
    NeverSynced,
    /// The figures of a source are old.
    FiguresOld,
    /// Positive replies after which nothing was written.
    PositiveWaiting,
    /// A mailbox cannot send or receive.
    MailboxFailing,
    /// Too many of a campaign's e-mails come back.
    Bouncing,
    /// A campaign's reply rate fell, by more than chance explains.
    Falling,
    /// How many more there are of the kind before it.
    More,
}

/// Something that a person should look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Attention {
    /// What it is.
    pub kind: AttentionKind,
    /// Whether it can wait: `critical`, `warning`.
    pub level: &'static str,
    /// Which source, campaign or mailbox, by name.
    pub subject: String,
    /// What is the matter, as the rest of a sentence that begins with the subject.
    pub text: String,
    /// The numbers in it, by name.
    pub numbers: BTreeMap<&'static str, f64>,
    /// What it is about, so that one can go there.
    pub link: AttentionLink,
}

/// What a line is about.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct AttentionLink {
    /// `sources`, `campaigns`, `replies`, `accounts`.
    pub page: &'static str,
    /// The source's number.
    pub source_id: Option<i64>,
    /// The campaign's or mailbox's id.
    pub id: Option<String>,
}

impl Store {
    /// What needs attention, what stops everything first.
    pub async fn needs_attention(&self, filter: &Filter, now: Timestamp) -> Result<Vec<Attention>> {
        let sources = self.sources_of(filter).await?;
        let mut all = self.failing_sources(&sources, now).await?;
        all.extend(first_of(
            self.positive_waiting(filter, now).await?,
            "sources with positive replies waiting",
        ));
        all.extend(first_of(self.failing_mailboxes(filter).await?, "mailboxes that cannot send or receive"));
        if filter.status.as_deref().is_none_or(|status| status == "active") {
            let active = Filter { status: Some("active".to_owned()), ..filter.clone() };
            let bounces = self.campaign_rates(&active, "bounce_rate").await?;
            let limit = self.thresholds().await?.get("bounce_rate_critical").copied().unwrap_or(BOUNCE_LIMIT);
            let rest = format!("active campaigns with bounces above {} %", (1000.0 * limit).round() / 10.0);
            all.extend(first_of(bouncing(&bounces, limit), &rest));
            all.extend(first_of(
                self.falling(&active, &sources, now).await?,
                "campaigns whose reply rate fell",
            ));
        }
        Ok(all)
    }

    /// The sources that a filter is about: those of the campaigns that it leaves, and, unless it asks for campaigns, those
    /// that are used for the client as a whole.
    pub async fn sources_of(&self, filter: &Filter) -> Result<Vec<Source>> {
        let mut of_campaigns = BTreeSet::new();
        if !filter.is_of_sources() {
            let mut values = Values::new(self.flavour());
            let condition = values.of_campaign(filter);
            let sql = format!("SELECT DISTINCT source_id FROM report_campaigns WHERE {condition}");
            for row in self.fetch(&sql, values.into_params()).await? {
                of_campaigns.insert(row.integer("source_id")?);
            }
        }
        let same = |client: &str, own: &str| client.to_lowercase() == own.to_lowercase();
        let is_whole = |source: &Source| {
            !filter.is_of_campaigns()
                && filter.source.as_ref().is_none_or(|name| *name == source.name)
                && filter.platform.is_none_or(|platform| platform == source.platform)
                && filter
                    .client
                    .as_ref()
                    .is_none_or(|client| source.client.as_ref().is_some_and(|own| same(client, own)))
        };
        let all = self.sources().await?.into_iter();
        Ok(all.filter(|source| of_campaigns.contains(&source.id) || is_whole(source)).collect())
    }

    async fn failing_sources(&self, sources: &[Source], now: Timestamp) -> Result<Vec<Attention>> {
        let mut all = Vec::new();
        for source in sources {
            let mut add = |kind, level, text, numbers: &[(&'static str, f64)]| {
                let link = AttentionLink { page: "sources", source_id: Some(source.id), id: None };
                let numbers = numbers.iter().copied().collect();
                all.push(Attention { kind, level, subject: source.name.clone(), text, numbers, link });
            };
            let run = self.runs(source.id, 1).await?;
            if let Some(run) = run.first().filter(|run| matches!(run.outcome.as_str(), "failed" | "refused"))
            {
                let reason = run.reason.as_deref().unwrap_or_default();
                add(AttentionKind::SyncFailed, "critical", format!("the last sync failed: {reason}"), &[]);
            }
            match source.last_sync_at {
                None => {
                    let text = format!("not completely synced yet; atlas sync {}", source.name);
                    add(AttentionKind::NeverSynced, "warning", text, &[]);
                }
                Some(at) if now.duration_since(at) > STALE => {
                    let hours = now.duration_since(at).as_hours();
                    let age =
                        if hours < 48 { format!("{hours} hours") } else { format!("{} days", hours / 24) };
                    let numbers = [("age_s", now.duration_since(at).as_secs_f64())];
                    add(AttentionKind::FiguresOld, "warning", format!("figures are {age} old"), &numbers);
                }
                Some(_) => {}
            }
        }
        Ok(all)
    }

    /// Positive replies after which the person was not written to, by source.
    async fn positive_waiting(&self, filter: &Filter, now: Timestamp) -> Result<Vec<Attention>> {
        let mut values = Values::new(self.flavour());
        let condition = values.of_campaign(filter);
        let since = values.put(now - SignedDuration::from_hours(24 * RECENT_DAYS));
        // The positive replies of a fortnight are few; whether somebody was written to is looked up for each of them, whatever
        // PostgreSQL believes of a time that it does not know when it plans.
        let sql = format!(
            "WITH positive AS MATERIALIZED ({told} LEFT JOIN reply_corrections AS k ON {same} WHERE t.event = 'replied' \
              AND t.is_positive AND t.occurred_at >= {since} AND COALESCE(k.is_positive, TRUE) UNION ALL \
              {told} JOIN reply_corrections AS k ON {same} WHERE t.event = 'replied' \
              AND k.is_positive AND t.occurred_at >= {since} AND NOT COALESCE(t.is_positive, FALSE)), \
             waiting AS MATERIALIZED (SELECT source_id, campaign_id FROM positive AS p WHERE \
              (SELECT 1 FROM email_activities AS t WHERE t.source_id = p.source_id AND {PERSON} = p.person \
              AND t.event IN ('sent', 'replied') AND t.occurred_at > p.occurred_at LIMIT 1) IS NULL) \
             SELECT r.source_id, r.source_name, COUNT(*) AS waiting FROM waiting AS w JOIN (SELECT source_id, source_name, \
             campaign_id FROM report_campaigns WHERE {condition}) AS r ON r.source_id = w.source_id \
             AND r.campaign_id = w.campaign_id GROUP BY r.source_id, r.source_name ORDER BY waiting DESC, r.source_id",
            told = format!(
                "SELECT t.source_id, t.campaign_id, t.occurred_at, {PERSON} AS person FROM email_activities AS t"
            ),
            same =
                "k.source_id = t.source_id AND k.campaign_id = t.campaign_id AND k.event_key = t.event_key",
        );
        let mut all = Vec::new();
        for row in self.fetch(&sql, values.into_params()).await? {
            let waiting = row.integer("waiting")?;
            let replies = if waiting == 1 { "positive reply waits" } else { "positive replies wait" };
            all.push(Attention {
                kind: AttentionKind::PositiveWaiting,
                level: "critical",
                subject: row.text("source_name")?,
                text: format!("{} {replies} for an answer", grouped(waiting)),
                numbers: BTreeMap::from([("replies", number(waiting))]),
                link: AttentionLink { page: "replies", source_id: row.maybe_integer("source_id")?, id: None },
            });
        }
        Ok(all)
    }

    async fn failing_mailboxes(&self, filter: &Filter) -> Result<Vec<Attention>> {
        let accounts = self.report_accounts(filter).await?;
        let failing = accounts.into_iter().filter_map(|account| {
            let (what, why) = match (account.is_smtp_success, account.is_imap_success) {
                (Some(false), _) => ("send", account.smtp_failure_error),
                (_, Some(false)) => ("receive", account.imap_failure_error),
                _ => return None,
            };
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let link = AttentionLink {
                page: "accounts",
                source_id: Some(account.source_id),
                id: Some(account.account_id.clone()),
            };
            Some(Attention {
                kind: AttentionKind::MailboxFailing,
                level: "critical",
                subject: account.from_email.unwrap_or(account.account_id),
                text: format!("cannot {what}{why}"),
                numbers: BTreeMap::new(),
                link,
            })
        });
        Ok(failing.collect())
    }

    /// Campaigns whose latest days have a lower reply rate than those before, so that the intervals do not meet. The last
    /// three days of each account are left out, since their replies are still to come.
    async fn falling(&self, filter: &Filter, sources: &[Source], now: Timestamp) -> Result<Vec<Attention>> {
        let mut by_day: BTreeMap<Date, BTreeSet<i64>> = BTreeMap::new();
        for source in sources {
            let zone = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
            by_day.entry(now.to_zoned(zone).date()).or_default().insert(source.id);
        }
        let mut all = Vec::new();
        for (today, sources) in by_day {
            let to = today.saturating_sub(3.days());
            let recent = Period { from: to.saturating_sub((RECENT_DAYS - 1).days()), to };
            let of = |period| Filter { period: Some(period), ..filter.clone() };
            let before = self.campaign_rates(&of(recent.previous()), "reply_rate").await?;
            let lines = self.campaign_rates(&of(recent), "reply_rate").await?;
            let key = |line: &CampaignRate| (line.source_id, line.campaign_id.clone());
            let before: BTreeMap<_, _> = before.iter().map(|line| (key(line), line)).collect();
            for line in lines.iter().filter(|line| sources.contains(&line.source_id)) {
                all.extend(before.get(&key(line)).and_then(|earlier| fallen(line, earlier)));
            }
        }
        Ok(all)
    }
}

/// What is said of a campaign whose reply rate fell by more than chance explains.
fn fallen(line: &CampaignRate, earlier: &CampaignRate) -> Option<Attention> {
    let ((now_hits, now_all), (hits, sent)) = line.parts.zip(earlier.parts)?;
    if wilson(now_hits, now_all)?.high >= wilson(hits, sent)?.low {
        return None;
    }
    let shown = |hits: i64, all: i64| format!("{:.1} %", 100.0 * number(hits) / number(all));
    Some(Attention {
        kind: AttentionKind::Falling,
        level: "warning",
        subject: line.campaign_name.clone().unwrap_or_else(|| line.campaign_id.clone()),
        text: format!(
            "its reply rate fell from {} to {} ({} of {})",
            shown(hits, sent),
            shown(now_hits, now_all),
            grouped(now_hits),
            grouped(now_all)
        ),
        numbers: BTreeMap::from([
            ("reply_rate", number(now_hits) / number(now_all)),
            ("reply_rate_before", number(hits) / number(sent)),
        ]),
        link: link_to(line),
    })
}

/// Those of which more than `limit` of all mails bounce.
fn bouncing(campaigns: &[CampaignRate], limit: f64) -> Vec<Attention> {
    let share = |(bounced, sent): (i64, i64)| number(bounced) / number(sent);
    let of = |campaign: &CampaignRate| campaign.parts.zip(campaign.total_sent);
    let mut bouncing: Vec<_> =
        campaigns.iter().filter_map(|campaign| Some((campaign, of(campaign)?))).collect();
    bouncing.retain(|(_, (parts, sent))| share(*parts) > limit && *sent >= BOUNCE_SAMPLE);
    bouncing.sort_by(|(_, (one, _)), (_, (two, _))| share(*two).total_cmp(&share(*one)));
    let attention = |(campaign, ((bounced, sent), _)): &(&CampaignRate, ((i64, i64), i64))| Attention {
        kind: AttentionKind::Bouncing,
        level: "warning",
        subject: campaign.campaign_name.clone().unwrap_or_else(|| campaign.campaign_id.clone()),
        text: format!(
            "{:.1} % of its e-mails bounce ({} of {})",
            100.0 * share((*bounced, *sent)),
            grouped(*bounced),
            grouped(*sent)
        ),
        numbers: BTreeMap::from([
            ("bounce_rate", share((*bounced, *sent))),
            ("total_bounced", number(*bounced)),
            ("total_sent", number(*sent)),
        ]),
        link: link_to(campaign),
    };
    bouncing.iter().map(attention).collect()
}

fn link_to(campaign: &CampaignRate) -> AttentionLink {
    AttentionLink {
        page: "campaigns",
        source_id: Some(campaign.source_id),
        id: Some(campaign.campaign_id.clone()),
    }
}

/// The first few, and how many more there are.
fn first_of(mut all: Vec<Attention>, of: &str) -> Vec<Attention> {
    if all.len() > NAMED {
        let (more, page) = (all.len() - NAMED, all[0].link.page);
        all.truncate(NAMED);
        all.push(Attention {
            kind: AttentionKind::More,
            level: all[0].level,
            subject: format!("{more} more"),
            text: of.to_owned(),
            numbers: BTreeMap::new(),
            link: AttentionLink { page, ..AttentionLink::default() },
        });
    }
    all
}

#[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
const fn number(count: i64) -> f64 {
    count as f64
}

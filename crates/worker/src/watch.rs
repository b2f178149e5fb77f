//! Alerts: what is looked at after every sync, held against the thresholds.

use std::collections::BTreeMap;

use atlas_insight::alerts::{
    Account, Alert, Bounces, Mailbox, Replies, of_account, of_bounces, of_mailbox, of_replies,
};
use atlas_insight::thresholds::Thresholds;
use atlas_model::Clock;
use atlas_store::{MailCounts, MailboxState, NewAlert, Source, Store};
use atlas_sync::Error;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::share_done::ShareDone;

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Looks at every active source, and resolves the alerts of others. How many alerts stand and how many changed.
pub(crate) async fn watch(store: &Store, clock: Clock, share: &ShareDone<'_>) -> Result<(i64, u64), Error> {
    let (mut standing, mut changed) = (0, 0);
    let limits = Thresholds::of(&store.thresholds().await?);
    let sources = store.sources().await?;
    for (done, source) in (1..).zip(&sources) {
        // Nobody is to act on one that is put away.
        if source.status != "active" {
            changed += store.settle_alerts(source.id, &[], clock.now()).await?;
            continue;
        }
        let found = look(store, source, &limits, clock.now()).await?;
        standing += i64::try_from(found.len()).unwrap_or(i64::MAX);
        let found: Vec<NewAlert> = found.into_iter().map(as_stored).collect();
        changed += store.settle_alerts(source.id, &found, clock.now()).await?;
        share.tell(done, i64::try_from(sources.len()).unwrap_or(i64::MAX)).await?;
    }
    Ok((standing, changed))
}

async fn look(
    store: &Store,
    source: &Source,
    limits: &Thresholds,
    now: Timestamp,
) -> Result<Vec<Alert>, Error> {
    let zone = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
    let today = now.to_zoned(zone.clone()).date();
    let campaigns = store.campaign_weeks(source.id, today).await?;
    let mailboxes = store.mailbox_week(source.id, now - WEEK).await?;
    let mut found: Vec<Alert> =
        bounces(source, &campaigns, &mailboxes).iter().filter_map(|one| of_bounces(one, limits)).collect();
    found.extend(of_replies(&campaigns.iter().map(replies).collect::<Vec<_>>(), limits));
    let read_at = source.last_sync_at.unwrap_or(source.created_at);
    for state in store.mailbox_states(source.id, read_at).await? {
        found.extend(of_mailbox(&mailbox(state), limits));
    }
    let account = account(store, source, limits, (&zone, now)).await?;
    found.extend(of_account(&account, limits));
    Ok(found)
}

/// Of mailboxes and their domains by single events, of campaigns and the source by figures of days.
fn bounces(source: &Source, campaigns: &[MailCounts], mailboxes: &[MailCounts]) -> Vec<Bounces> {
    let one = |scope, id: &str, name: &str, [sent, bounced, _]: [i64; 3]| Bounces {
        scope,
        subject_id: id.to_owned(),
        subject_name: name.to_owned(),
        sent,
        bounced,
    };
    let mut all: Vec<Bounces> = Vec::new();
    let mut domains: BTreeMap<&str, [i64; 3]> = BTreeMap::new();
    for mailbox in mailboxes {
        all.push(one("mailbox", &mailbox.id, &mailbox.name, mailbox.week));
        if let Some((_, domain)) = mailbox.name.rsplit_once('@') {
            add(domains.entry(domain).or_default(), mailbox.week);
        }
    }
    all.extend(domains.into_iter().map(|(domain, sums)| one("domain", domain, domain, sums)));
    let mut whole = [0; 3];
    for campaign in campaigns {
        all.push(one("campaign", &campaign.id, &campaign.name, campaign.week));
        add(&mut whole, campaign.week);
    }
    all.push(one("source", &source.id.to_string(), &source.name, whole));
    all
}

fn add(sums: &mut [i64; 3], more: [i64; 3]) {
    sums.iter_mut().zip(more).for_each(|(sum, one)| *sum += one);
}

fn replies(counts: &MailCounts) -> Replies {
    let ([sent, _, replied], [sent_before, _, replied_before]) = (counts.week, counts.before);
    let (campaign_id, name) = (counts.id.clone(), counts.name.clone());
    Replies { campaign_id, name, sent, replied, sent_before, replied_before }
}

fn mailbox(state: MailboxState) -> Mailbox {
    Mailbox {
        name: state.from_email.unwrap_or_else(|| state.external_id.clone()),
        account_id: state.external_id,
        smtp_failure: state.smtp_failure,
        imap_failure: state.imap_failure,
        smtp_readings: state.smtp_readings,
        imap_readings: state.imap_readings,
        is_warming: state.warmup_enabled == Some(true),
        reputation: state.warmup_reputation,
        spam: state.total_spam_count,
        warmup_sent: state.warmup_sent_count,
        limit: state.message_per_day,
        sent_today: state.daily_sent_count,
    }
}

async fn account(
    store: &Store,
    source: &Source,
    limits: &Thresholds,
    (zone, now): (&TimeZone, Timestamp),
) -> Result<Account, Error> {
    let state = store.account_state(source.id, zone).await?;
    let hours = |since: Timestamp| now.duration_since(since).as_hours();
    let silent = match state.delivered_at {
        Some(_) => {
            let since = now - SignedDuration::from_hours(limits.silent_hours);
            store.silent_campaigns(source.id, since, zone).await?
        }
        None => Vec::new(),
    };
    // Calls are counted by months of UTC.
    let month = now.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string();
    let used = state.quota.filter(|(of, _)| *of == month).map(|(_, calls)| calls);
    Ok(Account {
        id: source.id.to_string(),
        name: source.name.clone(),
        hours_since_sync: hours(source.last_sync_at.unwrap_or(source.created_at)),
        refusal: state.refusal,
        quota: used.zip(source.settings.number("monthly_quota")),
        hours_since_delivery: state.delivered_at.map(hours),
        sent_since: state.sent_since,
        silent: silent
            .into_iter()
            .map(|one| (one.id, one.name, hours(one.heard_at), one.sent_since))
            .collect(),
        held: state.held,
    })
}

fn as_stored(alert: Alert) -> NewAlert {
    let Alert { scope, subject_id, subject_name, kind, level, severity, evidence, advice } = alert;
    NewAlert { scope, subject_id, subject_name, kind, level: level.name(), severity, evidence, advice }
}

//! Alerts: what hurts the delivery of mails, or keeps figures from being true, with the numbers that show it.

use serde_json::{Value, json};

use crate::stats::{normal_quantile, probability_above, real};
use crate::thresholds::Thresholds;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To be looked at.
    Warning,
    /// To be acted on.
    Critical,
}

impl Level {
    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// An alert that is to stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// `mailbox`, `domain`, `campaign` or `source`.
    pub scope: &'static str,
    /// Which one.
    pub subject_id: String,
    /// What people call it.
    pub subject_name: String,
    /// What is wrong.
    pub kind: &'static str,
    /// How bad.
    pub level: Level,
    /// The number that tells whether it gets better or worse; larger is worse.
    pub severity: f64,
    /// The numbers that show it.
    pub evidence: Value,
    /// What to do.
    pub advice: &'static str,
}

/// Mails and bounces of the last 7 days.
#[derive(Clone, Debug, Default)]
pub struct Bounces {
    /// `mailbox`, `domain`, `campaign` or `source`.
    pub scope: &'static str,
    /// Which one.
    pub subject_id: String,
    /// What people call it.
    pub subject_name: String,
    /// Mails sent.
    pub sent: i64,
    /// Those that came back.
    pub bounced: i64,
}

/// Mails and replies of a campaign: 7 days, and the 28 days before.
#[derive(Clone, Debug, Default)]
pub struct Replies {
    /// The campaign.
    pub campaign_id: String,
    /// Its name.
    pub name: String,
    /// Mails sent in the last 7 days.
    pub sent: i64,
    /// Replies in these.
    pub replied: i64,
    /// Mails sent in the 28 days before.
    pub sent_before: i64,
    /// Replies in these.
    pub replied_before: i64,
}

/// A mailbox as last read. What is unknown is none.
#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    /// Its id.
    pub account_id: String,
    /// Its address.
    pub name: String,
    /// Why it cannot send, if it cannot.
    pub smtp_failure: Option<String>,
    /// Why it cannot receive, if it cannot.
    pub imap_failure: Option<String>,
    /// In how many readings in a row it failed to send.
    pub smtp_readings: i64,
    /// And to receive.
    pub imap_readings: i64,
    /// Whether it warms up.
    pub is_warming: bool,
    /// 0 to 100.
    pub reputation: Option<i64>,
    /// Warm-up mails in spam.
    pub spam: Option<i64>,
    /// Warm-up mails.
    pub warmup_sent: Option<i64>,
    /// Mails a day at most.
    pub limit: Option<i64>,
    /// Mails of the day when it was read.
    pub sent_today: Option<i64>,
}

/// A data source.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Its number, as text.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Hours since a sync was last complete, or since it was added.
    pub hours_since_sync: i64,
    /// Why the service refused the key, if it did.
    pub refusal: Option<String>,
    /// Calls of this month, and how many there may be.
    pub quota: Option<(i64, i64)>,
    /// Hours since a delivery came; none where none ever came.
    pub hours_since_delivery: Option<i64>,
    /// Mails that active campaigns sent on the days after that delivery's, by the service's figures.
    pub sent_since: i64,
    /// Active campaigns of which no delivery tells any more: id, name, hours since one did, mails sent on the days after that.
    pub silent: Vec<(String, String, i64, i64)>,
    /// Campaign, its name, mails by the service, mails held as events: of campaigns all of whose mails were read.
    pub held: Vec<(String, String, i64, i64)>,
}

/// A rate of bounces that is surely above a threshold.
pub fn of_bounces(bounces: &Bounces, limits: &Thresholds) -> Option<Alert> {
    let above = |threshold: f64| {
        let is_enough = bounces.sent >= limits.least_sent;
        let rate = real(bounces.bounced) / real(bounces.sent.max(1));
        let probability = probability_above(threshold, bounces.bounced, bounces.sent);
        (is_enough && rate > threshold && probability >= limits.probability).then_some(probability)
    };
    let (level, threshold, probability) = match above(limits.bounce_rate.1) {
        Some(probability) => (Level::Critical, limits.bounce_rate.1, probability),
        None => (Level::Warning, limits.bounce_rate.0, above(limits.bounce_rate.0)?),
    };
    let rate = real(bounces.bounced) / real(bounces.sent);
    Some(Alert {
        scope: bounces.scope,
        subject_id: bounces.subject_id.clone(),
        subject_name: bounces.subject_name.clone(),
        kind: "bounce_rate",
        level,
        severity: rate,
        evidence: json!({
            "sent": bounces.sent, "bounced": bounces.bounced, "days": 7, "rate": rate, "threshold": threshold,
            "probability": probability,
        }),
        advice: "pause it, verify the addresses that are still to be written to, and go on with fewer a day",
    })
}

/// Reply rates that are surely less than their own of before. The more campaigns are compared, the surer each must be: that
/// of all that stayed the same any is told is one in a hundred (Bonferroni).
pub fn of_replies(campaigns: &[Replies], limits: &Thresholds) -> Vec<Alert> {
    let is_enough = |one: &&Replies| {
        one.sent.min(one.sent_before) >= limits.least_sent_for_replies && one.replied_before > 0
    };
    let compared = campaigns.iter().filter(is_enough).count();
    let sure = normal_quantile(1.0 - 0.01 / compared.max(1) as f64);
    let fallen = |one: &Replies| {
        let (now, before) =
            (real(one.replied) / real(one.sent), real(one.replied_before) / real(one.sent_before));
        let all = real(one.replied + one.replied_before) / real(one.sent + one.sent_before);
        let error = (all * (1.0 - all) * (1.0 / real(one.sent) + 1.0 / real(one.sent_before))).sqrt();
        let is_told = (before - now) / error > sure && now < before * limits.reply_rate_left;
        is_told.then(|| Alert {
            scope: "campaign",
            subject_id: one.campaign_id.clone(),
            subject_name: one.name.clone(),
            kind: "reply_rate_falling",
            level: Level::Warning,
            severity: 1.0 - now / before,
            evidence: json!({
                "sent": one.sent, "replied": one.replied, "days": 7, "rate": now, "sent_before": one.sent_before,
                "replied_before": one.replied_before, "days_before": 28, "rate_before": before, "compared": compared,
            }),
            advice: "look whether mails land in spam, then at the templates and the list that went out last",
        })
    };
    campaigns.iter().filter(is_enough).filter_map(fallen).collect()
}

/// What is wrong with a mailbox.
pub fn of_mailbox(mailbox: &Mailbox, limits: &Thresholds) -> Vec<Alert> {
    let alert = |kind, level, severity, evidence, advice| Alert {
        scope: "mailbox",
        subject_id: mailbox.account_id.clone(),
        subject_name: mailbox.name.clone(),
        kind,
        level,
        severity,
        evidence,
        advice,
    };
    let mut alerts = Vec::new();
    let (smtp, imap) = (&mailbox.smtp_failure, &mailbox.imap_failure);
    for (kind, failure, readings, advice) in [
        ("smtp_failure", smtp, mailbox.smtp_readings, "sign it in again at the service: it cannot send"),
        (
            "imap_failure",
            imap,
            mailbox.imap_readings,
            "sign it in again at the service: replies are not seen",
        ),
    ] {
        // Once may be a moment's trouble.
        if let Some(error) = failure.as_ref().filter(|_| readings >= limits.failed_readings) {
            let evidence = json!({"error": error, "readings_in_a_row": readings});
            alerts.push(alert(kind, Level::Critical, 1.0, evidence, advice));
        }
    }
    if let Some(reputation) =
        mailbox.reputation.filter(|one| mailbox.is_warming && *one < limits.reputation.0)
    {
        let (level, threshold) = match reputation < limits.reputation.1 {
            true => (Level::Critical, limits.reputation.1),
            false => (Level::Warning, limits.reputation.0),
        };
        let evidence = json!({"reputation": reputation, "threshold": threshold});
        let advice = "send less from it until its reputation is back";
        alerts.push(alert("warmup_reputation", level, real(100 - reputation), evidence, advice));
    }
    if let Some((spam, sent)) = mailbox.spam.zip(mailbox.warmup_sent).filter(|_| mailbox.is_warming) {
        let share = real(spam) / real(sent.max(1));
        let sure = |threshold: f64| {
            sent >= limits.least_sent
                && share > threshold
                && probability_above(threshold, spam, sent) >= limits.probability
        };
        if sure(limits.spam_share.0) {
            let level = if sure(limits.spam_share.1) { Level::Critical } else { Level::Warning };
            let evidence = json!({"in_spam": spam, "warmup_sent": sent, "share": share});
            let advice = "check SPF, DKIM and DMARC of its domain, and send less from it";
            alerts.push(alert("spam_share", level, share, evidence, advice));
        }
    }
    if let Some((sent, limit)) = mailbox.sent_today.zip(mailbox.limit).filter(|(sent, limit)| sent > limit) {
        let evidence = json!({"sent": sent, "limit": limit});
        let advice = "lower what its campaigns send a day, or spread them over more mailboxes";
        alerts.push(alert("over_limit", Level::Warning, real(sent) / real(limit.max(1)), evidence, advice));
    }
    alerts
}

/// What keeps a source's figures from being true.
pub fn of_account(account: &Account, limits: &Thresholds) -> Vec<Alert> {
    let alert = |kind, level, severity, evidence, advice| Alert {
        scope: "source",
        subject_id: account.id.clone(),
        subject_name: account.name.clone(),
        kind,
        level,
        severity,
        evidence,
        advice,
    };
    let mut alerts = Vec::new();
    let hours = account.hours_since_sync;
    if let Some(reason) = &account.refusal {
        let advice = "get a key that is accepted: atlas source set NAME --api-key-stdin";
        alerts.push(alert("credentials_refused", Level::Critical, 1.0, json!({"reason": reason}), advice));
    } else if hours >= limits.stale_hours.0 {
        let level = if hours >= limits.stale_hours.1 { Level::Critical } else { Level::Warning };
        let advice = "see why with atlas status, then atlas sync";
        alerts.push(alert("stale_sync", level, real(hours), json!({"hours": hours}), advice));
    }
    if let Some((used, quota)) = account.quota {
        let share = real(used) / real(quota.max(1));
        if share >= limits.quota_used.0 {
            let level = if share >= limits.quota_used.1 { Level::Critical } else { Level::Warning };
            let evidence = json!({"used": used, "quota": quota, "share": share});
            let advice = "other programs may use the same quota; what is left is spread over the month";
            alerts.push(alert("quota", level, share, evidence, advice));
        }
    }
    alerts.extend(of_silence(account, limits));
    for (campaign_id, name, told, held) in &account.held {
        let missing = real(told - held) / real((*told).max(1));
        if *told >= limits.least_sent && missing > limits.missing_share {
            alerts.push(Alert {
                scope: "campaign",
                subject_id: campaign_id.clone(),
                subject_name: name.clone(),
                kind: "events_missing",
                level: Level::Warning,
                severity: missing,
                evidence: json!({"told": told, "held": held, "share_missing": missing}),
                advice: "figures by template and hour are too low; ask for single events again: atlas sync --full",
            });
        }
    }
    alerts
}

/// No delivery comes though mails go out: of the whole source, or where others' come, of some campaigns.
fn of_silence(account: &Account, limits: &Thresholds) -> Vec<Alert> {
    let silence = |scope, id: &str, name: &str, (hours, sent_since): (i64, i64)| {
        (hours >= limits.silent_hours && sent_since > 0).then(|| Alert {
            scope,
            subject_id: id.to_owned(),
            subject_name: name.to_owned(),
            kind: "webhook_silence",
            level: Level::Warning,
            severity: real(hours),
            evidence: json!({"hours": hours, "sent_since": sent_since}),
            advice: "subscribe again: atlas webhook register NAME",
        })
    };
    let Some(hours) = account.hours_since_delivery else { return Vec::new() };
    let whole = silence("source", &account.id, &account.name, (hours, account.sent_since));
    let of_campaigns = || {
        let each = account.silent.iter();
        each.filter_map(|(id, name, hours, sent)| silence("campaign", id, name, (*hours, *sent))).collect()
    };
    whole.map_or_else(of_campaigns, |whole| vec![whole])
}

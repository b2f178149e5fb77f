//! A client's week on one page: one line of judgement, six numbers, what happened, what is next.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{CALL_METRICS, METRICS, Metric, Period, Unit, metric, wilson};
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Store;
use crate::error::Result;
use crate::outcomes::{MEETINGS_BOOKED, Outcome, OutcomeKind};
use crate::report::alerts::AlertsWanted;
use crate::report::campaigns::{CampaignLine, GroupBy, GroupLine};
use crate::report::filter::Filter;
use crate::report::judgement::{Judgement, Standing, WeeklyFigure, judge};
use crate::report::replies::{RepliesWanted, ReplyLine};

/// So many of each kind are told.
const TOLD: usize = 5;

/// A client's week.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WeeklyReport {
    /// The client.
    pub client: String,
    /// Monday.
    pub from: Date,
    /// Sunday; today in a week that is not over.
    pub to: Date,
    /// Whether the week is over.
    pub is_whole: bool,
    /// The same weekdays of the week before, with which it is compared.
    pub before_from: Date,
    /// Its last day.
    pub before_to: Date,
    /// How it went, in one line.
    pub judgement: Judgement,
    /// Six numbers.
    pub figures: Vec<WeeklyFigure>,
    /// What happened.
    pub happened: Happened,
    /// What to do, the most urgent first.
    pub next: Vec<NextStep>,
    /// When the oldest of the figures were read.
    pub oldest_figure_at: Option<Timestamp>,
    /// When the newest were.
    pub newest_figure_at: Option<Timestamp>,
}

/// What happened in a week.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Happened {
    /// Positive replies, the newest first; five at most.
    pub replies: Vec<ReplyLine>,
    /// Positive replies in all, as far as replies are stored one by one.
    pub replies_in_all: usize,
    /// Those among them that the service has not sorted: their text says so, or a person, and no figure counts them.
    pub replies_not_counted: usize,
    /// Meetings and deals that people told; five at most.
    pub outcomes: Vec<Outcome>,
    /// Those in all.
    pub outcomes_in_all: usize,
    /// Campaigns that began; five at most.
    pub started: Vec<Started>,
    /// Those in all.
    pub started_in_all: usize,
    /// Alerts that opened; five at most.
    pub alerts: Vec<Opened>,
    /// Those in all.
    pub alerts_in_all: usize,
}

/// A campaign that began.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Started {
    /// The source's name.
    pub source_name: String,
    /// The campaign's id.
    pub campaign_id: String,
    /// Its name.
    pub campaign_name: Option<String>,
    /// When.
    pub started_at: Option<Timestamp>,
}

/// An alert that opened.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Opened {
    /// Which campaign.
    pub subject: String,
    /// What is the matter, as `bounce_rate`.
    pub kind: String,
    /// `critical` or `warning`.
    pub level: String,
    /// What to do.
    pub advice: String,
    /// When.
    pub opened_at: Timestamp,
    /// Whether it is over.
    pub is_resolved: bool,
}

/// What to do next.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NextStep {
    /// What it is about.
    pub subject: String,
    /// What is the matter, as the rest of a sentence that begins with the subject.
    pub text: String,
}

/// The week, from Monday, in which a day is: up to today.
fn week_of(day: Date, today: Date) -> Period {
    let back = i64::from(day.weekday().since(Weekday::Monday));
    let from = day.saturating_sub(jiff::Span::new().days(back));
    let to = from.saturating_add(jiff::Span::new().days(6));
    Period { from, to: to.min(today).max(from) }
}

/// The last week that is over.
pub fn last_week(today: Date) -> Date {
    today.saturating_sub(jiff::Span::new().days(7))
}

impl Store {
    /// A client's week: that in which `day` is.
    pub async fn weekly_report(
        &self,
        client: &str,
        day: Date,
        (today, now): (Date, Timestamp),
    ) -> Result<WeeklyReport> {
        let week = week_of(day, today);
        let before = week.previous();
        let is_whole = week.days() == 7 && week.to < today;
        let of =
            |period| Filter { client: Some(client.to_owned()), period: Some(period), ..Filter::default() };
        let targets = self.client_targets(client).await?;
        let this = self.report_groups_and_calls(&of(week), GroupBy::None).await?.into_iter().next();
        let last = self.report_groups_and_calls(&of(before), GroupBy::None).await?.into_iter().next();
        let outcomes = self.outcomes(Some(client), None).await?;
        let mut figures = Vec::new();
        let has_calls = this.as_ref().is_some_and(|line| line.calls.is_some())
            || last.as_ref().is_some_and(|line| line.calls.is_some());
        let sixth = if has_calls { "connects" } else { "total_replied" };
        for name in ["total_sent", "reply_rate", "positive_replies", "bounce_rate"] {
            figures.push(mail_figure(name, this.as_ref(), last.as_ref(), &targets, is_whole));
        }
        figures.push(meetings(&outcomes, week, before, &targets, is_whole));
        figures.push(mail_figure(sixth, this.as_ref(), last.as_ref(), &targets, is_whole));
        let happened = self.happened(&of(week), week, outcomes).await?;
        Ok(WeeklyReport {
            client: client.to_owned(),
            from: week.from,
            to: week.to,
            is_whole,
            before_from: before.from,
            before_to: before.to,
            judgement: judge(&figures, is_whole),
            happened,
            next: self.next_steps(client, &figures, now).await?,
            oldest_figure_at: this.as_ref().and_then(|line| line.oldest_figure_at),
            newest_figure_at: this.as_ref().and_then(|line| line.newest_figure_at),
            figures,
        })
    }

    async fn happened(&self, filter: &Filter, week: Period, outcomes: Vec<Outcome>) -> Result<Happened> {
        let wanted = RepliesWanted { is_positive: true, limit: TOLD, ..RepliesWanted::default() };
        let replies = self.report_replies(filter, &wanted).await?;
        let [replies_in_all, replies_not_counted] = self.positive_replies(filter).await?;
        let mut outcomes = outcomes;
        outcomes.retain(|one| is_within(&one.occurred_on, week));
        let of_client = Filter { period: None, ..filter.clone() };
        let campaigns = self.report_campaigns(&of_client).await?;
        let began = |line: &&CampaignLine| {
            let day = line.started_at.map(|at| at.strftime("%Y-%m-%d").to_string());
            line.parent_campaign_id.is_none() && day.is_some_and(|day| is_within(&day, week))
        };
        let mut started: Vec<_> = campaigns
            .iter()
            .filter(began)
            .map(|line| Started {
                source_name: line.source_name.clone(),
                campaign_id: line.campaign_id.clone(),
                campaign_name: line.campaign_name.clone(),
                started_at: line.started_at,
            })
            .collect();
        let ours: BTreeSet<(&str, &str)> =
            campaigns.iter().map(|line| (line.source_name.as_str(), line.campaign_id.as_str())).collect();
        let wanted = AlertsWanted { scope: Some("campaign".to_owned()), ..AlertsWanted::default() };
        let alerts = self.report_alerts(&Filter::default(), &wanted).await?;
        let mut alerts: Vec<_> = alerts
            .into_iter()
            .filter(|alert| is_within(&alert.opened_at.strftime("%Y-%m-%d").to_string(), week))
            .filter(|alert| ours.contains(&(alert.source_name.as_str(), alert.subject_id.as_str())))
            .map(|alert| Opened {
                subject: alert.subject_name,
                kind: alert.kind,
                level: alert.level,
                advice: alert.advice,
                opened_at: alert.opened_at,
                is_resolved: alert.resolved_at.is_some(),
            })
            .collect();
        let in_all = [outcomes.len(), started.len(), alerts.len()];
        outcomes.truncate(TOLD);
        started.truncate(TOLD);
        alerts.truncate(TOLD);
        let [outcomes_in_all, started_in_all, alerts_in_all] = in_all;
        Ok(Happened {
            replies,
            replies_in_all,
            replies_not_counted,
            outcomes,
            outcomes_in_all,
            started,
            started_in_all,
            alerts,
            alerts_in_all,
        })
    }

    /// What needs attention of the client's, then figures that are behind.
    async fn next_steps(
        &self,
        client: &str,
        figures: &[WeeklyFigure],
        now: Timestamp,
    ) -> Result<Vec<NextStep>> {
        let filter = Filter { client: Some(client.to_owned()), ..Filter::default() };
        let mut attention = self.needs_attention(&filter, now).await?;
        // How reading an account goes is not the client's.
        attention.retain(|line| line.link.page != "sources");
        let steps = attention.into_iter().map(|line| NextStep { subject: line.subject, text: line.text });
        let behind =
            figures.iter().filter(|figure| figure.standing == Some(Standing::Behind)).map(|figure| {
                NextStep { subject: figure.title.to_owned(), text: "is behind its target".to_owned() }
            });
        Ok(steps.chain(behind).take(TOLD).collect())
    }
}

fn is_within(day: &str, week: Period) -> bool {
    (week.from.to_string().as_str()..=week.to.to_string().as_str()).contains(&day)
}

/// A figure that e-mails or calls tell.
fn mail_figure(
    name: &'static str,
    this: Option<&GroupLine>,
    last: Option<&GroupLine>,
    targets: &BTreeMap<String, f64>,
    is_whole: bool,
) -> WeeklyFigure {
    let is_of_calls = CALL_METRICS.iter().any(|metric| metric.name == name)
        && !METRICS.iter().any(|metric| metric.name == name);
    let (title, unit) =
        metric(name).map_or((name, Unit::Count), |Metric { title, unit, .. }| (*title, *unit));
    let figures =
        |line: &GroupLine| if is_of_calls { line.calls.clone() } else { Some(line.figures.clone()) };
    let read = |line: Option<&GroupLine>| {
        let line = line?;
        let figures = figures(line)?;
        if unit == Unit::Rate {
            let (above, below) = figures.parts(name)?;
            return Some((real(above) / real(below), Some((above, below)), false));
        }
        let value = figures.count(name)?;
        let members = line.campaigns + line.sub_sequences;
        let is_at_least = !is_of_calls && figures.known(name) < members;
        // At least 0 tells nothing.
        (value != 0 || !is_at_least).then(|| (real(value), None, is_at_least))
    };
    let (now, before) = (read(this), read(last));
    let parts = now.and_then(|(_, parts, _)| parts);
    let interval = parts.and_then(|(hits, all)| wilson(hits, all));
    let mut figure = WeeklyFigure {
        metric: name,
        title,
        is_rate: unit == Unit::Rate,
        value: now.map(|(value, ..)| value),
        is_at_least: now.is_some_and(|(.., is_at_least)| is_at_least),
        n: parts.map(|(_, all)| all),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        before: before.map(|(value, ..)| value),
        before_n: before.and_then(|(_, parts, _)| parts).map(|(_, all)| all),
        change: None,
        target: targets.get(name).copied(),
        standing: None,
        unknown_because: None,
    };
    if figure.value.is_none() {
        figure.unknown_because = Some(match (this, unit) {
            (None, _) => "no campaign of the client is stored",
            (Some(line), _) if line.campaigns + line.sub_sequences == 0 && !is_of_calls => {
                "no campaign of the client is stored"
            }
            (_, Unit::Rate) => "nothing was delivered, or its days are not read yet",
            _ => "its days are not read yet, or the service does not tell it by day",
        });
    }
    finished(figure, is_whole)
}

/// Meetings that people told.
fn meetings(
    outcomes: &[Outcome],
    week: Period,
    before: Period,
    targets: &BTreeMap<String, f64>,
    is_whole: bool,
) -> WeeklyFigure {
    let booked: Vec<_> =
        outcomes.iter().filter(|one| one.kind == OutcomeKind::MeetingBooked.as_str()).collect();
    let count = |period| {
        let within = booked.iter().filter(|one| is_within(&one.occurred_on, period)).count();
        // Where nobody ever told any, that there were none is not known either.
        (!booked.is_empty()).then(|| real(i64::try_from(within).unwrap_or(i64::MAX)))
    };
    let value = count(week);
    let figure = WeeklyFigure {
        metric: MEETINGS_BOOKED,
        title: "Meetings booked",
        is_rate: false,
        value,
        is_at_least: false,
        n: None,
        low: None,
        high: None,
        before: count(before),
        before_n: None,
        change: None,
        target: targets.get(MEETINGS_BOOKED).copied(),
        standing: None,
        unknown_because: value.is_none().then_some("nobody has told any meeting of this client yet"),
    };
    finished(figure, is_whole)
}

fn finished(mut figure: WeeklyFigure, is_whole: bool) -> WeeklyFigure {
    figure.change = figure.value.zip(figure.before).map(|(now, before)| now - before);
    figure.standing = Standing::of(&figure, is_whole);
    figure
}

fn real(count: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
    let count = count as f64;
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_ends_today_at_the_latest() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (asked, today, from, to) in [
            ("2026-11-18", "2026-11-28", "2026-11-16", "2026-11-22"),
            ("2026-11-16", "2026-11-28", "2026-11-16", "2026-11-22"),
            ("2026-11-22", "2026-11-28", "2026-11-16", "2026-11-22"),
            ("2026-11-28", "2026-11-28", "2026-11-23", "2026-11-28"),
        ] {
            assert_eq!(week_of(day(asked), day(today)), Period { from: day(from), to: day(to) }, "{asked}");
        }
    }
}

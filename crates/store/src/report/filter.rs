//! Which part of the data a report is about: one filter for every report.

use atlas_model::{Kind, Period, Platform};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::db::{Flavour, Param};
use crate::sql::{batch, cast};

/// Which part of the data a report is about. What is not named is not narrowed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only these days; without it the figures are those of a lifetime.
    pub period: Option<Period>,
    /// The zone whose days and hours are meant, where instants are stored: calls, replies, people. Without it, and for
    /// figures that are stored by day, they are each account's own.
    pub zone: Option<TimeZone>,
    /// Only this client, by name, in any case.
    pub client: Option<String>,
    /// Only this service.
    pub platform: Option<Platform>,
    /// Only this source, by name.
    pub source: Option<String>,
    /// Only this campaign, by the service's id; a `source` makes it the one of that account.
    pub campaign: Option<String>,
    /// Only campaigns of this status: `active`, `paused`, `archived`, …
    pub status: Option<String>,
    /// Only campaigns of this owner, by the service's id.
    pub owner: Option<String>,
}

impl Filter {
    /// The same part of the data in the period before, if it has one.
    pub fn previous(&self) -> Option<Self> {
        Some(Self { period: Some(self.period?.previous()), ..self.clone() })
    }

    /// Whether it takes sources whole, so that their own sums will do.
    pub(crate) const fn is_of_sources(&self) -> bool {
        self.client.is_none() && !self.is_of_campaigns()
    }

    /// Whether it asks for some campaigns of a source and not for others.
    pub(crate) const fn is_of_campaigns(&self) -> bool {
        self.campaign.is_some() || self.status.is_some() || self.owner.is_some()
    }
}

fn midnight(day: Date, days_later: i64) -> Timestamp {
    let day = day.saturating_add(days_later.days());
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
}

/// The values of a statement, in the order of their numbers.
#[derive(Debug)]
pub(crate) struct Values {
    flavour: Flavour,
    params: Vec<Param>,
}

impl Values {
    pub(crate) const fn new(flavour: Flavour) -> Self {
        Self { flavour, params: Vec::new() }
    }

    /// A value more; how the statement names it.
    pub(crate) fn put(&mut self, value: impl Into<Param>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    /// A day more.
    pub(crate) fn put_day(&mut self, day: Date) -> String {
        let name = self.put(day.to_string());
        cast(self.flavour, Kind::Date, &format!("CAST({name} AS TEXT)"))
    }

    /// The rows of a JSON array more.
    pub(crate) fn batch(&mut self, rows: String) -> String {
        let name = self.put(rows);
        batch(self.flavour, &name)
    }

    /// The condition that rows of a view are within these days.
    pub(crate) fn within(&mut self, day: &str, period: Option<Period>) -> String {
        period.map_or_else(
            || "TRUE".to_owned(),
            |Period { from, to }| {
                format!("{day} >= {} AND {day} <= {}", self.put_day(from), self.put_day(to))
            },
        )
    }

    /// The condition that rows of a view are within the filter's days: by their instant where a zone is meant, else by the
    /// account's day.
    pub(crate) fn within_days(&mut self, filter: &Filter, at: &str, day: &str) -> String {
        let ends = filter.period.zip(filter.zone.as_ref()).and_then(|(Period { from, to }, zone)| {
            let midnight = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
            midnight(from).zip(midnight(to.saturating_add(1.day())))
        });
        match ends {
            Some((since, until)) => format!("{at} >= {} AND {at} < {}", self.put(since), self.put(until)),
            // What finds the days: an account's day begins and ends within a day of the same one in UTC.
            None => match filter.period {
                None => "TRUE".to_owned(),
                Some(Period { from, to }) => {
                    let (since, until) = (self.put(midnight(from, -1)), self.put(midnight(to, 2)));
                    format!("{at} >= {since} AND {at} < {until} AND {}", self.within(day, filter.period))
                }
            },
        }
    }

    /// The condition that a view's rows are of the filter's accounts.
    pub(crate) fn of_account(&mut self, filter: &Filter) -> String {
        let mut all = vec!["TRUE".to_owned()];
        if let Some(source) = &filter.source {
            // By its number, by which everything is ordered.
            let name = self.put(source.as_str());
            all.push(format!("source_id = (SELECT d.id FROM data_sources AS d WHERE d.name = {name})"));
        }
        if let Some(platform) = filter.platform {
            all.push(format!("platform = {}", self.put(platform.as_str())));
        }
        all.join(" AND ")
    }

    /// The condition that a view's rows are of the filter's accounts and clients.
    pub(crate) fn of_source(&mut self, filter: &Filter) -> String {
        let mut all = vec![self.of_account(filter)];
        if let Some(client) = &filter.client {
            all.push(format!("lower(client_name) = lower({})", self.put(client.as_str())));
        }
        all.join(" AND ")
    }

    /// The condition that a view's rows are of the filter's campaigns.
    pub(crate) fn of_campaign(&mut self, filter: &Filter) -> String {
        let mut all = vec![self.of_source(filter)];
        for (column, wanted) in
            [("campaign_id", &filter.campaign), ("status", &filter.status), ("owner_id", &filter.owner)]
        {
            if let Some(wanted) = wanted {
                all.push(format!("{column} = {}", self.put(wanted.as_str())));
            }
        }
        all.join(" AND ")
    }

    pub(crate) fn into_params(self) -> Vec<Param> {
        self.params
    }
}

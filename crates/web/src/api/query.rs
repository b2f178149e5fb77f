//! What every report can be asked for: a period, a client, a source; and pages.

use std::collections::BTreeSet;
use std::str::FromStr;

use atlas_model::Period;
use atlas_store::{Filter, Source};
use axum::extract::{FromRequestParts, MatchedPath, Path, Query, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::try_join;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::problem::Problem;
use super::table;

/// Before any e-mail.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Which part of the data a report is about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// The first day, as the account counts its days. Without `from` and `to` the figures are those of a lifetime.
    #[param(value_type = Option<Date>)]
    from: Option<String>,
    /// The last day, itself included; today without it.
    #[param(value_type = Option<Date>)]
    to: Option<String>,
    /// The time zone whose days and hours are meant, as Europe/Amsterdam; without it they are each account's own, and today
    /// is the easternmost account's. Calls, replies and people are known by the instant. Figures of e-mails are stored by
    /// the account's day and cannot be cut anew: `own_days` says of which sources they stay in another zone.
    tz: Option<String>,
    /// Only this client, by name.
    client: Option<String>,
    /// Only this service: smartlead, replyio, phoneburner.
    platform: Option<String>,
    /// Only this source, by name.
    source: Option<String>,
    /// Only this campaign, by the service's id.
    campaign: Option<String>,
    /// Only campaigns of this status, as `active`.
    status: Option<String>,
    /// Only campaigns of this owner, by the service's id.
    owner: Option<String>,
}

impl Filters {
    /// The filter, locked to the client of whoever asks.
    pub(crate) async fn filter(&self, caller: &Caller, api: &Api) -> Result<Filter, Problem> {
        let platform = given(self.platform.as_ref()).map(|name| name.parse().map_err(Problem::invalid));
        Ok(Filter {
            period: self.period(api).await?,
            zone: self.zone()?,
            client: caller.only(given(self.client.as_ref()))?,
            platform: platform.transpose()?,
            source: given(self.source.as_ref()),
            campaign: given(self.campaign.as_ref()),
            status: given(self.status.as_ref()),
            owner: given(self.owner.as_ref()),
        })
    }

    fn zone(&self) -> Result<Option<TimeZone>, Problem> {
        let zone = given(self.tz.as_ref()).map(|name| {
            TimeZone::get(&name).map_err(|_| Problem::invalid(format!("tz={name} is no time zone")))
        });
        zone.transpose()
    }

    async fn period(&self, api: &Api) -> Result<Option<Period>, Problem> {
        let zone = self.zone()?;
        let (from, to) = (day("from", self.from.as_ref())?, day("to", self.to.as_ref())?);
        let period = match (from, to) {
            (None, None) => return Ok(None),
            (from, Some(to)) => Period { from: from.unwrap_or(FIRST_DAY), to },
            (Some(from), None) => Period { from, to: today(api, zone).await?.max(from) },
        };
        if period.from > period.to {
            return Err(Problem::invalid("`from` is after `to`"));
        }
        Ok(Some(period))
    }
}

/// A source whose e-mails are counted by days that begin at another instant than those that were asked for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OwnDays {
    /// Its name.
    source: String,
    /// The zone of its days.
    time_zone: String,
}

/// The sources whose stored days are not those of the zone that a filter asks for.
pub(crate) async fn own_days(filter: &Filter, api: &Api) -> Result<Vec<OwnDays>, Problem> {
    let (Some(zone), Some(period)) = (&filter.zone, filter.period) else { return Ok(Vec::new()) };
    let begins = |day: Date, zone: &TimeZone| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let is_other = |source: &Source| {
        let own = TimeZone::get(&source.time_zone).unwrap_or(TimeZone::UTC);
        [period.from, period.to].into_iter().any(|day| begins(day, &own) != begins(day, zone))
    };
    // Those alone that the figures are of: whoever sees one client learns of no other's.
    let sources = api.store.sources_of(filter).await?.into_iter().filter(is_other);
    Ok(sources.map(|source| OwnDays { source: source.name, time_zone: source.time_zone }).collect())
}

/// Today there, or the latest day that any account has begun.
pub(super) async fn today(api: &Api, zone: Option<TimeZone>) -> Result<Date, Problem> {
    let now = api.clock.now();
    if let Some(zone) = zone {
        return Ok(now.to_zoned(zone).date());
    }
    let zones = api.store.sources().await?.into_iter().map(|source| source.time_zone);
    let days = zones.map(|zone| now.to_zoned(TimeZone::get(&zone).unwrap_or(TimeZone::UTC)).date());
    Ok(days.max().unwrap_or_else(|| now.to_zoned(TimeZone::UTC).date()))
}

/// What to compare with.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compare {
    /// The same weekdays before the period.
    Previous,
}

/// Whether to compare.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Comparison {
    /// `previous`: the same figures of the same weekdays before the period stand beside it.
    #[param(inline)]
    compare: Option<Compare>,
}

impl Comparison {
    /// The filter of what is compared with, if that is wanted.
    fn before(&self, filter: &Filter) -> Result<Option<Filter>, Problem> {
        match self.compare {
            None => Ok(None),
            Some(Compare::Previous) => filter.previous().map(Some).ok_or_else(|| {
                Problem::invalid("a lifetime has nothing before it").hint("compare needs `from`")
            }),
        }
    }

    /// A report of a filter's part of the data; beside it, if that is wanted, the same of the days before.
    pub(crate) async fn page<T, R: Future<Output = atlas_store::Result<Vec<T>>>>(
        &self,
        filter: &Filter,
        report: impl Fn(Filter) -> R,
    ) -> Result<Page<T>, Problem> {
        let Some(before) = self.before(filter)? else {
            return Ok(Page::whole(report(filter.clone()).await?, filter.period));
        };
        let days = before.period;
        let (lines, earlier) = try_join(report(filter.clone()), report(before)).await?;
        Ok(Page::whole(lines, filter.period).beside(days, earlier))
    }

    /// The same of a list that comes in pages; of the days before the lines of the same things. The report is told how many
    /// lines are enough.
    pub(crate) async fn page_of<T, R: Future<Output = atlas_store::Result<Vec<T>>>>(
        &self,
        filter: &Filter,
        paging: &Paging,
        key: impl Fn(&T) -> String,
        report: impl Fn(Filter, Option<usize>) -> R,
    ) -> Result<Page<T>, Problem> {
        let before = self.before(filter)?;
        let lines = report(filter.clone(), paging.enough()).await?;
        let page = paging.of(lines, filter.period, &key)?;
        let Some(before) = before else { return Ok(page) };
        let (days, mut lines) = (before.period, report(before, None).await?);
        let shown: BTreeSet<String> = page.data.iter().map(&key).collect();
        lines.retain(|line| shown.contains(&key(line)));
        Ok(page.beside(days, lines))
    }
}

/// What is empty is not given.
pub(super) fn given(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

fn day(name: &str, text: Option<&String>) -> Result<Option<Date>, Problem> {
    let Some(text) = given(text) else { return Ok(None) };
    let is_plain = text.len() == "2026-10-01".len();
    let day = text.parse().ok().filter(|date| is_plain && *date >= FIRST_DAY);
    let bad = || Problem::invalid(format!("{name}={text} is no day")).hint("write it as 2026-10-01");
    day.map(Some).ok_or_else(bad)
}

/// Which page of a list. A table for other programs is told whole unless it is limited.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// So many lines at most; 100 without it, all of them as CSV, Parquet or JSON lines.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(mut paging): Query<Self> = Query::try_from_uri(&parts.uri)?;
        if paging.limit.is_some_and(|limit| !(1..=LARGEST_PAGE).contains(&limit)) {
            return Err(Problem::invalid(format!("limit is a number from 1 to {LARGEST_PAGE}")));
        }
        if paging.limit.is_none() && table::wanted(&parts.headers).is_some() {
            paging.limit = Some(usize::MAX);
        }
        Ok(paging)
    }
}

impl Paging {
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(PAGE)
    }

    /// So many lines from the first one on tell a first page, and whether there is another.
    pub(crate) fn enough(&self) -> Option<usize> {
        let is_first = given(self.cursor.as_ref()).is_none();
        Some(self.limit()).filter(|limit| is_first && *limit <= LARGEST_PAGE).map(|limit| limit + 1)
    }

    /// The key of the last line of the page before.
    pub(crate) fn after<K: FromStr>(&self) -> Result<Option<K>, Problem> {
        let Some(cursor) = given(self.cursor.as_ref()) else { return Ok(None) };
        let key = URL_SAFE_NO_PAD.decode(&cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let key = key.and_then(|key| key.parse().ok());
        key.map(Some).ok_or_else(|| Problem::invalid("that cursor is none of ours"))
    }

    /// The page of a list that is whole; `key` tells its lines apart.
    pub(crate) fn of<T>(
        &self,
        mut lines: Vec<T>,
        period: Option<Period>,
        key: impl Fn(&T) -> String,
    ) -> Result<Page<T>, Problem> {
        if let Some(after) = self.after::<String>()? {
            let gone = || Problem::invalid("what that cursor stands at is gone").hint("begin anew");
            let at = lines.iter().position(|line| key(line) == after).ok_or_else(gone)?;
            lines.drain(..=at);
        }
        Ok(self.of_rest(lines, period, key))
    }

    /// The page of what follows the page before; one line more than the limit tells that there is another page.
    pub(crate) fn of_rest<T>(
        &self,
        mut lines: Vec<T>,
        period: Option<Period>,
        key: impl Fn(&T) -> String,
    ) -> Page<T> {
        let has_more = lines.len() > self.limit();
        lines.truncate(self.limit());
        let next_cursor = lines.last().filter(|_| has_more).map(|line| URL_SAFE_NO_PAD.encode(key(line)));
        Page {
            data: lines,
            next_cursor,
            period: period.map(Days::from),
            own_days: Vec::new(),
            previous: None,
        }
    }
}

/// Lines of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The lines.
    pub(crate) data: Vec<T>,
    /// `cursor` of the next page; none on the last one.
    pub(crate) next_cursor: Option<String>,
    /// The days that the figures are of; none for a lifetime.
    pub(crate) period: Option<Days>,
    /// With `tz`: sources whose days of e-mails are their own, as these are stored by day and cannot be cut anew.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) own_days: Vec<OwnDays>,
    /// The same of what it is compared with; only with `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Before<T>>,
}

/// Lines of the days before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Before<T> {
    /// The days.
    period: Option<Days>,
    /// The lines.
    data: Vec<T>,
}

impl<T> Page<T> {
    /// A list that fits one page.
    pub(crate) fn whole(data: Vec<T>, period: Option<Period>) -> Self {
        Self { data, next_cursor: None, period: period.map(Days::from), own_days: Vec::new(), previous: None }
    }

    /// With whose days are not those that were asked for.
    pub(crate) fn in_days_of(self, own_days: Vec<OwnDays>) -> Self {
        Self { own_days, ..self }
    }

    /// With what it is compared with.
    fn beside(self, before: Option<Period>, data: Vec<T>) -> Self {
        Self { previous: Some(Before { period: before.map(Days::from), data }), ..self }
    }
}

/// Days, both ends included.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Days {
    /// The first day; none where the period has no beginning.
    from: Option<Date>,
    /// The last day.
    to: Date,
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        Self { from: Some(period.from).filter(|from| *from > FIRST_DAY), to: period.to }
    }
}

/// The query of a request; what is wrong with it is a problem like any other.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(query) = Query::try_from_uri(&parts.uri)?;
        Ok(Self(query))
    }
}

/// The variable parts of a path, in the same way.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(path) = Path::from_request_parts(parts, state).await?;
        Ok(Self(path))
    }
}

/// Turns away what a route does not know: a filter with a slip in its name would tell figures of something else.
pub(crate) async fn only_known(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let known = route.map(|route| super::document::parameters(route, request.method())).unwrap_or_default();
    let query = request.uri().query().unwrap_or_default();
    // No name and no id has it, and PostgreSQL takes no text with it.
    if request.uri().path().contains("%00") || query.contains("%00") {
        return Problem::invalid("an address has no NUL in it").into_response();
    }
    let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
    let mut unknown = names.filter(|name| !known.iter().any(|known| known == name));
    if let Some(name) = unknown.next() {
        let why = route.and_then(|route| super::document::why_not(route, name));
        let detail = match why {
            Some(why) => format!("'{name}' means nothing here: {why}"),
            None => format!("there is no parameter '{name}'"),
        };
        let hint = format!("this route knows: {}", known.join(", "));
        return Problem::invalid(detail).hint(hint).into_response();
    }
    next.run(request).await
}

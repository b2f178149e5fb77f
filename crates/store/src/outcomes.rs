//! What came of it, as the user tells: meetings booked and held, deals; and the targets of a client.

use std::collections::BTreeMap;

use atlas_model::{CALL_METRICS, Kind, METRICS, Period};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access_log::note;
use crate::db::{DbRow, Store};
use crate::error::{Error, ErrorKind, Result};
use crate::serials::next;
use crate::sql::cast;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// A meeting was agreed on.
    MeetingBooked,
    /// It took place.
    MeetingHeld,
    /// They bought.
    DealWon,
}

impl OutcomeKind {
    /// As it is stored and written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MeetingBooked => "meeting_booked",
            Self::MeetingHeld => "meeting_held",
            Self::DealWon => "deal_won",
        }
    }
}

/// An outcome that somebody tells.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutcome {
    /// Whose it is.
    #[schema(min_length = 1)]
    pub client: String,
    /// With whom.
    pub email: String,
    /// What came of it.
    pub kind: OutcomeKind,
    /// The day.
    pub occurred_on: Date,
    /// What a deal is worth.
    pub value: Option<f64>,
    /// In which currency, as `EUR`.
    pub currency: Option<String>,
}

/// An outcome as it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Outcome {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub client: String,
    /// With whom, in lower case.
    pub email: String,
    /// `meeting_booked`, `meeting_held`, `deal_won`.
    pub kind: String,
    /// The day.
    #[schema(format = Date)]
    pub occurred_on: String,
    /// What a deal is worth.
    pub value: Option<f64>,
    /// In which currency.
    pub currency: Option<String>,
    /// Who told it.
    pub recorded_by: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// What outcomes tell and no service does, as a metric.
pub(crate) const MEETINGS_BOOKED: &str = "meetings_booked";

/// The largest value of a deal: beyond it a figure has a slip in it.
const LARGEST_VALUE: f64 = 1e12;

impl Store {
    /// Stores outcomes, all of them or none. One that is known is told its value and currency anew.
    pub async fn add_outcomes(&self, new: &[NewOutcome], (who, now): (&str, Timestamp)) -> Result<()> {
        new.iter().try_for_each(check)?;
        let mut tx = self.begin().await?;
        for one in new {
            let id = next(&mut tx, "outcomes").await?;
            let day = cast(tx.flavour(), Kind::Date, "CAST($5 AS TEXT)");
            let value = "CAST(CAST($6 AS TEXT) AS DOUBLE PRECISION)";
            let sql = format!(
                "INSERT INTO outcomes (id, client, email, kind, occurred_on, value, currency, recorded_by, recorded_at) \
                 VALUES ($1, $2, $3, $4, {day}, {value}, $7, $8, $9) ON CONFLICT (client, email, kind, occurred_on) \
                 DO UPDATE SET value = COALESCE(excluded.value, outcomes.value), \
                 currency = COALESCE(excluded.currency, outcomes.currency)"
            );
            let params = [
                id.into(),
                one.client.trim().into(),
                one.email.trim().to_lowercase().into(),
                one.kind.as_str().into(),
                one.occurred_on.to_string().into(),
                one.value.map(|value| value.to_string()).into(),
                one.currency.clone().into(),
                who.into(),
                now.into(),
            ];
            tx.execute(&sql, params).await?;
        }
        note(&mut tx, who, now, "outcomes told", &new.len().to_string()).await?;
        tx.commit().await
    }

    /// Outcomes of a client or of all, within a period or all; the newest first.
    pub async fn outcomes(&self, client: Option<&str>, period: Option<Period>) -> Result<Vec<Outcome>> {
        let [from, to] =
            ["$2", "$3"].map(|param| cast(self.flavour(), Kind::Date, &format!("CAST({param} AS TEXT)")));
        let sql = format!(
            "SELECT id, client, email, kind, CAST(occurred_on AS TEXT) AS day, value, currency, recorded_by, recorded_at \
             FROM outcomes WHERE (CAST($1 AS TEXT) IS NULL OR lower(client) = lower($1)) AND occurred_on >= {from} \
             AND occurred_on <= {to} ORDER BY occurred_on DESC, id DESC"
        );
        let (from, to) = period.map_or_else(
            || ("0001-01-01".to_owned(), "9999-12-31".to_owned()),
            |Period { from, to }| (from.to_string(), to.to_string()),
        );
        let rows = self.fetch(&sql, [client.map(str::to_owned).into(), from.into(), to.into()]).await?;
        rows.iter().map(outcome).collect()
    }

    /// Takes an outcome back.
    pub async fn remove_outcome(&self, id: i64, (who, now): (&str, Timestamp)) -> Result<bool> {
        let mut tx = self.begin().await?;
        let removed = tx.execute("DELETE FROM outcomes WHERE id = $1", [id.into()]).await?;
        if removed > 0 {
            note(&mut tx, who, now, "outcome taken back", &id.to_string()).await?;
        }
        tx.commit().await?;
        Ok(removed > 0)
    }

    /// What a client is promised a week, by metric.
    pub async fn client_targets(&self, client: &str) -> Result<BTreeMap<String, f64>> {
        let sql = "SELECT metric, target FROM client_targets WHERE client = $1";
        let rows = self.fetch(sql, [client.to_lowercase().into()]).await?;
        let targets = rows.iter().map(|row| {
            let target = row.maybe_real("target")?.unwrap_or_default();
            Ok((row.text("metric")?, target))
        });
        targets.collect()
    }

    /// Sets targets of a client; one without a value is none any more.
    pub async fn set_client_targets(
        &self,
        client: &str,
        targets: &BTreeMap<String, Option<f64>>,
        (who, now): (&str, Timestamp),
    ) -> Result<()> {
        let key = client.to_lowercase();
        let mut tx = self.begin().await?;
        for (metric, target) in targets {
            let mut known =
                METRICS.iter().chain(CALL_METRICS).map(|known| known.name).chain([MEETINGS_BOOKED]);
            if !known.any(|known| known == metric) {
                return Err(refused(format!("there is no metric '{metric}'")));
            }
            if target.is_some_and(|target| !(0.0..=LARGEST_VALUE).contains(&target)) {
                return Err(refused(format!("{metric}: a target is 0 or more")));
            }
            let gone = "DELETE FROM client_targets WHERE client = $1 AND metric = $2";
            tx.execute(gone, [key.as_str().into(), metric.as_str().into()]).await?;
            if let Some(target) = target {
                let sql = "INSERT INTO client_targets (client, metric, target) \
                           VALUES ($1, $2, CAST(CAST($3 AS TEXT) AS DOUBLE PRECISION))";
                let target = target.to_string();
                tx.execute(sql, [key.as_str().into(), metric.as_str().into(), target.into()]).await?;
            }
        }
        note(&mut tx, who, now, "targets set", client).await?;
        tx.commit().await
    }
}

fn check(new: &NewOutcome) -> Result<()> {
    let (client, email) = (new.client.trim(), new.email.trim());
    if client.is_empty() || client.contains(char::is_control) {
        return Err(refused("an outcome belongs to a client".to_owned()));
    }
    if !email.contains('@') || email.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(refused(format!("'{email}' is no e-mail address")));
    }
    if new.value.is_some_and(|value| !(0.0..=LARGEST_VALUE).contains(&value)) {
        return Err(refused(format!("{email}: a value is 0 or more")));
    }
    if !(1..=9999).contains(&new.occurred_on.year()) {
        return Err(refused(format!("{email}: {} is no day", new.occurred_on)));
    }
    if new.currency.as_ref().is_some_and(|one| one.len() != 3 || !one.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return Err(refused(format!("{email}: a currency is three letters, as EUR")));
    }
    Ok(())
}

fn refused(why: String) -> Error {
    Error::new(ErrorKind::Refused, why, "")
}

fn outcome(row: &DbRow) -> Result<Outcome> {
    Ok(Outcome {
        id: row.integer("id")?,
        client: row.text("client")?,
        email: row.text("email")?,
        kind: row.text("kind")?,
        occurred_on: row.text("day")?,
        value: row.maybe_real("value")?,
        currency: row.maybe_text("currency")?,
        recorded_by: row.text("recorded_by")?,
        recorded_at: row.time("recorded_at")?,
    })
}

//! Thresholds of alerts, where they are not what is usual.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::access_log::note;
use crate::db::Store;
use crate::error::Result;
use crate::tasks::WAKE;

/// A threshold that somebody set.
#[derive(Clone, Debug)]
pub struct SetThreshold {
    /// What it is.
    pub value: f64,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

impl Store {
    /// What is set, by name.
    pub async fn set_thresholds(&self) -> Result<BTreeMap<String, SetThreshold>> {
        let rows = self.fetch("SELECT name, value, set_by, set_at FROM thresholds", []).await?;
        let set = rows.iter().map(|row| {
            let value = row.maybe_real("value")?.unwrap_or_default();
            let (set_by, set_at) = (row.text("set_by")?, row.time("set_at")?);
            Ok((row.text("name")?, SetThreshold { value, set_by, set_at }))
        });
        set.collect()
    }

    /// The numbers alone.
    pub async fn thresholds(&self) -> Result<BTreeMap<String, f64>> {
        Ok(self.set_thresholds().await?.into_iter().map(|(name, one)| (name, one.value)).collect())
    }

    /// Sets thresholds; one without a value is as usual again.
    pub async fn change_thresholds(
        &self,
        changes: &BTreeMap<String, Option<f64>>,
        (who, now): (&str, Timestamp),
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        for (name, value) in changes {
            let gone = "DELETE FROM thresholds WHERE name = $1";
            tx.execute(gone, [name.as_str().into()]).await?;
            if let Some(value) = value {
                let sql = "INSERT INTO thresholds (name, value, set_by, set_at) \
                           VALUES ($1, CAST(CAST($2 AS TEXT) AS DOUBLE PRECISION), $3, $4)";
                let params = [name.as_str().into(), value.to_string().into(), who.into(), now.into()];
                tx.execute(sql, params).await?;
            }
            let told = value.map_or("as usual".to_owned(), |value| value.to_string());
            note(&mut tx, who, now, "threshold set", &format!("{name}: {told}")).await?;
        }
        tx.execute(WAKE, ["alerts".into()]).await?;
        tx.commit().await
    }
}

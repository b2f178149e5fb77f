//! Which campaigns' events and leads were written: noted in the transaction that writes them, so that whoever counts them
//! counts again what changed and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Row, SourceId};
use serde_json::{Value, json};

use crate::db::{DbRow, Flavour};
use crate::error::Result;
use crate::sql::{batch, to_batch};

/// Tables of whose rows it is noted.
const NOTED: [&str; 3] = ["email_activities", "reply_corrections", "enrollments"];

/// What a statement has to return for it, behind what it returns anyway; nothing that it reads beside may be called so.
pub(crate) const RETURNED: &str = "campaign_id, source_id";

/// Campaigns that a transaction wrote to.
#[derive(Debug, Default)]
pub(crate) struct Changed(BTreeMap<SourceId, BTreeSet<String>>);

/// Whether what a statement writes is noted.
pub(crate) fn is_noted(sql: &str) -> bool {
    let written = ["INSERT INTO ", "UPDATE ", "DELETE FROM "].iter().find_map(|verb| sql.strip_prefix(verb));
    let table = written.and_then(|rest| rest.split(' ').next());
    table.is_some_and(|table| NOTED.contains(&table))
}

impl Changed {
    pub(crate) fn note(&mut self, row: &DbRow) -> Result<()> {
        let (id, campaign) = (row.integer("source_id")?, row.text("campaign_id")?);
        self.0.entry(id).or_default().insert(campaign);
        Ok(())
    }

    /// Notes the campaigns of leads of which some were written: had the statement to tell which, each lead would cost more.
    pub(crate) fn note_leads<'r>(&mut self, id: SourceId, leads: impl Iterator<Item = &'r Row>) {
        let campaigns = self.0.entry(id).or_default();
        for campaign in leads.filter_map(|lead| lead.values.get("campaign_id")?.as_str()) {
            if !campaigns.contains(campaign) {
                campaigns.insert(campaign.to_owned());
            }
        }
    }

    /// The statement that keeps it, and the batch that goes with it; none where nothing was written. All who write take
    /// campaigns in one order and lock nothing after them, so none waits for another in a ring.
    pub(crate) fn to_keep(&self, flavour: Flavour) -> Option<(String, String)> {
        let each = |(id, campaigns): (&SourceId, &BTreeSet<String>)| -> Vec<Value> {
            campaigns.iter().map(|campaign| json!({"s": id, "c": campaign})).collect()
        };
        let changed: Vec<Value> = self.0.iter().flat_map(each).collect();
        let sql = format!(
            "INSERT INTO campaign_changes AS t (source_id, campaign_id, changes) SELECT CAST(value ->> 's' AS BIGINT), \
             value ->> 'c', 1 FROM {} WHERE CAST(value ->> 's' AS BIGINT) IN (SELECT id FROM data_sources) \
             ON CONFLICT (source_id, campaign_id) DO UPDATE SET changes = t.changes + 1",
            batch(flavour, "$1"),
        );
        (!changed.is_empty()).then(|| (sql, to_batch(&changed)))
    }
}

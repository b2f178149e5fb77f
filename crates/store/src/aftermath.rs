//! What must be worked out again when rows of some tables changed: days, calls told twice, people.

use std::collections::BTreeSet;

use atlas_model::tables::{
    CALL_ACTIVITIES, CAMPAIGNS, CLIENTS, CONTACTS, DAILY_OBSERVATIONS, LIFETIME_READINGS,
};
use atlas_model::{SourceId, Table};

use crate::days::{delta, settle};
use crate::db::Tx;
use crate::error::Result;
use crate::newcomers::Newcomers;
use crate::{clients, people, same_calls};

/// Keys of rows from which others follow.
#[derive(Default)]
pub(crate) struct Aftermath {
    /// Campaigns and days with another observation.
    days: BTreeSet<(String, String)>,
    /// Campaigns and days with another reading of the lifetime.
    readings: BTreeSet<(String, String)>,
    calls: same_calls::Touched,
    /// Whether leads may be other people than they were,
    are_leads: bool,
    /// and whether that may be so of anybody, for another reason.
    are_people: bool,
    /// Whether campaigns are new, or called otherwise.
    are_campaigns: bool,
}

impl Aftermath {
    /// Whether it must be known which rows of a table changed.
    pub(crate) fn wants_keys(table: &Table, columns: &[&str]) -> bool {
        [&DAILY_OBSERVATIONS, &LIFETIME_READINGS, &CALL_ACTIVITIES].contains(&table)
            || (*table == CONTACTS && (columns.contains(&"phone_key") || columns.contains(&"crm_id")))
    }

    /// Notes that so many rows changed, and the keys of those from which something follows; to note others too only costs
    /// a second look at them.
    pub(crate) fn note(
        &mut self,
        table: &Table,
        columns: &[&str],
        changed: u64,
        keys: &BTreeSet<Vec<String>>,
    ) {
        let part = |place: usize| keys.iter().filter_map(move |key| key.get(place).cloned());
        let pairs = || part(0).zip(part(1));
        let is_of_people = [&CALL_ACTIVITIES, &CLIENTS].contains(&table)
            || (*table == CAMPAIGNS && columns.contains(&"client_id"));
        self.are_leads |= Newcomers::are_in(table) && changed > 0;
        self.are_people |= is_of_people && changed > 0;
        self.are_campaigns |= *table == CAMPAIGNS && columns.contains(&"name") && changed > 0;
        if *table == DAILY_OBSERVATIONS {
            self.days.extend(pairs());
        } else if *table == LIFETIME_READINGS {
            self.readings.extend(pairs());
        } else if *table == CALL_ACTIVITIES {
            self.calls.calls.extend(pairs());
        } else if *table == CONTACTS && Self::wants_keys(table, columns) {
            self.calls.contacts.extend(part(0));
        }
    }

    /// Works it out, in the transaction that changed the rows; who the leads among them are may be known already.
    pub(crate) async fn settle(
        mut self,
        tx: &mut Tx,
        id: SourceId,
        batch_size: usize,
        are_known: bool,
    ) -> Result<()> {
        self.days.extend(delta(tx, id, &self.readings, batch_size).await?);
        settle(tx, id, &self.days, batch_size).await?;
        same_calls::settle(tx, id, self.calls, batch_size).await?;
        if self.are_campaigns {
            clients::settle(tx, id).await?;
        }
        if self.are_people || (self.are_leads && !are_known) {
            people::count_write(tx, id).await?;
        }
        Ok(())
    }
}

//! Which mailbox an event is of, and how the mails of a mailbox follow where that becomes known later.
//!
//! Mails are counted by the id of their mailbox, or by its address while they know no id. Whatever gives a counted mail
//! another name moves what it counts for, in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::{Row, SourceId};
use serde_json::{Value, json};

use crate::counting::{BY_KEY, KEY, Keys, Told, count_mail, keys as keys_of, of_rows};
use crate::db::Tx;
use crate::error::Result;
use crate::rollups::{self, Mails};
use crate::sql::{batch, fence, to_batch, values};

/// Counted mails among the events of a batch that may learn of their mailbox by it: those that were there before it.
pub(crate) struct Unnamed {
    keys: Vec<Value>,
    before: Vec<Told>,
}

impl Unnamed {
    /// Looks for them before the batch completes them.
    pub(crate) async fn look(
        tx: &mut Tx,
        id: SourceId,
        rows: impl Iterator<Item = &Row>,
        inserted: &Keys,
    ) -> Result<Self> {
        let text = |row: &Row, column: &str| Some(row.values.get(column)?.as_str()?.to_owned());
        let keys: Keys = rows
            .filter(|row| ["email_account_id", "from_email"].iter().any(|name| text(row, name).is_some()))
            .filter(|row| ["sent", "bounced"].contains(&text(row, "event").unwrap_or_default().as_str()))
            .filter_map(|row| text(row, "campaign_id").zip(text(row, "event_key")))
            .filter(|key| !inserted.contains(key))
            .collect();
        let mut unnamed = Self { keys: keys_of(&keys), before: Vec::new() };
        unnamed.before = unnamed.read(tx, id, " AND t.email_account_id IS NULL").await?;
        Ok(unnamed)
    }

    async fn read(&self, tx: &mut Tx, id: SourceId, which: &str) -> Result<Vec<Told>> {
        let these = format!("{BY_KEY} AND t.counts_message{which}");
        of_rows(tx, id, KEY, &these, &self.keys).await
    }

    /// Moves what they count for to the mailboxes that they name now.
    pub(crate) async fn follow(self, tx: &mut Tx, id: SourceId, batch_size: usize) -> Result<()> {
        if self.before.is_empty() {
            return Ok(());
        }
        let now = self.read(tx, id, "").await?;
        let now: BTreeMap<(String, String), Told> = now.into_iter().map(|row| (row.key(), row)).collect();
        let mut mails = Mails::new();
        for before in &self.before {
            if let Some(now) = now.get(&before.key()) {
                count_mail(before, before.flags, -1, &mut mails);
                count_mail(now, now.flags, 1, &mut mails);
            }
        }
        rollups::add_mails(tx, id, &mails, batch_size).await
    }
}

/// Gives events the mailbox with their address, and what was counted under the address to it; whether any event lacked it.
pub(crate) async fn find(
    tx: &mut Tx,
    id: SourceId,
    addresses: &BTreeSet<String>,
    batch_size: usize,
) -> Result<bool> {
    if addresses.is_empty() {
        return Ok(false);
    }
    // Of an unknown mailbox there may be very many events, which need not be looked through each time.
    let known = format!(
        "SELECT lower(from_email) AS address, MIN(external_id) AS mailbox FROM email_accounts WHERE source_id = $1 \
         AND lower(from_email) IN (SELECT value ->> 'a' FROM {}) GROUP BY lower(from_email)",
        batch(tx.flavour(), "$2"),
    );
    let mut mailboxes = BTreeMap::new();
    for row in tx.fetch(&known, [id.into(), values(addresses).into()]).await? {
        mailboxes.insert(row.text("address")?, row.text("mailbox")?);
    }
    if mailboxes.is_empty() {
        return Ok(false);
    }
    let known: Vec<Value> = mailboxes.iter().map(|(address, id)| json!({"a": address, "b": id})).collect();
    let known = to_batch(&known);
    let (these, fence) = (batch(tx.flavour(), "$2"), fence(tx.flavour()));
    let sql = format!(
        "UPDATE email_activities AS t SET email_account_id = k.mailbox FROM (SELECT value ->> 'a' AS address, \
         value ->> 'b' AS mailbox FROM {these}{fence}) AS k \
         WHERE t.source_id = $1 AND t.email_account_id IS NULL AND t.from_email = k.address",
    );
    if tx.execute(&sql, [id.into(), known.as_str().into()]).await? == 0 {
        return Ok(false);
    }
    // Whatever counts under an address lacked the id until now.
    let sql = format!(
        "SELECT CAST(date AS TEXT) AS date, mailbox, emails_sent, emails_bounced FROM mailbox_days \
         WHERE source_id = $1 AND mailbox IN (SELECT value ->> 'a' FROM {these})"
    );
    let mut mails = Mails::new();
    for row in tx.fetch(&sql, [id.into(), known.into()]).await? {
        let (date, address) = (row.text("date")?, row.text("mailbox")?);
        let Some(mailbox) = mailboxes.get(&address) else { continue };
        for column in ["emails_sent", "emails_bounced"] {
            let count = row.maybe_integer(column)?.unwrap_or_default();
            for (name, count) in [(&address, -count), (mailbox, count)] {
                let figures = mails.entry((date.clone(), name.clone())).or_default();
                *figures.entry(column).or_default() += count;
            }
        }
    }
    rollups::add_mails(tx, id, &mails, batch_size).await?;
    Ok(true)
}

//! What follows from single events: whom and what they refer to, what they count for, and what they say of a lead.
//!
//! A row says itself what it counts for. Whenever events come, that is worked out again for the people whom they are about,
//! and the differences are added to their days and hours, in the same transaction. So order and repetition never matter.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::tables::{CAMPAIGN_VARIANTS, CONTACTS, EMAIL_ACCOUNTS, EMAIL_ACTIVITIES};
use atlas_model::{Follow, Row, SourceId, Table};
use serde_json::{Value, json};

use crate::ahead::Ahead;
use crate::counting::{
    BY_KEY, KEY, Keys, Told, add, count_of, differences, flags, keys, of_people, of_rows, set_flags,
};
use crate::db::Tx;
use crate::error::Result;
use crate::sql::{batch, fence, to_batch, values};
use crate::{mailboxes, people, polled};

/// An event says what told it: a number in the journal.
pub(crate) fn told_in(row: Row, journal_id: i64) -> Row {
    if *row.table == EMAIL_ACTIVITIES { row.with("told_in", journal_id) } else { row }
}

/// What was written that events hang on.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Events that are new.
    pub(crate) inserted: Keys,
    /// Events of which more is known now.
    pub(crate) completed: Keys,
    /// Addresses of people, and of mailboxes, that are told.
    emails: BTreeSet<String>,
    mailboxes: BTreeSet<String>,
    /// Campaigns whose templates changed.
    campaigns: BTreeSet<String>,
}

impl News {
    /// The addresses in rows that are about to be written.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut news = Self::default();
        for row in rows {
            let text = |column: &str| Some(row.values.get(column)?.as_str()?.to_lowercase());
            if *row.table == CONTACTS {
                news.emails.extend(text("email"));
            } else if *row.table == EMAIL_ACTIVITIES {
                news.emails.extend(text("lead_email").filter(|_| text("contact_id").is_none()));
                news.mailboxes.extend(text("from_email").filter(|_| text("email_account_id").is_none()));
            }
        }
        news
    }

    /// Rows that changed and to which events may refer.
    pub(crate) fn refer_to<'a, I: Iterator<Item = &'a Row>>(
        &mut self,
        table: &Table,
        changed: &impl Fn() -> I,
    ) {
        let text = |row: &Row, column: &str| Some(row.values.get(column)?.as_str()?.to_owned());
        if *table == CAMPAIGN_VARIANTS {
            self.campaigns.extend(changed().filter_map(|row| text(row, "campaign_id")));
        } else if *table == EMAIL_ACCOUNTS {
            self.mailboxes.extend(changed().filter_map(|row| Some(text(row, "from_email")?.to_lowercase())));
        }
    }

    /// The calls that new events ask for, unless they turned out to be told already.
    pub(crate) fn calls_for_new(&self, rows: &[Row], gone: &Keys) -> Vec<Follow> {
        let is_new = |row: &&Row| {
            let key = row.key().and_then(|key| <[&str; 2]>::try_from(key).ok());
            let key = key.map(|[campaign, event]| (campaign.to_owned(), event.to_owned()));
            key.is_some_and(|key| self.inserted.contains(&key) && !gone.contains(&key))
        };
        let asking = rows.iter().filter(|row| *row.table == EMAIL_ACTIVITIES && !row.on_change.is_empty());
        asking.filter(is_new).flat_map(|row| row.on_change.clone()).collect()
    }
}

/// Settles everything that follows from what was written. The events that turned out to be posted already are gone then.
pub(crate) async fn settle(
    tx: &mut Tx,
    id: SourceId,
    news: &News,
    ahead: Ahead,
    batch_size: usize,
) -> Result<Keys> {
    let are_named = mailboxes::find(tx, id, &news.mailboxes, batch_size).await?;
    let resolved = find_people(tx, id, &news.emails).await?;
    let mut touched: Keys = news.inserted.union(&news.completed).cloned().collect();
    touched.extend(resolved.iter().cloned());
    let campaigns = number_steps(tx, id, &touched).await?;
    polled::share_variants(tx, id, &touched).await?;
    let unnamed = touched.difference(ahead.named()).cloned().collect();
    find_variants(tx, id, &unnamed, &news.campaigns.union(&campaigns).cloned().collect()).await?;
    if touched.is_empty() {
        return Ok(Keys::new());
    }
    let is_ahead = !are_named && resolved.is_empty() && ahead.covers(&news.inserted, &news.completed);
    let mails = if is_ahead { ahead.mails() } else { polled::mails(tx, id, &touched).await? };
    let mut replaced = polled::drop_stand_ins(tx, id, &touched, &mails).await?;
    let mut rows = if is_ahead && replaced.is_empty() {
        ahead.rows(&news.inserted)
    } else {
        read_again(tx, id, news, &touched, &resolved, &replaced, batch_size).await?
    };
    let mut posted: Keys = replaced.iter().map(Told::key).collect();
    let (gone, of_posted) = polled::drop_told(tx, id, &mut rows).await?;
    replaced.extend(gone);
    posted.extend(of_posted);
    let wanted = flags(&rows);
    set_flags(tx, id, &rows, &wanted, batch_size).await?;
    let mut counts = differences(&rows, &wanted);
    for row in &replaced {
        count_of(row, row.flags, -1, &mut counts);
    }
    add(tx, id, &counts, batch_size).await?;
    let fresh: Keys = news.inserted.union(&resolved).cloned().collect();
    tell_leads(tx, id, &rows, &fresh).await?;
    Ok(posted)
}

/// The events that were written, and what else was told of their people: what an open or a reply counts for depends on it.
async fn read_again(
    tx: &mut Tx,
    id: SourceId,
    news: &News,
    touched: &Keys,
    resolved: &Keys,
    replaced: &[Told],
    batch_size: usize,
) -> Result<Vec<Told>> {
    let mut rows = of_rows(tx, id, KEY, BY_KEY, &keys(touched)).await?;
    let are_nameless = polled::are_nameless(tx, id).await?;
    let people: BTreeSet<&str> = rows
        .iter()
        .chain(replaced)
        .filter(|row| are_nameless || row.is_by_person() || resolved.contains(&row.key()))
        .map(|row| row.person.as_str())
        .collect();
    let others = of_people(tx, id, &people, true, batch_size).await?;
    rows.extend(others);
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.key()));
    // What the row of a new event says was guessed: nothing is counted of it yet.
    for row in rows.iter_mut().filter(|row| news.inserted.contains(&row.key())) {
        row.flags = [false; 3];
    }
    Ok(rows)
}

/// Gives events that name only an address the one contact with it, and puts it into the campaign.
async fn find_people(tx: &mut Tx, id: SourceId, addresses: &BTreeSet<String>) -> Result<Keys> {
    // In this order, so that SQLite asks their own index and does not go through all events of the source.
    let anybody = "SELECT 1 AS one FROM email_activities WHERE source_id = $1 AND contact_id IS NULL \
                   ORDER BY lead_email LIMIT 1";
    if addresses.is_empty() || tx.fetch(anybody, [id.into()]).await?.is_empty() {
        return Ok(Keys::new());
    }
    // So written, SQLite looks by the address in its index; else it goes through all contacts of the source for each event.
    let same = "FROM contacts AS k WHERE +k.source_id = $1 AND lower(k.email) = lower(t.lead_email)";
    let sql = format!(
        "UPDATE email_activities AS t SET contact_id = (SELECT MIN(k.external_lead_id) {same}) \
         WHERE t.source_id = $1 AND t.contact_id IS NULL \
         AND t.lead_email IN (SELECT value ->> 'a' FROM {}) AND 1 = (SELECT COUNT(*) {same}) \
         RETURNING campaign_id, event_key",
        batch(tx.flavour(), "$2"),
    );
    let mut resolved = Keys::new();
    for row in tx.fetch(&sql, [id.into(), values(addresses).into()]).await? {
        resolved.insert((row.text("campaign_id")?, row.text("event_key")?));
    }
    if !resolved.is_empty() {
        let sql = format!(
            "INSERT INTO enrollments (source_id, campaign_id, external_lead_id) \
             SELECT DISTINCT $1, t.campaign_id, t.contact_id FROM email_activities AS t WHERE t.source_id = $1 \
             AND t.campaign_id <> '' AND (t.campaign_id, t.event_key) IN \
             (SELECT value ->> 'a', value ->> 'b' FROM {}) ON CONFLICT DO NOTHING",
            batch(tx.flavour(), "$2"),
        );
        let enrolled = tx.execute(&sql, [id.into(), to_batch(&keys(&resolved)).into()]).await?;
        if enrolled > 0 {
            // Even newcomers are others then than their page made them.
            people::count_write(tx, id).await?;
        }
    }
    Ok(resolved)
}

/// Steps are numbered from 1. A service that was seen to tell a step 0 counts from 0: then all of its steps are one more.
/// The campaigns whose events were renumbered.
async fn number_steps(tx: &mut Tx, id: SourceId, touched: &Keys) -> Result<BTreeSet<String>> {
    let mut campaigns = BTreeSet::new();
    let zero = "SELECT 1 AS zero FROM email_activities WHERE source_id = $1 AND step_told = 0 LIMIT 1";
    if touched.is_empty() || tx.fetch(zero, [id.into()]).await?.is_empty() {
        return Ok(campaigns);
    }
    let sql = "UPDATE email_activities SET step_number = step_told + 1, variant_id = NULL WHERE source_id = $1 \
               AND step_told = step_number RETURNING campaign_id";
    for row in tx.fetch(sql, [id.into()]).await? {
        campaigns.insert(row.text("campaign_id")?);
    }
    Ok(campaigns)
}

/// Gives events the template of their step, where there is but one that it can be.
async fn find_variants(
    tx: &mut Tx,
    id: SourceId,
    touched: &Keys,
    campaigns: &BTreeSet<String>,
) -> Result<()> {
    let same = "FROM campaign_variants AS v WHERE v.source_id = $1 AND v.campaign_id = t.campaign_id \
                AND v.step_number = t.step_number AND NOT v.is_deleted \
                AND (t.variant_label IS NULL OR v.variant_label = t.variant_label)";
    for (which, keys) in [
        (
            "(t.campaign_id, t.event_key) IN (SELECT value ->> 'a', value ->> 'b' FROM {batch})",
            to_batch(&keys(touched)),
        ),
        ("t.campaign_id IN (SELECT value ->> 'a' FROM {batch})", values(campaigns)),
    ] {
        if keys == "[]" {
            continue;
        }
        let sql = format!(
            "UPDATE email_activities AS t SET variant_id = (SELECT MIN(v.external_id) {same}) \
             WHERE t.source_id = $1 AND t.variant_id IS NULL AND t.step_number IS NOT NULL AND {} \
             AND 1 = (SELECT COUNT(*) {same})",
            which.replace("{batch}", &batch(tx.flavour(), "$2")),
        );
        tx.execute(&sql, [id.into(), keys.into()]).await?;
    }
    Ok(())
}

/// What new events say of leads: that they are unsubscribed, how they were sorted last, whether they are interested. An
/// event that is not the last of its kind says nothing any more.
async fn tell_leads(tx: &mut Tx, id: SourceId, rows: &[Told], fresh: &Keys) -> Result<()> {
    let is_fresh = |row: &&Told| fresh.contains(&row.key());
    let (mut contacts, mut enrolled) = (Vec::new(), Vec::new());
    let mut people: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for row in rows {
        let Some(contact) = row.contact_id.as_deref() else { continue };
        people.entry(contact).or_default().push(row);
        if row.event == "unsubscribed" && is_fresh(&row) {
            contacts.push(("is_unsubscribed", json!({"a": contact, "v": true})));
            enrolled.push(("status", json!({"a": contact, "b": row.campaign_id, "v": "unsubscribed"})));
        }
    }
    for (contact, rows) in people {
        let sorted =
            || rows.iter().copied().filter(|row| ["categorized", "interested"].contains(&row.event.as_str()));
        let said = |row: &&Told| row.interest().is_some();
        if let Some(last) = sorted().filter(said).max_by_key(|row| row.order()).filter(is_fresh) {
            contacts.push(("is_interested", json!({"a": contact, "v": last.interest()})));
        }
        let campaigns: BTreeSet<&str> = sorted().map(|row| row.campaign_id.as_str()).collect();
        for campaign in campaigns {
            let here = || sorted().filter(|row| row.campaign_id == campaign);
            let told = |value: Value| json!({"a": contact, "b": campaign, "v": value});
            if let Some(last) = here().max_by_key(|row| row.order()).filter(is_fresh) {
                enrolled.push(("category", told(last.category.clone().into())));
                enrolled.push(("category_id", told(last.category_id.clone().into())));
            }
            if let Some(last) = here().filter(said).max_by_key(|row| row.order()).filter(is_fresh) {
                enrolled.push(("is_interested", told(last.interest().into())));
            }
        }
    }
    for column in ["is_unsubscribed", "is_interested"] {
        write_state(tx, id, "contacts", "t.external_lead_id = i.a", column, &contacts).await?;
    }
    let here = "t.external_lead_id = i.a AND t.campaign_id = i.b";
    for column in ["status", "category", "category_id", "is_interested"] {
        write_state(tx, id, "enrollments", here, column, &enrolled).await?;
    }
    Ok(())
}

async fn write_state(
    tx: &mut Tx,
    id: SourceId,
    table: &str,
    matched: &str,
    column: &str,
    told: &[(&str, Value)],
) -> Result<()> {
    let told: Vec<Value> =
        told.iter().filter(|(name, _)| *name == column).map(|(_, value)| value.clone()).collect();
    if told.is_empty() {
        return Ok(());
    }
    let value = if column.starts_with("is_") { "CAST(value ->> 'v' AS BOOLEAN)" } else { "value ->> 'v'" };
    let fence = fence(tx.flavour());
    let sql = format!(
        "UPDATE {table} AS t SET {column} = i.v FROM (SELECT DISTINCT value ->> 'a' AS a, value ->> 'b' AS b, \
         {value} AS v FROM {}{fence}) AS i \
         WHERE t.source_id = $1 AND {matched} AND t.{column} IS DISTINCT FROM i.v",
        batch(tx.flavour(), "$2"),
    );
    tx.execute(&sql, [id.into(), to_batch(&told).into()]).await.map(drop)
}

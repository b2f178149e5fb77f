//! Forgetting a person: in the tables they become somebody without name, so that counts stay; in the journal what was told
//! of them goes; and who comes again is known by a hash.

use std::collections::BTreeSet;

use atlas_model::{SourceId, sha256};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::new_token;
use crate::access_log::note;
use crate::db::{Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::forgotten::{FORGOTTEN, Forgotten, Names};
use crate::journal::{packed, unpacked};
use crate::people;

/// Rows of the journal in a transaction.
const RANGE: i64 = 500;

/// What stands where an address was, in texts of others.
const GONE: &str = "[forgotten]";

/// What was forgotten, or would be.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ForgottenPerson {
    /// Whether it was only tried: nothing has changed.
    pub is_dry_run: bool,
    /// What stands for them from now on, where counts need somebody; none of who is not forgotten yet.
    pub stand_in: Option<String>,
    /// Leads, over all sources.
    pub leads: u64,
    /// Enrolments that are nobody's now.
    pub enrollments: u64,
    /// Events of e-mails that are nobody's now.
    pub events: u64,
    /// Calls that are nobody's now.
    pub calls: u64,
    /// Meetings and deals that are with nobody now.
    pub outcomes: u64,
    /// Answers and deliveries in the journal out of which they went.
    pub journal: u64,
}

/// A lead of a source.
type Lead = (SourceId, String);

impl Store {
    /// Forgets whoever has this address, or tells what would be forgotten. Doing it again is harmless, and goes on where it
    /// was broken off.
    pub async fn forget(
        &self,
        email: &str,
        is_dry_run: bool,
        (who, now): (&str, Timestamp),
    ) -> Result<ForgottenPerson> {
        let email = email.trim().to_lowercase();
        if !email.contains('@')
            || email.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        {
            return Err(Error::new(ErrorKind::Refused, format!("'{email}' is no e-mail address"), ""));
        }
        let stand_in = format!("forgotten:{}", &sha256(new_token()?.expose().as_bytes())[..16]);
        let mut done = ForgottenPerson { is_dry_run, ..ForgottenPerson::default() };
        let mut tx = self.begin().await?;
        refuse_our_own(&mut tx, &email).await?;
        let (leads, people) = known_as(&mut tx, &email).await?;
        let mut forgotten = Forgotten::begin(&mut tx).await?;
        forgotten.add_address(&mut tx, &email).await?;
        for (source_id, lead) in &leads {
            forgotten.add_lead(&mut tx, *source_id, lead).await?;
        }
        forget_corrections(&mut tx, &email, &leads).await?;
        for lead in &leads {
            empty_lead(&mut tx, lead, &stand_in, &mut done).await?;
        }
        empty_by_address(&mut tx, &email, &stand_in, &mut done).await?;
        if is_dry_run {
            // Dropped, it never happened.
            drop(tx);
            for source in self.sources().await? {
                done.journal += self.forget_in_journal(source.id, (&forgotten, &people), true).await?;
            }
            return Ok(done);
        }
        for source_id in sources(&mut tx).await? {
            forget_technical(&mut tx, source_id, &email, &forgotten).await?;
            people::count_write(&mut tx, source_id).await?;
        }
        people::rebuild(&mut tx).await?;
        note(&mut tx, who, now, "person forgotten", &stand_in).await?;
        tx.commit().await?;
        // From here on nothing brings them back; what the journal holds goes piece by piece.
        for source in self.sources().await? {
            done.journal += self.forget_in_journal(source.id, (&forgotten, &people), false).await?;
        }
        self.overwrite_what_is_free().await?;
        Ok(ForgottenPerson { stand_in: Some(stand_in), ..done })
    }

    async fn forget_in_journal(
        &self,
        id: SourceId,
        (forgotten, people): (&Forgotten, &Names),
        is_dry_run: bool,
    ) -> Result<u64> {
        let (end, mut place, mut changed) = (self.journal_end(id).await?, 0, 0);
        while place < end {
            let mut tx = if is_dry_run { self.snapshot().await? } else { self.begin().await? };
            let sql =
                "SELECT id, kind, params, body FROM journal WHERE source_id = $1 AND id > $2 AND id <= $3";
            let rows = tx.fetch(sql, [id.into(), place.into(), (place + RANGE).into()]).await?;
            for row in &rows {
                let params = row.text("params")?;
                let is_asked = forgotten.is_asked_about(id, &params);
                // What cannot be read any more cannot be searched either.
                let body = unpacked(row).unwrap_or_default();
                let left =
                    match (is_asked || row.text("kind")? == "delivery", forgotten.without(id, &body, people))
                    {
                        (_, None) if !is_asked => continue,
                        (true, _) => Vec::new(),
                        (false, left) => left.unwrap_or_default(),
                    };
                let params = if is_asked { FORGOTTEN.to_owned() } else { params };
                if !is_dry_run {
                    write_body(&mut tx, (id, row.integer("id")?), &params, &left).await?;
                }
                changed += 1;
            }
            tx.commit().await?;
            place += RANGE;
        }
        Ok(changed)
    }
}

/// Without its hash an empty body is no repeat of what comes again.
async fn write_body(tx: &mut Tx, (source_id, id): (SourceId, i64), params: &str, body: &[u8]) -> Result<()> {
    let hash = if body.is_empty() { String::new() } else { sha256(body) };
    let body = packed(body)?;
    let sql = "UPDATE journal SET params = $3, body = $4, hash = $5, reason = NULL WHERE source_id = $1 AND id = $2";
    tx.execute(sql, [source_id.into(), id.into(), params.into(), body.into(), hash.into()]).await.map(drop)
}

/// An address of ours is no lead's.
async fn refuse_our_own(tx: &mut Tx, email: &str) -> Result<()> {
    for (table, column, what) in
        [("email_accounts", "from_email", "a mailbox that is read"), ("users", "email", "a user of Atlas")]
    {
        let sql = format!("SELECT {column} FROM {table} WHERE lower({column}) = $1 LIMIT 1");
        if !tx.fetch(&sql, [email.into()]).await?.is_empty() {
            let hint = "only people who are written to or called are forgotten; a user: atlas user remove";
            return Err(Error::new(ErrorKind::Refused, format!("{email} is {what}"), hint));
        }
    }
    Ok(())
}

async fn sources(tx: &mut Tx) -> Result<Vec<SourceId>> {
    tx.fetch("SELECT id FROM data_sources ORDER BY id", [])
        .await?
        .iter()
        .map(|row| row.integer("id"))
        .collect()
}

/// The leads that have the address, and their names.
async fn known_as(tx: &mut Tx, email: &str) -> Result<(BTreeSet<Lead>, Names)> {
    let (mut leads, mut people) = (BTreeSet::new(), Names::default());
    let sql = "SELECT source_id, external_lead_id, first_name, last_name FROM contacts WHERE lower(trim(email)) = $1";
    for row in tx.fetch(sql, [email.into()]).await? {
        leads.insert((row.integer("source_id")?, row.text("external_lead_id")?));
        let lower = |text: Option<String>| {
            text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
        };
        let name = lower(row.maybe_text("first_name")?).zip(lower(row.maybe_text("last_name")?));
        people.names.extend(name);
    }
    let sql = "SELECT DISTINCT source_id, contact_id FROM email_activities \
               WHERE lower(lead_email) = $1 AND contact_id IS NOT NULL";
    for row in tx.fetch(sql, [email.into()]).await? {
        leads.insert((row.integer("source_id")?, row.text("contact_id")?));
    }
    Ok((leads, people))
}

/// Columns of an event that say what was written, or to whom.
const OF_EVENT: &str = "lead_email = NULL, subject = NULL, body_plain = NULL, body_html = NULL, replied_by = NULL, \
                        link = NULL, bounce_reason = NULL, told_in = NULL";

/// A lead becomes somebody: where they stand in campaigns is kept, who they are is not.
async fn empty_lead(
    tx: &mut Tx,
    (id, lead): &Lead,
    stand_in: &str,
    done: &mut ForgottenPerson,
) -> Result<()> {
    let key = || [(*id).into(), lead.as_str().into(), stand_in.into()];
    let add = "INSERT INTO contacts (source_id, external_lead_id, is_unsubscribed, do_not_call, enrolled_at, \
               sequence_status, is_interested, current_step, open_count, reply_count) \
               SELECT source_id, $3, is_unsubscribed, do_not_call, enrolled_at, sequence_status, is_interested, \
               current_step, open_count, reply_count FROM contacts WHERE source_id = $1 AND external_lead_id = $2 \
               ON CONFLICT (source_id, external_lead_id) DO NOTHING";
    done.leads += tx.execute(add, key()).await?;
    // Of two leads with one address in one campaign the first stands for both.
    let twice = "DELETE FROM enrollments WHERE source_id = $1 AND external_lead_id = $2 AND campaign_id IN \
                 (SELECT campaign_id FROM enrollments WHERE source_id = $1 AND external_lead_id = $3)";
    tx.execute(twice, key()).await?;
    let enrolled = "UPDATE enrollments SET external_lead_id = $3, map_id = NULL, person_key = NULL \
                    WHERE source_id = $1 AND external_lead_id = $2";
    done.enrollments += tx.execute(enrolled, key()).await?;
    let events = format!(
        "UPDATE email_activities SET contact_id = $3, {OF_EVENT} WHERE source_id = $1 AND contact_id = $2"
    );
    done.events += tx.execute(&events, key()).await?;
    let calls = "UPDATE call_activities SET contact_id = $3, notes = NULL, phone = NULL, phone_key = NULL, crm_id = NULL, \
                 recording_url = NULL, extra = NULL WHERE source_id = $1 AND contact_id = $2";
    done.calls += tx.execute(calls, key()).await?;
    let single = "DELETE FROM single_leads WHERE source_id = $1 AND external_lead_id = $2";
    tx.execute(single, [(*id).into(), lead.as_str().into()]).await?;
    let gone = "DELETE FROM contacts WHERE source_id = $1 AND external_lead_id = $2";
    tx.execute(gone, [(*id).into(), lead.as_str().into()]).await.map(drop)
}

/// What has nothing but the address of them; and the address in texts of others.
async fn empty_by_address(
    tx: &mut Tx,
    email: &str,
    stand_in: &str,
    done: &mut ForgottenPerson,
) -> Result<()> {
    let both = || [email.into(), stand_in.into()];
    let events =
        format!("UPDATE email_activities SET contact_id = $2, {OF_EVENT} WHERE lower(lead_email) = $1");
    done.events += tx.execute(&events, both()).await?;
    let outcomes = "UPDATE outcomes SET email = $2 WHERE email = $1";
    done.outcomes += tx.execute(outcomes, both()).await?;
    // In a layout an address may be written in many ways.
    let layouts = "UPDATE email_activities SET body_html = NULL WHERE body_html IS NOT NULL \
                   AND (lower(body_plain) LIKE $1 OR lower(body_html) LIKE $1)";
    tx.execute(layouts, [format!("%{email}%").into()]).await?;
    for column in ["subject", "body_plain", "bounce_reason", "replied_by", "link"] {
        let sql = format!(
            "SELECT source_id, campaign_id, event_key, {column} FROM email_activities WHERE lower({column}) LIKE $1"
        );
        for row in tx.fetch(&sql, [format!("%{email}%").into()]).await? {
            let text = replaced(&row.text(column)?, email);
            let sql = format!(
                "UPDATE email_activities SET {column} = $4 WHERE source_id = $1 AND campaign_id = $2 AND event_key = $3"
            );
            let key = [
                row.integer("source_id")?.into(),
                row.text("campaign_id")?.into(),
                row.text("event_key")?.into(),
            ];
            let [a, b, c] = key;
            tx.execute(&sql, [a, b, c, text.into()]).await?;
        }
    }
    Ok(())
}

/// What was said of their replies, while it is known which these are.
async fn forget_corrections(tx: &mut Tx, email: &str, leads: &BTreeSet<Lead>) -> Result<()> {
    let by_address = "DELETE FROM reply_corrections WHERE (source_id, campaign_id, event_key) IN \
                      (SELECT source_id, campaign_id, event_key FROM email_activities WHERE lead_email = $1)";
    tx.execute(by_address, [email.into()]).await?;
    for (source_id, lead) in leads {
        let by_lead = "DELETE FROM reply_corrections WHERE source_id = $1 AND contact_id = $2";
        tx.execute(by_lead, [(*source_id).into(), lead.as_str().into()]).await?;
    }
    Ok(())
}

/// Calls that would ask about them, and problems that name them.
async fn forget_technical(tx: &mut Tx, id: SourceId, email: &str, forgotten: &Forgotten) -> Result<()> {
    let trace = format!("%{}%", escaped(email));
    let calls = "DELETE FROM sync_calls WHERE source_id = $1 AND lower(params) LIKE lower($2) ESCAPE '\\'";
    tx.execute(calls, [id.into(), trace.as_str().into()]).await?;
    let problems = "DELETE FROM mapping_problems WHERE source_id = $1 AND (lower(params) LIKE lower($2) ESCAPE '\\' \
                    OR lower(record) LIKE lower($2) ESCAPE '\\' OR lower(message) LIKE lower($2) ESCAPE '\\')";
    tx.execute(problems, [id.into(), trace.as_str().into()]).await?;
    // A number is theirs only where a lead's number stands: others have it as that of a campaign or page.
    for table in ["sync_calls", "mapping_problems"] {
        let sql = format!("SELECT DISTINCT params FROM {table} WHERE source_id = $1");
        for row in tx.fetch(&sql, [id.into()]).await? {
            let params = row.text("params")?;
            if forgotten.is_asked_about(id, &params) {
                let sql = format!("DELETE FROM {table} WHERE source_id = $1 AND params = $2");
                tx.execute(&sql, [id.into(), params.into()]).await?;
            }
        }
    }
    let records = "SELECT DISTINCT record FROM mapping_problems WHERE source_id = $1";
    for row in tx.fetch(records, [id.into()]).await? {
        let record = row.text("record")?;
        if forgotten.is_named(id, &record) {
            let sql = "DELETE FROM mapping_problems WHERE source_id = $1 AND record = $2";
            tx.execute(sql, [id.into(), record.into()]).await?;
        }
    }
    Ok(())
}

/// Text in which `%` and `_` mean themselves.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A text without the address, in whatever case it stands there.
fn replaced(text: &str, email: &str) -> String {
    let (lower, mut left, mut from) = (text.to_ascii_lowercase(), String::new(), 0);
    while let Some(at) = lower[from..].find(email) {
        left.push_str(&text[from..from + at]);
        left.push_str(GONE);
        from += at + email.len();
    }
    left + &text[from..]
}

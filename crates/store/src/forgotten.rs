//! Who asked to be forgotten, as keyed hashes: whatever is told of them later is known by these, and not kept.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::tables::CONTACTS;
use atlas_model::{Row, Secret, SourceId, hex};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::access::new_token;
use crate::db::Tx;
use crate::error::Result;

/// How the name of a field ends whose value is a lead's number; an `id` is that of what it stands in.
const LEADS: [&str; 8] =
    ["leadid", "leadsid", "contactid", "contactsid", "contactuserid", "personid", "peopleid", "prospectid"];

/// Columns that hold an address.
const ADDRESSES: [&str; 2] = ["email", "lead_email"];

/// Columns that hold a lead's number.
const NUMBERS: [&str; 2] = ["external_lead_id", "contact_id"];

/// What stands in the journal for a question about somebody who is forgotten.
pub(crate) const FORGOTTEN: &str = "{\"forgotten\":\"true\"}";

/// Those who are forgotten.
#[derive(Clone, Debug)]
pub struct Forgotten {
    key: Secret,
    hashes: BTreeSet<String>,
}

/// A person by what is known of them, while they are being forgotten: nothing of it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// First and last name, in lower case.
    pub(crate) names: Vec<(String, String)>,
}

impl Forgotten {
    /// Those who are forgotten; none where nobody is.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Option<Self>> {
        let rows = tx.fetch("SELECT hash FROM forgotten", []).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let hashes = rows.iter().map(|row| row.text("hash")).collect::<Result<_>>()?;
        Ok(Some(Self { key: key(tx).await?, hashes }))
    }

    /// The same, whether anybody is forgotten yet or not.
    pub(crate) async fn begin(tx: &mut Tx) -> Result<Self> {
        Ok(Self::read(tx).await?.unwrap_or(Self { key: key(tx).await?, hashes: BTreeSet::new() }))
    }

    /// An address is forgotten from now on.
    pub(crate) async fn add_address(&mut self, tx: &mut Tx, email: &str) -> Result<()> {
        let hash = self.of_address(email);
        self.add(tx, hash).await
    }

    /// A lead of a source is forgotten from now on.
    pub(crate) async fn add_lead(&mut self, tx: &mut Tx, source_id: SourceId, lead: &str) -> Result<()> {
        let hash = self.of_lead(source_id, lead);
        self.add(tx, hash).await
    }

    async fn add(&mut self, tx: &mut Tx, hash: String) -> Result<()> {
        let sql = "INSERT INTO forgotten (hash) VALUES ($1) ON CONFLICT (hash) DO NOTHING";
        tx.execute(sql, [hash.as_str().into()]).await?;
        self.hashes.insert(hash);
        Ok(())
    }

    fn of_address(&self, email: &str) -> String {
        self.hash(&format!("address\u{1f}{}", email.trim().to_lowercase()))
    }

    fn of_lead(&self, source_id: SourceId, lead: &str) -> String {
        self.hash(&format!("lead\u{1f}{source_id}\u{1f}{lead}"))
    }

    fn hash(&self, text: &str) -> String {
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else {
            return String::new();
        };
        mac.update(text.as_bytes());
        hex(mac.finalize().into_bytes().as_slice())
    }

    /// Whether an address stands in a text that is forgotten.
    fn is_addressed(&self, text: &str) -> bool {
        addresses(text).any(|email| self.hashes.contains(&self.of_address(&email)))
    }

    /// Whether a text has the address of somebody who is forgotten, or is their number at a source.
    pub(crate) fn is_named(&self, source_id: SourceId, text: &str) -> bool {
        self.is_addressed(text) || self.hashes.contains(&self.of_lead(source_id, text))
    }

    /// Whether something that a source told is about somebody who is forgotten, at any depth.
    pub fn is_about(&self, source_id: SourceId, told: &Value) -> bool {
        self.is_in(source_id, "", told, &Names::default())
    }

    /// Whether a question is.
    pub(crate) fn is_asked_about(&self, source_id: SourceId, params: &str) -> bool {
        serde_json::from_str(params).is_ok_and(|asked| self.is_about(source_id, &asked))
    }

    fn is_in(&self, source_id: SourceId, name: &str, told: &Value, people: &Names) -> bool {
        match told {
            Value::Object(fields) => {
                let mut fields_of = fields.iter().map(|(field, value)| (full_name(name, field), value));
                people.are_in(fields)
                    || fields_of.any(|(name, value)| self.is_in(source_id, &name, value, people))
            }
            Value::Array(items) => items.iter().any(|item| self.is_in(source_id, name, item, people)),
            Value::String(text) => {
                self.is_addressed(text)
                    || people.is_named(text)
                    || (is_lead(name) && self.hashes.contains(&self.of_lead(source_id, text)))
            }
            Value::Number(number) => {
                is_lead(name) && self.hashes.contains(&self.of_lead(source_id, &number.to_string()))
            }
            _ => false,
        }
    }

    /// Takes out of an answer what is about somebody who is forgotten: their records, or, where it is about nobody else, the
    /// whole of it. None where nothing is.
    pub(crate) fn without(&self, source_id: SourceId, body: &[u8], people: &Names) -> Option<Vec<u8>> {
        // Most answers name nobody who is forgotten, and need not be written anew.
        let mut told: Value = serde_json::from_slice(body).ok()?;
        if !self.is_in(source_id, "", &told, people) {
            return None;
        }
        if self.is_whole(source_id, "", &mut told, people) {
            return Some(Vec::new());
        }
        Some(told.to_string().into_bytes())
    }

    /// Removes the entries of the outermost lists that are about them; whether anything beside such lists is.
    fn is_whole(&self, source_id: SourceId, name: &str, told: &mut Value, people: &Names) -> bool {
        match told {
            Value::Object(fields) => {
                let is_named = people.are_in(fields);
                let mut is_whole = is_named;
                for (field, value) in fields.iter_mut() {
                    is_whole |= self.is_whole(source_id, &full_name(name, field), value, people);
                }
                is_whole
            }
            Value::Array(items) => {
                items.retain(|item| !self.is_in(source_id, name, item, people));
                false
            }
            scalar => self.is_in(source_id, name, scalar, people),
        }
    }

    /// Leaves out rows about somebody who is forgotten. A lead that has the address and another number is known by that
    /// number from now on.
    pub(crate) async fn leave_out(
        &mut self,
        tx: &mut Tx,
        source_id: SourceId,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        let text =
            |row: &Row, column: &str| row.values.get(column).and_then(Value::as_str).map(str::to_owned);
        for row in rows.iter().filter(|row| *row.table == CONTACTS) {
            let is_theirs = text(row, "email").is_some_and(|email| self.is_addressed(&email));
            if let Some(lead) = text(row, "external_lead_id").filter(|_| is_theirs) {
                self.add_lead(tx, source_id, &lead).await?;
            }
        }
        rows.retain(|row| {
            let is_addressed = ADDRESSES
                .iter()
                .filter_map(|column| text(row, column))
                .any(|email| self.is_addressed(&email));
            let mut numbers = NUMBERS.iter().filter_map(|column| text(row, column));
            !is_addressed && !numbers.any(|lead| self.hashes.contains(&self.of_lead(source_id, &lead)))
        });
        Ok(())
    }
}

impl Names {
    fn is_named(&self, text: &str) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let text = text.trim().to_lowercase();
        self.names.iter().any(|(first, last)| text == format!("{first} {last}"))
    }

    fn are_in(&self, fields: &serde_json::Map<String, Value>) -> bool {
        if self.names.is_empty() {
            return false;
        }
        let plain: BTreeMap<String, String> = fields
            .iter()
            .filter_map(|(name, value)| {
                let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                Some((name.to_lowercase(), value.as_str()?.trim().to_lowercase()))
            })
            .collect();
        let told = plain.get("firstname").zip(plain.get("lastname"));
        told.is_some_and(|(first, last)| self.names.iter().any(|one| (&one.0, &one.1) == (first, last)))
    }
}

async fn key(tx: &mut Tx) -> Result<Secret> {
    if let Some(row) = tx.fetch("SELECT hmac_key FROM forgotten_key", []).await?.first() {
        return Ok(Secret::new(&row.text("hmac_key")?));
    }
    let key = new_token()?;
    let sql = "INSERT INTO forgotten_key (id, hmac_key) VALUES (1, $1)";
    tx.execute(sql, [key.expose().into()]).await?;
    Ok(key)
}

fn is_lead(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    LEADS.iter().any(|lead| name.to_ascii_lowercase().ends_with(lead))
}

/// The name of a field, with that of what it stands in where it says nothing itself.
fn full_name(within: &str, name: &str) -> String {
    if name.eq_ignore_ascii_case("id") { format!("{within}_id") } else { name.to_owned() }
}

/// Every address that stands in a text, in lower case.
fn addresses(text: &str) -> impl Iterator<Item = String> + '_ {
    let is_part = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
    text.match_indices('@').filter_map(move |(at, _)| {
        let before =
            text[..at].chars().rev().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum::<usize>();
        let after =
            text[at + 1..].chars().take_while(|letter| is_part(*letter)).map(char::len_utf8).sum::<usize>();
        let email = text[at - before..at + 1 + after].trim_matches(|letter| ".'-".contains(letter));
        (before > 0 && after > 0).then(|| email.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn forgotten() -> Forgotten {
        let mut one = Forgotten { key: Secret::new("k"), hashes: BTreeSet::new() };
        one.hashes = BTreeSet::from([one.of_address("Ada@Example.com"), one.of_lead(7, "12")]);
        one
    }

    #[test]
    fn records_about_them_go_and_others_stay() {
        let one = forgotten();
        for (told, expected) in [
            (
                json!({"data": [{"lead": {"email": "ADA@example.com"}}, {"lead": {"email": "b@c.d"}}], "total": 2}),
                Some(json!({"data": [{"lead": {"email": "b@c.d"}}], "total": 2})),
            ),
            (
                json!([{"contact_id": 12, "name": "Ada"}, {"contact_id": 13}]),
                Some(json!([{"contact_id": 13}])),
            ),
            (
                json!({"people": [{"emails": [{"address": "ada@example.com"}], "name": "Ada"}]}),
                Some(json!({"people": []})),
            ),
            (json!({"text": "write to <ada@example.com>, please"}), Some(json!(null))),
            (json!({"contact": {"id": 12}, "n": 1}), Some(json!(null))),
            (json!({"total_leads": 12, "lead_category_id": 12, "id": 12}), None),
            (json!({"text": "write to xada@example.com", "campaign_id": 12}), None),
            (json!({"name": "ada lovelace"}), Some(json!(null))),
            (json!({"firstName": "Ada", "last_name": "Lovelace"}), Some(json!(null))),
        ] {
            let people = Names { names: vec![("ada".to_owned(), "lovelace".to_owned())] };
            let left = one.without(7, told.to_string().as_bytes(), &people);
            let left = left.map(|body| serde_json::from_slice(&body).unwrap_or(Value::Null));
            assert_eq!(left, expected, "{told}");
        }
        assert!(one.is_about(7, &json!({"lead_id": "12"})) && !one.is_about(8, &json!({"lead_id": "12"})));
    }
}

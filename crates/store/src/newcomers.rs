//! People who come with a page of leads that nobody has told before: who they are is known at once, so nothing about them is
//! worked out again. See [`crate::people`] for all others.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::tables::{CALL_ACTIVITIES, CONTACTS, ENROLLMENTS};
use atlas_model::{Kind, Mode, Platform, Row, SourceId, Table};
use serde_json::{Value, json};

use crate::db::{Flavour, Param, Tx};
use crate::error::Result;
use crate::people;
use crate::sql::{batch, cast, client_id_of, to_batch};

/// Whether there are leads among rows, so that people may have to be written.
pub(crate) fn are_leads(rows: &[Row]) -> bool {
    rows.iter().any(|row| Newcomers::are_in(row.table))
}

/// The places of leads and of their enrolments among rows.
pub(crate) type Pairs = Vec<(usize, usize)>;

/// Leads of which each is enrolled once, and of whom the database knows nothing as far as can be seen.
pub(crate) struct Newcomers {
    platform: Platform,
    /// When they were enrolled: first and last, by the person's key.
    people: BTreeMap<String, [Option<String>; 2]>,
    /// Whether all of them have turned out to be new.
    are_new: bool,
}

impl Newcomers {
    /// Gives leads and their enrolments their person's key, where all of them seem to be new.
    pub(crate) async fn of(
        tx: &mut Tx,
        id: SourceId,
        rows: &mut [Row],
        pairs: &[(usize, usize)],
    ) -> Result<Option<Self>> {
        let Some(first) = pairs.first().and_then(|(lead, _)| text(&rows[*lead], "external_lead_id")) else {
            return Ok(None);
        };
        let campaigns: BTreeSet<Option<&str>> =
            pairs.iter().map(|(_, enrolment)| text(&rows[*enrolment], "campaign_id")).collect();
        let campaigns: Vec<Value> = campaigns.into_iter().map(|campaign| json!([campaign])).collect();
        let clients =
            tx.fetch(&clients(tx.flavour()), [id.into(), to_batch(&campaigns).into(), first.into()]).await?;
        let mut of_campaign = BTreeMap::new();
        let mut platform = None;
        for row in &clients {
            platform = Platform::ALL
                .into_iter()
                .find(|one| row.text("platform").is_ok_and(|name| name == one.to_string()));
            of_campaign.insert(row.text("campaign_id")?, row.text("client")?);
        }
        let Some(platform) = platform.filter(|_| of_campaign.len() == campaigns.len()) else {
            return Ok(None);
        };
        let mut newcomers = Self { platform, people: BTreeMap::new(), are_new: true };
        for &(lead, enrolment) in pairs {
            let client = text(&rows[enrolment], "campaign_id").and_then(|campaign| of_campaign.get(campaign));
            let key = client.zip(known_by(&rows[lead])).map(|(client, person)| format!("{client}|{person}"));
            let at = text(&rows[enrolment], "enrolled_at").map(str::to_owned);
            for place in [lead, enrolment] {
                rows[place].values.insert("person_key", key.clone().into());
            }
            if let Some(key) = key {
                let [first, last] = newcomers.people.entry(key).or_insert_with(|| [at.clone(), at.clone()]);
                if at.is_some() && (first.is_none() || at < *first) {
                    first.clone_from(&at);
                }
                if at > *last {
                    *last = at;
                }
            }
        }
        Ok(Some(newcomers))
    }

    /// Whether these are the tables whose rows must all be new.
    pub(crate) fn are_in(table: &Table) -> bool {
        [&CONTACTS, &ENROLLMENTS].contains(&table)
    }

    /// Notes whether rows of theirs were all new.
    pub(crate) fn note(&mut self, are_new: bool) {
        self.are_new &= are_new;
    }

    /// Adds them to the people, who can only have been known longer for it; false where somebody was not new.
    pub(crate) async fn settle(&self, tx: &mut Tx) -> Result<bool> {
        if self.are_new && !self.people.is_empty() {
            let people: Vec<Value> =
                self.people.iter().map(|(key, [first, last])| json!([key, first, last])).collect();
            tx.execute(&added(tx.flavour(), self.platform), [to_batch(&people).into()]).await?;
        }
        Ok(self.are_new)
    }
}

/// Rows in a statement whose values are bound one by one: few shapes of statements, which stay prepared.
const BOUND: usize = 50;

/// The values of rows, each behind its source, in the order in which [`bound_insert_text`] takes them. To SQLite values
/// that are bound cost half of what they cost out of JSON; PostgreSQL takes a batch either way.
pub(crate) fn bound<'r>(
    source_id: SourceId,
    columns: &[&str],
    rows: impl ExactSizeIterator<Item = &'r Row>,
    flavour: Flavour,
) -> Option<Vec<Param>> {
    if flavour != Flavour::Sqlite || rows.len() != BOUND {
        return None;
    }
    let mut values = Vec::with_capacity(BOUND * (columns.len() + 1));
    for row in rows {
        values.push(source_id.into());
        for column in columns {
            values.push(param(&row.values[*column])?);
        }
    }
    Some(values)
}

/// The statement that inserts as many rows as are bound, as far as they are not there. Its parameters have no numbers:
/// among a thousand of them SQLite looks for a number from the first one on.
pub fn bound_insert_text(table: &Table, columns: &[&str], flavour: Flavour) -> String {
    let kind = |name: &&str| table.column(name).map_or(Kind::Text, |column| column.kind);
    let values: Vec<String> = columns.iter().map(|name| cast(flavour, kind(name), "?")).collect();
    let row = format!("(?, {})", values.join(", "));
    format!(
        "INSERT INTO {} (source_id, {}) VALUES {} ON CONFLICT (source_id, {}) DO NOTHING",
        table.name,
        columns.join(", "),
        vec![row; BOUND].join(", "),
        table.key.join(", "),
    )
}

/// A value as it can be bound.
fn param(value: &Value) -> Option<Param> {
    Some(match value {
        Value::Null => Param::Text(None),
        Value::Bool(flag) => Param::Boolean(*flag),
        Value::Number(number) => Param::Integer(Some(number.as_i64()?)),
        Value::String(text) => Param::Text(Some(text.clone())),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// The places of leads and of their enrolments, if each lead has one and each enrolment a lead.
pub(crate) fn pairs(rows: &[Row]) -> Option<Pairs> {
    let mut pairs: BTreeMap<&str, (Option<usize>, Option<usize>)> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| Newcomers::are_in(row.table)) {
        let is_plain = row.mode == Mode::Upsert && row.on_change.is_empty();
        let lead = row.values.get("external_lead_id")?.as_str().filter(|_| is_plain)?;
        let (contact, enrolment) = pairs.entry(lead).or_default();
        let slot = if *row.table == CONTACTS { contact } else { enrolment };
        if slot.replace(place).is_some() {
            return None;
        }
    }
    let mut pairs: Pairs =
        pairs.into_values().map(|(contact, enrolment)| contact.zip(enrolment)).collect::<Option<_>>()?;
    pairs.sort_unstable();
    Some(pairs)
}

fn text<'r>(row: &'r Row, column: &str) -> Option<&'r str> {
    row.values.get(column).and_then(Value::as_str)
}

/// By what a lead is known, as [`people::key`] has it: the address, else the number.
fn known_by(lead: &Row) -> Option<String> {
    let email = text(lead, "email").map(|email| email.trim_matches(' ').to_ascii_lowercase());
    email.filter(|email| !email.is_empty()).or_else(|| text(lead, "phone_e164").map(str::to_owned))
}

/// The clients of campaigns, as a person's key has them; none where the lead $3 is known, or calls are that may be somebody's.
fn clients(flavour: Flavour) -> String {
    format!(
        "SELECT g.external_id AS campaign_id, d.platform, {client} AS client FROM campaigns AS g \
         JOIN data_sources AS d ON d.id = g.source_id \
         LEFT JOIN clients AS k ON k.source_id = g.source_id AND k.external_id = {client_id} \
         WHERE g.source_id = $1 AND g.external_id IN (SELECT value ->> 0 FROM {campaigns}) \
         AND NOT EXISTS (SELECT 1 FROM contacts WHERE source_id = $1 AND external_lead_id = $3) \
         AND NOT EXISTS (SELECT 1 FROM {calls} WHERE source_id = $1)",
        client = people::client(flavour),
        client_id = client_id_of("g", "d"),
        campaigns = batch(flavour, "$2"),
        calls = CALL_ACTIVITIES.name,
    )
}

/// The statement that adds enrolments on a platform to people's first and last.
fn added(flavour: Flavour, platform: Platform) -> String {
    let (first, last) = (format!("{platform}_first_at"), format!("{platform}_last_at"));
    let of = |edge: &str, sign: &str| {
        format!(
            "CASE WHEN t.{edge} IS NULL OR excluded.{edge} {sign} t.{edge} THEN excluded.{edge} ELSE t.{edge} END"
        )
    };
    let time = |place: usize| cast(flavour, Kind::Timestamp, &format!("value ->> {place}"));
    let (earliest, latest) = (of(&first, "<"), of(&last, ">"));
    format!(
        "INSERT INTO people AS t (source_id, person_key, {first}, {last}) SELECT 0, value ->> 0, {}, {} FROM {} \
         WHERE true ON CONFLICT (source_id, person_key) DO UPDATE SET {first} = {earliest}, {last} = {latest} \
         WHERE (t.{first}, t.{last}) IS DISTINCT FROM ({earliest}, {latest})",
        time(1),
        time(2),
        batch(flavour, "$1"),
    )
}

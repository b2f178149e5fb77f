//! What can be known of posted events before they are written, so that each is written once, as it will stay.
//!
//! It is a guess: whether an event was told before is known only when it is written. What follows from events is settled
//! afterwards all the same, and whatever was guessed wrong is put right there.

use std::collections::{BTreeMap, BTreeSet};

use atlas_model::tables::EMAIL_ACTIVITIES;
use atlas_model::{Mode, Row, SourceId};
use serde_json::{Value, json};

use crate::counting::{FLAGS, Keys, Told, flags, of_people};
use crate::db::Tx;
use crate::error::Result;
use crate::polled;
use crate::sql::{batch, to_batch};

/// What was found out about events that are about to be written.
#[derive(Debug)]
pub(crate) struct Ahead {
    /// What was told of their people before, as far as anything depends on it; behind it the events themselves.
    told: Vec<Told>,
    /// How many were told before.
    before: usize,
    /// The events themselves,
    keys: Keys,
    /// and those of them whose template is found, or cannot be found yet.
    named: Keys,
}

impl Ahead {
    /// Nothing is known ahead.
    fn nothing() -> Self {
        let (keys, named) = (Keys::new(), Keys::new());
        Self { told: Vec::new(), before: 0, keys, named }
    }

    /// Whether these are all events that were written.
    pub(crate) fn covers(&self, inserted: &Keys, completed: &Keys) -> bool {
        completed.is_empty() && !self.keys.is_empty() && inserted.is_subset(&self.keys)
    }

    /// The mails that the events are about.
    pub(crate) fn mails(&self) -> BTreeSet<String> {
        self.told[self.before..].iter().filter_map(|event| event.sent_id.clone()).collect()
    }

    /// The events whose template need not be looked for.
    pub(crate) const fn named(&self) -> &Keys {
        &self.named
    }

    /// The events that were really new, and what else was told of their people.
    pub(crate) fn rows(self, inserted: &Keys) -> Vec<Told> {
        let is_there =
            |(place, event): &(usize, Told)| *place < self.before || inserted.contains(&event.key());
        self.told.into_iter().enumerate().filter(is_there).map(|(_, event)| event).collect()
    }
}

/// Gives posted events their template and what they count for, as it will be if nobody has told them before.
pub(crate) async fn look(tx: &mut Tx, id: SourceId, rows: &mut [Row], batch_size: usize) -> Result<Ahead> {
    let mut posted: Vec<&mut Row> = rows
        .iter_mut()
        .filter(|row| *row.table == EMAIL_ACTIVITIES && row.mode == Mode::Once && row.key().is_some())
        .collect();
    if posted.is_empty() {
        return Ok(Ahead::nothing());
    }
    let named = name_templates(tx, id, &mut posted).await?;
    let are_nameless = polled::are_nameless(tx, id).await?;
    let events: Vec<Told> = posted.iter().map(|row| Told::of_row(row)).collect::<Result<_>>()?;
    let keys: Keys = events.iter().map(Told::key).collect();
    let people: BTreeSet<&str> = events
        .iter()
        .filter(|event| are_nameless || event.is_by_person())
        .map(|event| event.person.as_str())
        .collect();
    let mut told = of_people(tx, id, &people, are_nameless, batch_size).await?;
    let before = told.len();
    let known: Keys = told.iter().map(Told::key).collect();
    told.extend(events.into_iter().filter(|event| !known.contains(&event.key())));
    let wanted = flags(&told);
    let mut guessed: BTreeMap<(String, String), [bool; 3]> = BTreeMap::new();
    for (event, wanted) in told[before..].iter_mut().zip(&wanted[before..]) {
        event.stored = *wanted;
        guessed.insert(event.key(), *wanted);
    }
    for row in posted {
        let key = row.key().and_then(|key| <[&str; 2]>::try_from(key).ok());
        let key = key.map(|[campaign, event]| (campaign.to_owned(), event.to_owned()));
        let guess = key.and_then(|key| guessed.get(&key)).copied().unwrap_or_default();
        for (name, flag) in FLAGS.iter().zip(guess) {
            row.values.insert((*name).to_owned(), flag.into());
        }
    }
    Ok(Ahead { told, before, keys, named })
}

/// The label of a template among those of its step, and its id.
type Template = (Option<String>, String);

/// Gives events the template of their step, where there is but one that it can be; for which of them that is settled. Of
/// a service that may count its steps from 0 it is not.
async fn name_templates(tx: &mut Tx, id: SourceId, posted: &mut [&mut Row]) -> Result<Keys> {
    let text = |row: &Row, column: &str| Some(row.values.get(column)?.as_str()?.to_owned());
    let campaigns: BTreeSet<String> = posted.iter().filter_map(|row| text(row, "campaign_id")).collect();
    let campaigns: Vec<Value> = campaigns.into_iter().map(|campaign| json!({"a": campaign})).collect();
    let sql = format!(
        "SELECT campaign_id, step_number, variant_label, external_id FROM campaign_variants WHERE source_id = $1 \
         AND NOT is_deleted AND campaign_id IN (SELECT value ->> 'a' FROM {})",
        batch(tx.flavour(), "$2"),
    );
    let mut templates: BTreeMap<(String, Option<i64>), Vec<Template>> = BTreeMap::new();
    for row in tx.fetch(&sql, [id.into(), to_batch(&campaigns).into()]).await? {
        let step = (row.text("campaign_id")?, row.maybe_integer("step_number")?);
        let template = (row.maybe_text("variant_label")?, row.text("external_id")?);
        templates.entry(step).or_default().push(template);
    }
    let mut named = Keys::new();
    for row in posted {
        if row.values.contains_key("step_told") {
            continue;
        }
        let (Some(campaign), Some(key)) = (text(row, "campaign_id"), text(row, "event_key")) else {
            continue;
        };
        let step = row.values.get("step_number").and_then(Value::as_i64);
        if let (None, Some(step)) = (text(row, "variant_id"), step) {
            let label = text(row, "variant_label");
            let of_step =
                templates.get(&(campaign.clone(), Some(step))).map(Vec::as_slice).unwrap_or_default();
            let mut fits = of_step.iter().filter(|(own, _)| label.is_none() || *own == label);
            if let (Some((_, template)), None) = (fits.next(), fits.next()) {
                row.values.insert("variant_id", template.as_str().into());
            }
        }
        named.insert((campaign, key));
    }
    Ok(named)
}

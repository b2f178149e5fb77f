//! A campaign's e-mail templates: one row a step, or a row a variant where a step has variants.

use atlas_model::tables::{CAMPAIGN_VARIANTS, SEQUENCES};
use atlas_model::{Follow, Mode, Params, Row, Sweep, When};
use serde_json::Value;

use crate::copy::{personalization_vars, plain_text, preview};
use crate::endpoint::{Context, Endpoint, PLAIN, Type, may, must};
use crate::mapping::{Found, Understood};
use crate::read::{at, is_blank};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_sequences",
    title: "Campaign Sequences (Email Templates)",
    path: "/campaigns/{campaign_id}/sequences",
    priority: 60,
    is_detail: true,
    expand: Some(|steps| steps.iter().flat_map(|step| variants(step)).collect()),
    writes: &[(&CAMPAIGN_VARIANTS, Mode::Upsert)],
    fields: &[
        must("seq_id | id", "campaign_variants.external_id", Type::Id),
        must("seq_number | seqNumber", "campaign_variants.step_number", Type::Number),
        // Blank is known: it continues the thread of the step before.
        must("variant.subject | subject", "campaign_variants.subject_line", Type::Copy),
        must("variant.email_body | email_body", "campaign_variants.body_html", Type::Copy),
        may(
            "seq_delay_details.delay_in_days | seq_delay_details.delayInDays",
            "campaign_variants.delay_days",
            Type::Number,
        ),
        may("variant.variant_label | variant_label", "campaign_variants.variant_label", Type::Text),
        may("variant.send_as_reply | send_as_reply", "campaign_variants.send_as_reply", Type::Bool),
        may("seq_type", "campaign_variants.step_type", Type::Enum),
    ],
    derived: &[
        ("campaign_variants.(multiple rows)", "sequence_variants | seq_variants | variants"),
        (
            "campaign_variants.external_id",
            "{seq_id}:{variant.id}; {campaign}:{step} where the step has no id",
        ),
        ("campaign_variants.body_plain", "body_html as text"),
        ("campaign_variants.body_preview", "the first 200 characters of body_plain"),
        ("campaign_variants.personalization_vars", "{{…}} in subject and body, each once, in order"),
        ("campaign_variants.send_as_reply", "a later step without a subject"),
        ("campaign_variants.is_deleted", "no longer listed, or variant.is_deleted"),
        ("sequences.step_count", "steps in the answer"),
    ],
    finish,
    after,
    ..PLAIN
};

/// The call for one campaign.
pub(crate) fn call(campaign_id: &str) -> Follow {
    let params = Params::none().with("campaign_id", campaign_id);
    Follow { endpoint: ENDPOINT.name, params, priority: ENDPOINT.priority, when: When::Always }
}

/// A step with living variants stands for them; without, for itself.
fn variants(step: &Value) -> Vec<Value> {
    let listed = ["sequence_variants", "seq_variants", "variants"]
        .iter()
        .find_map(|name| step.get(*name)?.as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let is_alive = |variant: &&Value| {
        at(variant, "is_deleted").and_then(|flag| Type::Bool.read(&flag)) != Some(Value::Bool(true))
    };
    let living: Vec<&Value> = listed.iter().filter(is_alive).collect();
    if living.is_empty() {
        return vec![step.clone()];
    }
    let one = |(place, variant): (usize, &&Value)| {
        let mut whole = step.clone();
        let mut variant = (*variant).clone();
        if at(&variant, "variant_label").is_none_or(|label| is_blank(&label))
            && let Some(fields) = variant.as_object_mut()
        {
            let letter = u8::try_from(place % 26).map_or('?', |place| char::from(b'A' + place));
            fields.insert("variant_label".to_owned(), letter.to_string().into());
        }
        if let Some(fields) = whole.as_object_mut() {
            // A variant without a subject continues the thread, whatever the step's subject is.
            if let Some(subject) = variant.get("subject") {
                fields.insert("subject".to_owned(), subject.clone());
            }
            fields.insert("variant".to_owned(), variant);
        }
        whole
    };
    living.iter().enumerate().map(one).collect()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let variant = at(record, "variant");
    let variant_id = at(record, "variant.id").and_then(|value| Type::Id.read(&value));
    let Some(row) = found.row(&CAMPAIGN_VARIANTS) else { return };
    let text = |row: &Row, column: &str| {
        row.values.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let number = row.values.get("step_number").and_then(Value::as_i64);
    let step = match (text(row, "external_id"), number) {
        (id, _) if !id.is_empty() => id,
        (_, Some(number)) => format!("{campaign_id}:{number}"),
        _ => return,
    };
    let label = text(row, "variant_label");
    let (subject, body) = (text(row, "subject_line"), text(row, "body_html"));
    if body.trim().is_empty() {
        // No template: the step is counted and makes no row.
        row.values.clear();
        return;
    }
    let id = match (&variant, variant_id.as_ref().and_then(Value::as_str)) {
        (None, _) => step,
        (Some(_), Some(variant_id)) => format!("{step}:{variant_id}"),
        (Some(_), None) => format!("{step}:{label}"),
    };
    let plain = plain_text(&body);
    let mut set = |column: &str, value: Value| row.values.insert(column.to_owned(), value);
    set("external_id", id.into());
    set("campaign_id", campaign_id.into());
    set("subject_line", subject.as_str().into());
    set("body_preview", preview(&plain).into());
    set("body_plain", plain.into());
    set("personalization_vars", personalization_vars(&subject, &body).into());
    set("is_deleted", false.into());
    if row.values.get("send_as_reply").is_none_or(Value::is_null) {
        row.values.insert("send_as_reply", (number > Some(1) && subject.is_empty()).into());
    }
}

/// Counts the steps, and marks what is known and no longer listed. An answer that is empty or that was not understood
/// whole marks nothing: what is missing in it may be there.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let steps = i64::try_from(understood.records).unwrap_or(i64::MAX);
    let count = Row::new(&SEQUENCES, Mode::Upsert).with("campaign_id", campaign_id).with("step_count", steps);
    understood.rows.push(count);
    if !records.is_empty() && understood.problems.is_empty() {
        let rows = understood.rows.iter().filter(|row| row.table == &CAMPAIGN_VARIANTS);
        understood.sweeps.push(Sweep {
            table: &CAMPAIGN_VARIANTS,
            within: ("campaign_id", campaign_id.to_owned()),
            mark: "is_deleted",
            present: rows.filter_map(|row| row.key()?.pop().map(str::to_owned)).collect(),
        });
    }
}

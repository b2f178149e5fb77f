//! A sequence's steps. An e-mail step is a template, or one for each of its variants; other steps (LinkedIn, calls, SMS,
//! tasks, conditions) are kept with their type, and without a text, so that nobody takes them for one.

use atlas_model::tables::{CAMPAIGN_VARIANTS, SEQUENCES};
use atlas_model::{Mode, Row, Sweep};
use serde_json::{Map, Value};

use super::words::squeezed;
use crate::copy::{personalization_vars, plain_text, preview};
use crate::endpoint::{Context, Endpoint, PLAIN, Records, Type, may, must};
use crate::mapping::{Found, Understood};
use crate::read::{at, id, is_blank, number, real};

/// As specified.
pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "sequence_steps",
    title: "Sequence Steps (Email Templates)",
    path: "/v3/sequences/{campaign_id}/steps",
    priority: 60,
    is_detail: true,
    has_stand_in: true,
    records: Records::Array(&["", "items", "steps", "emails", "data"]),
    expand: Some(in_order),
    writes: &[(&CAMPAIGN_VARIANTS, Mode::Upsert)],
    fields: &[
        must("id", "campaign_variants.external_id", Type::Id),
        must("order | number | at.position", "campaign_variants.step_number", Type::Number),
        // Blank is known: it continues the thread of the step before.
        must("at.text.subject | subject", "campaign_variants.subject_line", Type::Copy),
        must(
            "at.text.body | at.text.htmlBody | at.text.message | body | htmlBody | message",
            "campaign_variants.body_html",
            Type::Copy,
        ),
        may("at.text.textBody | textBody", "campaign_variants.body_plain", Type::Text),
        may("waitDays | delayDays", "campaign_variants.delay_days", Type::Real),
        may("variant | at.text.variant | at.label", "campaign_variants.variant_label", Type::Text),
        may("type | at.type", "campaign_variants.step_type", Type::Enum),
    ],
    derived: &[
        (
            "campaign_variants.(multiple rows)",
            "variants | templates | emailTemplate.templates | template.emailTemplate.templates",
        ),
        ("campaign_variants.external_id", "{id}; of a variant {id}:{its id | its variantId | its label}"),
        (
            "campaign_variants.step_number",
            "its place along parentId, positive branches first, else in the answer",
        ),
        (
            "campaign_variants.delay_days",
            "{delayInMinutes} / 1440, {inMinutesCount} / 1440; and {waitInMinutes} / 1440 of a condition before it",
        ),
        ("campaign_variants.body_plain", "body_html as text"),
        ("campaign_variants.body_preview", "the first 200 characters of body_plain"),
        ("campaign_variants.personalization_vars", "{{…}} in subject and body, each once, in order"),
        ("campaign_variants.send_as_reply", "a later step without a subject"),
        ("campaign_variants.is_deleted", "no longer listed"),
        (
            "sequences.step_count",
            "steps in the answer, of any type, where the list of sequences does not count them",
        ),
    ],
    finish,
    after,
    ..PLAIN
};

/// The specification's other path.
pub(crate) const EMAILS: Endpoint = Endpoint {
    name: "sequence_emails",
    title: "Sequence Steps, Other Path",
    path: "/v3/sequences/{campaign_id}/emails",
    derived: &[],
    ..ENDPOINT
};

/// The sequence in detail, which holds its steps.
pub(crate) const DETAIL: Endpoint = Endpoint {
    name: "sequence_detail",
    title: "Sequence in Detail",
    path: "/v3/sequences/{campaign_id}",
    records: Records::Array(&["steps", "data.steps"]),
    derived: &[],
    ..ENDPOINT
};

/// Of the second generation.
pub(crate) const LEGACY: Endpoint = Endpoint {
    name: "sequence_steps_legacy",
    title: "Sequence Steps, Second Generation",
    path: "/v2/campaigns/{campaign_id}/steps",
    has_stand_in: false,
    derived: &[],
    ..ENDPOINT
};

/// How much a count of steps is worth.
const COUNTED_HERE: i64 = 1;
pub(super) const COUNTED_BY_SERVICE: i64 = 2;

/// Where steps can be had, best way first.
pub(super) const WAYS: &[&Endpoint] = &[&ENDPOINT, &EMAILS, &DETAIL, &LEGACY];

const MINUTES_A_DAY: f64 = 1440.0;

/// Where the texts of a step are, if it does not hold one itself.
const TEXTS: [&str; 4] =
    ["variants", "templates", "emailTemplate.templates", "template.emailTemplate.templates"];

/// The steps as they follow one another, each for itself or its variants; what its place says of a step is at `at`.
fn in_order(records: &[&Value]) -> Vec<Value> {
    let mut placed = Vec::new();
    for (position, place) in chain(records).into_iter().enumerate() {
        let step = records[place];
        let mut at = Map::new();
        at.insert("position".to_owned(), (position + 1).into());
        at.insert("type".to_owned(), kind(step).into());
        let before =
            parent(step).and_then(|id| records.iter().find(|other| step_id(other) == Some(id.clone())));
        if let Some(condition) = before.filter(|before| kind(before) == "condition") {
            at.insert("waits".to_owned(), condition.get("waitInMinutes").cloned().unwrap_or_default());
        }
        let texts = texts(step);
        if kind(step) != "email" {
            at.insert("text".to_owned(), serde_json::json!({"subject": null, "body": null}));
            placed.push(with_place(step, at));
        } else if texts.is_empty() {
            placed.push(with_place(step, at));
        } else {
            for (number, text) in texts.iter().enumerate() {
                let mut at = at.clone();
                at.insert("text".to_owned(), text.clone());
                if texts.len() > 1 {
                    let letter = u8::try_from(number % 26).map_or('?', |place| char::from(b'A' + place));
                    at.insert("label".to_owned(), letter.to_string().into());
                }
                placed.push(with_place(step, at));
            }
        }
    }
    placed
}

fn with_place(step: &Value, at: Map<String, Value>) -> Value {
    let mut step = step.clone();
    if let Some(fields) = step.as_object_mut() {
        fields.insert("at".to_owned(), Value::Object(at));
    }
    step
}

/// The places of the steps in the order of the chain that they form. A positive branch goes before a negative one; what
/// hangs from nothing that is known comes as it came, and nothing is lost in a ring.
fn chain(records: &[&Value]) -> Vec<usize> {
    let ids: Vec<Option<String>> = records.iter().map(|step| step_id(step)).collect();
    let above: Vec<Option<usize>> = records
        .iter()
        .map(|step| parent(step).and_then(|id| ids.iter().position(|other| other.as_ref() == Some(&id))))
        .collect();
    let mut ordered = Vec::new();
    let mut is_placed = vec![false; records.len()];
    let roots = (0..records.len()).filter(|place| above[*place].is_none()).chain(0..records.len());
    for root in roots.collect::<Vec<_>>() {
        let mut ahead = vec![root];
        while let Some(place) = ahead.pop() {
            if std::mem::replace(&mut is_placed[place], true) {
                continue;
            }
            ordered.push(place);
            let mut below: Vec<usize> =
                (0..records.len()).filter(|below| above[*below] == Some(place)).collect();
            let is_positive = |below: &usize| {
                records[*below].get("ifConditionPositive").and_then(|flag| Type::Bool.read(flag))
                    == Some(Value::Bool(true))
            };
            below.sort_by_key(|below| !is_positive(below));
            ahead.extend(below.into_iter().rev());
        }
    }
    ordered
}

fn step_id(step: &Value) -> Option<String> {
    step.get("id").and_then(id)
}

fn parent(step: &Value) -> Option<String> {
    step.get("parentId").and_then(id).filter(|id| id != "0")
}

/// The step's type; one that tells none and has the text of an e-mail is an e-mail.
fn kind(step: &Value) -> String {
    let told = step.get("type").and_then(|kind| Type::Enum.read(kind));
    if let Some(kind) = told.as_ref().and_then(Value::as_str) {
        return squeezed(kind);
    }
    let is_other = step.get("actionType").is_some() || step.get("waitInMinutes").is_some();
    if is_other { "other".to_owned() } else { "email".to_owned() }
}

fn texts(step: &Value) -> Vec<Value> {
    let listed = TEXTS.iter().find_map(|path| {
        at(step, path).and_then(|value| value.as_array().filter(|texts| !texts.is_empty()).cloned())
    });
    listed.unwrap_or_default()
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(campaign_id) = context.params.get("campaign_id") else { return };
    let told = |path| at(record, path).filter(|value| !is_blank(value));
    let minutes = |path| told(path).and_then(|value| real(&value));
    let is_email = told("at.type").is_some_and(|kind| kind.as_str() == Some("email"));
    let step_type = told("at.type").map(|kind| kind.into_owned());
    let of_variant = told("at.text.id").or_else(|| told("at.text.variantId")).and_then(|value| id(&value));
    let is_variant = is_email && at(record, "at.text").is_some();
    let wait =
        minutes("delayInMinutes").or_else(|| minutes("inMinutesCount")).or_else(|| minutes("waitInMinutes"));
    let after_condition = minutes("at.waits").unwrap_or(0.0) / MINUTES_A_DAY;
    let position = told("order").or_else(|| told("number")).or_else(|| told("at.position"));
    let is_later = position.and_then(|value| number(&value)) > Some(1);
    let Some(row) = found.row(&CAMPAIGN_VARIANTS) else { return };
    let text = |row: &Row, column: &str| {
        row.values.get(column).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (subject, body, label) =
        (text(row, "subject_line"), text(row, "body_html"), text(row, "variant_label"));
    let step = text(row, "external_id");
    if step.is_empty() {
        row.values.clear();
        return;
    }
    let days = row.values.get("delay_days").and_then(Value::as_f64).or(wait.map(|wait| wait / MINUTES_A_DAY));
    let mut set = |column: &str, value: Value| row.values.insert(column.to_owned(), value);
    set("campaign_id", campaign_id.into());
    set("is_deleted", false.into());
    set("step_type", step_type.unwrap_or_default());
    if let Some(days) = days {
        set("delay_days", (days + after_condition).into());
    }
    if !is_email {
        for column in ["subject_line", "body_html", "body_plain", "variant_label"] {
            row.values.remove(column);
        }
        return;
    }
    if is_variant {
        let variant = of_variant.unwrap_or_else(|| if label.is_empty() { "1".to_owned() } else { label });
        set("external_id", format!("{step}:{variant}").into());
    }
    set("send_as_reply", (is_later && subject.is_empty()).into());
    set("personalization_vars", personalization_vars(&subject, &body).into());
    let plain = match text(row, "body_plain") {
        told if told.is_empty() => plain_text(&body),
        told => told,
    };
    row.values.insert("body_preview", preview(&plain).into());
    row.values.insert("body_plain", plain.into());
    if body.trim().is_empty() {
        found.problem("body", "an e-mail step without a text");
    }
}

/// Counts the steps, and marks what is known and no longer listed. An answer that is empty or that was not understood
/// whole marks nothing: what is missing in it may be there.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    let Some(campaign_id) = context.params.get("campaign_id").filter(|_| !records.is_empty()) else { return };
    let steps = i64::try_from(records.len()).unwrap_or(i64::MAX);
    let count = Row::new(&SEQUENCES, Mode::Upsert).with("campaign_id", campaign_id).with("step_count", steps);
    let count = count.with("step_rank", COUNTED_HERE);
    understood.rows.push(count);
    if understood.problems.is_empty() {
        let rows = understood.rows.iter().filter(|row| row.table == &CAMPAIGN_VARIANTS);
        understood.sweeps.push(Sweep {
            table: &CAMPAIGN_VARIANTS,
            within: ("campaign_id", campaign_id.to_owned()),
            mark: "is_deleted",
            present: rows.filter_map(|row| row.key()?.pop().map(str::to_owned)).collect(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use atlas_model::tables::CAMPAIGN_VARIANTS;
    use atlas_model::{Params, Platform, Settings};
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::{Value, json};

    use super::ENDPOINT;
    use crate::endpoint::Context;
    use crate::mapping::understand;

    /// Key, number, type, subject, delay in days of each row.
    /// Id, step, subject, label and delay.
    type Template = (String, i64, String, Option<String>, Option<f64>);

    fn rows(steps: &Value) -> Vec<Template> {
        let params = Params::none().with("campaign_id", "7");
        let context = Context {
            params: &params,
            read_at: Timestamp::UNIX_EPOCH,
            zone: &TimeZone::UTC,
            settings: &Settings::new(Platform::ReplyIo, Default::default()),
            is_full: false,
            absent: &BTreeSet::new(),
            watermarks: &std::collections::BTreeMap::new(),
            campaigns: 1,
            stored: None,
            campaign_names: None,
        };
        let understood = understand(&ENDPOINT, &context, steps);
        assert_eq!(understood.problems, [], "{steps}");
        let rows = understood.rows.iter().filter(|row| row.table == &CAMPAIGN_VARIANTS);
        let text = |row: &atlas_model::Row, name: &str| row.values.get(name)?.as_str().map(str::to_owned);
        rows.map(|row| {
            (
                text(row, "external_id").unwrap(),
                row.values["step_number"].as_i64().unwrap(),
                text(row, "step_type").unwrap(),
                text(row, "subject_line"),
                row.values.get("delay_days").and_then(Value::as_f64),
            )
        })
        .collect()
    }

    fn row(
        key: &str,
        number: i64,
        kind: &str,
        subject: Option<&str>,
        days: Option<f64>,
    ) -> (String, i64, String, Option<String>, Option<f64>) {
        (key.to_owned(), number, kind.to_owned(), subject.map(str::to_owned), days)
    }

    #[test]
    fn every_shape_of_a_step() {
        let email = |key| [row(key, 1, "email", Some("Returns"), Some(0.0))];
        for (step, key) in [
            (
                json!({"id": 5, "type": "Email", "delayInMinutes": 0, "templates": [{"id": 9, "subject": "Returns",
                "body": "Hi"}]}),
                "5:9",
            ),
            (
                json!({"id": 5, "number": "1", "delayInMinutes": 0, "emailTemplate": {"templates": [{"variantId": 2,
                "subject": "Returns", "body": "Hi"}]}}),
                "5:2",
            ),
            (
                json!({"id": 5, "delayInMinutes": 0, "template": {"emailTemplate": {"templates": [{
                "subject": "Returns", "body": "Hi"}]}}}),
                "5:1",
            ),
            (
                json!({"id": 5, "number": 1, "inMinutesCount": 0, "templates": [{"id": 9, "subject": "Returns",
                "body": "Hi"}]}),
                "5:9",
            ),
            (
                json!({"id": 5, "order": 1, "subject": "Returns", "body": "<p>Hi</p>", "textBody": "Hi",
                "waitDays": 0, "variant": "A"}),
                "5",
            ),
            (
                json!({"id": 5, "type": "email", "delayInMinutes": 0, "variants": [{"id": 9, "subject": "Returns",
                "message": "Hi"}]}),
                "5:9",
            ),
        ] {
            assert_eq!(rows(&json!([step])), email(key), "{step}");
        }
    }

    #[test]
    fn a_graph_becomes_an_order_and_other_steps_no_templates() {
        let text = |id, subject| json!([{"id": id, "subject": subject, "message": "Hi"}]);
        let steps = json!([
            {"id": 4, "type": "email", "delayInMinutes": 2880, "parentId": 3, "ifConditionPositive": false,
             "variants": text(14, "")},
            {"id": 5, "type": "email", "delayInMinutes": 720, "parentId": 3, "ifConditionPositive": true,
             "variants": [{"id": 15, "subject": "a", "message": "Hi"}, {"id": 16, "subject": "b", "message": "Hi"}]},
            {"id": 1, "type": "email", "delayInMinutes": 0, "parentId": null, "variants": text(11, "One")},
            {"id": 3, "type": "condition", "waitInMinutes": 4320, "parentId": 2, "variants": []},
            {"id": 2, "type": "linkedIn", "actionType": "message", "delayInMinutes": 1440, "parentId": 1,
             "variants": [{"id": 12, "message": "Hello"}]},
        ]);
        assert_eq!(
            rows(&steps),
            [
                row("1:11", 1, "email", Some("One"), Some(0.0)),
                row("2", 2, "linkedin", None, Some(1.0)),
                row("3", 3, "condition", None, Some(3.0)),
                row("5:15", 4, "email", Some("a"), Some(3.5)),
                row("5:16", 4, "email", Some("b"), Some(3.5)),
                row("4:14", 5, "email", Some(""), Some(5.0)),
            ]
        );
        let ring = json!([{"id": 1, "parentId": 2, "subject": "s", "body": "b"},
            {"id": 2, "parentId": 1, "subject": "s", "body": "b"}]);
        assert_eq!(rows(&ring).len(), 2, "nothing is lost in a ring");
    }
}

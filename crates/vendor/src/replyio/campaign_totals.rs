//! The lifetime figures of all sequences in one call, from the first generation: where sequences have no statistics of
//! their own, these are they; where they have, this tells which of them moved.

use atlas_model::tables::{CAMPAIGNS, DATA_SOURCES, ENROLLMENT_SNAPSHOTS};
use atlas_model::{Mode, Row};
use serde_json::{Map, Value, json};

use super::global_statistics::{self, note_origin};
use super::people;
use super::sequence_statistics::{self, MOVED, lifetime};
use super::sequences::{self, not_within, once_a_day, patience};
use super::words::sequence_status;
use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Type, key, may};
use crate::mapping::{Found, Understood};
use crate::read::{at, number};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "campaign_totals",
    title: "All Sequences' Totals",
    path: "/v1/campaigns",
    priority: 20,
    pace: Pace::Statistics,
    has_stand_in: true,
    writes: &[
        // The sequence may be one that the current generation does not list.
        (&CAMPAIGNS, Mode::FillWhileNull("wide_hash")),
        (&ENROLLMENT_SNAPSHOTS, Mode::Upsert),
    ],
    fields: &[
        key("id", "campaigns.external_id", Type::Id),
        may("opensCount", "campaigns.total_opened", Type::Number),
        may("repliesCount", "campaigns.total_replied", Type::Number),
        may("bouncesCount", "campaigns.total_bounced", Type::Number),
        may("optOutsCount", "campaigns.total_unsubscribed", Type::Number),
        may("peopleCount", "enrollment_snapshots.total_leads", Type::Number),
        may("peopleActive", "enrollment_snapshots.in_progress", Type::Number),
        may("peopleFinished", "enrollment_snapshots.completed", Type::Number),
        may("peoplePaused", "enrollment_snapshots.paused", Type::Number),
    ],
    derived: &[
        ("campaigns.(all)", "while Sequence Statistics has not told them, or is absent"),
        (
            "campaigns.total_sent",
            "{deliveriesCount} + {bouncesCount}: what is delivered had bounces taken off already",
        ),
        ("campaigns.settings", "sent_basis: delivered + bounced"),
        ("campaigns.name", "{name}, of a sequence that the list of sequences does not have"),
        ("campaigns.status", "{status}, likewise"),
        ("campaigns.started_at", "{created}, likewise"),
        (
            "campaigns.totals_fingerprint",
            "deliveries, opens, replies, bounces, optOuts and people: what moved",
        ),
        ("campaigns.wide_hash", "{outOfOfficeCount}, opt-outs and people: when people are read again"),
        ("enrollment_snapshots.date", "the account's day when it was read"),
        ("data_sources.additional_config.(each figure)", "sums, where Global Statistics is absent"),
    ],
    finish,
    after,
    ..PLAIN
};

/// What the first generation counts of a sequence, in the order in which its fingerprint has it.
const FIGURES: [&str; 10] = [
    "deliveriesCount",
    "opensCount",
    "repliesCount",
    "bouncesCount",
    "optOutsCount",
    "outOfOfficeCount",
    "peopleCount",
    "peopleActive",
    "peopleFinished",
    "peoplePaused",
];

fn told(record: &Value, path: &str) -> Option<i64> {
    at(record, path).and_then(|value| number(&value))
}

fn fingerprint(record: &Value, figures: &[&str]) -> String {
    let part = |path: &&str| told(record, path).map_or("?".to_owned(), |figure| figure.to_string());
    figures.iter().map(part).collect::<Vec<_>>().join("-")
}

fn finish(context: &Context<'_>, record: &Value, found: &mut Found) {
    let Some(id) = found.value(&CAMPAIGNS, "external_id").and_then(Value::as_str).map(str::to_owned) else {
        return;
    };
    let has_statistics = !context.absent.contains(sequence_statistics::ENDPOINT.name);
    if let Some(snapshot) = found.row(&ENROLLMENT_SNAPSHOTS)
        && snapshot.values.iter().any(|(_, value)| !value.is_null())
    {
        snapshot.values.insert("campaign_id", id.as_str().into());
        snapshot.values.insert("date", context.today().to_string().into());
    }
    let delivered = told(record, "deliveriesCount").zip(told(record, "bouncesCount"));
    let Some(campaign) = found.row(&CAMPAIGNS) else { return };
    if let Some((delivered, bounced)) = delivered {
        campaign.values.insert("total_sent", (delivered + bounced).into());
        campaign.values.insert("settings", json!({"sent_basis": "delivered + bounced"}));
    }
    if !has_statistics {
        campaign.mode = Mode::Amend;
    }
    let figures = campaign.clone();
    found.rows.extend(identity(context, record, &id));
    let mut moved = Row::new(&CAMPAIGNS, Mode::Amend)
        .with("external_id", id.as_str())
        .with("totals_fingerprint", fingerprint(record, &FIGURES));
    let interval = patience(context);
    if has_statistics {
        moved.on_change.push(sequence_statistics::call(&id, MOVED, not_within(context, interval)));
    } else {
        found.rows.extend(lifetime(context, &ENDPOINT, &figures, &fingerprint(record, &FIGURES[4..])));
    }
    moved.on_change.extend(people::call(context, &id, once_a_day(context, interval * 2)));
    found.rows.push(moved);
}

/// The sequence itself: it must be there, and what it is called follows the list of sequences wherever that knows it.
fn identity(context: &Context<'_>, record: &Value, id: &str) -> Vec<Row> {
    let is_list = context.absent.contains(sequences::ENDPOINT.name);
    let mode = if is_list { Mode::Upsert } else { Mode::FillWhileNull("owner_id") };
    let mut named = Row::new(&CAMPAIGNS, mode).with("external_id", id);
    for (path, column, kind) in [
        ("name", "name", Type::Text),
        ("status", "status", Type::With(sequence_status)),
        ("created", "started_at", Type::Time),
    ] {
        if let Some(value) = at(record, path).and_then(|value| kind.read(&value)) {
            named.values.insert(column.to_owned(), value);
        }
    }
    vec![Row::new(&CAMPAIGNS, Mode::Upsert).with("external_id", id), named]
}

/// The account's figures as sums; and where this is the only list of sequences, what each of them asks for.
fn after(context: &Context<'_>, records: &[&Value], understood: &mut Understood) {
    if context.absent.contains(sequences::ENDPOINT.name) {
        for record in records {
            let id = at(record, "id").and_then(|id| Type::Id.read(&id));
            let status = at(record, "status").and_then(|status| sequence_status(&status));
            if let (Some(Value::String(id)), Some(Value::String(status))) = (id, status) {
                understood.follow.extend(sequences::calls(context, &id, &status));
            }
        }
        sequences::after(context, records, understood);
    }
    if records.is_empty() || !context.absent.contains(global_statistics::ENDPOINT.name) {
        return;
    }
    let mut sums = Map::new();
    let is_active = |record: &&&Value| {
        at(record, "status").and_then(|status| sequence_status(&status)) == Some("active".into())
    };
    sums.insert("sequencesCount".to_owned(), records.len().into());
    sums.insert("activeSequencesCount".to_owned(), records.iter().filter(is_active).count().into());
    for (name, figure) in [
        ("peopleCount", "peopleCount"),
        ("activeContactsCount", "peopleActive"),
        ("deliveriesCount", "deliveriesCount"),
        ("opensCount", "opensCount"),
        ("repliesCount", "repliesCount"),
        ("bouncesCount", "bouncesCount"),
        ("optOutsCount", "optOutsCount"),
    ] {
        // A sum of which a part is unknown is unknown.
        let sum: Option<i64> = records.iter().map(|record| told(record, figure)).sum();
        sums.insert(name.to_owned(), sum.into());
    }
    let mut account = Row::new(&DATA_SOURCES, Mode::Amend).with("additional_config", Value::Object(sums));
    note_origin(context, &ENDPOINT, &mut account);
    understood.rows.push(account);
}

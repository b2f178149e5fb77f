//! Figures of the account as a whole.

use atlas_model::tables::DATA_SOURCES;
use atlas_model::{Mode, Row, utc_text};
use serde_json::{Value, json};

use crate::endpoint::{Context, Endpoint, PLAIN, Pace, Records, Type, may};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "global_statistics",
    title: "Global Statistics",
    path: "/v3/statistics",
    priority: 15,
    pace: Pace::Statistics,
    has_stand_in: true,
    records: Records::One,
    writes: &[(&DATA_SOURCES, Mode::Amend)],
    fields: &[
        may("sequencesCount", "data_sources.additional_config.sequencesCount", Type::Number),
        may("peopleCount", "data_sources.additional_config.peopleCount", Type::Number),
        may("activeSequencesCount", "data_sources.additional_config.activeSequencesCount", Type::Number),
        may("activeContactsCount", "data_sources.additional_config.activeContactsCount", Type::Number),
        may("deliveriesCount | sentCount", "data_sources.additional_config.deliveriesCount", Type::Number),
        may("opensCount", "data_sources.additional_config.opensCount", Type::Number),
        may("repliesCount", "data_sources.additional_config.repliesCount", Type::Number),
        may("bouncesCount", "data_sources.additional_config.bouncesCount", Type::Number),
        may("interestedCount", "data_sources.additional_config.interestedCount", Type::Number),
        may("notInterestedCount", "data_sources.additional_config.notInterestedCount", Type::Number),
        may("optOutsCount", "data_sources.additional_config.optOutsCount", Type::Number),
    ],
    derived: &[("data_sources.additional_config._meta", "which endpoint told it, of what time, and when")],
    finish: |context, _, found| {
        if let Some(row) = found.row(&DATA_SOURCES) {
            note_origin(context, &ENDPOINT, row);
        }
    },
    ..PLAIN
};

/// Says beside the figures where they come from.
pub(super) fn note_origin(context: &Context<'_>, endpoint: &Endpoint, row: &mut Row) {
    let meta = json!({"source": format!("{} {}", endpoint.method(), endpoint.path), "scope": "lifetime",
        "read_at": utc_text(context.read_at)});
    if let Some(Value::Object(config)) = row.values.get_mut("additional_config") {
        config.insert("_meta".to_owned(), meta);
    }
}

//! Every line of the specification against the endpoints' tables, line by line.

use atlas_model::Platform;
use atlas_vendor::{Field, Need, service};

fn paths(field: &Field) -> impl Iterator<Item = &str> {
    field.from.split('|').map(str::trim)
}

const LINES: &str = include_str!("data/requirement_fields.tsv");

/// Sections whose endpoints are still to come. A section that is built and stands here fails.
const TO_COME: [&str; 6] = [
    "Reply.io/Sequences (Campaigns)",
    "Reply.io/Sequence Steps (Email Templates)",
    "Reply.io/Email Accounts",
    "Reply.io/Global Statistics",
    "Reply.io/Sequence Statistics",
    "Reply.io/People (Contacts)",
];

/// Lines that are mapped otherwise than they say, with the reason.
const DEVIATIONS: [(&str, &str); 4] = [
    (
        "SmartLead/Campaign Sequences (Email Templates)/sequence_variants",
        "no column: the array becomes rows of its own",
    ),
    (
        "SmartLead/Campaign Leads (Optional - Disabled by Default)/lead_category",
        "no column is named: it is kept on the enrolment, and decides is_interested where that is not told",
    ),
    (
        "PhoneBurner/Dial Sessions/calls",
        "no column: the array becomes rows of its own, from the list where it is there, else from the detail",
    ),
    (
        "PhoneBurner/Contact Activities/activity_id",
        "user_activity_id stands before it: activity_id is the type of the activity, and an id only above 999",
    ),
];

#[test]
fn every_line_is_in_a_table() {
    let mut missing = Vec::new();
    let mut checked = 0;
    for line in LINES.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [platform, section, _, source, _, table, column, required] = cells[..8] else { panic!("{line}") };
        let place = format!("{platform}/{section}");
        let platform = Platform::ALL.into_iter().find(|known| known.title() == platform).unwrap();
        let endpoint = service(platform)
            .and_then(|service| service.endpoints.iter().find(|endpoint| endpoint.title == section));
        let Some(endpoint) = endpoint else {
            assert!(TO_COME.contains(&place.as_str()), "{place} is neither built nor to come");
            continue;
        };
        assert!(!TO_COME.contains(&place.as_str()), "{place} is built: take it off the list");
        checked += 1;
        let to = if table.is_empty() { String::new() } else { format!("{table}.{column}") };
        let field = endpoint.fields.iter().find(|field| {
            field.to == to && source.split('|').all(|one| paths(field).any(|path| path == one))
        });
        let is_held = field.is_some_and(|field| (required == "yes") == (field.need != Need::Optional));
        if !is_held && !DEVIATIONS.iter().any(|(known, _)| *known == format!("{place}/{source}")) {
            missing.push(format!("{place}: {source} → {to} (required: {required})"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(checked, 109, "lines of the sections that are built");
}

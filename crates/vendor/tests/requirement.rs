//! Every line of the specification against the endpoints' tables, line by line.

use atlas_model::Platform;
use atlas_vendor::{Field, Need, service};

const LINES: &str = include_str!("data/requirement_fields.tsv");

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
        let endpoint = service(platform).endpoints.iter().find(|endpoint| endpoint.title == section);
        let endpoint = endpoint.unwrap_or_else(|| panic!("{place} is not built"));
        checked += 1;
        let to = if table.is_empty() { String::new() } else { format!("{table}.{column}") };
        // A line may name several spellings: all of them must be among the field's paths.
        let has = |field: &Field, name: &str| field.from.split('|').any(|path| path.trim() == name);
        let field = endpoint
            .fields
            .iter()
            .find(|field| field.to == to && source.split('|').all(|name| has(field, name)));
        let is_held = field.is_some_and(|field| (required == "yes") == (field.need != Need::Optional));
        if !is_held && !DEVIATIONS.iter().any(|(known, _)| *known == format!("{place}/{source}")) {
            missing.push(format!("{place}: {source} → {to} (required: {required})"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(checked, 166, "lines of the specification");
}

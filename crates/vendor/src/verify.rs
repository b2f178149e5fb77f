//! What a service really answered, held against an endpoint's table: paths and counts, never a value.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::endpoint::{Endpoint, Field};
use crate::mapping::{expanded, paths, records};
use crate::read::{at, is_blank};

/// Stands for a key that may be somebody's data.
const DATA: &str = "*";

/// A key with more digits than this numbers something.
const MOST_DIGITS: usize = 3;

/// An object with more keys than this is a list by key.
const MOST_KEYS: usize = 100;

/// What an endpoint's answers hold, beside what its table expects.
#[derive(Debug)]
pub struct Findings {
    /// How many records there were.
    pub records: usize,
    /// Each field of the table, in its order.
    pub fields: Vec<Held>,
    /// Paths that the table does not name, and how many records have them.
    pub unknown: BTreeMap<String, usize>,
}

/// A field of the table, and what came of it.
#[derive(Debug)]
pub struct Held {
    /// The line of the table.
    pub field: &'static Field,
    /// Its paths in order.
    pub paths: Vec<Seen>,
}

impl Held {
    /// Whether it came in no record by any of its paths.
    pub fn is_missing(&self) -> bool {
        self.paths.iter().all(|path| path.records == 0)
    }
}

/// One of a field's paths.
#[derive(Debug)]
pub struct Seen {
    /// The path, as the table has it.
    pub path: &'static str,
    /// How many records have it.
    pub records: usize,
    /// In how many of these there is nothing in it.
    pub blank: usize,
}

/// Holds answers against an endpoint's table.
pub fn verify(endpoint: &'static Endpoint, bodies: &[Value]) -> Findings {
    let fields = endpoint.fields.iter().map(|field| Held {
        field,
        paths: paths(field).map(|path| Seen { path, records: 0, blank: 0 }).collect(),
    });
    let mut findings = Findings { records: 0, fields: fields.collect(), unknown: BTreeMap::new() };
    let named = named(endpoint);
    for body in bodies {
        let listed = records(endpoint, body).unwrap_or_default();
        for record in expanded(endpoint, &listed) {
            findings.records += 1;
            for seen in findings.fields.iter_mut().flat_map(|held| &mut held.paths) {
                if let Some(value) = at(&record, seen.path) {
                    seen.records += 1;
                    seen.blank += usize::from(is_blank(&value));
                }
            }
            let mut unknown = BTreeSet::new();
            collect_unknown(&record, &Place::default(), &named, &mut unknown);
            for path in unknown {
                *findings.unknown.entry(path).or_default() += 1;
            }
        }
    }
    findings
}

/// Every path that the table reads: its fields', and those that its formulas name. An object of which a formula speaks
/// is not known as a whole where the fields name its parts.
fn named(endpoint: &Endpoint) -> BTreeSet<&'static str> {
    let mut named: BTreeSet<_> = endpoint.fields.iter().flat_map(paths).collect();
    for path in endpoint.derived.iter().flat_map(|(_, formula)| formula_paths(formula)) {
        if !has_below(&named, path) {
            named.insert(path);
        }
    }
    named
}

fn has_below(named: &BTreeSet<&str>, path: &str) -> bool {
    named.iter().any(|name| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The paths in a formula, which is written for people: what stands alone between separators or in braces, and words
/// that can be nothing else.
fn formula_paths(formula: &'static str) -> impl Iterator<Item = &'static str> {
    let is_path = |text: &&str| text.split('.').all(is_name);
    let parts = formula.split(['|', ',', ';']).map(str::trim);
    let braces = formula.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let words = formula.split(' ').map(|word| word.trim_matches([',', ';', ':']));
    let words = words.filter(|word| word.contains(['_', '.']));
    parts.chain(braces).chain(words).filter(is_path)
}

/// Where in a record we are: as the table would write it, and as it may be shown.
#[derive(Clone, Default)]
struct Place {
    path: String,
    shown: String,
    is_custom: bool,
}

impl Place {
    fn below(&self, key: &str, is_data: bool) -> Self {
        let join = |path: &str, name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let is_data = is_data || self.is_custom || !is_name(key);
        Self {
            path: join(&self.path, key),
            shown: join(&self.shown, if is_data { DATA } else { key }),
            is_custom: self.is_custom || key.to_lowercase().replace('_', "") == "customfields",
        }
    }

    fn item(&self) -> Self {
        let item = |path: &str| format!("{path}[]");
        Self { path: item(&self.path), shown: item(&self.shown), is_custom: self.is_custom }
    }
}

fn collect_unknown(here: &Value, place: &Place, named: &BTreeSet<&str>, unknown: &mut BTreeSet<String>) {
    if named.contains(place.path.as_str()) {
        return;
    }
    // What a person filled in is one path, however it is built.
    let is_leaf = place.is_custom && place.shown.ends_with(DATA);
    match here {
        Value::Object(fields) if !fields.is_empty() && !is_leaf => {
            let is_data = fields.len() > MOST_KEYS;
            for (key, value) in fields {
                collect_unknown(value, &place.below(key, is_data), named, unknown);
            }
        }
        Value::Array(items) if items.iter().any(is_filled) && !is_leaf => {
            for item in items {
                collect_unknown(item, &place.item(), named, unknown);
            }
        }
        // The record itself, or an object of which parts are known and which is empty here.
        _ if place.shown.is_empty() || has_below(named, &place.path) => {}
        _ => {
            unknown.insert(place.shown.clone());
        }
    }
}

/// Whether there is a path below it.
fn is_filled(item: &Value) -> bool {
    match item {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// Whether a key is a name that a programmer gave, and not a number, an address, an id or a sentence.
fn is_name(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && key.len() <= 40
        && key.chars().filter(char::is_ascii_digit).count() <= MOST_DIGITS
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::verify;
    use crate::endpoint::{Endpoint, PLAIN, Type, key, may, unused};

    const ENDPOINT: Endpoint = Endpoint {
        fields: &[
            key("id", "campaigns.external_id", Type::Id),
            may("zone | plan.tz", "campaigns.timezone", Type::Text),
            may("plan", "campaigns.schedule_config", Type::Json),
            may("lead_plan.day", "campaigns.status", Type::Text),
            may("lead.email", "contacts.email", Type::Text),
            may("lead.custom_fields.title", "contacts.title", Type::Text),
            unused("open_count"),
        ],
        derived: &[
            ("clients.name", "client_name"),
            ("campaigns.is_x", "set where x_map is not empty or lead_plan is null, else {y}"),
        ],
        ..PLAIN
    };

    fn check(records: &Value, unknown: &[(&str, usize)]) {
        let findings = verify(&ENDPOINT, &[json!({"data": records, "total": 3})]);
        let found: Vec<_> =
            findings.unknown.iter().map(|(path, records)| (path.as_str(), *records)).collect();
        assert_eq!(found, unknown, "in {records}");
    }

    #[test]
    fn unknown_paths_without_a_value() {
        check(&json!([{"id": 1, "open_count": 2, "plan": {"tz": "UTC", "new": 1}}]), &[]);
        check(&json!([{"id": 1, "client_name": "Acme", "x_map": {"a": 1}, "y": 0}]), &[]);
        check(
            &json!([{"id": 1, "lead_plan": null}, {"id": 2, "lead_plan": {"day": 1, "new": 1}}]),
            &[("lead_plan.new", 1)],
        );
        check(&json!([{"id": 1, "tags": []}, {"id": 2, "tags": [1, 2]}]), &[("tags", 2)]);
        check(
            &json!([{"id": 1, "tags": [{"name": "a"}, {"name": "b"}, 3]}]),
            &[("tags[]", 1), ("tags[].name", 1)],
        );
        let lead =
            json!({"email": "a@b.co", "phone": 1, "custom_fields": {"title": "CEO", "Birthday": {"day": 3}}});
        check(&json!([{"id": 1, "lead": lead}]), &[("lead.custom_fields.*", 1), ("lead.phone", 1)]);
        let data = json!({"77": 1, "a@b.co": 1, "Jo Do": 1, "c8123456": 1, "": 1});
        check(&json!([{"id": 1, "by": data}, {"id": 2, "x": null}]), &[("by.*", 1), ("x", 1)]);
        let long = "a".repeat(41);
        check(&json!([{"id": 1, long: {"inner": 1}}]), &[("*.inner", 1)]);
        let many: Value =
            (0..200).map(|n| (format!("p{}{}", n % 10, "q".repeat(n / 10)), json!(1))).collect();
        check(&json!([{"id": 1, "people": many}]), &[("people.*", 1)]);
    }

    #[test]
    fn which_path_was_seen() {
        let body = json!([{"id": 1, "zone": ""}, {"id": 2, "plan": "{tz: 'UTC'}"}, {"id": 3}]);
        let findings = verify(&ENDPOINT, &[body, json!({"unknown": "shape"})]);
        assert_eq!(findings.records, 3);
        let zone: Vec<_> = findings.fields[1].paths.iter().map(|p| (p.path, p.records, p.blank)).collect();
        assert_eq!(zone, [("zone", 1, 1), ("plan.tz", 1, 0)]);
        assert!(findings.fields[4].is_missing() && !findings.fields[2].is_missing());
    }
}

//! Where a column comes from: a lookup in the endpoints' tables.

use atlas_model::tables::table;
use atlas_model::{Derived, METRICS, Mode, Platform, Rule};

use crate::endpoint::{Endpoint, Field, Need};
use crate::service::service;

/// One source of a column.
#[derive(Debug, PartialEq, Eq)]
pub struct Lineage {
    /// `table.column`; empty for a field that is read and not used.
    pub to: String,
    /// Which service.
    pub platform: Platform,
    /// The endpoint's heading.
    pub title: &'static str,
    /// Its method and path; empty for what is worked out here.
    pub path: String,
    /// The field's paths in order, or the formula.
    pub from: String,
    /// How it is read.
    pub kind: &'static str,
    /// Whether the service must tell it.
    pub is_required: bool,
    /// The column while whose unknownness this source counts; none when it always does.
    pub while_unknown: Option<&'static str>,
}

/// Every source of every column, in the order of platforms, endpoints and fields; derived columns last.
pub fn lineage() -> Vec<Lineage> {
    let mut all = Vec::new();
    for service in Platform::ALL.into_iter().filter_map(service) {
        for endpoint in service.endpoints {
            all.extend(endpoint.fields.iter().map(|field| of_field(service.platform, endpoint, field)));
        }
        for endpoint in service.endpoints {
            for (name, from) in endpoint.derived {
                all.push(Lineage {
                    from: (*from).to_owned(),
                    ..derived(service.platform, endpoint.title, name)
                });
            }
        }
        for metric in METRICS {
            let column = table("campaigns").and_then(|campaigns| campaigns.column(metric.name));
            if let Some(Rule::Derived(rule)) = column.map(|column| column.rule) {
                let from = match rule {
                    Derived::Difference(of, less) => format!("{of} − {less}"),
                    Derived::Ratio(numerator, denominator) => format!("{numerator} / {denominator}"),
                };
                let name = format!("campaigns.{}", metric.name);
                all.push(Lineage { from, ..derived(service.platform, "worked out", &name) });
            }
        }
    }
    all
}

fn of_field(platform: Platform, endpoint: &Endpoint, field: &Field) -> Lineage {
    Lineage {
        to: field.to.to_owned(),
        platform,
        title: endpoint.title,
        path: format!("{} {}", endpoint.method(), endpoint.path),
        from: field.from.to_owned(),
        kind: field.kind.name(),
        is_required: field.need != Need::Optional,
        while_unknown: stand_in(endpoint, field),
    }
}

fn derived(platform: Platform, title: &'static str, to: &str) -> Lineage {
    Lineage {
        to: to.to_owned(),
        platform,
        title,
        path: String::new(),
        from: String::new(),
        kind: "derived",
        is_required: false,
        while_unknown: None,
    }
}

/// What must be unknown for a field that only stands in.
fn stand_in(endpoint: &Endpoint, field: &Field) -> Option<&'static str> {
    let (table, _) = field.to.split_once('.').filter(|_| field.need != Need::Key)?;
    endpoint.writes.iter().find_map(|(target, mode)| match mode {
        Mode::FillWhileNull(guard) if target.name == table => Some(*guard),
        _ => None,
    })
}

//! The metrics of the registry, summed: every sum beside how many know it, every rate beside its parts.

use atlas_model::{CALL_METRICS, JOURNEY_METRICS, METRICS, Metric, counts, rates};
use serde::ser::{Serialize, SerializeMap, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use crate::db::DbRow;
use crate::error::Result;

/// The metrics of the registry, summed. What is unknown is none.
///
/// As JSON: each sum as `NAME` with `NAME_known`, in how many of what was summed it is known whole; each rate as `NAME`
/// (0.0–1.0) with `NAME_numerator` and `NAME_denominator`.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    sums: Vec<Sum>,
    shares: Vec<Share>,
}

#[derive(Clone, Debug)]
struct Sum {
    name: &'static str,
    sum: Option<i64>,
    /// In how many campaigns and sub-sequences the figure is known whole.
    known: i64,
}

/// A rate's parts, each summed over what knows both.
#[derive(Clone, Debug)]
struct Share {
    name: &'static str,
    numerator: Option<i64>,
    denominator: Option<i64>,
}

impl Share {
    fn rate(&self) -> Option<f64> {
        let parts = self.numerator.zip(self.denominator).filter(|(_, below)| *below > 0);
        #[expect(clippy::cast_precision_loss, reason = "counts of e-mails are far below 2^52")]
        parts.map(|(above, below)| above as f64 / below as f64)
    }
}

impl Figures {
    /// A sum.
    pub fn count(&self, name: &str) -> Option<i64> {
        self.sums.iter().find(|sum| sum.name == name)?.sum
    }

    /// In how many campaigns and sub-sequences a figure is known whole.
    pub fn known(&self, name: &str) -> i64 {
        self.sums.iter().find(|sum| sum.name == name).map_or(0, |sum| sum.known)
    }

    /// A rate.
    pub fn rate(&self, name: &str) -> Option<f64> {
        self.shares.iter().find(|share| share.name == name)?.rate()
    }

    /// What stands above and below a rate's line, if both are known and there is something below.
    pub fn parts(&self, name: &str) -> Option<(i64, i64)> {
        let share = self.shares.iter().find(|share| share.name == name)?;
        share.numerator.zip(share.denominator).filter(|(_, below)| *below > 0)
    }

    /// Leaves these alone.
    pub fn keep(&mut self, metrics: &[&str]) {
        self.sums.retain(|sum| metrics.contains(&sum.name));
        self.shares.retain(|share| metrics.contains(&share.name));
    }

    /// Tells a rate's parts, if they are known.
    pub(crate) fn tell(&mut self, name: &str, parts: Option<(i64, i64)>) {
        for share in self.shares.iter_mut().filter(|share| share.name == name) {
            (share.numerator, share.denominator) = parts.unzip();
        }
    }

    /// Nothing is known.
    pub(crate) fn none(metrics: &'static [Metric]) -> Self {
        let sums = counts(metrics).map(|metric| Sum { name: metric.name, sum: None, known: 0 });
        let shares = rates(metrics).map(|(metric, ..)| Share {
            name: metric.name,
            numerator: None,
            denominator: None,
        });
        Self { sums: sums.collect(), shares: shares.collect() }
    }

    pub(crate) fn read(row: &DbRow, metrics: &'static [Metric]) -> Result<Self> {
        let sums = counts(metrics).map(|metric| {
            let known = row.maybe_integer(&format!("{}_known", metric.name))?.unwrap_or_default();
            Ok(Sum { name: metric.name, sum: row.maybe_integer(metric.name)?, known })
        });
        let shares = rates(metrics).map(|(metric, ..)| {
            let part = |which| row.maybe_integer(&format!("{}_{which}", metric.name));
            Ok(Share { name: metric.name, numerator: part("numerator")?, denominator: part("denominator")? })
        });
        Ok(Self { sums: sums.collect::<Result<_>>()?, shares: shares.collect::<Result<_>>()? })
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for sum in &self.sums {
            map.serialize_entry(sum.name, &sum.sum)?;
            map.serialize_entry(&format!("{}_known", sum.name), &sum.known)?;
        }
        for share in &self.shares {
            map.serialize_entry(share.name, &share.rate())?;
            map.serialize_entry(&format!("{}_numerator", share.name), &share.numerator)?;
            map.serialize_entry(&format!("{}_denominator", share.name), &share.denominator)?;
        }
        map.end()
    }
}

impl PartialSchema for Figures {
    fn schema() -> RefOr<Schema> {
        let number = |kind, format, about: String| {
            ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([kind, Type::Null]))
                .format(Some(SchemaFormat::KnownFormat(format)))
                .description(Some(about))
        };
        let mut object = ObjectBuilder::new().description(Some(
            "Metrics of the registry; which of them are there depends on the report. Null is unknown, not 0.",
        ));
        for metric in [METRICS, CALL_METRICS, JOURNEY_METRICS].into_iter().flatten() {
            let about = format!("{} ({})", metric.about, metric.formula);
            if metric.ratio.is_none() {
                object = object.property(metric.name, number(Type::Integer, KnownFormat::Int64, about));
                let about = format!("In how many {} is known whole.", metric.name);
                let known = number(Type::Integer, KnownFormat::Int64, about);
                object = object.property(format!("{}_known", metric.name), known);
            } else {
                object = object.property(metric.name, number(Type::Number, KnownFormat::Double, about));
                for part in ["numerator", "denominator"] {
                    let about = format!("The {part} of {}.", metric.name);
                    let value = number(Type::Integer, KnownFormat::Int64, about);
                    object = object.property(format!("{}_{part}", metric.name), value);
                }
            }
        }
        object.build().into()
    }
}

impl ToSchema for Figures {}

//! Reading one value: each kind takes every spelling that a service has been seen to use.

use std::borrow::Cow;

use atlas_model::utc_text;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::endpoint::Type;

/// The value at a dotted path. Text that holds an object is looked into.
pub(crate) fn at<'a>(record: &'a Value, path: &str) -> Option<Cow<'a, Value>> {
    within(record, &names(path))
}

/// The names in a dotted path.
pub(crate) fn names(path: &str) -> Vec<&str> {
    path.split('.').filter(|name| !name.is_empty()).collect()
}

/// The same for a path that is taken apart already.
pub(crate) fn within<'a>(record: &'a Value, names: &[&str]) -> Option<Cow<'a, Value>> {
    let mut here = record;
    for (place, name) in names.iter().enumerate() {
        match here {
            Value::Object(fields) => here = fields.get(*name)?,
            Value::String(text) => {
                let inside = Value::Object(object(text)?);
                return within(&inside, &names[place..]).map(|value| Cow::Owned(value.into_owned()));
            }
            _ => return None,
        }
    }
    Some(Cow::Borrowed(here))
}

/// Whether there is nothing in it: null, blank text, or the day before all days.
pub(crate) fn is_blank(value: &Value) -> bool {
    let is_nothing = |text: &str| text.trim().is_empty() || text.trim_start().starts_with("0000-00-00");
    value.is_null() || value.as_str().is_some_and(is_nothing)
}

impl Type {
    /// The value as it is stored; `None` when it does not fit.
    pub(crate) fn read(self, value: &Value) -> Option<Value> {
        self.read_in(&TimeZone::UTC, value)
    }

    /// The same for an account in this zone.
    pub(crate) fn read_in(self, zone: &TimeZone, value: &Value) -> Option<Value> {
        match self {
            Self::Id => id(value).map(Value::from),
            Self::Text | Self::Copy => text(value).map(Value::from),
            Self::Enum => text(value).map(|text| text.trim().to_lowercase().into()),
            Self::Number => number(value).map(Value::from),
            Self::Real => real(value).map(Value::from),
            Self::Bool => boolean(value).map(Value::from),
            Self::Time => instant(value).map(|instant| utc_text(instant).into()),
            Self::LocalTime => local_instant(value, zone).map(|instant| utc_text(instant).into()),
            Self::Date => day(value).map(|day| day.to_string().into()),
            Self::Json => json(value),
            Self::With(read) => read(value),
        }
    }

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text | Self::Copy => "text",
            Self::Enum => "word",
            Self::Number | Self::Real => "number",
            Self::Bool => "true/false",
            Self::Time => "time",
            Self::LocalTime => "local time",
            Self::Date => "day",
            Self::Json => "object",
            Self::With(_) => "own reading",
        }
    }
}

/// A day, also one with a time behind it.
pub(crate) fn day(value: &Value) -> Option<Date> {
    let text = value.as_str()?.trim();
    text.get(..10)?.parse().ok().filter(|_| text.len() == 10 || text[10..].starts_with(['T', ' ']))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// An id is text in the database, whatever it is on the wire.
pub(crate) fn id(value: &Value) -> Option<String> {
    let id = match value {
        Value::String(text) => {
            let text = text.trim();
            text.strip_suffix(".0").unwrap_or(text).to_owned()
        }
        Value::Number(_) => number(value)?.to_string(),
        _ => return None,
    };
    (!id.is_empty() && !id.contains(char::is_whitespace)).then_some(id)
}

/// A whole number; `"1,204"` and `"97%"` are numbers too.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim().trim_end_matches('%').trim_end().replace(',', "");
            text.parse().ok().or_else(|| whole(text.parse().ok()?))
        }
        _ => None,
    }
}

/// A number with or without a fraction.
pub(crate) fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            text.trim().replace(',', "").parse().ok().filter(|real: &f64| real.is_finite())
        }
        _ => None,
    }
}

/// A float that is a whole number which a float holds exactly.
fn whole(float: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "within 2^53, where every whole float is an i64")]
    (float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0).then_some(float as i64)
}

pub(crate) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(_) | Value::String(_) => match text(value)?.trim().to_lowercase().as_str() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// ISO 8601 with or without zone and fraction.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    local_instant(value, &TimeZone::UTC)
}

/// The same, in a zone where none is told: the first pass of an hour that comes twice, an hour later where there is none.
pub(crate) fn local_instant(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    let text = value.as_str()?.trim();
    text.parse().ok().or_else(|| {
        let local: DateTime = text.parse().ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    })
}

/// The second pass of the hour that comes twice, for an instant in its first one.
pub(crate) fn second_pass(instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let local = instant.to_zoned(zone.clone()).datetime();
    zone.to_ambiguous_timestamp(local).later().ok().filter(|later| *later > instant)
}

fn json(value: &Value) -> Option<Value> {
    match value {
        Value::Object(_) | Value::Array(_) => Some(value.clone()),
        Value::String(text) => Some(object(text).map_or_else(|| value.clone(), Value::Object)),
        _ => None,
    }
}

/// An object written as text: JSON, or a JavaScript literal.
fn object(text: &str) -> Option<Map<String, Value>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    match serde_json::from_str(text).or_else(|_| json5::from_str(text)).ok()? {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::endpoint::Type;

    fn check(kind: Type, inputs: &[(Value, Value)]) {
        for (input, expected) in inputs {
            assert_eq!(kind.read(input).unwrap_or(Value::Null), *expected, "{} of {input}", kind.name());
        }
    }

    #[test]
    fn every_spelling_of_a_value() {
        check(
            Type::Id,
            &[
                (json!(5_120_417), json!("5120417")),
                (json!(99_887_766_554_433_i64), json!("99887766554433")),
                (json!(" 77.0 "), json!("77")),
                (json!("7 7"), Value::Null),
                (json!(null), Value::Null),
            ],
        );
        check(
            Type::Number,
            &[
                (json!("2318"), json!(2318)),
                (json!("1,204"), json!(1204)),
                (json!("97%"), json!(97)),
                (json!(12.0), json!(12)),
                (json!("lots"), Value::Null),
                (json!(""), Value::Null),
                (json!(1.5), Value::Null),
            ],
        );
        check(
            Type::Bool,
            &[(json!("TRUE"), json!(true)), (json!(0), json!(false)), (json!("yes"), Value::Null)],
        );
        check(
            Type::Time,
            &[
                (json!("2026-08-04T09:12:44.318Z"), json!("2026-08-04T09:12:44.318000Z")),
                (json!("2026-08-04T09:12:44.318215+00:00"), json!("2026-08-04T09:12:44.318215Z")),
                (json!("2026-08-04T09:12:44"), json!("2026-08-04T09:12:44.000000Z")),
                (json!("2026-08-04 09:12:44.1234567"), json!("2026-08-04T09:12:44.123456Z")),
                (json!("soon"), Value::Null),
            ],
        );
        check(
            Type::Json,
            &[
                (json!({"a": 1}), json!({"a": 1})),
                (json!("{ tz: 'Area/City', days: [ 1, 2 ] }"), json!({"tz": "Area/City", "days": [1, 2]})),
                (json!("*/5 8-17 * * 1-5"), json!("*/5 8-17 * * 1-5")),
                (json!(3), Value::Null),
            ],
        );
    }
}

//! Every formula against a published implementation: `tests/reference/make.py` made the values.
#![expect(clippy::unwrap_used, reason = "a value that is not there fails the test")]

use atlas_insight::alerts::{Replies, of_replies};
use atlas_insight::copy::{Counts, Template, features, flesch_kincaid, lix};
use atlas_insight::decay::{Series, decay};
use atlas_insight::stats::{
    Point, Prior, Strata, Stratum, chi_squared_above, fit, normal_quantile, normal_two_sided,
    probability_above, q_values,
};
use atlas_insight::thresholds::Thresholds;
use atlas_model::wilson;
use jiff::ToSpan;
use jiff::civil::date;
use serde_json::Value;

const EXACT: f64 = 1e-6;

fn reference(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("reference/values.json")).unwrap();
    all[name].clone()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[track_caller]
fn assert_near(ours: f64, theirs: &Value, tolerance: f64, what: &str) {
    let theirs = theirs.as_f64().unwrap();
    let apart = (ours - theirs).abs() / theirs.abs().max(1.0);
    assert!(apart <= tolerance, "{what}: {ours} here, {theirs} there");
}

fn pair(row: &Value) -> [i64; 2] {
    integers(row).try_into().unwrap()
}

fn integers(row: &Value) -> Vec<i64> {
    list(row).iter().map(|value| value.as_i64().unwrap()).collect()
}

#[test]
fn strata_taken_together() {
    let cases = reference("strata");
    for (name, case) in cases.as_object().unwrap() {
        let rows: Vec<Stratum> = list(&case["rows"])
            .iter()
            .map(|row| match integers(row)[..] {
                [events_with, with, events_without, without] => {
                    Stratum { events_with, with, events_without, without }
                }
                _ => panic!("{row}"),
            })
            .collect();
        let strata = Strata::of(&rows);
        let near = |ours: Option<f64>, theirs: &str| {
            assert_near(ours.unwrap(), &case[theirs], EXACT, &format!("{name} {theirs}"));
        };
        near(strata.odds_ratio(), "odds_ratio");
        near(strata.log_odds_error(), "log_odds_error");
        near(strata.rate_ratio(), "lift");
        near(strata.p_value(), "p_value");
        near(strata.heterogeneity(), "heterogeneity");
        let (low, high) = strata.interval().unwrap();
        assert_near(low, &case["interval"][0], EXACT, name);
        assert_near(high, &case["interval"][1], EXACT, name);
    }
    let confounded = &cases["confounded"];
    let rounded = |name: &str| format!("{:.2}", confounded[name].as_f64().unwrap());
    assert_eq!((rounded("crude"), rounded("odds_ratio")), ("2.99".to_owned(), "1.78".to_owned()));
}

#[test]
fn rates_over_time() {
    for case in list(&reference("logistic")) {
        let points: Vec<Point> = list(&case["points"])
            .iter()
            .map(|point| {
                let point = integers(point);
                Point { at: f64::from(i32::try_from(point[0]).unwrap()), events: point[1], trials: point[2] }
            })
            .collect();
        let line = fit(&points).unwrap();
        assert_near(line.intercept, &case["intercept"], EXACT, "intercept");
        assert_near(line.slope, &case["slope"], EXACT, "slope");
        assert_near(line.slope_error, &case["slope_error"], EXACT, "slope_error");
        assert_near(line.dispersion, &case["dispersion"], EXACT, "dispersion");
        assert_near(line.p_value(), &case["p_value"], EXACT, "p_value");
        let (low, high) = line.interval();
        assert_near(low, &case["interval"][0], EXACT, "interval");
        assert_near(high, &case["interval"][1], EXACT, "interval");
        for (point, theirs) in points.iter().zip(list(&case["rate"])) {
            assert_near(line.rate(point.at), theirs, EXACT, "rate");
        }
    }
}

/// A rate that fell is surely lower where the pooled two-sample test says one in a hundred or less.
#[test]
fn falling_rates() {
    for case in list(&reference("falling")) {
        let ([replied, sent], [replied_before, sent_before]) = (pair(&case["week"]), pair(&case["before"]));
        let replies = Replies { replied, sent, replied_before, sent_before, ..Replies::default() };
        let limits = Thresholds::of(&std::collections::BTreeMap::new());
        let is_sure = case["p_value"].as_f64().unwrap() < 0.01;
        assert_eq!(!of_replies(&[replies], &limits).is_empty(), is_sure, "{case}");
    }
}

/// A drop is told where the likelihood ratio of two levels, times the weeks that it could have been, says one in a hundred.
#[test]
fn sudden_drops() {
    let first = date(2026, 1, 5);
    for case in list(&reference("sudden_drop")) {
        let days = list(&case["weeks"]).iter().enumerate().map(|(week, counts)| {
            let [sent, replied] = pair(counts);
            (first + i64::try_from(week).unwrap().weeks(), sent, replied)
        });
        let series = Series { variant_id: String::new(), days: days.collect() };
        let is_sure = case["p_value"].as_f64().unwrap() <= 0.01;
        let found = decay(&[series], 1, date(2026, 12, 31));
        assert_eq!(found[0].drop_week, case["week"].as_i64().filter(|_| is_sure), "{case}");
    }
}

#[test]
fn intervals_posteriors_and_false_discoveries() {
    for case in list(&reference("wilson")) {
        let (events, trials) = (case[0].as_i64().unwrap(), case[1].as_i64().unwrap());
        let rate = wilson(events, trials).unwrap();
        assert_near(rate.low, &case[2], EXACT, "wilson");
        assert_near(rate.high, &case[3], EXACT, "wilson");
    }
    for case in list(&reference("above")) {
        let ours = probability_above(
            case[0].as_f64().unwrap(),
            case[1].as_i64().unwrap(),
            case[2].as_i64().unwrap(),
        );
        assert_near(ours, &case[3], EXACT, &case.to_string());
    }
    for case in list(&reference("normal")) {
        let quantile = normal_quantile(case[0].as_f64().unwrap());
        assert_near(quantile, &case[1], EXACT, "normal");
        assert_near(normal_two_sided(1.3 * quantile), &case[2], EXACT, "normal");
    }
    for case in list(&reference("chi_squared")) {
        let ours = chi_squared_above(case[0].as_f64().unwrap(), case[1].as_f64().unwrap());
        assert_near(ours, &case[2], EXACT, "chi_squared");
    }
    let prior = Prior { mean: 0.04, weight: 80.0 };
    for case in list(&reference("prior")["shrunken"]) {
        let ours = prior.shrink(case[0].as_i64().unwrap(), case[1].as_i64().unwrap());
        assert_near(ours, &case[2], EXACT, "shrunken");
    }
    let case = reference("q_values");
    let p_values: Vec<f64> = list(&case["p"]).iter().map(|p| p.as_f64().unwrap()).collect();
    for (ours, theirs) in q_values(&p_values).into_iter().zip(list(&case["q"])) {
        assert_near(ours, theirs, EXACT, "q");
    }
}

/// Another estimator of the same: the mean within a twentieth, the weight within a third.
#[test]
fn priors_are_near_the_maximum_likelihood() {
    let case = reference("prior");
    let groups: Vec<(i64, i64)> = list(&case["groups"])
        .iter()
        .map(|group| {
            let group = integers(group);
            (group[0], group[1])
        })
        .collect();
    let prior = Prior::of(&groups).unwrap();
    let (mean, weight) = (case["mean"].as_f64().unwrap(), case["weight"].as_f64().unwrap());
    assert!((prior.mean / mean - 1.0).abs() < 0.05, "{prior:?}, {mean}");
    assert!((prior.weight / weight - 1.0).abs() < 0.33, "{prior:?}, {weight}");
}

/// The formulas exactly; syllables are counted by rule here and by dictionary there, so the grade within a year.
#[test]
fn reading_grades() {
    for (language, case) in reference("reading").as_object().unwrap() {
        let number = |name: &str| case[name].as_i64().unwrap();
        let counts = Counts {
            words: number("words"),
            sentences: number("sentences"),
            syllables: number("syllables"),
            long_words: 0,
        };
        assert_near(flesch_kincaid(&counts), &case["flesch_kincaid"], EXACT, language);
        let plain = case["text"].as_str().map(str::to_owned);
        let found = features(&Template { plain, ..Template::default() });
        assert_eq!(found.language, Some(language.as_str()));
        assert_eq!(
            (found.body_words, found.body_sentences),
            (Some(number("words")), Some(number("sentences")))
        );
        if language == "en" {
            let grade = found.reading_grade.unwrap();
            let theirs = case["flesch_kincaid"].as_f64().unwrap();
            assert!((grade - theirs).abs() < 1.0, "{grade} here, {theirs} there");
        } else {
            assert_near(found.reading_grade.unwrap(), &case["lix"], EXACT, language);
        }
    }
    assert!((lix(&Counts { words: 50, sentences: 5, syllables: 0, long_words: 10 }) - 30.0).abs() < EXACT);
}

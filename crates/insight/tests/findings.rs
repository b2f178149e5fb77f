//! What was planted in simulated accounts is found, and nothing else.
#![expect(clippy::unwrap_used, reason = "what was planted is there")]

use std::collections::BTreeSet;

use atlas_insight::decay::{Decay, Series, decay, settling_days};
use atlas_insight::patterns::{FEATURES, Pattern, Variant, patterns};
use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

const TODAY: Date = date(2026, 11, 30);
const LAG: i64 = 10;

fn events(rng: &mut Rng, trials: i64, rate: f64) -> i64 {
    (0..trials).filter(|_| rng.f64() < rate).count().try_into().unwrap()
}

/// A template used every working day for so many weeks.
fn series(rng: &mut Rng, name: &str, weeks: i64, daily: i64, rate: impl Fn(f64) -> f64) -> Series {
    let first = TODAY - (weeks * 7).days();
    let days = (0..weeks * 7).filter(|day| day % 7 < 5).map(|day| {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred days")]
        let week = day as f64 / 7.0;
        (first + day.days(), daily, events(rng, daily, rate(week)))
    });
    Series { variant_id: name.to_owned(), days: days.collect() }
}

fn status<'a>(found: &'a [Decay], name: &str) -> &'a Decay {
    found.iter().find(|one| one.variant_id == name).unwrap()
}

#[test]
fn an_account_without_decay_shows_none() {
    let quiet = (0..100).filter(|seed| {
        let mut rng = Rng::with_seed(*seed);
        let account: Vec<Series> = (0..8)
            .map(|at| series(&mut rng, &at.to_string(), 8 + at, 60, |_| 0.03 + 0.005 * f64::from(at as i32)))
            .collect();
        let found = decay(&account, LAG, TODAY);
        found.iter().all(|one| ["stable", "improving"].contains(&one.status) && one.drop_week.is_none())
    });
    let quiet = quiet.count();
    assert!(quiet >= 95, "{quiet}");
}

#[test]
fn a_half_life_of_six_weeks_is_found() {
    let mut covered = 0;
    for seed in 0..10 {
        let mut rng = Rng::with_seed(seed);
        let mut account: Vec<Series> =
            (0..6).map(|at| series(&mut rng, &at.to_string(), 14, 60, |_| 0.04)).collect();
        account.push(series(&mut rng, "fading", 14, 400, |week| 0.08 * 0.5_f64.powf(week / 6.0)));
        account.push(series(&mut rng, "better", 14, 120, |week| 0.02 * 1.12_f64.powf(week)));
        account.push(series(&mut rng, "gone", 14, 120, |week| if week < 8.0 { 0.06 } else { 0.006 }));
        account.push(series(&mut rng, "young", 4, 120, |_| 0.04));
        account.push(series(&mut rng, "few", 14, 60, |week| 0.08 * 0.5_f64.powf(week / 6.0)));
        let found = decay(&account, LAG, TODAY);
        let fading = status(&found, "fading");
        let (low, high) = fading.half_life_interval.unwrap();
        assert!((5.0..7.2).contains(&fading.half_life_weeks.unwrap()), "{fading:?}");
        covered += usize::from(low < 6.0 && high.is_none_or(|high| high > 6.0));
        assert!(["declining", "exhausted"].contains(&fading.status), "{fading:?}");
        assert_eq!(fading.drop_week, None, "{fading:?}");
        assert_eq!(status(&found, "better").status, "improving");
        let gone = status(&found, "gone");
        assert_eq!((gone.status, gone.drop_week), ("exhausted", Some(8)), "{gone:?}");
        assert_eq!(status(&found, "young").status, "insufficient_data");
        // Less than a third of its best may be left, which of so few is not sure.
        assert_eq!(status(&found, "few").status, "declining");
    }
    assert!(covered >= 8, "{covered} of 10 intervals hold it");
}

#[test]
fn days_whose_replies_are_on_their_way_are_left_out() {
    let mut rng = Rng::with_seed(3);
    let mut one = series(&mut rng, "a", 10, 60, |_| 0.05);
    // Nobody has answered yet what went out in the last ten days.
    for day in one.days.iter_mut().filter(|(day, ..)| *day >= TODAY - LAG.days()) {
        day.2 = 0;
    }
    let found = decay(&[one], LAG, TODAY);
    assert_eq!(found[0].status, "stable", "{found:?}");
    assert_eq!(found[0].settled_on, TODAY - 11.days());
    assert_eq!(settling_days(&[(0, 60), (1, 30), (2, 6), (9, 4)]), 2);
    assert_eq!(settling_days(&[(0, 3)]), 14, "too few replies to tell");
    assert_eq!(settling_days(&[(45, 100)]), 30);
}

fn variant(rng: &mut Rng, campaign: i64, delivered: i64, rate: f64, features: &[(&str, Value)]) -> Variant {
    let replied = events(rng, delivered, rate);
    Variant {
        source_id: 1,
        platform: "smartlead".to_owned(),
        client: Some(format!("Client {}", campaign % 2)),
        campaign_id: campaign.to_string(),
        step_number: 1,
        delivered,
        replied,
        positive: events(rng, replied, 0.3),
        features: FEATURES
            .map(|(name, _)| {
                features.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
            })
            .map(Option::unwrap_or_default)
            .to_vec(),
    }
}

/// A question in the subject brings 1.5 times as many replies. A postscript brings none, but stands mostly in the campaigns,
/// or in the steps of a campaign, that are answered anyway. An emoji is worth nothing anywhere.
fn planted(seed: u64, strata: impl Iterator<Item = (i64, i64, bool)>) -> Vec<Pattern> {
    let mut rng = Rng::with_seed(seed);
    let mut account = Vec::new();
    for (campaign, step_number, is_warm) in strata {
        let base = if is_warm { 0.10 } else { 0.03 };
        for question in [false, true] {
            for postscript in [false, true] {
                for emoji in [false, true] {
                    let delivered = if postscript == is_warm { 450 } else { 90 };
                    let rate = if question { base * 1.5 } else { base };
                    let features = [
                        ("subject_is_question", json!(question)),
                        ("has_postscript", json!(postscript)),
                        ("subject_has_emoji", json!(emoji)),
                    ];
                    let one = variant(&mut rng, campaign, delivered, rate, &features);
                    account.push(Variant { step_number, ..one });
                }
            }
        }
    }
    patterns(&account)
}

fn is_found(one: &Pattern) -> bool {
    ["better", "worse"].contains(&one.replies.verdict)
}

fn of_all<'a>(found: &'a [Pattern], feature: &str) -> &'a Pattern {
    found.iter().find(|one| one.scope == "all" && one.feature == feature && one.level == "true").unwrap()
}

/// The lift of a question is found, and the postscript looks good only where its campaigns and steps are forgotten.
fn is_told_apart(found: &[Pattern]) {
    let question = &of_all(found, "subject_is_question").replies;
    assert_eq!(question.verdict, "better");
    assert!((question.lift.unwrap() - 1.5).abs() < 0.15, "{question:?}");
    let postscript = of_all(found, "has_postscript");
    let apparent = crude(postscript.replies.with, postscript.delivered_with)
        / crude(postscript.replies.without, postscript.delivered_without);
    assert!(apparent > 1.3, "taken without its campaigns it looks good: {apparent}");
}

fn crude(events: i64, mails: i64) -> f64 {
    f64::from(events as i32) / f64::from(mails as i32)
}

#[test]
fn a_lift_is_found_and_a_confounder_is_not() {
    for seed in 0..20 {
        let found = planted(seed, (0..16).map(|campaign| (campaign, 1, campaign < 8)));
        is_told_apart(&found);
        let wrong: Vec<_> =
            found.iter().filter(|one| one.feature != "subject_is_question" && is_found(one)).collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    }
}

#[test]
fn steps_are_held_apart_as_campaigns_are() {
    let (mut finds, mut wrong) = (0, Vec::new());
    for seed in 0..20 {
        let steps =
            (0..8).flat_map(|campaign| [1, 2].map(|step| (campaign, step, (campaign < 4) == (step == 1))));
        let found = planted(seed, steps);
        is_told_apart(&found);
        let question = of_all(&found, "subject_is_question");
        let (shrunken, raw) =
            (question.replies.shrunken_with.unwrap(), crude(question.replies.with, question.delivered_with));
        assert!(shrunken < raw && shrunken > 0.95 * raw, "drawn a little towards the others: {question:?}");
        let positive = crude(question.positive.with, question.replies.with);
        assert!((0.25..0.35).contains(&positive), "three of ten are positive: {positive}");
        let scopes: BTreeSet<&str> = found.iter().map(|one| one.scope.as_str()).collect();
        let expected =
            ["all", "client:Client 0", "client:Client 1", "platform:smartlead", "step:1", "step:2"];
        assert_eq!(scopes, BTreeSet::from(expected));
        for one in found.iter().flat_map(|one| [&one.replies, &one.positive]) {
            let is_within = one.interval.is_some_and(|(low, high)| low > 0.8 && high < 1.25);
            assert!(one.verdict != "no_difference" || is_within, "{one:?}");
        }
        finds += found.iter().filter(|one| is_found(one)).count();
        wrong.extend(found.into_iter().filter(|one| one.feature != "subject_is_question" && is_found(one)));
    }
    // Twenty accounts of six scopes: by chance alone some would be.
    let share = format!("{} of {finds} finds, more than one in a hundred: {wrong:#?}", wrong.len());
    assert!(wrong.len() * 100 <= finds, "{share}");
}

#[test]
fn small_samples_are_not_conclusive() {
    let mut rng = Rng::with_seed(1);
    let some = [false, true].map(|flag| {
        variant(&mut rng, 1, 60, if flag { 0.5 } else { 0.1 }, &[("has_postscript", json!(flag))])
    });
    for found in patterns(&some) {
        assert_eq!((found.replies.verdict, found.replies.p_value), ("not_conclusive", None));
    }
}

//! Copy patterns: does a feature of the copy go with more replies, where everything else is alike?
//!
//! Mails are compared within the same campaign and step alone, with the feature and without it, and the comparisons are
//! taken together. So what differs between campaigns (the audience, the offer, the sender) is not taken for the copy's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::stats::{Prior, Strata, Stratum, q_values};

/// A template with what became of its mails.
#[derive(Clone, Debug, Default)]
pub struct Variant {
    /// The source.
    pub source_id: i64,
    /// The service.
    pub platform: String,
    /// Whom the campaign is run for.
    pub client: Option<String>,
    /// The campaign.
    pub campaign_id: String,
    /// The step.
    pub step_number: i64,
    /// Mails that did not bounce.
    pub delivered: i64,
    /// Those that were answered.
    pub replied: i64,
    /// Those whose answer was sorted as positive.
    pub positive: i64,
    /// Its features, in the order of [`FEATURES`].
    pub features: Vec<Value>,
}

/// How a feature becomes levels that mails have or have not.
#[derive(Clone, Copy, Debug)]
pub enum Levels {
    /// True; not being so is the absence that it is held against.
    Flag,
    /// Each word is a level.
    Words,
    /// Up to and including each bound, by name.
    Bins(&'static [(f64, &'static str)]),
}

const COUNTED: Levels = Levels::Bins(&[(0.0, "0"), (1.0, "1"), (2.0, "2"), (f64::INFINITY, "3+")]);
const SHARE: Levels = Levels::Bins(&[(0.25, "to 0.25"), (0.5, "to 0.5"), (0.75, "to 0.75"), (1.0, "to 1")]);
const ANY: Levels = Levels::Bins(&[(0.0, "none"), (f64::INFINITY, "some")]);

/// The features that are looked at, with their levels. The step is what mails are compared within, and the formula of
/// the grade goes with the language.
pub const FEATURES: [(&str, Levels); 31] = [
    ("language", Levels::Words),
    ("subject_words", Levels::Bins(&[(2.0, "1-2"), (4.0, "3-4"), (7.0, "5-7"), (f64::INFINITY, "8+")])),
    (
        "subject_characters",
        Levels::Bins(&[(20.0, "to 20"), (40.0, "21-40"), (60.0, "41-60"), (f64::INFINITY, "61+")]),
    ),
    ("subject_case", Levels::Words),
    ("subject_is_question", Levels::Flag),
    ("subject_has_number", Levels::Flag),
    ("subject_has_emoji", Levels::Flag),
    ("subject_is_fake_reply", Levels::Flag),
    (
        "body_words",
        Levels::Bins(&[(50.0, "to 50"), (90.0, "51-90"), (150.0, "91-150"), (f64::INFINITY, "151+")]),
    ),
    ("body_sentences", Levels::Bins(&[(3.0, "1-3"), (6.0, "4-6"), (10.0, "7-10"), (f64::INFINITY, "11+")])),
    ("body_paragraphs", Levels::Bins(&[(2.0, "1-2"), (4.0, "3-4"), (f64::INFINITY, "5+")])),
    (
        "reading_grade",
        Levels::Bins(&[(5.0, "to 5"), (8.0, "to 8"), (12.0, "to 12"), (f64::INFINITY, "above 12")]),
    ),
    ("body_questions", COUNTED),
    ("you_ratio", SHARE),
    ("tokens", COUNTED),
    ("tokens_distinct", COUNTED),
    ("personalization_depth", Levels::Words),
    ("opening_type", Levels::Words),
    ("cta_type", Levels::Words),
    ("cta_position", SHARE),
    ("asks", COUNTED),
    ("links", COUNTED),
    ("images", ANY),
    ("html_weight", Levels::Bins(&[(1.5, "to 1.5"), (3.0, "to 3"), (f64::INFINITY, "above 3")])),
    ("spam_words", COUNTED),
    ("capitals_ratio", Levels::Bins(&[(0.01, "to 0.01"), (0.05, "to 0.05"), (f64::INFINITY, "above 0.05")])),
    ("exclamation_ratio", ANY),
    ("bullets", ANY),
    ("has_postscript", Levels::Flag),
    (
        "delay_days",
        Levels::Bins(&[(0.0, "0"), (2.0, "1-2"), (4.0, "3-4"), (7.0, "5-7"), (f64::INFINITY, "8+")]),
    ),
    ("is_same_thread", Levels::Flag),
];

/// A feature's level in a scope, held against its absence.
#[derive(Clone, Debug, Serialize)]
pub struct Pattern {
    /// `all`, `platform:smartlead`, `client:Acme` or `step:1`.
    pub scope: String,
    /// A column of the features.
    pub feature: &'static str,
    /// Its value or range.
    pub level: String,
    /// Campaigns and steps in which mails with it and without it went out.
    pub strata: i64,
    /// Templates with it in these.
    pub variants_with: i64,
    /// Templates without it in these.
    pub variants_without: i64,
    /// Mails with it, delivered.
    pub delivered_with: i64,
    /// Mails without it, delivered.
    pub delivered_without: i64,
    /// What it goes with, in replies.
    pub replies: Comparison,
    /// The same in positive replies.
    pub positive: Comparison,
}

/// One outcome with and without something.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// Mails with it that had the outcome.
    pub with: i64,
    /// Mails without it that had the outcome.
    pub without: i64,
    /// The rate with it, drawn towards that of all templates by as much as the sample is small.
    pub shrunken_with: Option<f64>,
    /// The same without it.
    pub shrunken_without: Option<f64>,
    /// The odds with it over those without it, within campaign and step.
    pub odds_ratio: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// The rate with it over the rate without it, within campaign and step.
    pub lift: Option<f64>,
    /// How likely so large a difference is by chance; none where the sample is too small to ask.
    pub p_value: Option<f64>,
    /// The same, told how many were asked.
    pub q_value: Option<f64>,
    /// How likely campaigns differ so much by chance in what it goes with.
    pub heterogeneity_p: Option<f64>,
    /// `better`, `worse`, `no_difference` or `not_conclusive`.
    pub verdict: &'static str,
}

/// Below so many mails on either side, or so many outcomes on both together, nothing is asked.
const LEAST_MAILS: i64 = 100;
const LEAST_OUTCOMES: i64 = 20;
/// One find in a hundred may be false.
const FALSE_FINDS: f64 = 0.01;
/// An odds ratio that is surely within these is no difference worth having.
const NO_DIFFERENCE: (f64, f64) = (0.8, 1.25);

/// All features in all scopes.
pub fn patterns(variants: &[Variant]) -> Vec<Pattern> {
    let levels: Vec<Vec<Option<String>>> = variants
        .iter()
        .map(|variant| {
            FEATURES.iter().zip(&variant.features).map(|((_, how), value)| level(*how, value)).collect()
        })
        .collect();
    let mut sent: Vec<usize> = (0..variants.len()).filter(|place| variants[*place].delivered > 0).collect();
    sent.sort_by_key(|place| stratum(&variants[*place]));
    let mut scopes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for place in sent {
        let variant = &variants[place];
        let mut scope = |name: String| scopes.entry(name).or_default().push(place);
        scope("all".to_owned());
        scope(format!("platform:{}", variant.platform));
        scope(format!("step:{}", variant.step_number));
        if let Some(client) = &variant.client {
            scope(format!("client:{client}"));
        }
    }
    let mut found = Vec::new();
    for (scope, places) in scopes {
        in_scope(&scope, &places, variants, &levels, &mut found);
    }
    judge(&mut found);
    found
}

fn level(how: Levels, value: &Value) -> Option<String> {
    match how {
        Levels::Flag => value.as_bool().map(|flag| flag.to_string()),
        Levels::Words => value.as_str().map(str::to_owned),
        Levels::Bins(bins) => {
            let number = value.as_f64()?;
            bins.iter().find(|(bound, _)| number <= *bound).map(|(_, name)| (*name).to_owned())
        }
    }
}

/// Within what mails are compared.
fn stratum(variant: &Variant) -> (i64, &str, i64) {
    (variant.source_id, &variant.campaign_id, variant.step_number)
}

/// Mails in a stratum: delivered, replied, positive, templates.
type Sums = [i64; 4];

fn in_scope(
    scope: &str,
    places: &[usize],
    variants: &[Variant],
    levels: &[Vec<Option<String>>],
    found: &mut Vec<Pattern>,
) {
    let rates = |of: fn(&Variant) -> i64| {
        Prior::of(&places.iter().map(|at| (of(&variants[*at]), variants[*at].delivered)).collect::<Vec<_>>())
    };
    let priors = [rates(|variant| variant.replied), rates(|variant| variant.positive)];
    let together: Vec<&[usize]> = places
        .chunk_by(|one, other| stratum(&variants[*one]) == stratum(&variants[*other]))
        .filter(|stratum| stratum.len() > 1)
        .collect();
    for (feature, (name, how)) in FEATURES.iter().enumerate() {
        // Of each stratum the sums by level.
        let by_level = |stratum: &&[usize]| {
            let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
            for at in *stratum {
                let (variant, Some(level)) = (&variants[*at], &levels[*at][feature]) else { continue };
                let each = [variant.delivered, variant.replied, variant.positive, 1];
                let sums = sums.entry(level).or_default();
                sums.iter_mut().zip(each).for_each(|(sum, one)| *sum += one);
            }
            sums
        };
        let strata: Vec<BTreeMap<&str, Sums>> =
            together.iter().map(by_level).filter(|levels| levels.len() > 1).collect();
        let mut seen: BTreeSet<&str> = strata.iter().flat_map(BTreeMap::keys).copied().collect();
        if matches!(how, Levels::Flag) {
            seen.remove("false");
        }
        for level in seen {
            found.push(compare(scope, name, level, &strata, priors));
        }
    }
}

fn compare(
    scope: &str,
    feature: &'static str,
    level: &str,
    strata: &[BTreeMap<&str, Sums>],
    priors: [Option<Prior>; 2],
) -> Pattern {
    let pairs: Vec<(Sums, Sums)> = strata
        .iter()
        .filter_map(|levels| {
            let with = *levels.get(level)?;
            let mut without = Sums::default();
            for (_, sums) in levels.iter().filter(|(other, _)| **other != level) {
                without.iter_mut().zip(sums).for_each(|(sum, one)| *sum += one);
            }
            Some((with, without))
        })
        .collect();
    let total = |of: fn(&(Sums, Sums)) -> i64| pairs.iter().map(of).sum();
    let outcome = |which: usize| {
        let strata: Vec<Stratum> = pairs
            .iter()
            .map(|(with, without)| Stratum {
                events_with: with[which],
                with: with[0],
                events_without: without[which],
                without: without[0],
            })
            .collect();
        comparison(&strata, priors[which - 1])
    };
    Pattern {
        scope: scope.to_owned(),
        feature,
        level: level.to_owned(),
        strata: i64::try_from(pairs.len()).unwrap_or(i64::MAX),
        variants_with: total(|(with, _)| with[3]),
        variants_without: total(|(_, without)| without[3]),
        delivered_with: total(|(with, _)| with[0]),
        delivered_without: total(|(_, without)| without[0]),
        replies: outcome(1),
        positive: outcome(2),
    }
}

fn comparison(strata: &[Stratum], prior: Option<Prior>) -> Comparison {
    let sum = |of: fn(&Stratum) -> i64| strata.iter().map(of).sum::<i64>();
    let (with, without) = (sum(|one| one.events_with), sum(|one| one.events_without));
    let (mails_with, mails_without) = (sum(|one| one.with), sum(|one| one.without));
    let compared = Strata::of(strata);
    let is_enough = mails_with.min(mails_without) >= LEAST_MAILS && with + without >= LEAST_OUTCOMES;
    Comparison {
        with,
        without,
        shrunken_with: prior.map(|prior| prior.shrink(with, mails_with)),
        shrunken_without: prior.map(|prior| prior.shrink(without, mails_without)),
        odds_ratio: compared.odds_ratio(),
        interval: compared.interval(),
        lift: compared.rate_ratio(),
        p_value: compared.p_value().filter(|_| is_enough),
        q_value: None,
        heterogeneity_p: compared.heterogeneity(),
        verdict: "not_conclusive",
    }
}

/// Believes what stands out from everything that was asked.
fn judge(found: &mut [Pattern]) {
    let mut asked: Vec<&mut Comparison> = found
        .iter_mut()
        .flat_map(|pattern| [&mut pattern.replies, &mut pattern.positive])
        .filter(|comparison| comparison.p_value.is_some())
        .collect();
    let p_values: Vec<f64> = asked.iter().filter_map(|comparison| comparison.p_value).collect();
    for (comparison, q) in asked.iter_mut().zip(q_values(&p_values)) {
        comparison.q_value = Some(q);
        comparison.verdict = match (comparison.odds_ratio, comparison.interval) {
            (Some(ratio), Some(_)) if q <= FALSE_FINDS && ratio > 1.0 => "better",
            (Some(_), Some(_)) if q <= FALSE_FINDS => "worse",
            (_, Some((low, high))) if low > NO_DIFFERENCE.0 && high < NO_DIFFERENCE.1 => "no_difference",
            _ => "not_conclusive",
        };
    }
}

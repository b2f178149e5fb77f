//! How a figure stands against what is promised, and a week as a whole: plain rules.

use atlas_model::grouped;
use serde::Serialize;
use utoipa::ToSchema;

/// What a week is judged by: the first of these that has a target and is known; without targets, the first that is known.
const HEADLINES: [&str; 4] = ["meetings_booked", "positive_replies", "reply_rate", "total_sent"];

/// Of these less is better.
const LESS_IS_BETTER: [&str; 1] = ["bounce_rate"];

/// A number of the week.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WeeklyFigure {
    /// The metric, as in the glossary; `meetings_booked` are those that people tell.
    pub metric: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Whether it is a share, from 0 to 1.
    pub is_rate: bool,
    /// The week's figure; none where it is unknown.
    pub value: Option<f64>,
    /// Whether it is at least that, as a part is not known.
    pub is_at_least: bool,
    /// Of a rate: what it is a share of.
    pub n: Option<i64>,
    /// Of a rate: where it lies with 95 % confidence (Wilson), the lower end.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The figure of the week before.
    pub before: Option<f64>,
    /// Of a rate: what that is a share of.
    pub before_n: Option<i64>,
    /// The week's less that of the week before; of rates a difference of shares.
    pub change: Option<f64>,
    /// What is promised for a week.
    pub target: Option<f64>,
    /// Against the target: `ahead`, `on_target`, `behind`; none where either is unknown.
    pub standing: Option<Standing>,
    /// Why it is unknown.
    pub unknown_because: Option<&'static str>,
}

/// A figure against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A count above it; a rate above it by more than chance explains.
    Ahead,
    /// A count that is it; a rate that cannot be told from it.
    OnTarget,
    /// A count below it when the week is over; a rate below it by more than chance explains.
    Behind,
}

/// A week in one line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Judgement {
    /// Against the targets; none where that is unknown or nothing is promised.
    pub standing: Option<Standing>,
    /// The line.
    pub text: String,
    /// The metric that it is about.
    pub metric: Option<&'static str>,
}

impl Standing {
    /// How a figure stands. A count of a week that is not over is not behind yet, and what is only known in part is not
    /// either.
    pub(crate) fn of(figure: &WeeklyFigure, is_whole: bool) -> Option<Self> {
        let (value, target) = figure.value.zip(figure.target)?;
        if figure.is_rate {
            let (low, high) = figure.low.zip(figure.high)?;
            let (above, below) = (low > target, high < target);
            return Some(match (above, below, LESS_IS_BETTER.contains(&figure.metric)) {
                (true, _, false) | (_, true, true) => Self::Ahead,
                (true, _, true) | (_, true, false) => Self::Behind,
                _ => Self::OnTarget,
            });
        }
        if value > target {
            return Some(Self::Ahead);
        }
        if value < target {
            return (is_whole && !figure.is_at_least).then_some(Self::Behind);
        }
        Some(Self::OnTarget)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Ahead => "Ahead of target",
            Self::OnTarget => "On target",
            Self::Behind => "Behind target",
        }
    }
}

/// The week in one line: the figure, what is promised, how many it is a share of, and the week before.
pub(crate) fn judge(figures: &[WeeklyFigure], is_whole: bool) -> Judgement {
    let find = |name: &&str| figures.iter().find(|figure| figure.metric == *name);
    let known = || HEADLINES.iter().filter_map(find).filter(|figure| figure.value.is_some());
    let so_far = if is_whole { "" } else { " so far" };
    let Some(figure) = known().find(|figure| figure.target.is_some()).or_else(|| known().next()) else {
        return Judgement {
            standing: None,
            text: "How the week went is unknown: none of its figures is known yet.".to_owned(),
            metric: None,
        };
    };
    let at_least = if figure.is_at_least { "at least " } else { "" };
    let mut text = format!("{} {at_least}{}{so_far}", lowered(figure.title), amount(figure, figure.value));
    if let Some(n) = figure.n {
        text.push_str(&format!(" (n = {}", grouped(n)));
        if let Some((low, high)) = figure.low.zip(figure.high) {
            text.push_str(&format!(", between {} and {}", percent(low), percent(high)));
        }
        text.push(')');
    }
    let lead = match (figure.target, figure.standing) {
        (None, _) => "No target is set".to_owned(),
        (Some(_), Some(standing)) => standing.words().to_owned(),
        (Some(_), None) => "Whether it meets its target is not known yet".to_owned(),
    };
    if figure.target.is_some() {
        text.push_str(&format!(", promised are {}", amount(figure, figure.target)));
    }
    match figure.before {
        Some(_) => text.push_str(&format!("; the week before {}", amount(figure, figure.before))),
        None => text.push_str("; the week before is unknown"),
    }
    Judgement { standing: figure.standing, text: format!("{lead}: {text}."), metric: Some(figure.metric) }
}

fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn amount(figure: &WeeklyFigure, value: Option<f64>) -> String {
    match value {
        None => "unknown".to_owned(),
        Some(value) if figure.is_rate => percent(value),
        #[expect(clippy::cast_possible_truncation, reason = "a count")]
        Some(value) => grouped(value.round() as i64),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(metric: &'static str, value: Option<f64>, target: Option<f64>) -> WeeklyFigure {
        let is_rate = metric.ends_with("rate");
        WeeklyFigure {
            metric,
            title: "Figure",
            is_rate,
            value,
            is_at_least: false,
            n: is_rate.then_some(400),
            low: value.filter(|_| is_rate).map(|value| value - 0.01),
            high: value.filter(|_| is_rate).map(|value| value + 0.01),
            before: Some(4.0),
            before_n: None,
            change: None,
            target,
            standing: None,
            unknown_because: None,
        }
    }

    #[test]
    fn figures_stand_against_their_targets() {
        use Standing::{Ahead, Behind, OnTarget};
        for (metric, value, target, is_whole, expected) in [
            ("positive_replies", Some(5.0), Some(4.0), true, Some(Ahead)),
            ("positive_replies", Some(4.0), Some(4.0), true, Some(OnTarget)),
            ("positive_replies", Some(3.0), Some(4.0), true, Some(Behind)),
            ("positive_replies", Some(3.0), Some(4.0), false, None),
            ("positive_replies", None, Some(4.0), true, None),
            ("positive_replies", Some(3.0), None, true, None),
            // A rate that chance may have brought is neither ahead nor behind.
            ("reply_rate", Some(0.035), Some(0.04), true, Some(OnTarget)),
            ("reply_rate", Some(0.02), Some(0.04), true, Some(Behind)),
            ("bounce_rate", Some(0.01), Some(0.03), true, Some(Ahead)),
            ("bounce_rate", Some(0.05), Some(0.03), true, Some(Behind)),
        ] {
            let figure = figure(metric, value, target);
            assert_eq!(Standing::of(&figure, is_whole), expected, "{metric} {value:?} {target:?}");
        }
    }

    #[test]
    fn a_week_is_judged_by_what_is_promised_and_known() {
        let mut replies = figure("positive_replies", Some(3.0), Some(4.0));
        replies.standing = Standing::of(&replies, true);
        let figures = [figure("meetings_booked", None, Some(2.0)), replies];
        let judgement = judge(&figures, true);
        assert_eq!(judgement.text, "Behind target: figure 3, promised are 4; the week before 4.");
        let judgement = judge(&[figure("total_sent", Some(10.0), None)], false);
        assert_eq!(judgement.text, "No target is set: figure 10 so far; the week before 4.");
        assert!(judge(&[figure("total_sent", None, None)], true).text.contains("unknown"));
    }
}

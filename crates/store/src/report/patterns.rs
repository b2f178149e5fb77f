//! What in the copy goes with replies.

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbRow, Store};
use crate::error::Result;
use crate::report::filter::{Filter, Values};
use crate::report::line::line;

/// A feature's level in a scope, held against its absence within the same campaign and step. What is unknown is none.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PatternLine {
    /// `all`, `platform:smartlead`, `client:Acme` or `step:1`.
    pub scope: String,
    /// A column of the features.
    pub feature: String,
    /// Its value or range.
    pub level: String,
    /// Campaigns and steps in which mails with it and without it went out.
    pub strata: Option<i64>,
    /// Templates with it in these.
    pub variants_with: Option<i64>,
    /// Templates without it in these.
    pub variants_without: Option<i64>,
    /// Mails with it that did not come back.
    pub delivered_with: Option<i64>,
    /// Mails without it that did not come back.
    pub delivered_without: Option<i64>,
    /// Mails with it that were answered.
    pub replied_with: Option<i64>,
    /// Mails without it that were answered.
    pub replied_without: Option<i64>,
    /// The reply rate with it, drawn towards that of all templates by as much as the sample is small.
    pub shrunken_with: Option<f64>,
    /// The same without it.
    pub shrunken_without: Option<f64>,
    /// The odds of a reply with it over those without it (Mantel–Haenszel).
    pub odds_ratio: Option<f64>,
    /// The lower end of where it lies with 95 % confidence.
    pub odds_ratio_low: Option<f64>,
    /// The upper end.
    pub odds_ratio_high: Option<f64>,
    /// The reply rate with it over that without it (Mantel–Haenszel).
    pub lift: Option<f64>,
    /// How likely so large a difference is by chance; none where the sample is too small to ask.
    pub p_value: Option<f64>,
    /// How many of such verdicts are wrong by chance, at most.
    pub q_value: Option<f64>,
    /// How likely campaigns differ so much by chance in what it goes with.
    pub heterogeneity_p: Option<f64>,
    /// `better`, `worse`, `no_difference` or `not_conclusive`.
    pub verdict: String,
    /// Mails with it whose answer was positive.
    pub positive_with: Option<i64>,
    /// Mails without it whose answer was positive.
    pub positive_without: Option<i64>,
    /// As of replies.
    pub positive_shrunken_with: Option<f64>,
    /// As of replies.
    pub positive_shrunken_without: Option<f64>,
    /// As of replies.
    pub positive_odds_ratio: Option<f64>,
    /// As of replies.
    pub positive_odds_ratio_low: Option<f64>,
    /// As of replies.
    pub positive_odds_ratio_high: Option<f64>,
    /// As of replies.
    pub positive_lift: Option<f64>,
    /// As of replies.
    pub positive_p_value: Option<f64>,
    /// As of replies.
    pub positive_q_value: Option<f64>,
    /// As of replies.
    pub positive_heterogeneity_p: Option<f64>,
    /// As of replies.
    pub positive_verdict: String,
}

/// Which patterns, beside the client and platform of a filter.
#[derive(Clone, Debug, Default)]
pub struct PatternsWanted {
    /// Only this scope, as `step:1`; or all scopes of a kind, as `step`.
    pub scope: Option<String>,
    /// Only this feature.
    pub feature: Option<String>,
    /// Only those of this verdict, on replies or on positive ones as it is ranked.
    pub verdict: Option<String>,
    /// Whether positive replies are looked at, in place of replies.
    pub is_positive: bool,
}

impl Store {
    /// What features go with, the surest first. A client, a platform means its scope.
    pub async fn report_patterns(
        &self,
        filter: &Filter,
        wanted: &PatternsWanted,
    ) -> Result<Vec<PatternLine>> {
        let mut values = Values::new(self.flavour());
        let mut all = vec!["TRUE".to_owned()];
        let prefix = if wanted.is_positive { "positive_" } else { "" };
        if let Some(client) = &filter.client {
            all.push(format!("lower(scope) = 'client:' || lower({})", values.put(client.as_str())));
        } else if let Some(platform) = filter.platform {
            all.push(format!("scope = 'platform:' || {}", values.put(platform.as_str())));
        }
        if let Some(scope) = &wanted.scope {
            let scope = values.put(scope.as_str());
            all.push(format!("(scope = {scope} OR substr(scope, 1, length({scope}) + 1) = {scope} || ':')"));
        }
        if let Some(feature) = &wanted.feature {
            all.push(format!("feature = {}", values.put(feature.as_str())));
        }
        if let Some(verdict) = &wanted.verdict {
            all.push(format!("{prefix}verdict = {}", values.put(verdict.as_str())));
        }
        let sql = format!(
            "SELECT * FROM report_patterns WHERE {} ORDER BY {prefix}q_value ASC NULLS LAST, scope, feature, level",
            all.join(" AND ")
        );
        self.fetch(&sql, values.into_params()).await?.iter().map(pattern).collect()
    }
}

fn pattern(row: &DbRow) -> Result<PatternLine> {
    Ok(line!(row => PatternLine {
        scope, feature, level, strata, variants_with, variants_without, delivered_with, delivered_without, replied_with,
        replied_without, shrunken_with, shrunken_without, odds_ratio, odds_ratio_low, odds_ratio_high, lift, p_value,
        q_value, heterogeneity_p, verdict, positive_with, positive_without, positive_shrunken_with,
        positive_shrunken_without, positive_odds_ratio, positive_odds_ratio_low, positive_odds_ratio_high, positive_lift,
        positive_p_value, positive_q_value, positive_heterogeneity_p, positive_verdict,
    }))
}

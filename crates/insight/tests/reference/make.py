"""Values of published implementations, against which tests/formulas.rs holds ours.

python -m venv venv && venv/bin/pip install statsmodels==0.15.0 scipy==1.17.1 textstat==0.7.4
venv/bin/python make.py > values.json
"""

import json
import numpy as np
import scipy.stats as st
import statsmodels.api as sm
import textstat
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest


def strata(rows):
    """rows: events with, with, events without, without."""
    tables = [np.array([[a, n - a], [c, m - c]], dtype=float) for a, n, c, m in rows]
    table = StratifiedTable(tables)
    low, high = table.oddsratio_pooled_confint()
    a, n, c, m = np.array(rows, dtype=float).sum(axis=0)
    return {
        "rows": rows,
        "crude": (a * (m - c)) / ((n - a) * c),
        "odds_ratio": table.oddsratio_pooled,
        "log_odds_error": table.logodds_pooled_se,
        "interval": [low, high],
        "lift": table.riskratio_pooled,
        "p_value": table.test_null_odds(correction=False).pvalue,
        "heterogeneity": table.test_equal_odds(adjust=True).pvalue if len(rows) > 1 else None,
    }


def logistic(points):
    at, events, trials = (np.array(column, dtype=float) for column in zip(*points))
    model = sm.GLM(np.column_stack([events, trials - events]), sm.add_constant(at), family=sm.families.Binomial())
    fit = model.fit(tol=1e-14, maxiter=200)
    # As wide as weeks scatter, never narrower than chance alone would have it.
    scattered = model.fit(tol=1e-14, maxiter=200, scale=max(1.0, fit.pearson_chi2 / fit.df_resid))
    slope = scattered.params[1], *scattered.conf_int()[1]
    return {
        "points": points,
        "intercept": fit.params[0],
        "slope": fit.params[1],
        "slope_error": fit.bse[1],
        "dispersion": max(1.0, fit.pearson_chi2 / fit.df_resid),
        "p_value": scattered.pvalues[1],
        "interval": list(slope[1:]),
        "rate": list(fit.predict(sm.add_constant(at))),
    }


def sudden_drop(weeks):
    """weeks: sent, replied. Two levels against one, at the best split; each of the splits could have been it."""
    def chance(some):
        sent, replied = np.array(some).sum(axis=0)
        return st.binom.logpmf([x for _, x in some], [n for n, _ in some], replied / sent).sum()

    splits = range(1, len(weeks))
    best = max(splits, key=lambda at: chance(weeks[:at]) + chance(weeks[at:]))
    ratio = 2 * (chance(weeks[:best]) + chance(weeks[best:]) - chance(weeks))
    return {"weeks": weeks, "week": best, "p_value": min(1.0, st.chi2.sf(ratio, 1) * len(splits))}


def falling(week, before):
    """Two rates, (replied, sent) each: how likely the first is so much lower by chance."""
    (x, n), (y, m) = week, before
    return {"week": week, "before": before, "p_value": proportions_ztest([x, y], [n, m], alternative="smaller")[1]}


def prior(groups):
    """Weight by the maximum likelihood of a beta-binomial: another estimator of the same, so only near."""
    from scipy.optimize import minimize

    def loss(parameters):
        alpha, beta = np.exp(parameters)
        return -sum(st.betabinom.logpmf(x, n, alpha, beta) for x, n in groups)

    found = minimize(loss, [0.0, 3.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 9000})
    alpha, beta = np.exp(found.x)
    shrunken = [[x, n, st.beta(3.2 + x, 76.8 + n - x).mean()] for x, n in [(0, 0), (0, 40), (9, 60), (400, 9000)]]
    return {"groups": groups, "mean": alpha / (alpha + beta), "weight": alpha + beta, "shrunken": shrunken}


TEXTS = {
    "en": "The quick team wrote a short note to every customer last week. Nobody had asked for it, but most people "
          "answered within a day. We think that the plain words made the difference, because the older mail was full "
          "of phrases that nobody says. Would you like to see both of them?",
    "de": "Wir haben letzte Woche eine kurze Nachricht an alle Kunden geschrieben. Niemand hatte darum gebeten, aber "
          "die meisten haben innerhalb eines Tages geantwortet. Vermutlich waren die einfachen Worte entscheidend. "
          "Möchten Sie beide Fassungen vergleichen?",
}

textstat.set_rounding(False)
rng = np.random.default_rng(7)
rates = rng.beta(4, 96, size=120)
groups = [[int(rng.binomial(200 + 5 * i, rate)), 200 + 5 * i] for i, rate in enumerate(rates)]
p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
            0.759, 1.0]

print(json.dumps({
    "strata": {
        # The feature stands in the campaign that is answered anyway: crude, it looks nearly twice as good as it is.
        "confounded": strata([[124, 980, 16, 300], [6, 300, 35, 1100]]),
        "three": strata([[12, 400, 9, 380], [30, 900, 14, 850], [7, 120, 11, 260]]),
        "mixed": strata([[40, 500, 15, 500], [12, 500, 38, 480], [20, 300, 21, 310]]),
        "even": strata([[24, 500, 20, 400], [10, 200, 15, 300]]),
    },
    "logistic": [
        logistic([[week, events, trials] for week, (events, trials) in enumerate(
            [(31, 400), (29, 410), (22, 395), (24, 420), (17, 400), (15, 390), (12, 405), (11, 380)])]),
        logistic([[0, 3, 100], [1, 9, 100], [3, 2, 100], [4, 14, 100], [9, 5, 90], [12, 4, 60]]),
    ],
    "wilson": [[x, n, *proportion_confint(x, n, method="wilson")] for x, n in
               [(0, 10), (3, 100), (50, 100), (17, 4000), (10, 10)]],
    "above": [[threshold, x, n, float(st.beta.sf(threshold, x + 1, n - x + 1))] for threshold, x, n in
              [(0.02, 1, 50), (0.02, 4, 60), (0.03, 9, 120), (0.03, 300, 9000), (0.02, 0, 500)]],
    "normal": [[p, st.norm.ppf(p), 2 * st.norm.sf(abs(st.norm.ppf(p)) * 1.3)] for p in (0.001, 0.3, 0.975, 0.999)],
    "chi_squared": [[x, k, st.chi2.sf(x, k)] for x, k in ((0.0, 1), (3.84, 1), (19.2, 1), (7.1, 5), (60.0, 12))],
    # On either side of one in a hundred.
    "falling": [falling([x, n], before) for n, before in ((400, [70, 2000]), (210, [34, 1000]), (1000, [52, 4000]))
                for x in (1, 3, 4, 5, 6)],
    "sudden_drop": [sudden_drop([[100, 8]] * 15 + [[100, low]] * weeks) for weeks in (1, 2) for low in (0, 1, 2)],
    "q_values": {"p": p_values, "q": list(multipletests(p_values, method="fdr_bh")[1])},
    "prior": prior(groups),
    "reading": {code: {
        "text": text,
        "words": textstat.lexicon_count(text),
        "sentences": textstat.sentence_count(text),
        "syllables": textstat.syllable_count(text),
        "flesch_kincaid": textstat.flesch_kincaid_grade(text),
        "lix": textstat.lix(text),
    } for code, text in TEXTS.items()},
}, indent=1, ensure_ascii=False, default=float))

//! `/report/{client}`: a client's week on a page to be printed; and `/share/report`, where a share link shows it.

use std::fmt::Write as _;

use atlas_store::{NextStep, Opened, Outcome, ReplyLine, Standing, Started, WeeklyFigure, WeeklyReport};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::api::{Api, Asked, At, Problem, Reader, WeekAsked, report};
use crate::html::escaped;

/// What is unknown.
const UNKNOWN: &str = "\u{2013}";

/// Of a reply's text.
const EXCERPT: usize = 160;

const STYLE: &str = "@page{size:A4;margin:14mm}:root{color-scheme:light}body{font:14px/1.45 system-ui,sans-serif;max-width:48rem;\
margin:2rem auto;padding:0 1rem;color:#1b1e24;background:#fff}h1{font-size:22px;margin:0}h2{font-size:15px;margin:1.4rem 0 .4rem}\
header p,footer{color:#57606a;margin:.2rem 0}.judgement{font-size:17px;border-left:4px solid #868e96;padding:.3rem .8rem;margin:1rem 0}\
.ahead{border-color:#1a7f37}.behind{border-color:#b3261e}.on_target{border-color:#2f4fb5}table{border-collapse:collapse;width:100%}\
th,td{text-align:right;padding:.3rem .5rem;border-bottom:1px solid #dee2e6;vertical-align:top}th:first-child,td:first-child{text-align:left}\
small{color:#57606a;display:block}ul{margin:.2rem 0;padding-left:1.2rem}footer{font-size:12px;margin-top:1.6rem}";

pub(crate) fn routes(api: Api) -> Router {
    Router::new()
        .route("/report/{client}", get(show))
        .with_state(api)
        .route("/share/report", get(async || Html(SHARE)))
        .route("/share.js", get(script))
}

/// Where a share link leads when there is no dashboard, and where its client's report is printed.
pub(crate) const SHARE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Atlas</title><body>\
    <p id=\"state\" role=\"status\">The report is being fetched \u{2026}</p>\
    <noscript><p>This page needs JavaScript: your key stands behind # in the address, where no server sees it. Without it, ask \
    for a token in place of the link.</p></noscript><script src=\"/share.js\"></script></body></html>";

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("share.js"))
}

async fn show(
    reader: Result<Reader, Problem>,
    State(api): State<Api>,
    At(client): At<String>,
    Asked(asked): Asked<WeekAsked>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_browser = headers
        .get(header::ACCEPT)
        .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let caller = match reader {
        Ok(Reader(caller)) => caller,
        // A person who opened the address signs in, and comes back to it.
        Err(problem) if is_browser && problem.code() == StatusCode::UNAUTHORIZED => {
            let wanted = uri.path_and_query().map_or("/", |wanted| wanted.as_str());
            let to: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
            return Ok(Redirect::to(&format!("/sign-in?to={to}")).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let report = report(&api, &caller, &client, &asked).await?;
    Ok(([(header::CACHE_CONTROL, "private, no-cache")], Html(page(&report))).into_response())
}

/// The page, which needs nothing but itself.
fn page(report: &WeeklyReport) -> String {
    let WeeklyReport { client, from, to, is_whole, before_from, before_to, judgement, .. } = report;
    let client = escaped(client);
    let so_far = if *is_whole { "" } else { " (so far)" };
    let mut rows = String::new();
    for figure in &report.figures {
        let _ = write!(rows, "{}", row(figure));
    }
    let happened = &report.happened;
    let sections = [
        list("Positive replies", happened.replies_in_all, happened.replies.iter().map(reply)),
        list("Meetings and deals", happened.outcomes_in_all, happened.outcomes.iter().map(outcome)),
        list("Campaigns that began", happened.started_in_all, happened.started.iter().map(started)),
        list("Alerts", happened.alerts_in_all, happened.alerts.iter().map(alert)),
    ];
    let not_counted = match happened.replies_not_counted {
        0 => String::new(),
        count => format!(
            "<p><small>{count} of these replies are positive by their text or a person's word; the service has not sorted \
             them, so no figure counts them.</small></p>"
        ),
    };
    let sections = match [&sections[0], &not_counted, &sections[1..].concat()].map(String::as_str).concat() {
        nothing if nothing.is_empty() => "<p>Nothing that is known.</p>".to_owned(),
        sections => sections,
    };
    let next: String = report.next.iter().map(next).collect();
    let next = if next.is_empty() {
        "<p>Nothing that is known to need doing.</p>".to_owned()
    } else {
        format!("<ul>{next}</ul>")
    };
    let read = match report.oldest_figure_at {
        None => "never".to_owned(),
        Some(at) => at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{client}: {from} to {to}</title><style>{STYLE}</style></head><body><header><h1>{client}</h1>\
         <p>Week from {from} to {to}{so_far}, beside {before_from} to {before_to}</p></header>\
         <p class=\"judgement {standing}\">{judged}</p><table><thead><tr><th scope=\"col\">Figure</th><th scope=\"col\">This week</th>\
         <th scope=\"col\">Target</th><th scope=\"col\">Week before</th><th scope=\"col\">Change</th></tr></thead><tbody>{rows}</tbody></table>\
         <h2>What happened</h2>{sections}<h2>What is next</h2>{next}\
         <footer><p>{UNKNOWN} is unknown, which is not 0. \u{2265} is at least: a part is not known. A rate stands with n, what it is a \
         share of, and the interval in which it lies with 95 % confidence. Oldest figure read: {read}.</p></footer></body></html>",
        standing = judgement.standing.map(class).unwrap_or_default(),
        judged = escaped(&judgement.text),
    )
}

const fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::Ahead => "ahead",
        Standing::OnTarget => "on_target",
        Standing::Behind => "behind",
    }
}

const fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Ahead => "ahead",
        Standing::OnTarget => "on target",
        Standing::Behind => "behind",
    }
}

fn row(figure: &WeeklyFigure) -> String {
    let amount = |value: Option<f64>| match value {
        None => UNKNOWN.to_owned(),
        Some(value) if figure.is_rate => format!("{:.1} %", value * 100.0),
        Some(value) => format!("{value:.0}"),
    };
    let at_least = if figure.is_at_least { "\u{2265} " } else { "" };
    let about = match (figure.n, figure.low.zip(figure.high), figure.unknown_because) {
        (Some(n), Some((low, high)), _) => {
            format!("<small>n = {n}, {:.1} to {:.1} %</small>", low * 100.0, high * 100.0)
        }
        (_, _, Some(why)) => format!("<small>{}</small>", escaped(why)),
        _ => String::new(),
    };
    let standing =
        figure.standing.map(|standing| format!("<small>{}</small>", words(standing))).unwrap_or_default();
    let change = match figure.change {
        None => UNKNOWN.to_owned(),
        Some(change) if figure.is_rate => format!("{:+.1} pp", change * 100.0),
        Some(change) => format!("{change:+.0}"),
    };
    let before_n = figure.before_n.map(|n| format!("<small>n = {n}</small>")).unwrap_or_default();
    format!(
        "<tr><td>{}</td><td>{at_least}{}{about}</td><td>{}{standing}</td><td>{}{before_n}</td><td>{change}</td></tr>",
        escaped(figure.title),
        amount(figure.value),
        amount(figure.target),
        amount(figure.before),
    )
}

fn list(title: &str, in_all: usize, lines: impl Iterator<Item = String>) -> String {
    if in_all == 0 {
        return String::new();
    }
    let lines: Vec<String> = lines.map(|line| format!("<li>{line}</li>")).collect();
    let more = in_all.saturating_sub(lines.len());
    let more = if more > 0 { format!("<li>and {more} more</li>") } else { String::new() };
    format!("<h3>{title}: {in_all}</h3><ul>{}{more}</ul>", lines.concat())
}

fn reply(reply: &ReplyLine) -> String {
    let who = reply.lead_name.as_deref().or(reply.lead_email.as_deref()).unwrap_or("somebody");
    let text: String = reply.body_plain.as_deref().unwrap_or_default().chars().take(EXCERPT).collect();
    let campaign = reply.campaign_name.as_deref().unwrap_or(&reply.campaign_id);
    format!("{} <small>{}</small> {}", escaped(who), escaped(campaign), escaped(&text))
}

fn outcome(one: &Outcome) -> String {
    let kind = one.kind.replace('_', " ");
    let value =
        one.value.map(|value| format!(", {value:.0} {}", one.currency.as_deref().unwrap_or_default()));
    format!(
        "{} {} with {}{}",
        escaped(&one.occurred_on),
        kind,
        escaped(&one.email),
        escaped(&value.unwrap_or_default())
    )
}

fn started(one: &Started) -> String {
    escaped(one.campaign_name.as_deref().unwrap_or(&one.campaign_id))
}

fn alert(one: &Opened) -> String {
    let over = if one.is_resolved { " (over)" } else { "" };
    format!(
        "{} {}: {}{over}. {}",
        one.level,
        escaped(&one.subject),
        one.kind.replace('_', " "),
        escaped(&one.advice)
    )
}

fn next(step: &NextStep) -> String {
    format!("<li>{}: {}</li>", escaped(&step.subject), escaped(&step.text))
}

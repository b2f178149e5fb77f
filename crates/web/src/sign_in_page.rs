//! `/sign-in`: a page that needs no script and no dashboard. With `?first=TOKEN` it makes the first user, with
//! `?link=TOKEN` it signs somebody in once.

use atlas_model::Secret;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::api::{Api, Problem};
use crate::html::escaped;
use crate::sign_in::{sign_in, sign_in_by_link, sign_in_first};

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem;\
background:#f6f7f9;color:#1b1e24}h1{font-size:20px;text-align:center}main>p{text-align:center;color:#57606a}\
form{background:#fff;border:1px solid #dee2e6;border-radius:8px;padding:1.5rem}\
label{display:block;margin:.8rem 0 .2rem;font-weight:500}input,button{font:inherit;width:100%;padding:.5rem;box-sizing:border-box;border-radius:6px}\
input{border:1px solid #868e96;background:transparent;color:inherit}\
button{margin-top:1.4rem;border:0;background:#2f4fb5;color:#fff;font-weight:600;cursor:pointer}main>[role=alert]{color:#b3261e}\
@media(prefers-color-scheme:dark){body{background:#14161a;color:#e3e6eb}form{background:#1b1e24;border-color:#333842}\
main>p{color:#a6adb8}main>[role=alert]{color:#ff8a80}}";

pub(crate) fn routes(api: Api) -> Router {
    Router::new().route("/sign-in", get(show).post(take)).with_state(api)
}

/// What the address says.
#[derive(Default, Deserialize)]
struct Address {
    first: Option<String>,
    /// Signs in once.
    link: Option<String>,
    /// The page that was wanted.
    to: Option<String>,
}

/// What was filled in.
#[derive(Deserialize)]
struct Filled {
    email: String,
    password: String,
    first: Option<String>,
    to: Option<String>,
}

async fn show(State(api): State<Api>, Query(address): Query<Address>) -> Response {
    let (first, to) = (address.first.as_deref(), address.to.as_deref());
    match address.link {
        Some(link) => entered(sign_in_by_link(&api, &link).await, first, to),
        None => Html(form(first, to, None)).into_response(),
    }
}

async fn take(State(api): State<Api>, headers: HeaderMap, Form(filled): Form<Filled>) -> Response {
    if !api.is_own_page(&headers) {
        return Problem::forbidden("the request does not come from a page of this server").into_response();
    }
    let first = filled.first.as_deref().filter(|token| !token.is_empty());
    let password = Secret::new(&filled.password);
    let signed_in = match first {
        Some(token) => sign_in_first(&api, token, &filled.email, password).await,
        None => sign_in(&api, &filled.email, password).await,
    };
    entered(signed_in.map(|(_, cookie)| cookie), first, filled.to.as_deref())
}

/// The page that was wanted, or why it is not shown.
fn entered(cookie: Result<HeaderValue, Problem>, first: Option<&str>, to: Option<&str>) -> Response {
    match cookie {
        Ok(cookie) => {
            let to = to.filter(is_here).unwrap_or("/");
            let headers = [(header::LOCATION, to.parse()), (header::SET_COOKIE, Ok(cookie))];
            let headers: HeaderMap =
                headers.into_iter().filter_map(|(name, value)| Some((name, value.ok()?))).collect();
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(problem) => (problem.code(), Html(form(first, to, Some(&problem.to_string())))).into_response(),
    }
}

/// Whether an address is one of this server's pages, and leads nobody elsewhere.
fn is_here(to: &&str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.chars().all(|one| one.is_ascii_graphic())
}

fn form(first: Option<&str>, to: Option<&str>, wrong: Option<&str>) -> String {
    // A token has letters that need no escaping; anything else is none.
    let is_token = |token: &&str| token.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    let hidden = first
        .filter(is_token)
        .map(|token| format!("<input type=\"hidden\" name=\"first\" value=\"{token}\">"));
    let (title, verb, autocomplete, least) = match hidden {
        Some(_) => ("Welcome to Atlas", "Make the first user", "new-password", " minlength=\"10\""),
        None => ("Sign in to Atlas", "Sign in", "current-password", ""),
    };
    let wrong = wrong.map(|text| format!("<p role=\"alert\">{}</p>", escaped(text)));
    let to =
        to.filter(is_here).map(|to| format!("<input type=\"hidden\" name=\"to\" value=\"{}\">", escaped(to)));
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1><p>Your outreach, every number with its source.</p>{}<form method=\"post\" action=\"/sign-in\">{}{}\
         <label for=\"email\">E-mail</label><input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>\
         <label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"{autocomplete}\"{least} required>\
         <button>{verb}</button></form></main></html>",
        wrong.unwrap_or_default(),
        hidden.unwrap_or_default(),
        to.unwrap_or_default(),
    )
}

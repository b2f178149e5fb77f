//! `/sign-in`: a page that needs no script and no dashboard. With `?first=TOKEN` it makes the first user.

use atlas_model::Secret;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::api::{Api, Problem};
use crate::sign_in::{sign_in, sign_in_first};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:12vh auto;padding:0 1rem}\
label{display:block;margin:.8rem 0 .2rem}input,button{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}\
button{margin-top:1.2rem}[role=alert]{color:#b00020}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}[role=alert]{color:#ff8a80}}";

pub(crate) fn routes(api: Api) -> Router {
    Router::new().route("/sign-in", get(show).post(take)).with_state(api)
}

/// What the address says.
#[derive(Default, Deserialize)]
struct Address {
    first: Option<String>,
}

/// What was filled in.
#[derive(Deserialize)]
struct Filled {
    email: String,
    password: String,
    first: Option<String>,
}

async fn show(Query(address): Query<Address>) -> Html<String> {
    Html(form(address.first.as_deref(), None))
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
    match signed_in {
        Ok((_, cookie)) => {
            let headers = [(header::LOCATION, "/".parse()), (header::SET_COOKIE, Ok(cookie))];
            let headers: HeaderMap =
                headers.into_iter().filter_map(|(name, value)| Some((name, value.ok()?))).collect();
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(problem) => (problem.code(), Html(form(first, Some(&problem.to_string())))).into_response(),
    }
}

fn form(first: Option<&str>, wrong: Option<&str>) -> String {
    // A token has letters that need no escaping; anything else is none.
    let is_token = |token: &&str| token.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    let hidden = first
        .filter(is_token)
        .map(|token| format!("<input type=\"hidden\" name=\"first\" value=\"{token}\">"));
    let (title, verb, autocomplete, least) = match hidden {
        Some(_) => ("Welcome to Atlas", "Make the first user", "new-password", " minlength=\"10\""),
        None => ("Sign in to Atlas", "Sign in", "current-password", ""),
    };
    let wrong = wrong.map(|text| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<p role=\"alert\">{text}</p>")
    });
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>{}<form method=\"post\" action=\"/sign-in\">{}\
         <label for=\"email\">E-mail</label><input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>\
         <label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"{autocomplete}\"{least} required>\
         <button>{verb}</button></form></main></html>",
        wrong.unwrap_or_default(),
        hidden.unwrap_or_default(),
    )
}

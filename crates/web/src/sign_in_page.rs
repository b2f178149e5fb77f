//! `/sign-in`: a page that needs no script and no dashboard. With `?first=TOKEN` it makes the first user, with
//! `?link=TOKEN` it signs somebody in once, by a button: whatever looks at addresses before a person does uses none up.

use atlas_model::Secret;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
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
    /// Signs somebody in once.
    link: Option<String>,
    /// The page that was wanted.
    to: Option<String>,
}

/// What was filled in.
#[derive(Deserialize)]
struct Filled {
    #[serde(flatten)]
    address: Address,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

async fn show(Query(address): Query<Address>) -> Html<String> {
    Html(form(&address, None))
}

async fn take(State(api): State<Api>, headers: HeaderMap, Form(filled): Form<Filled>) -> Response {
    if !api.is_own_page(&headers) {
        return Problem::forbidden("the request does not come from a page of this server").into_response();
    }
    let Filled { mut address, email, password } = filled;
    let password = Secret::new(&password);
    let signed_in = match (token(address.first.as_deref()), token(address.link.as_deref())) {
        (Some(first), _) => sign_in_first(&api, first, &email, password).await.map(|(_, cookie)| cookie),
        (None, Some(link)) => sign_in_by_link(&api, link).await,
        (None, None) => sign_in(&api, &email, password).await.map(|(_, cookie)| cookie),
    };
    match signed_in {
        Ok(cookie) => {
            let to = address.to.as_deref().filter(is_here).unwrap_or("/");
            let headers = [(header::LOCATION, to.parse()), (header::SET_COOKIE, Ok(cookie))];
            let headers: HeaderMap =
                headers.into_iter().filter_map(|(name, value)| Some((name, value.ok()?))).collect();
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(problem) => {
            // A link that did not work once works no more; a password may.
            address.link = None;
            (problem.code(), Html(form(&address, Some(&problem.to_string())))).into_response()
        }
    }
}

/// A token has letters that need no escaping; anything else is none.
fn token(text: Option<&str>) -> Option<&str> {
    let is_token = |text: &&str| text.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
    text.filter(is_token).filter(|text| !text.is_empty())
}

/// Whether an address is one of this server's pages, and leads nobody elsewhere.
fn is_here(to: &&str) -> bool {
    to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains('\\')
        && to.chars().all(|one| one.is_ascii_graphic())
}

fn form(address: &Address, wrong: Option<&str>) -> String {
    let (first, link) = (token(address.first.as_deref()), token(address.link.as_deref()));
    let (title, verb, autocomplete, least) = match first {
        Some(_) => ("Welcome to Atlas", "Make the first user", "new-password", " minlength=\"10\""),
        None => ("Sign in to Atlas", "Sign in", "current-password", ""),
    };
    let wrong = wrong.map(|text| format!("<p role=\"alert\">{}</p>", escaped(text)));
    let to = address.to.as_deref().filter(is_here).map(escaped);
    let hidden = [("first", first), ("link", link), ("to", to.as_deref())];
    let hidden = hidden.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let hidden =
        hidden.map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"));
    // Whoever has a link needs nothing else.
    let asked = if link.is_some() {
        "<p>This link signs you in once.</p>".to_owned()
    } else {
        format!(
            "<label for=\"email\">E-mail</label><input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>\
             <label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"{autocomplete}\"{least} required>"
        )
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1><p>Your outreach, every number with its source.</p>{}<form method=\"post\" action=\"/sign-in\">{}\
         {asked}<button>{verb}</button></form></main></html>",
        wrong.unwrap_or_default(),
        hidden.collect::<String>(),
    )
}

//! What an account must be to be read: its name, address, time zone and pace; the same at every door.

use atlas_model::Settings;
use jiff::tz::TimeZone;
use url::{Host, Url};

/// Longer ones are no names.
const LONGEST_NAME: usize = 200;

/// What is wrong with an account as it was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong.
    pub why: String,
    /// What would be right.
    pub hint: &'static str,
}

fn unfit(why: impl Into<String>, hint: &'static str) -> Unfit {
    Unfit { why: why.into(), hint }
}

/// A name that can be typed, without blanks around it.
pub fn name(text: &str) -> Result<String, Unfit> {
    let name = text.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(unfit("a source needs a name that can be typed", "give it one: --name NAME"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(unfit(format!("a name has {LONGEST_NAME} letters at most"), "choose a shorter one"));
    }
    Ok(name.to_owned())
}

/// A time zone that there is.
pub fn zone(name: &str) -> Result<String, Unfit> {
    let zone = TimeZone::get(name).map(|_| name.to_owned());
    zone.map_err(|_| unfit(format!("'{name}' is no time zone"), "write it as in Europe/Berlin or UTC"))
}

/// Whom an account is used for; nobody where that is empty.
pub fn client(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An origin without a path; https, unless it is on this machine, since the key travels in every address.
pub fn origin(text: &str) -> Result<String, Unfit> {
    let bad = |why: &str| {
        unfit(format!("base URL {text}: {why}"), "write it as https://host or http://127.0.0.1:8080")
    };
    let url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(bad("only scheme, host and port; the paths stay the service's"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(Some(text)) => {}
        "http" => return Err(bad("the key would travel unencrypted; use https")),
        _ => return Err(bad("it must begin with https://")),
    }
    Ok(url.origin().ascii_serialization())
}

/// Delays are off only where nobody is harmed.
pub fn pace(settings: &Settings, origin: Option<&str>) -> Result<(), Unfit> {
    if settings.is_unpaced() && !is_loopback(origin) {
        return Err(unfit(
            "pace=off is only for doubles and tests, where the base URL is a loopback address",
            "leave it at standard: the service would refuse you",
        ));
    }
    Ok(())
}

/// Whether an origin is on this machine; a service's own is not.
pub fn is_loopback(origin: Option<&str>) -> bool {
    let Some(url) = origin.and_then(|origin| Url::parse(origin).ok()) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

//! Where a source that somebody adds over HTTP may point: at hosts that anybody reaches, never into our own network.

use std::net::IpAddr;

use atlas_model::is_public;
use atlas_store::Source;
use atlas_vendor::account;
use url::{Host, Url};

/// What stands in place of a service's origin, as it is stored; or why it may not. A name is looked up now, and again
/// whenever a call connects (`is_public_only`).
pub(crate) async fn checked(text: &str, sources: &[Source]) -> Result<String, String> {
    let origin = account::origin(text).map_err(|unfit| unfit.why)?;
    let url = Url::parse(&origin).map_err(|error| format!("base_url: {error}"))?;
    if account::is_loopback(Some(&origin)) {
        // Whoever tries Atlas out with doubles of the services may add one more.
        let is_double = |source: &Source| account::is_loopback(source.base_url.as_deref());
        if sources.is_empty() || !sources.iter().all(is_double) {
            return Err("base_url may not be an address of this machine".to_owned());
        }
        return Ok(origin);
    }
    leads_outside(&url).await.map_err(|why| format!("base_url {why}"))?;
    Ok(origin)
}

/// Where alerts are told to, as somebody says over HTTP; or why it may not be. It is looked at again whenever something is
/// sent there.
pub(crate) async fn checked_target(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("address: {error}"))?;
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        return Err("address begins with https:// and has no user in it".to_owned());
    }
    leads_outside(&url).await.map_err(|why| format!("address {why}"))?;
    Ok(url)
}

/// Whether what was said over HTTP is held to the internet from then on: all but doubles of the services on this machine.
pub(crate) fn is_public_only(origin: Option<&str>) -> bool {
    origin.is_some() && !account::is_loopback(origin)
}

async fn leads_outside(url: &Url) -> Result<(), String> {
    let addresses = match url.host().ok_or("has no host")? {
        Host::Ipv4(ip) => vec![IpAddr::V4(ip)],
        Host::Ipv6(ip) => vec![IpAddr::V6(ip)],
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name, url.port_or_known_default().unwrap_or(443))).await;
            found.map_err(|_| format!("leads to no host: {name}"))?.map(|address| address.ip()).collect()
        }
    };
    if addresses.is_empty() || !addresses.into_iter().all(is_public) {
        return Err("may not lead into a private network".to_owned());
    }
    Ok(())
}

/// Whether an address of ours is one that a service could reach: by a name, or an address of the internet.
pub(crate) fn is_public_origin(origin: &str) -> bool {
    let url = Url::parse(origin).ok();
    match url.as_ref().and_then(Url::host) {
        None => false,
        Some(Host::Domain(name)) => name != "localhost" && !name.ends_with(".local"),
        Some(Host::Ipv4(ip)) => is_public(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => is_public(IpAddr::V6(ip)),
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[tokio::test]
    async fn an_address_is_an_origin_of_the_internet() {
        assert_eq!(checked("https://1.1.1.1/", &[]).await.unwrap(), "https://1.1.1.1");
        for wrong in [
            "http://1.1.1.1",
            "https://1.1.1.1/path",
            "https://u@1.1.1.1",
            "https://127.0.0.1",
            "http://localhost",
            "https://169.254.169.254",
            "https://[::ffff:10.0.0.1]",
            "https://0x7f.1",
            "ftp://1.1.1.1",
            "file:///etc",
            "x",
        ] {
            assert!(checked(wrong, &[]).await.is_err(), "{wrong}");
        }
    }
}

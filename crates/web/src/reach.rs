//! Where a source that somebody adds over HTTP may point: at hosts that anybody reaches, never into our own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atlas_store::Source;
use atlas_vendor::account;
use url::{Host, Url};

/// What stands in place of a service's origin, as it is stored; or why it may not.
///
/// A name is looked up now; what it leads to later is not in our hands, which is why the key has to be given anew with
/// each new address.
pub(crate) async fn checked(text: &str, sources: &[Source]) -> Result<String, String> {
    let origin = account::origin(text).map_err(|unfit| unfit.why)?;
    let url = Url::parse(&origin).map_err(|error| format!("base_url: {error}"))?;
    let host = url.host().ok_or("base_url has no host")?;
    if account::is_loopback(Some(&origin)) {
        // Whoever tries Atlas out with doubles of the services may add one more.
        let is_double = |source: &Source| account::is_loopback(source.base_url.as_deref());
        if sources.is_empty() || !sources.iter().all(is_double) {
            return Err("base_url may not be an address of this machine".to_owned());
        }
        return Ok(origin);
    }
    let addresses = match host {
        Host::Ipv4(ip) => vec![IpAddr::V4(ip)],
        Host::Ipv6(ip) => vec![IpAddr::V6(ip)],
        Host::Domain(name) => {
            let found = tokio::net::lookup_host((name, url.port_or_known_default().unwrap_or(443))).await;
            found
                .map_err(|_| format!("base_url: no such host: {name}"))?
                .map(|address| address.ip())
                .collect()
        }
    };
    if addresses.is_empty() || !addresses.into_iter().all(is_public) {
        return Err("base_url may not lead into a private network".to_owned());
    }
    Ok(origin)
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

/// Whether an address is one of the internet's.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4() {
            Some(inside) => is_public_v4(inside),
            None => is_public_v6(ip),
        },
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [first, second, third, _] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_for_protocols = (first, second, third) == (192, 0, 0);
    let is_for_benchmarks = first == 198 && (second == 18 || second == 19);
    !(first == 0
        || first >= 224
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_documentation()
        || is_shared
        || is_for_protocols
        || is_for_benchmarks)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Only 2000::/3 is given out; 2002::/16, 64:ff9b::/96 and Teredo carry addresses of version 4 inside.
    (0x2000..0x4000).contains(&first)
        && first != 0x2002
        && !(first == 0x2001 && second < 0x200 || second == 0xdb8)
}

#[cfg(test)]
mod tests {
    use super::{checked, is_public};

    #[test]
    fn only_the_internet_is_public() {
        for ip in ["1.1.1.1", "93.184.216.34", "2606:4700::1111"] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "192.0.0.170",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "fe80::1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001:db8::1",
            "2001::1",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

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

//! Which addresses are the internet's, which our own network's, and where a service may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an account's service is asked.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Scheme, host and port in place of the service's.
    pub base_url: Option<&'a str>,
    /// Whether they may not lead into a private network: nobody at the machine itself has said so.
    pub is_public_only: bool,
}

/// Whether an address is one of the internet's.
pub fn is_public(ip: IpAddr) -> bool {
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
    use super::is_public;

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
}

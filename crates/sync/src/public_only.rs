//! Connections to the internet alone: a name that leads into a private network leads nowhere, whatever it led to when it
//! was set.

use std::net::SocketAddr;
use std::sync::Arc;

use atlas_model::is_public;
use reqwest::ClientBuilder;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why nothing was asked, and who may change that.
const PRIVATE: &str =
    "the address leads into a private network, which nobody may set but from the machine itself";

/// A client for this address that looks, whenever it connects, where its name leads now.
pub(crate) fn public_only(builder: ClientBuilder, address: &Url) -> Result<ClientBuilder, &'static str> {
    // An address without a name is asked of no resolver.
    let is_private = match address.host() {
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        _ => false,
    };
    if is_private { Err(PRIVATE) } else { Ok(builder.dns_resolver(Arc::new(PublicOnly))) }
}

struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
                return Err(PRIVATE.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

//! Posting JSON to addresses that people set: notices of alerts, language models.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use atlas_model::{Secret, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::http::{Raw, builder, receive};

/// Where something is posted, and how.
#[derive(Clone, Debug)]
pub struct Post<'a> {
    /// The address; it may be a secret.
    pub address: &'a Secret,
    /// Headers beside the usual ones.
    pub headers: &'a [(&'static str, String)],
    /// A key that is sent along, in which header.
    pub key: Option<(&'static str, &'a Secret)>,
    /// Whether the address may not lead into a private network.
    pub is_public_only: bool,
    /// How long an answer may take.
    pub timeout: Duration,
    /// A longer answer is none.
    pub largest_answer: usize,
}

/// Posts JSON once and follows no redirect; the status and what was answered, or why nothing was, without the address.
pub async fn post_json(post: &Post<'_>, body: Vec<u8>) -> Result<(u16, Vec<u8>), String> {
    let address =
        Url::parse(post.address.expose()).map_err(|error| format!("the address is none: {error}"))?;
    let client = if post.is_public_only {
        // An address without a name is asked of no resolver.
        let is_private = match address.host() {
            Some(url::Host::Ipv4(ip)) => !is_public(ip.into()),
            Some(url::Host::Ipv6(ip)) => !is_public(ip.into()),
            _ => false,
        };
        if is_private {
            return Err(PRIVATE.to_owned());
        }
        built(builder().dns_resolver(std::sync::Arc::new(PublicOnly)))
    } else {
        OPEN.clone()
    };
    let client = client?;
    let host = address.host_str().unwrap_or_default().to_owned();
    let mut request = client.post(address).timeout(post.timeout).header("content-type", "application/json");
    for (name, value) in post.headers {
        request = request.header(*name, value);
    }
    if let Some((name, key)) = post.key {
        let mut value = reqwest::header::HeaderValue::from_str(key.expose())
            .map_err(|_| "the key has letters that no header takes")?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    let answer: Result<Raw, _> = receive(request.body(body), post.largest_answer).await;
    let (status, _, body) = answer.map_err(|failure| failure.reason(&host, post.timeout))?;
    Ok((status, body))
}

/// Of those who may be anywhere, with the connections that stay open to them.
static OPEN: LazyLock<Result<Client, String>> = LazyLock::new(|| built(builder()));

fn built(builder: ClientBuilder) -> Result<Client, String> {
    builder.build().map_err(|error| error.without_url().to_string())
}

const PRIVATE: &str = "the address leads into a private network";

/// Names that lead into a private network lead nowhere, whatever they led to when they were set.
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

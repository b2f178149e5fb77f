//! Posting JSON to addresses that people set: notices of alerts, language models.

use std::sync::LazyLock;
use std::time::Duration;

use atlas_model::Secret;
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::http::{Raw, builder, receive};
use crate::public_only::public_only;

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
    let client = match post.is_public_only {
        true => built(public_only(builder(), &address)?),
        false => OPEN.clone(),
    }?;
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

//! One HTTP call: the only place from which requests leave.

use std::time::Duration;

use atlas_model::{Call, Clock, Secret, Settings};
use atlas_vendor::{Auth, Endpoint, Reply, Service, Throttle, Verdict};
use url::Url;

use crate::error::Error;

/// Bodies above this are not data that any service gives.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Cloudflare refuses some agents that do not name themselves.
const USER_AGENT: &str = concat!("Atlas/", env!("CARGO_PKG_VERSION"));

/// A client that follows no redirect: the key in the address must not wander.
pub(crate) fn client() -> Result<reqwest::Client, Error> {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| Error::Network(error.without_url().to_string()))
}

/// Where and how a source is called.
#[derive(Clone)]
pub(crate) struct Line {
    client: reqwest::Client,
    service: &'static Service,
    origin: Url,
    key: Secret,
    timeout: Duration,
    clock: Clock,
}

impl Line {
    pub(crate) fn new(
        client: reqwest::Client,
        service: &'static Service,
        base_url: Option<&str>,
        key: Secret,
        settings: &Settings,
        clock: Clock,
    ) -> Result<Self, Error> {
        let origin = base_url.unwrap_or(service.origin);
        let origin = Url::parse(origin).map_err(|error| Error::BadUrl(error.to_string()))?;
        let timeout = settings.number("request_timeout_s").and_then(|s| u64::try_from(s).ok()).unwrap_or(30);
        Ok(Self { client, service, origin, key, timeout: Duration::from_secs(timeout), clock })
    }

    /// Makes the call and judges the answer. Whatever goes wrong is a verdict, and no verdict tells the key.
    pub(crate) async fn call(&self, endpoint: &Endpoint, call: &Call) -> (Verdict, Throttle) {
        match self.exchange(endpoint, call).await {
            Ok((status, headers, body)) => {
                let reply = Reply { status, headers: &headers, body: &body };
                let now = self.clock.now();
                ((self.service.judge)(endpoint, &reply, now), (self.service.throttle)(&reply, now))
            }
            Err(reason) => {
                let verdict =
                    Verdict::Retry { reason, told: None, pause: None, is_too_fast: false, attempts: None };
                (verdict, Throttle::default())
            }
        }
    }

    async fn exchange(
        &self,
        endpoint: &Endpoint,
        call: &Call,
    ) -> Result<(u16, Vec<(String, String)>, Vec<u8>), String> {
        let request = self.client.get(self.address(endpoint, call)).timeout(self.timeout);
        let mut request = request.header("accept", "application/json");
        for auth in (self.service.auth)(endpoint) {
            request = match auth {
                Auth::Query(_) => request,
                Auth::Header(name) => request.header(*name, self.key.expose()),
                Auth::Bearer => request.bearer_auth(self.key.expose()),
            };
        }
        let mut response = request.send().await.map_err(|error| self.reason(error))?;
        let status = response.status().as_u16();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let headers = response.headers().iter().filter_map(header).collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.reason(error))? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(format!("the answer is larger than {} MiB", BODY_LIMIT >> 20));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, headers, body))
    }

    fn address(&self, endpoint: &Endpoint, call: &Call) -> Url {
        let mut url = self.origin.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear();
            for part in
                self.service.base.split('/').chain(endpoint.path.split('/')).filter(|part| !part.is_empty())
            {
                let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                segments.push(name.map_or(part, |name| call.params.get(name).unwrap_or_default()));
            }
        }
        {
            let mut query = url.query_pairs_mut();
            for name in endpoint.query {
                if let Some(value) = call.params.get(name) {
                    query.append_pair(name, value);
                }
            }
            for auth in (self.service.auth)(endpoint) {
                if let Auth::Query(name) = auth {
                    query.append_pair(name, self.key.expose());
                }
            }
        }
        url
    }

    /// What went wrong, without the address: the key is in it.
    fn reason(&self, error: reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} s", self.timeout.as_secs());
        }
        if error.is_connect() {
            let host = self.origin.host_str().unwrap_or_default();
            return format!("no connection to {host}: {}", root_cause(&error.without_url()));
        }
        format!("the connection broke: {}", root_cause(&error.without_url()))
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

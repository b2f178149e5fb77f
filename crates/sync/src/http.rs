//! One HTTP call: the only place from which requests leave.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_model::{Call, Clock, Params, Secret, Settings, Site};
use atlas_vendor::subscription::{Change, Method};
use atlas_vendor::{Auth, Endpoint, MEMBER, Reply, Service, Throttle, Verdict};
use jiff::tz::TimeZone;
use reqwest::RequestBuilder;
use serde_json::Value;
use url::Url;

use crate::credential::Forms;
use crate::error::Error;
use crate::public_only::public_only;

/// Bodies above this are not data that any service gives.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Cloudflare refuses some agents that do not name themselves.
const USER_AGENT: &str = concat!("Atlas/", env!("CARGO_PKG_VERSION"));

/// A client for what is asked anywhere.
pub(crate) fn open() -> Result<reqwest::Client, Error> {
    built(builder())
}

/// A client for a service: where its site is to be public, one that connects to nothing else.
pub(crate) fn client(site: Site<'_>) -> Result<reqwest::Client, Error> {
    let Some(base_url) = site.base_url.filter(|_| site.is_public_only) else { return open() };
    let address = Url::parse(base_url).map_err(|error| Error::BadUrl(error.to_string()))?;
    built(public_only(builder(), &address).map_err(|why| Error::BadUrl(why.to_owned()))?)
}

fn built(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|error| Error::Network(error.without_url().to_string()))
}

/// A client that follows no redirect: the key in the address must not wander.
pub(crate) fn builder() -> reqwest::ClientBuilder {
    // An error only says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().user_agent(USER_AGENT).redirect(reqwest::redirect::Policy::none())
}

/// Whose key a call of a member is sent with.
#[derive(Clone)]
enum MemberKey {
    /// The account's own is theirs.
    Own,
    Of(Secret),
    Refused,
}

/// An answer as it came: status, headers, body.
pub(crate) type Raw = (u16, Vec<(String, String)>, Vec<u8>);

/// Where and how a source is called.
#[derive(Clone)]
pub(crate) struct Line {
    client: reqwest::Client,
    service: &'static Service,
    origin: Url,
    key: Secret,
    /// The keys of members, for as long as the process lives: stored nowhere.
    members: BTreeMap<String, MemberKey>,
    /// The form in which each generation takes the key, as far as it is not the first.
    forms: Forms,
    /// How many forms in a row a generation has refused.
    refused: BTreeMap<String, usize>,
    timeout: Duration,
    clock: Clock,
    /// How calls were answered since somebody took note; 0 where no answer came.
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Line {
    pub(crate) fn new(
        client: reqwest::Client,
        service: &'static Service,
        base_url: Option<&str>,
        key: Secret,
        forms: Forms,
        settings: &Settings,
        clock: Clock,
    ) -> Result<Self, Error> {
        let origin = base_url.unwrap_or(service.origin);
        let origin = Url::parse(origin).map_err(|error| Error::BadUrl(error.to_string()))?;
        let timeout = settings.number("request_timeout_s").and_then(|s| u64::try_from(s).ok()).unwrap_or(30);
        let timeout = Duration::from_secs(timeout);
        let (members, refused) = (BTreeMap::new(), BTreeMap::new());
        let statuses = Arc::default();
        Ok(Self { client, service, origin, key, members, forms, refused, timeout, clock, statuses })
    }

    /// What calls are made with; renewing the key is, too.
    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// How calls were answered since this was last asked; 0 where no answer came.
    pub(crate) fn take_statuses(&self) -> Vec<u16> {
        std::mem::take(&mut *self.statuses.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on with another key of the account.
    pub(crate) fn set_key(&mut self, key: Secret) {
        self.key = key;
    }

    /// Takes the keys of members out of an answer.
    pub(crate) fn learn(&mut self, endpoint: &Endpoint, body: &mut Value, zone: &TimeZone) {
        for (member, key) in (self.service.take_keys)(endpoint, body, zone, self.clock.now()) {
            match key {
                Some(key) => drop(self.members.insert(member, MemberKey::Of(key))),
                None => drop(self.members.entry(member).or_insert(MemberKey::Own)),
            }
        }
    }

    /// A member's own key that is refused leaves that member out; the others go on.
    pub(crate) fn settle(&mut self, call: &Call, verdict: Verdict) -> Verdict {
        let member = call.params.get(MEMBER);
        match (verdict, member.map(|member| (member, self.members.get(member)))) {
            (Verdict::Forbidden { reason, .. }, Some((member, Some(MemberKey::Of(_))))) => {
                self.members.insert(member.to_owned(), MemberKey::Refused);
                left_out(member, &reason)
            }
            (verdict, _) => verdict,
        }
    }

    /// The form in which a call sends the key.
    fn form(&self, endpoint: &Endpoint) -> &'static [Auth] {
        let forms = (self.service.auth)(endpoint);
        let place = self.forms.get(generation(endpoint)).copied().unwrap_or(0);
        forms.get(place).or(forms.first()).copied().unwrap_or_default()
    }

    /// Goes on with the next form in which the service may take the key, after it was refused in one; false when it was
    /// refused in each.
    pub(crate) fn try_next_form(&mut self, endpoint: &Endpoint) -> bool {
        let (name, count) = (generation(endpoint).to_owned(), (self.service.auth)(endpoint).len());
        let refused = self.refused.entry(name.clone()).or_default();
        *refused += 1;
        let place = self.forms.entry(name).or_default();
        *place = (*place + 1) % count.max(1);
        *refused < count
    }

    /// A refused key is sent again in the next form, if there is one.
    pub(crate) fn or_in_next_form(&mut self, endpoint: &Endpoint, verdict: Verdict) -> Verdict {
        if !matches!(verdict, Verdict::Forbidden { .. }) || !self.try_next_form(endpoint) {
            return verdict;
        }
        let reason = "the key was refused; it is sent in another header".to_owned();
        Verdict::Retry { reason, told: None, pause: None, is_too_fast: false, attempts: None }
    }

    /// Notes that the key was accepted; the forms, where another one than before was found.
    pub(crate) fn accepted(&mut self, endpoint: &Endpoint) -> Option<&Forms> {
        let refused = self.refused.remove(generation(endpoint)).unwrap_or(0);
        (refused > 0).then_some(&self.forms)
    }

    /// The key that a call is sent with; or why there is none.
    fn key(&self, call: &Call) -> Result<&Secret, Verdict> {
        let Some(member) = call.params.get(MEMBER) else { return Ok(&self.key) };
        match self.members.get(member) {
            Some(MemberKey::Own) => Ok(&self.key),
            Some(MemberKey::Of(key)) => Ok(key),
            Some(MemberKey::Refused) => Err(left_out(member, "the key was refused")),
            None => Err(left_out(member, "the service tells no key")),
        }
    }

    /// Makes the call and judges the answer. Whatever goes wrong is a verdict, and no verdict tells the key.
    pub(crate) async fn call(&self, endpoint: &Endpoint, call: &Call) -> (Verdict, Throttle) {
        let key = match self.key(call) {
            Ok(key) => key,
            Err(verdict) => return (verdict, Throttle::default()),
        };
        let address = self.address(endpoint, &call.params);
        let request = match endpoint.post {
            Some(post) => {
                let body = post.body(&call.params).to_string();
                self.client.post(address).header("content-type", "application/json").body(body)
            }
            None => self.client.get(address),
        };
        self.judged(endpoint, request, key, false).await
    }

    /// Asks for a change at the service; what it says when it has made it is of no interest.
    pub(crate) async fn change(&self, change: &Change, params: &Params) -> (Verdict, Throttle) {
        let address = self.address(change.endpoint, params);
        let request = match change.method {
            Method::Post => self.client.post(address),
            Method::Patch => self.client.patch(address),
            Method::Delete => self.client.delete(address),
        };
        let request = match &change.body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        self.judged(change.endpoint, request, &self.key, true).await
    }

    async fn judged(
        &self,
        endpoint: &Endpoint,
        request: RequestBuilder,
        key: &Secret,
        is_change: bool,
    ) -> (Verdict, Throttle) {
        let answer = self.exchange(endpoint, request, key).await;
        let status = answer.as_ref().map_or(0, |(status, ..)| *status);
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).push(status);
        match answer {
            Ok((status, headers, body)) => {
                let reply = Reply { status, headers: &headers, body: &body };
                let now = self.clock.now();
                let verdict = match status {
                    200..=299 if is_change => Verdict::Data(Value::Null),
                    _ => (self.service.judge)(endpoint, &reply, now),
                };
                (verdict, (self.service.throttle)(&reply, now))
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
        request: RequestBuilder,
        key: &Secret,
    ) -> Result<Raw, String> {
        let mut request = request.timeout(self.timeout).header("accept", "application/json");
        for auth in self.form(endpoint) {
            request = match auth {
                Auth::Query(_) => request,
                Auth::Header(name) => request.header(*name, key.expose()),
                Auth::Bearer => request.bearer_auth(key.expose()),
            };
        }
        let host = self.origin.host_str().unwrap_or_default();
        receive(request, BODY_LIMIT).await.map_err(|failure| failure.reason(host, self.timeout))
    }

    fn address(&self, endpoint: &Endpoint, params: &Params) -> Url {
        let mut url = self.origin.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear();
            for part in
                self.service.base.split('/').chain(endpoint.path.split('/')).filter(|part| !part.is_empty())
            {
                let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                segments.push(name.map_or(part, |name| params.get(name).unwrap_or_default()));
            }
        }
        {
            let mut query = url.query_pairs_mut();
            for name in endpoint.query {
                if let Some(value) = params.get(name) {
                    query.append_pair(name, value);
                }
            }
            for auth in self.form(endpoint) {
                if let Auth::Query(name) = auth {
                    query.append_pair(name, self.key.expose());
                }
            }
        }
        url
    }
}

/// What the paths begin with that take a key alike.
fn generation(endpoint: &Endpoint) -> &'static str {
    endpoint.path.split('/').find(|part| !part.is_empty()).unwrap_or_default()
}

/// Why there is no answer.
pub(crate) enum NoAnswer {
    Failed(reqwest::Error),
    TooLarge(usize),
}

impl NoAnswer {
    /// What went wrong, without the address: the key may be in it.
    pub(crate) fn reason(self, host: &str, timeout: Duration) -> String {
        match self {
            Self::TooLarge(limit) => format!("the answer is larger than {} KiB", limit >> 10),
            Self::Failed(error) if error.is_timeout() => format!("no answer within {} s", timeout.as_secs()),
            Self::Failed(error) if error.is_connect() => {
                format!("no connection to {host}: {}", root_cause(&error.without_url()))
            }
            Self::Failed(error) => format!("the connection broke: {}", root_cause(&error.without_url())),
        }
    }
}

/// Sends a request and reads the answer, which may have so many bytes.
pub(crate) async fn receive(request: RequestBuilder, limit: usize) -> Result<Raw, NoAnswer> {
    let mut response = request.send().await.map_err(NoAnswer::Failed)?;
    let status = response.status().as_u16();
    let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = response.headers().iter().filter_map(header).collect();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(NoAnswer::Failed)? {
        if body.len() + chunk.len() > limit {
            return Err(NoAnswer::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, headers, body))
}

/// Sends a form, as a sign-in does.
pub(crate) async fn post_form(
    client: &reqwest::Client,
    address: Url,
    fields: &[(&str, &str)],
    timeout: Duration,
) -> Result<Raw, String> {
    let host = address.host_str().unwrap_or_default().to_owned();
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = client.post(address).timeout(timeout).header("accept", "application/json");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    receive(request, BODY_LIMIT).await.map_err(|failure| failure.reason(&host, timeout))
}

fn left_out(member: &str, why: &str) -> Verdict {
    Verdict::Refused {
        reason: format!("member {member} is left out: {why}"),
        hint: "their own key comes with the list of members; give them one at the service, or sync with their token"
            .to_owned(),
    }
}

/// Posts a delivery to a server of our own; its status and what it says.
pub async fn deliver(
    address: &str,
    signature: Option<(&str, &str)>,
    body: Vec<u8>,
) -> Result<(u16, String), Error> {
    let address = Url::parse(address).map_err(|error| Error::BadUrl(error.to_string()))?;
    let mut request = open()?.post(address).header("content-type", "application/json").body(body);
    if let Some((name, value)) = signature {
        request = request.header(name, value);
    }
    // The address holds a token.
    let broken = |error: reqwest::Error| Error::Network(root_cause(&error.without_url()));
    let response = request.send().await.map_err(broken)?;
    Ok((response.status().as_u16(), response.text().await.map_err(broken)?))
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

//! Getting and renewing a grant (OAuth 2.0). Stored it is under the source's lease, before it is used.

use std::time::Duration;

use atlas_model::{Clock, Secret, Site};
use atlas_vendor::{OAuth, Refusal, Reply, Service};
use url::Url;

use crate::credential::Credential;
use crate::error::Error;
use crate::http::{client, post_form};

/// The vendor's own client waits as long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The page on which a person allows us in. `state` comes back with the answer.
pub fn sign_in_address(
    service: &Service,
    base_url: Option<&str>,
    client_id: &str,
    redirect: &str,
    state: &str,
) -> Result<Url, Error> {
    let oauth = service.oauth.ok_or(Error::NoSignIn(service.platform))?;
    let mut address = address(service, base_url, oauth.authorize)?;
    let pairs =
        [("client_id", client_id), ("redirect_uri", redirect), ("response_type", "code"), ("state", state)];
    address.query_pairs_mut().extend_pairs(pairs);
    Ok(address)
}

/// Turns the code of a sign-in into a credential.
pub async fn grant_for_code(
    service: &Service,
    site: Site<'_>,
    credential: Credential,
    redirect: &str,
    code: &Secret,
    clock: Clock,
) -> Result<Credential, Error> {
    let oauth = service.oauth.ok_or(Error::NoSignIn(service.platform))?;
    let fields = [("grant_type", "authorization_code"), ("redirect_uri", redirect), ("code", code.expose())];
    let address = address(service, site.base_url, oauth.token)?;
    let grant = ask(&client(site)?, address, &credential, &fields, clock).await;
    grant.map(|grant| credential.renewed(grant)).map_err(|refusal| Error::SignIn(reason(refusal)))
}

/// Turns a refresh token into a credential with a key.
pub async fn first_key(
    service: &Service,
    site: Site<'_>,
    credential: &Credential,
    clock: Clock,
) -> Result<Credential, Error> {
    let renewed = renew(&client(site)?, service, site.base_url, credential, clock).await;
    renewed.map_err(|refusal| Error::SignIn(reason(refusal)))
}

/// Renews a credential; the route that worked last is tried first.
pub(crate) async fn renew(
    client: &reqwest::Client,
    service: &Service,
    base_url: Option<&str>,
    credential: &Credential,
    clock: Clock,
) -> Result<Credential, Refusal> {
    let nothing = || Refusal::Refused("there is nothing to renew it with".to_owned());
    let (Some(oauth), Some(renewal)) = (service.oauth, &credential.renewal) else { return Err(nothing()) };
    let Some(refresh) = &renewal.refresh else { return Err(nothing()) };
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
    let mut refusal = nothing();
    for tried in 0..oauth.refresh.len() {
        let route = (renewal.route + tried) % oauth.refresh.len();
        let address = address(service, base_url, oauth.refresh[route])
            .map_err(|error| Refusal::Refused(error.to_string()))?;
        match ask(client, address, credential, &fields, clock).await {
            Ok(grant) => {
                let mut renewed = credential.clone().renewed(grant);
                if let Some(renewal) = &mut renewed.renewal {
                    renewal.route = route;
                }
                return Ok(renewed);
            }
            Err(missing @ Refusal::NoRoute(_)) => refusal = missing,
            Err(other) => return Err(other),
        }
    }
    Err(Refusal::Refused(reason(refusal)))
}

async fn ask(
    client: &reqwest::Client,
    address: Url,
    credential: &Credential,
    fields: &[(&str, &str)],
    clock: Clock,
) -> Result<atlas_vendor::Grant, Refusal> {
    let Some(renewal) = &credential.renewal else {
        return Err(Refusal::Refused("client id and secret are not stored".to_owned()));
    };
    let ours = [("client_id", renewal.client_id.as_str()), ("client_secret", renewal.client_secret.expose())];
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain(ours).collect();
    let (status, headers, body) =
        post_form(client, address, &fields, TIMEOUT).await.map_err(Refusal::Later)?;
    OAuth::read(&Reply { status, headers: &headers, body: &body }, clock.now())
}

fn address(service: &Service, base_url: Option<&str>, path: &str) -> Result<Url, Error> {
    let origin = Url::parse(base_url.unwrap_or(service.origin));
    origin.and_then(|origin| origin.join(path)).map_err(|error| Error::BadUrl(error.to_string()))
}

pub(crate) fn reason(refusal: Refusal) -> String {
    let (Refusal::NoRoute(reason) | Refusal::Refused(reason) | Refusal::Later(reason)) = refusal;
    reason
}

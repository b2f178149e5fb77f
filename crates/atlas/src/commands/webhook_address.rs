//! The address that a service posts to: its token, and whether anybody gets there.

use atlas_model::{Platform, Secret};
use atlas_store::{Source, Vault};
use atlas_web::path;
use jiff::SignedDuration;
use url::{Host, Url};

use crate::exit::Failure;
use crate::workspace::Workspace;

/// How long a token that was replaced is taken: long enough to change an address by hand in many accounts.
const OVERLAP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is entered at the service.
pub(super) fn address(platform: Platform, token: &Secret, workspace: &Workspace) -> Result<Url, Failure> {
    let public = workspace.settings.text("public_url");
    let mut address = Url::parse(&format!("{}/", public.trim_end_matches('/')))
        .map_err(|error| {
            Failure::usage(format!("ATLAS_PUBLIC_URL={public} is no address: {error}"))
                .hint("write it as https://atlas.example.com")
        })?
        .join(path(platform).trim_start_matches('/'))
        .map_err(|error| Failure::usage(error.to_string()))?;
    address.query_pairs_mut().append_pair("token", token.expose());
    Ok(address)
}

pub(super) fn unreachable(workspace: &Workspace) -> String {
    let public = workspace.settings.text("public_url");
    format!("no service reaches {public}: it is an address of this machine or its own network")
}

pub(super) fn ways_out(workspace: &Workspace) -> String {
    format!(
        "a reverse proxy with a name and HTTPS in front of `atlas serve`, and ATLAS_PUBLIC_URL=https://that-name\n\
         a tunnel to {}, and its address as ATLAS_PUBLIC_URL\n\
         none at all: `atlas sync` reads everything without webhooks, only later",
        workspace.settings.text("listen"),
    )
}

/// The token that holds, made when there is none yet.
pub(super) async fn token(source: &Source, workspace: &Workspace) -> Result<Secret, Failure> {
    let vault = workspace.vault()?;
    match workspace.store.webhook_token(source.id, &vault).await? {
        Some(token) => Ok(token),
        None => new_token(source, &vault, workspace).await,
    }
}

pub(super) async fn new_token(
    source: &Source,
    vault: &Vault,
    workspace: &Workspace,
) -> Result<Secret, Failure> {
    let now = workspace.clock.now();
    let until = now.checked_add(OVERLAP).unwrap_or(now);
    Ok(workspace.store.new_webhook_token(source.id, vault, now, until).await?)
}

/// Whether nobody outside this machine, or its network, gets there.
pub(super) fn is_out_of_reach(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified() || ip.is_private(),
        Some(Host::Ipv6(ip)) => ip.is_loopback() || ip.is_unspecified(),
        None => true,
    }
}

//! `atlas source connect`: signing in by browser. The service sends the browser back to this machine.

use std::time::Duration;

use atlas_model::Secret;
use atlas_store::Vault;
use atlas_sync::{Credential, grant_for_code, holder, is_dead, sign_in_address};
use atlas_vendor::service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::credentials::credential;
use crate::cli::ConnectArgs;
use crate::exit::{Exit, Failure};
use crate::workspace::Workspace;

/// A person who has not agreed after so long has gone away.
const PATIENCE: Duration = Duration::from_secs(600);

/// What a browser asks for fits into this; longer ones are not meant for us.
const LONGEST_REQUEST: usize = 16 * 1024;

/// One that connects and says nothing is not waited for.
const SILENCE: Duration = Duration::from_secs(5);

pub(crate) async fn run(args: ConnectArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let source = workspace.source(&args.name).await?;
    let service = service(source.platform);
    let vault = workspace.vault()?;
    let stored = Credential::from_secret(&workspace.store.credential(source.id, &vault).await?);
    let ours = match (args.credentials.is_given(), stored.renewal.is_some()) {
        (false, true) => stored,
        (false, false) if service.oauth.is_some() => {
            return Err(Failure::usage(format!("'{}' has no client id yet", source.name)).hint(
                "make an application at the service, then: \
                 atlas source connect NAME --client-id ID --client-secret-stdin",
            ));
        }
        _ => credential(&args.credentials, service, Some(stored), &workspace.settings, workspace.printer)?,
    };
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await.map_err(|error| {
        Failure::new(format!("port {} of this machine cannot be used: {error}", args.port))
            .hint("choose another one, and enter its address at the service: --port PORT")
    })?;
    let redirect = format!("http://127.0.0.1:{}/callback", listener.local_addr()?.port());
    let state = Vault::new_key()?;
    let client_id = ours.renewal.as_ref().map(|renewal| renewal.client_id.as_str()).unwrap_or_default();
    let base_url = source.base_url.as_deref();
    let address = sign_in_address(service, base_url, client_id, &redirect, state.expose())?;
    workspace.printer.note(format!(
        "Open this address in the browser of this machine. The application at the service must have {redirect} as its \
         redirect address."
    ));
    workspace.printer.line(address.as_str());
    let code = tokio::time::timeout(PATIENCE, wait_for_code(&listener, &state)).await;
    let code = code.map_err(|_| Failure::new("nobody has signed in; nothing was changed"))??;
    store(args.name, ours, &redirect, &code, workspace).await
}

/// Under the source's lease, so that no sync renews the old one at the same time.
async fn store(
    name: String,
    ours: Credential,
    redirect: &str,
    code: &Secret,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    let source = workspace.source(&name).await?;
    let service = service(source.platform);
    let holder = holder();
    let taken = workspace.store.take_lease(source.id, &holder, workspace.clock.now(), is_dead).await?;
    taken.map_err(|holder| atlas_sync::Error::Held { holder })?;
    let stored = match grant_for_code(service, source.site(), ours, redirect, code, workspace.clock).await {
        Ok(credential) => {
            let vault = workspace.vault()?;
            workspace
                .store
                .set_credential(source.id, &credential.to_secret(), &vault)
                .await
                .map_err(Into::into)
        }
        Err(error) => Err(Failure { exit: Exit::Refused, ..error.into() }),
    };
    workspace.store.release_lease(source.id, &holder).await?;
    stored?;
    workspace
        .printer
        .note(format!("'{name}' is signed in; what opens it is encrypted. Next: atlas sync {name}"));
    Ok(Exit::Done)
}

/// The code that the service sends along. What does not carry our state is not its answer.
async fn wait_for_code(listener: &TcpListener, state: &Secret) -> Result<Secret, Failure> {
    loop {
        let (mut browser, _) = listener.accept().await?;
        let asked = tokio::time::timeout(SILENCE, read_address(&mut browser)).await;
        let Some(address) = asked.ok().flatten() else { continue };
        let given = |name: &str| {
            address.query_pairs().find(|(given, _)| given == name).map(|(_, value)| value.into_owned())
        };
        if address.path() != "/callback" || given("state").as_deref() != Some(state.expose()) {
            answer(&mut browser, "404 Not Found", "This is not the sign-in that was begun here.").await;
            continue;
        }
        if let Some(code) = given("code").filter(|code| !code.is_empty()) {
            answer(&mut browser, "200 OK", "Signed in. This page may be closed.").await;
            return Ok(Secret::new(&code));
        }
        answer(&mut browser, "200 OK", "Not signed in. This page may be closed.").await;
        let why: String = given("error").unwrap_or_default().chars().take(100).collect();
        return Err(Failure {
            exit: Exit::Refused,
            ..Failure::new(format!("the service did not let us in: {why}"))
        });
    }
}

/// The address in the first line of a request.
async fn read_address(browser: &mut TcpStream) -> Option<Url> {
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = browser.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        if read.len() > LONGEST_REQUEST {
            return None;
        }
    }
    let text = String::from_utf8_lossy(&read);
    let mut words = text.lines().next()?.split(' ');
    let path = words.next().filter(|method| *method == "GET").and_then(|_| words.next())?;
    Url::parse("http://127.0.0.1").ok()?.join(path).ok()
}

/// A browser that has gone does not need it.
async fn answer(browser: &mut TcpStream, status: &str, text: &str) {
    let page = format!("<!DOCTYPE html><title>Atlas</title><p>{text}</p>\n");
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\n");
    let _ = browser.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes()).await;
    let _ = browser.shutdown().await;
}

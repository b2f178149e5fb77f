//! `atlas serve`: receive webhooks, and understand them.

use std::net::SocketAddr;
use std::time::Duration;

use atlas_store::{intake, new_token};
use atlas_web::{Server, Told};
use atlas_worker::project_until;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::sync::signal;
use crate::cli::ServeArgs;
use crate::exit::{Exit, Failure};
use crate::workspace::Workspace;

/// How long the last deliveries may take to be written.
const GRACE: Duration = Duration::from_secs(20);

pub(crate) async fn run(args: &ServeArgs, workspace: &Workspace) -> Result<Exit, Failure> {
    let address = match args.listen {
        Some(address) => address,
        None => listen_address(workspace)?,
    };
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("{address} cannot be listened on: {error}"))
            .hint("choose another one: --listen 127.0.0.1:9000")
    })?;
    let printer = workspace.printer;
    let first_run = if workspace.store.has_users().await? { None } else { Some(new_token()?) };
    let told =
        Told { public_url: workspace.public_url(listener.local_addr()?), first_run: first_run.clone() };
    let origin = told.public_url.clone();
    let server = Server::new(workspace.store.clone(), workspace.vault()?, workspace.clock, told).await?;
    let (intake, queue) = intake();
    let writing = tokio::spawn(queue.write_to(workspace.store.clone()));
    let (stop_projector, stopped) = oneshot::channel();
    let projecting = project_until(workspace.store.clone(), workspace.clock, intake.pressure(), stopped);
    let projecting = tokio::spawn(projecting);
    printer.note(format!("listening on http://{}", listener.local_addr()?));
    if let Some(token) = first_run {
        let link = format!("{origin}/sign-in?first={}", token.expose());
        printer.note(format!("nobody may sign in yet; within an hour make the first user at {link}"));
    }
    if !args.no_sync {
        printer.note("nothing is synced from here yet: run `atlas sync` beside it");
    }
    let stop = async move {
        signal().await;
        printer.note("stopping; what has begun is finished");
        tokio::spawn(async {
            signal().await;
            std::process::exit(Exit::Interrupted as i32);
        });
    };
    server.run(listener, intake, stop).await?;
    // The queue ends with the last request; what still stands in it after that was not answered 200.
    let _ = tokio::time::timeout(GRACE, writing).await;
    // What still waits to be understood is so by whoever comes next.
    let _ = stop_projector.send(());
    let _ = tokio::time::timeout(GRACE, projecting).await;
    Ok(Exit::Done)
}

/// The address that is set.
pub(crate) fn listen_address(workspace: &Workspace) -> Result<SocketAddr, Failure> {
    let text = workspace.settings.text("listen");
    text.parse().map_err(|_| {
        Failure::usage(format!("ATLAS_LISTEN={text} is no address")).hint("write it as 127.0.0.1:8642")
    })
}

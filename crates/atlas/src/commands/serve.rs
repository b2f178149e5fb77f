//! `atlas serve`: receive webhooks, understand them, sync each source by its schedule.

use std::net::SocketAddr;
use std::time::Duration;

use atlas_store::{intake, new_token};
use atlas_web::{Server, Told};
use atlas_worker::try_target;
use tokio::net::TcpListener;

use super::worker::{background, stop_on_signal};
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
    let told = Told {
        public_url: workspace.public_url(listener.local_addr()?),
        first_run: first_run.clone(),
        is_metrics_open: workspace.settings.text("metrics_open") == "true",
        try_target: |target, now| Box::pin(async move { try_target(&target, now).await }),
    };
    let origin = told.public_url.clone();
    let server = Server::new(workspace.store.clone(), workspace.vault()?, workspace.clock, told).await?;
    let (intake, queue) = intake();
    let writing = tokio::spawn(queue.write_to(workspace.store.clone()));
    let mut stop = stop_on_signal(workspace);
    let background = background(workspace, Some(intake.pressure()), !args.no_sync, Some(origin.clone()))?;
    let working = tokio::spawn(background.run_until(stop.clone()));
    printer.note(format!("listening on http://{}", listener.local_addr()?));
    if let Some(token) = first_run {
        let link = format!("{origin}/sign-in?first={}", token.expose());
        printer.note(format!("nobody may sign in yet; within an hour make the first user at {link}"));
    }
    if args.no_sync {
        printer.note("nothing is synced from here: `atlas worker` or `atlas sync` does");
    }
    let told = async move { drop(stop.wait_for(|stop| *stop).await) };
    server.run(listener, intake, told).await?;
    // The queue ends with the last request; what still stands in it after that was not answered 200.
    let _ = tokio::time::timeout(GRACE, writing).await;
    // What still waits to be understood is so by whoever comes next.
    match tokio::time::timeout(GRACE, working).await {
        Ok(Ok(worked)) => worked?,
        Ok(Err(error)) => {
            return Err(Failure::new(format!("what runs beside the server broke off: {error}")));
        }
        Err(_) => {}
    }
    Ok(Exit::Done)
}

/// The address that is set.
pub(crate) fn listen_address(workspace: &Workspace) -> Result<SocketAddr, Failure> {
    let text = workspace.settings.text("listen");
    text.parse().map_err(|_| {
        Failure::usage(format!("ATLAS_LISTEN={text} is no address")).hint("write it as 127.0.0.1:8642")
    })
}

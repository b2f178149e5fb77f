//! `atlas worker`: sync each source by its schedule and understand deliveries, without serving.

use atlas_store::Pressure;
use atlas_worker::Background;
use tokio::sync::watch;

use super::classify::language_model;
use super::sync::signal;
use crate::exit::{Exit, Failure};
use crate::workspace::Workspace;

pub(crate) async fn run(workspace: &Workspace) -> Result<Exit, Failure> {
    let background = background(workspace, None, true, workspace.set_public_url())?;
    let stop = stop_on_signal(workspace);
    workspace.printer.note("working; Ctrl-C stops it");
    background.run_until(stop).await?;
    Ok(Exit::Done)
}

/// What runs beside a server, or instead of one.
pub(crate) fn background(
    workspace: &Workspace,
    pressure: Option<Pressure>,
    is_syncing: bool,
    origin: Option<String>,
) -> Result<Background, Failure> {
    let model = language_model(&workspace.settings)?;
    let (store, vault, clock) = (workspace.store.clone(), workspace.vault()?, workspace.clock);
    Ok(Background { store, vault, clock, pressure, is_syncing, origin, model })
}

/// Ctrl-C and SIGTERM stop what runs by itself; a second one stops at once.
pub(crate) fn stop_on_signal(workspace: &Workspace) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    let printer = workspace.printer;
    tokio::spawn(async move {
        signal().await;
        printer.note("stopping; what has begun is finished, or others go on with it");
        let _ = sender.send(true);
        signal().await;
        std::process::exit(Exit::Interrupted as i32);
    });
    receiver
}

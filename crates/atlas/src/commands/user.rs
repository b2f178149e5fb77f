//! `atlas user`: who may sign in.

use std::io::{IsTerminal, Read};

use atlas_model::Secret;
use atlas_store::{Role, User, hash_password};
use jiff::ToSpan;

use super::serve::listen_address;
use crate::cli::UserCommand;
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, ago};
use crate::workspace::Workspace;

/// How long a link holds.
const LINK_H: i64 = 1;
/// Longer than any password.
const LONGEST: u64 = 4096;

pub(crate) async fn run(command: UserCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        UserCommand::Add { email, role, client, password_stdin } => {
            add(&email, role, client.as_deref(), password_stdin, workspace).await
        }
        UserCommand::List(args) => list(args.json, workspace).await,
        UserCommand::Link { email } => link(&email, workspace).await,
        UserCommand::Remove { email } => {
            if !workspace.store.remove_user(&email, workspace.by()).await? {
                return Err(unknown(&email));
            }
            workspace.printer.note(format!("'{email}' may sign in no longer"));
            Ok(Exit::Done)
        }
    }
}

async fn add(
    email: &str,
    role: Role,
    client: Option<&str>,
    is_piped: bool,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    if let Some(client) = client {
        workspace.used_for(client).await?;
    }
    let password = if is_piped {
        let mut text = String::new();
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
        Secret::new(&text)
    } else if std::io::stdin().is_terminal() {
        Secret::new(&rpassword::prompt_password("Password (not shown): ")?)
    } else {
        return Err(Failure::usage("no password").hint("pipe it in with --password-stdin"));
    };
    let hash = hash_password(&password)?;
    let by = workspace.by();
    let user = workspace.store.add_user((email, role, client), &hash, false, by).await?;
    workspace.printer.note(format!("'{}' may sign in as {}", user.email, user.role));
    Ok(Exit::Done)
}

async fn link(email: &str, workspace: &Workspace) -> Result<Exit, Failure> {
    let (user, _) = workspace.store.user_to_sign_in(email).await?.ok_or_else(|| unknown(email))?;
    let until = workspace.clock.now() + LINK_H.hours();
    let token = workspace.store.add_sign_in_link(&user, workspace.by(), until).await?;
    let origin = workspace.public_url(listen_address(workspace)?);
    workspace.printer.line(format!("{origin}/sign-in?link={}", token.expose()));
    Ok(Exit::Done)
}

fn unknown(email: &str) -> Failure {
    Failure::usage(format!("there is no user '{email}'")).hint("atlas user list")
}

async fn list(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let users = workspace.store.users().await?;
    if is_json {
        workspace.printer.json(&users);
        return Ok(Exit::Done);
    }
    let now = workspace.clock.now();
    let row = |user: &User| {
        vec![
            user.email.clone(),
            user.role.to_string(),
            user.client.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            user.last_sign_in_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        ]
    };
    let headings = ["E-mail", "Role", "Client", "Last sign-in"];
    let none =
        "nobody may sign in yet; atlas user add EMAIL --role admin, or the link that atlas serve prints";
    workspace.printer.list(&headings, &[], users.iter().map(row).collect(), none);
    Ok(Exit::Done)
}

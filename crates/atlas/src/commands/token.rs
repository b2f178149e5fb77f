//! `atlas token`: what programs open the API with.

use atlas_store::{NewToken, Token, TokenKind};
use jiff::ToSpan;

use crate::cli::TokenCommand;
use crate::exit::{Exit, Failure};
use crate::printer::{UNKNOWN, ago};
use crate::workspace::Workspace;

const DAY_H: i64 = 24;

pub(crate) async fn run(command: TokenCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    let now = workspace.clock.now();
    match command {
        TokenCommand::Create { name, scope, client, expires_in_days } => {
            if let Some(client) = &client {
                workspace.used_for(client).await?;
            }
            let expires_at = expires_in_days.map(|days| now + (days * DAY_H).hours());
            let new = NewToken { kind: TokenKind::Api, name, scope, client, expires_at };
            let (token, secret) = workspace.store.add_token(&new, workspace.by()).await?;
            workspace.printer.line(secret.expose());
            workspace.printer.note(format!(
                "token {} may {}; it is shown this once. Authorization: Bearer TOKEN",
                token.id, token.scope
            ));
            Ok(Exit::Done)
        }
        TokenCommand::List(args) => list(args.json, workspace).await,
        TokenCommand::Revoke { id } => {
            if !workspace.store.revoke_token(TokenKind::Api, id, workspace.by()).await? {
                return Err(Failure::usage(format!("there is no token {id}")).hint("atlas token list"));
            }
            workspace.printer.note(format!("token {id} opens nothing any more"));
            Ok(Exit::Done)
        }
    }
}

async fn list(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let tokens = workspace.store.tokens(TokenKind::Api).await?;
    if is_json {
        workspace.printer.json(&tokens);
        return Ok(Exit::Done);
    }
    let now = workspace.clock.now();
    let row = |token: &Token| {
        vec![
            token.id.to_string(),
            token.name.clone(),
            token.scope.to_string(),
            token.client.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            token.expires_at.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d").to_string()),
            token.last_used_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        ]
    };
    let headings = ["Number", "Name", "Scope", "Client", "Ends", "Last used"];
    let none = "no token yet; atlas token create NAME";
    workspace.printer.list(&headings, &[], tokens.iter().map(row).collect(), none);
    Ok(Exit::Done)
}

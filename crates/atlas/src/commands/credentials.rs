//! What is typed of an account's credentials: lines of standard input in the order of their flags, the environment, or a
//! question. Never the command line.

use std::io::{IsTerminal, Read};

use atlas_model::Secret;
use atlas_sync::{Credential, Forms, Renewal};
use atlas_vendor::Service;

use super::source_new::api_key;
use crate::cli::CredentialArgs;
use crate::exit::Failure;
use crate::printer::Printer;
use crate::settings::Settings;

const KEY: &str = "--api-key-stdin";
const CLIENT_SECRET: &str = "--client-secret-stdin";
const REFRESH_TOKEN: &str = "--refresh-token-stdin";

/// The credential that these flags make. What they do not name is taken from the one that is stored, if there is one.
pub(crate) fn credential(
    args: &CredentialArgs,
    service: &Service,
    stored: Option<Credential>,
    settings: &Settings,
    printer: Printer,
) -> Result<Credential, Failure> {
    let is_grant = args.client_id.is_some() || args.client_secret_stdin || args.refresh_token_stdin;
    if is_grant && service.oauth.is_none() {
        return Err(Failure::usage(format!("{} has no sign-in by browser", service.platform.title()))
            .hint("its key is all that it takes: --api-key-stdin"));
    }
    let mut lines = Lines::read(args)?;
    let former = stored.as_ref().and_then(|stored| stored.renewal.clone());
    let key = match lines.take(KEY)? {
        Some(key) => key,
        None if is_grant && settings.api_key().is_none() => {
            stored.map_or_else(|| Secret::new(""), |stored| stored.key)
        }
        None => api_key(service, settings, printer)?,
    };
    if !is_grant {
        return Ok(Credential { key, renewal: None, forms: Forms::new() });
    }
    let known = args.client_id.clone().or_else(|| former.as_ref().map(|former| former.client_id.clone()));
    let client_id = known.ok_or_else(|| {
        Failure::usage("no client id")
            .hint("it stands beside the client secret at the service: --client-id ID")
    })?;
    let client_secret = match (lines.take(CLIENT_SECRET)?, &former) {
        (Some(secret), _) => secret,
        (None, Some(former)) if former.client_id == client_id => former.client_secret.clone(),
        (None, _) if std::io::stdin().is_terminal() => {
            Secret::new(&rpassword::prompt_password("Client secret (not shown): ")?)
        }
        (None, _) => {
            return Err(Failure::usage("no client secret").hint(format!("pipe it in with {CLIENT_SECRET}")));
        }
    };
    let refresh = lines.take(REFRESH_TOKEN)?.or_else(|| former.and_then(|former| former.refresh));
    let renewal = Renewal { client_id, client_secret, refresh, expires_at: None, route: 0 };
    Ok(Credential { key, renewal: Some(renewal), forms: Forms::new() })
}

/// What was piped in: a line for each flag, in the order in which the flags were typed.
struct Lines(Vec<(&'static str, Secret)>);

impl Lines {
    fn read(args: &CredentialArgs) -> Result<Self, Failure> {
        let wanted = [
            (KEY, args.api_key_stdin),
            (CLIENT_SECRET, args.client_secret_stdin),
            (REFRESH_TOKEN, args.refresh_token_stdin),
        ];
        let mut flags: Vec<&'static str> =
            wanted.into_iter().filter(|(_, is_given)| *is_given).map(|(flag, _)| flag).collect();
        if flags.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let typed: Vec<String> = std::env::args().collect();
        flags.sort_by_key(|flag| typed.iter().position(|word| word == flag));
        let mut text = String::new();
        std::io::stdin().lock().take(65_536).read_to_string(&mut text)?;
        let mut lines = text.lines();
        Ok(Self(
            flags.into_iter().map(|flag| (flag, Secret::new(lines.next().unwrap_or_default()))).collect(),
        ))
    }

    fn take(&mut self, flag: &str) -> Result<Option<Secret>, Failure> {
        let Some(place) = self.0.iter().position(|(known, _)| *known == flag) else { return Ok(None) };
        let (_, secret) = self.0.swap_remove(place);
        if secret.is_empty() {
            let what = if flag == KEY {
                "the API key is empty".to_owned()
            } else {
                format!("{flag}: the line is empty")
            };
            return Err(Failure::usage(what).hint("one line for each flag, in the order of the flags"));
        }
        Ok(Some(secret))
    }
}

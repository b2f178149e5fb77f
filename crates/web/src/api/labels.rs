//! `sources/{name}/labels`: what an account's own words are taken for, and `owners`: whose campaigns there are.

use std::collections::BTreeMap;

use atlas_model::{Platform, plain_label};
use atlas_store::{LabelLine, OwnerLine, Source, label_setting};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::body::Sent;
use super::caller::{Insider, Reader, Writer};
use super::problem::Problem;
use super::query::{At, Page};
use super::requests::Requested;
use super::sources::find;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(labels, change_labels)).routes(routes!(owners))
}

/// The words of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct Labels {
    /// `categories` of replies, or `dispositions` of calls.
    kind: &'static str,
    /// What they can be taken for.
    meanings: Vec<&'static str>,
    /// Those that the service told, the most frequent first.
    labels: Vec<LabelLine>,
}

/// What words shall be taken for; what is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LabelsToSet {
    /// By word; null for what its name says.
    labels: BTreeMap<String, Option<String>>,
}

/// What the account's own words (categories of replies, labels of calls) are taken for.
#[utoipa::path(get, path = "/sources/{name}/labels", tag = "sources", params(("name" = String, Path)), responses(
    (status = 200, body = Labels), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn labels(_: Insider, State(api): State<Api>, At(name): At<String>) -> Result<Json<Labels>, Problem> {
    let source = find(&api, &name).await?;
    Ok(Json(Labels {
        kind: label_setting(source.platform),
        meanings: meanings(source.platform).to_vec(),
        labels: api.store.labels(&source).await?,
    }))
}

/// Says what words are taken for. Everything kept is understood once more, in one step: until that replay is done, all
/// figures are those of before; what comes meanwhile is gone through by it, too.
#[utoipa::path(patch, path = "/sources/{name}/labels", tag = "sources", params(("name" = String, Path)), request_body = LabelsToSet,
    responses((status = 202, body = Requested), (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn change_labels(
    Writer(caller): Writer,
    State(api): State<Api>,
    At(name): At<String>,
    Sent(LabelsToSet { labels }): Sent<LabelsToSet>,
) -> Result<(StatusCode, Json<Requested>), Problem> {
    let mut source = find(&api, &name).await?;
    set(&mut source, labels).map_err(|why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let number = api.store.change_labels(&source, (&caller.name, api.clock.now())).await?;
    let request = api.store.request(source.id, number).await?;
    let request = request.ok_or_else(|| Problem::not_found("such request"))?;
    Ok((StatusCode::ACCEPTED, Json(request.into())))
}

/// Whose campaigns there are: what the filter `owner` takes.
#[utoipa::path(get, path = "/owners", tag = "reports", responses((status = 200, body = Page<OwnerLine>)))]
async fn owners(Reader(caller): Reader, State(api): State<Api>) -> Result<Json<Page<OwnerLine>>, Problem> {
    Ok(Json(Page::whole(api.store.owners(caller.client.as_deref()).await?, None)))
}

fn meanings(platform: Platform) -> &'static [&'static str] {
    let kind = atlas_model::setting(label_setting(platform)).map(|setting| setting.kind);
    match kind {
        Some(atlas_model::SettingKind::Map(words)) => words,
        _ => &[],
    }
}

/// The setting with what is asked for; it is text, in which a label is written without punctuation.
fn set(source: &mut Source, wanted: BTreeMap<String, Option<String>>) -> Result<(), String> {
    let key = label_setting(source.platform);
    let pairs = source.settings.pairs(key);
    let mut map: BTreeMap<String, String> =
        pairs.map(|(label, word)| (plain_label(label), word.to_owned())).collect();
    for (label, word) in wanted {
        let label = plain_label(&label);
        if label.is_empty() {
            return Err("a word has letters".to_owned());
        }
        match word {
            Some(word) => map.insert(label, word),
            None => map.remove(&label),
        };
    }
    let text: Vec<String> = map.into_iter().map(|(label, word)| format!("{label}={word}")).collect();
    source.settings.set(key, &text.join(", "))
}

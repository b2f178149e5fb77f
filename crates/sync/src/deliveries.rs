//! Kept deliveries, understood: what the projector and a replay have in common.

use atlas_store::{AccountWords, Incoming, Projected, Source};
use atlas_vendor::{Delivery, Heard, Known, hear};

use crate::error::Error;
use crate::plan::zone;

/// A reason is read by people.
const LONGEST_REASON: usize = 300;

/// What deliveries mean, each by itself.
pub fn project(source: &Source, words: AccountWords, kept: Vec<Incoming>) -> Result<Vec<Projected>, Error> {
    let zone = zone(&source.time_zone)?;
    let forgotten = words.forgotten;
    let categories = words.categories.into_iter();
    let known = Known {
        mailboxes: words.mailboxes.into_iter().collect(),
        categories: categories.map(|(id, name, sentiment)| (id, (name, sentiment))).collect(),
    };
    let projected = kept.into_iter().map(|mut kept| {
        let delivery = Delivery {
            event: kept.params.get("event").unwrap_or_default(),
            received_at: kept.received_at,
            zone: &zone,
            settings: &source.settings,
            known: &known,
        };
        let body = kept.body.take().ok_or("what was kept of it is damaged");
        let is_emptied = body.as_ref().is_ok_and(Vec::is_empty);
        let body = body.and_then(|body| serde_json::from_slice(&body).map_err(|_| "it is no JSON"));
        let is_about = |body: &serde_json::Value| {
            forgotten.as_ref().is_some_and(|people| people.is_about(source.id, body))
        };
        if is_emptied || body.as_ref().is_ok_and(is_about) {
            let remark = Some("about somebody who is forgotten".to_owned());
            let (rows, problems) = (Vec::new(), Vec::new());
            return Projected { delivery: kept, rows, problems, failure: None, remark, is_forgotten: true };
        }
        let heard = body.map_or_else(
            |reason| Heard { refused: vec![reason.to_owned()], ..Heard::default() },
            |body| hear(source.platform, &delivery, body),
        );
        let reason = |texts: &[String]| texts.join("; ").chars().take(LONGEST_REASON).collect::<String>();
        let failure = (!heard.refused.is_empty()).then(|| reason(&heard.refused));
        let remark = (!heard.kept_only.is_empty())
            .then(|| format!("kept, no row follows from it: {}", reason(&heard.kept_only)));
        Projected {
            delivery: kept,
            rows: heard.rows,
            problems: heard.problems,
            failure,
            remark,
            is_forgotten: false,
        }
    });
    Ok(projected.collect())
}

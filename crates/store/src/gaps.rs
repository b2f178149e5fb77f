//! Deliveries that are missing: events that a service tells when it is asked, and did not post, though it posted such
//! before. The window in which they are is asked for once; what cannot be had again is named.

use atlas_model::{Follow, GapCheck, Params, Problem, SourceId};
use jiff::{SignedDuration, Timestamp};

use crate::db::{DbRow, Tx};
use crate::error::Result;
use crate::problems::keep_problems;

/// A delivery may be tried again for a while before it counts as missing.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// So many windows of a campaign are named, the newest.
const NAMED: usize = 5;

/// A window in which deliveries are missing: from the last one before it to the first one after it, if there is one yet.
struct Gap {
    from: Timestamp,
    to: Option<Timestamp>,
    missing: usize,
}

/// Looks for missing deliveries of a campaign: what is to be asked, and how many windows there are.
pub(crate) async fn look(
    tx: &mut Tx,
    id: SourceId,
    endpoint: &str,
    check: &GapCheck,
    now: Timestamp,
) -> Result<(Vec<Follow>, usize)> {
    let gaps = find(tx, id, &check.campaign_id, now).await?;
    let mut follow = Vec::new();
    if let Some((call, [from_name, to_name])) = &check.ask {
        for gap in &gaps {
            if let Some((from, to)) = to_ask(tx, id, &check.campaign_id, gap, now).await? {
                let params = call.params.clone().with(from_name, iso(from)).with(to_name, iso(to));
                follow.push(Follow { params, ..call.clone() });
            }
        }
    }
    let problems: Vec<Problem> = gaps.iter().rev().take(NAMED).map(|gap| problem(check, gap)).collect();
    let about = Params::none().with("gaps_of", &check.campaign_id).to_text();
    keep_problems(tx, id, now, endpoint, &[(&about, &problems)]).await?;
    Ok((follow, problems.len()))
}

fn iso(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn problem(check: &GapCheck, gap: &Gap) -> Problem {
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
    let to = gap.to.map_or_else(|| "now".to_owned(), |to| format!("{} UTC", minute(to)));
    Problem {
        record: format!("campaign {}", check.campaign_id),
        path: format!("from {} UTC to {to}", minute(gap.from)),
        message: format!(
            "no webhooks for {} events, which are known from the service's lists alone; lost unless they are posted \
             again: {}",
            gap.missing, check.lost
        ),
    }
}

/// The windows, oldest first. Kinds of events that were never posted are not subscribed to, and not missing.
async fn find(tx: &mut Tx, id: SourceId, campaign_id: &str, now: Timestamp) -> Result<Vec<Gap>> {
    let of_campaign = "FROM email_activities WHERE source_id = $1 AND campaign_id = $2 \
                       AND event IN ('sent', 'replied') AND is_time_known IS NOT FALSE";
    let both = format!("SELECT COUNT(DISTINCT via) AS ways {of_campaign}");
    let ways = tx.fetch(&both, [id.into(), campaign_id.into()]).await?;
    if ways.first().map_or(Ok(0), |row| row.integer("ways"))? < 2 {
        return Ok(Vec::new());
    }
    // Each event that was not posted stands between the last one of its kind that was, and the next.
    let posted = |edge: &str, rows: &str| {
        format!(
            "{edge}(CASE WHEN via = 'webhook' THEN occurred_at END) OVER (PARTITION BY event \
             ORDER BY occurred_at, event_key ROWS {rows})"
        )
    };
    let sql = format!(
        "SELECT event, from_at, to_at, COUNT(*) AS missing FROM (SELECT event, via, occurred_at, {} AS from_at, \
         {} AS to_at {of_campaign}) AS w WHERE via <> 'webhook' AND from_at IS NOT NULL AND occurred_at < $3 \
         GROUP BY event, from_at, to_at ORDER BY from_at, event",
        posted("MAX", "UNBOUNDED PRECEDING"),
        posted("MIN", "BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"),
    );
    let rows = tx.fetch(&sql, [id.into(), campaign_id.into(), (now - PATIENCE).into()]).await?;
    let gap = |row: &DbRow| {
        let missing = usize::try_from(row.integer("missing")?).unwrap_or_default();
        Ok(Gap { from: row.time("from_at")?, to: row.maybe_time("to_at")?, missing })
    };
    let gaps = rows.iter().map(gap).collect::<Result<Vec<_>>>()?;
    let mut merged: Vec<Gap> = Vec::new();
    for gap in gaps {
        match merged.last_mut().filter(|last| last.to.is_none_or(|to| to >= gap.from)) {
            Some(last) => {
                last.missing += gap.missing;
                last.to = last.to.zip(gap.to).map(|(one, other)| one.max(other));
            }
            None => merged.push(gap),
        }
    }
    Ok(merged)
}

/// The part of a window that was not asked for yet, which is noted. One that is still open is asked for once, and the rest
/// of it when deliveries have come again.
async fn to_ask(
    tx: &mut Tx,
    id: SourceId,
    campaign_id: &str,
    gap: &Gap,
    now: Timestamp,
) -> Result<Option<(Timestamp, Timestamp)>> {
    let asked =
        "SELECT from_at, to_at FROM delivery_gaps WHERE source_id = $1 AND campaign_id = $2 ORDER BY from_at";
    let mut from = gap.from;
    let mut is_asked = false;
    for row in tx.fetch(asked, [id.into(), campaign_id.into()]).await? {
        let (start, end) = (row.time("from_at")?, row.time("to_at")?);
        if start <= from && end > from {
            from = end;
            is_asked = true;
        }
    }
    let to = match gap.to {
        Some(to) if from < to => to,
        None if !is_asked => now,
        _ => return Ok(None),
    };
    let sql = "INSERT INTO delivery_gaps (source_id, campaign_id, from_at, to_at, asked_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT DO NOTHING";
    tx.execute(sql, [id.into(), campaign_id.into(), from.into(), to.into(), now.into()]).await?;
    Ok(Some((from, to)))
}

//! What a campaign's figures say against one another: then what was read of it is not believed, and read once more.

use atlas_model::{Census, Mode, Problem, Row, SourceId, Tally, tables};
use jiff::civil::Date;

use crate::db::Tx;
use crate::error::Result;
use crate::write::write;

/// A campaign that began so many days ago or less has all its days within any window that is read.
const YOUNG_DAYS: i32 = 29;

/// Holds a campaign's days against its lifetime figures. What is wrong is told every time; what was read is thrown into
/// doubt once per hash and reason.
pub(crate) async fn of_campaign(tx: &mut Tx, id: SourceId, campaign_id: &str) -> Result<Option<Problem>> {
    let sql = "SELECT c.seen_hash, c.contradiction, c.total_sent, c.total_replied, c.total_bounced, c.started_at, \
               c.last_synced_at, CAST(c.days_read_to AS TEXT) AS days_read_to, COUNT(o.date) AS days, \
               CAST(SUM(CASE WHEN o.date < c.days_read_to THEN o.emails_sent END) AS BIGINT) AS sent, \
               CAST(SUM(CASE WHEN o.date < c.days_read_to THEN o.emails_replied END) AS BIGINT) AS replied, \
               CAST(SUM(CASE WHEN o.date < c.days_read_to THEN o.emails_bounced END) AS BIGINT) AS bounced \
               FROM campaigns AS c LEFT JOIN daily_observations AS o ON o.source_id = c.source_id \
               AND o.campaign_id = c.external_id AND o.witness = 'vendor' \
               WHERE c.source_id = $1 AND c.external_id = $2 GROUP BY c.seen_hash, c.contradiction, c.total_sent, \
               c.total_replied, c.total_bounced, c.started_at, c.last_synced_at, c.days_read_to";
    let rows = tx.fetch(sql, [id.into(), campaign_id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (Some(hash), Some(read_to)) = (row.maybe_text("seen_hash")?, row.maybe_text("days_read_to")?) else {
        return Ok(None);
    };
    let mut found = None;
    for (what, days, total) in [
        ("e-mails", "sent", "total_sent"),
        ("replies", "replied", "total_replied"),
        ("bounces", "bounced", "total_bounced"),
    ] {
        let (days, total) = (row.maybe_integer(days)?, row.maybe_integer(total)?);
        if let (Some(days), Some(total)) = (days, total)
            && days > total
        {
            found = Some((what, format!("its days hold {days} {what}, its lifetime figure is {total}")));
        }
    }
    let read_to: Option<Date> = read_to.parse().ok();
    let day = |name| {
        Ok::<_, crate::Error>(row.maybe_time(name)?.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date()))
    };
    if let (Some(read_to), Some(began), Some(read)) = (read_to, day("started_at")?, day("last_synced_at")?)
        && row.maybe_integer("total_sent")? > Some(0)
        && row.integer("days")? == 0
        && read_to >= read
        && read_to.since(began).is_ok_and(|age| age.get_days() <= YOUNG_DAYS)
    {
        found = Some(("no days", "it has sent, and no day of it is known".to_owned()));
    }
    let Some((reason, message)) = found else { return Ok(None) };
    let mark = format!("{reason}@{hash}");
    if row.maybe_text("contradiction")?.as_ref() != Some(&mark) {
        let doubt = "UPDATE campaigns SET metrics_hash = NULL, seen_hash = NULL, days_read_from = NULL, \
                     days_read_to = NULL, \
                     contradiction = $3 WHERE source_id = $1 AND external_id = $2";
        tx.execute(doubt, [id.into(), campaign_id.into(), mark.into()]).await?;
    }
    Ok(Some(Problem { record: format!("campaign {campaign_id}"), path: String::new(), message }))
}

/// Holds the rows of a stream against what the service counts. Where the stream is a campaign's leads, their
/// categories are counted too: a better source of positive replies than an estimate.
pub(crate) async fn of_stream(tx: &mut Tx, id: SourceId, census: &Census) -> Result<Option<Problem>> {
    let (column, value) = &census.within;
    let read_time = census.table.read_time().unwrap_or("source_id");
    let sql = format!(
        "SELECT COUNT(*) AS held FROM {} WHERE source_id = $1 AND {column} = $2 AND {read_time} >= $3",
        census.table.name
    );
    let rows = tx.fetch(&sql, [id.into(), value.as_str().into(), census.since.into()]).await?;
    let held = rows.first().map_or(Ok(0), |row| row.integer("held"))?;
    if *census.table == tables::ENROLLMENTS {
        count_positive(tx, id, value).await?;
    }
    Ok(census.total.filter(|total| *total != held).map(|total| Problem {
        record: format!("{column} {value}"),
        path: String::new(),
        message: format!(
            "the service counts {total} records and gave {held}; it is read again when it moves"
        ),
    }))
}

/// What is held may be more than the service counts (it counts later), never less. A call of which nothing is told but its
/// id counts where its session began.
pub(crate) async fn of_tally(tx: &mut Tx, id: SourceId, tally: &Tally) -> Result<Option<Problem>> {
    let sql = "SELECT COUNT(*) AS held FROM call_activities AS a LEFT JOIN call_sessions AS s \
               ON s.source_id = a.source_id AND s.external_id = a.session_id WHERE a.source_id = $1 \
               AND a.origin = 'call' AND a.caller_user_id = $2 AND COALESCE(s.started_at, a.started_at) >= $3 \
               AND COALESCE(s.started_at, a.started_at) < $4";
    let params = [id.into(), tally.caller_user_id.as_str().into(), tally.from.into(), tally.to.into()];
    let rows = tx.fetch(sql, params).await?;
    let held = rows.first().map_or(Ok(0), |row| row.integer("held"))?;
    Ok((held < tally.calls).then(|| Problem {
        record: tally.record.clone(),
        path: "calls".to_owned(),
        message: format!("the service says {} calls, {held} are here", tally.calls),
    }))
}

/// Above an estimate, below the service's own count.
const BY_LEADS: i64 = 2;
/// As much worth as an estimate.
const BY_DAYS: i64 = 1;

/// Counts the people of a campaign who are interested.
pub(crate) async fn count_positive(tx: &mut Tx, id: SourceId, campaign_id: &str) -> Result<()> {
    let sql = "SELECT COUNT(CASE WHEN is_interested THEN 1 END) AS positive, COUNT(category_id) AS categories, \
               COUNT(is_interested) AS known FROM enrollments WHERE source_id = $1 AND campaign_id = $2";
    let rows = tx.fetch(sql, [id.into(), campaign_id.into()]).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let (count, rank) = if row.integer("categories")? == 0 && row.integer("known")? == 0 {
        // No lead tells its category, so none being positive says nothing.
        let Some(count) = positive_by_days(tx, id, campaign_id).await? else { return Ok(()) };
        (count, BY_DAYS)
    } else {
        (row.integer("positive")?, BY_LEADS)
    };
    let count = Row::new(&tables::CAMPAIGNS, Mode::Amend)
        .with("external_id", campaign_id)
        .with("positive_replies", count)
        .with("positive_rank", rank);
    write(tx, id, vec![count], 1, None).await.map(drop)
}

/// What the service counts on the campaign's days, where they hold all that it ever sent, or had sent when they were over:
/// what runs has sent more today. Days may lack something but add nothing, so more than is known is adopted at once.
async fn positive_by_days(tx: &mut Tx, id: SourceId, campaign_id: &str) -> Result<Option<i64>> {
    let sql = "SELECT o.positive FROM (SELECT CAST(SUM(positive_replies) AS BIGINT) AS positive, \
               CAST(SUM(emails_sent) AS BIGINT) AS sent, MAX(date) AS last FROM daily_observations \
               WHERE source_id = $1 AND campaign_id = $2 AND witness = 'vendor') AS o \
               JOIN campaigns AS c ON c.source_id = $1 AND c.external_id = $2 \
               WHERE o.sent = c.total_sent OR (c.positive_rank = $3 AND o.positive > c.positive_replies) \
               OR o.sent = (SELECT MIN(r.first_sent) FROM lifetime_readings AS r WHERE r.source_id = $1 \
               AND r.campaign_id = $2 AND r.date > o.last)";
    let rows = tx.fetch(sql, [id.into(), campaign_id.into(), BY_DAYS.into()]).await?;
    rows.first().map_or(Ok(None), |row| row.maybe_integer("positive"))
}

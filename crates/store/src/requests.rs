//! What a person asked for and a process that runs by itself does: syncs, tests, replays.
//!
//! The API and `atlas sync` write requests here. A process with a scheduler takes the oldest of a source, when it has the
//! source's lease, and leaves the outcome. Of several processes one does it; that of a dead one is taken over.

use atlas_model::SourceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::calls::FailedCall;
use crate::db::{DbRow, Param, Store, Tx};
use crate::error::{Error, ErrorKind, Result};
use crate::leases::lease_end;
use crate::replay::Part;
use crate::serials::next;
use crate::sql::json as to_json;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Bring a source up to date.
    Sync {
        /// Ask for everything, changed or not.
        is_full: bool,
    },
    /// Ask each endpoint once.
    Test,
    /// Derive a source's tables again from its journal.
    Replay(Part),
}

/// Something that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// The source.
    pub source_id: SourceId,
    /// What is asked for.
    #[serde(skip)]
    pub wanted: Wanted,
    /// `sync`, `test` or `replay`.
    pub kind: String,
    /// When.
    pub requested_at: Timestamp,
    /// `waiting`, `running`, `done`; `withdrawn` when whoever asked did it without help.
    pub state: String,
    /// The process that does it.
    #[serde(skip)]
    pub holder: Option<String>,
    /// When that process counts as gone, unless it says that it lives.
    #[serde(skip)]
    pub lease_until: Option<Timestamp>,
    /// When it was done.
    pub ended_at: Option<Timestamp>,
    /// What it came to, when it is done: a [`SyncOutcome`], a [`TestOutcome`] or a [`ReplayOutcome`].
    pub outcome: Option<Value>,
}

/// What a sync of a source came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncOutcome {
    /// `done`, `time is up`, `quota`, `failed`, `key refused`, `sign-in refused`, `interrupted`.
    pub outcome: String,
    /// Why, where it is not done.
    pub reason: String,
    /// What a person should do.
    pub hint: String,
    /// What was done; nothing where it could not begin.
    #[serde(flatten)]
    pub figures: Option<SyncFigures>,
}

/// What a sync did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncFigures {
    /// Calls made, failed attempts among them.
    pub calls: u64,
    /// Rows that are new or differ now.
    pub rows_changed: u64,
    /// Rows that were the same already.
    pub rows_unchanged: u64,
    /// Values that could not be understood.
    pub problems: usize,
    /// Calls that were given up.
    pub failed_calls: Vec<FailedCall>,
    /// Calls that are left.
    pub pending: usize,
    /// What the quota has left for the month, if there is one.
    pub quota_left: Option<i64>,
}

/// What a test of a source came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestOutcome {
    /// Why nothing could be asked; none where it could.
    pub error: Option<String>,
    /// What each endpoint said.
    pub endpoints: Vec<TestedEndpoint>,
}

/// What an endpoint said to a test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestedEndpoint {
    /// Its name.
    pub endpoint: String,
    /// Its heading.
    pub title: String,
    /// `answers`, `route absent`, `refused`, `fails` or `not asked`.
    pub state: String,
    /// How many records it gave, or what it said instead.
    pub detail: String,
}

/// What a replay came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReplayOutcome {
    /// Why it did not happen; none where it did.
    pub error: Option<String>,
    /// Answers gone through, each as often as it was seen.
    pub answers: u64,
    /// Deliveries gone through.
    pub deliveries: u64,
    /// Rows that are new or differ now.
    pub rows_changed: u64,
    /// Rows that were the same already.
    pub rows_unchanged: u64,
    /// Values that could not be understood.
    pub problems: usize,
}

const COLUMNS: &str = "id, source_id, kind, CAST(options AS TEXT) AS options, requested_at, state, holder, lease_until, \
                       ended_at, CAST(outcome AS TEXT) AS outcome";

impl Store {
    /// "Sync now": asks that a source be brought up to date; the request's number, by which [`Store::request`] finds it.
    /// One that waits already stands for both. A sync that is under way is what was asked for, unless `is_full`. It takes
    /// a server or a worker: [`Store::living_tasks`] tells whether there is one.
    pub async fn request_sync(&self, id: SourceId, is_full: bool, now: Timestamp) -> Result<i64> {
        self.ask(id, Wanted::Sync { is_full }, now).await
    }

    /// "Test source": asks that each endpoint of a stored source be asked once. A sync that is under way waits meanwhile.
    pub async fn request_test(&self, id: SourceId, now: Timestamp) -> Result<i64> {
        self.ask(id, Wanted::Test, now).await
    }

    /// "Replay": asks that a source's tables be derived again from its journal.
    pub async fn request_replay(&self, id: SourceId, part: Part, now: Timestamp) -> Result<i64> {
        self.ask(id, Wanted::Replay(part), now).await
    }

    async fn ask(&self, id: SourceId, wanted: Wanted, now: Timestamp) -> Result<i64> {
        let mut tx = self.begin().await?;
        let number = ask(&mut tx, id, &wanted, now).await?;
        tx.commit().await?;
        Ok(number)
    }

    /// A request as it stands; none when there is none, or when it was done long ago.
    pub async fn request(&self, id: SourceId, number: i64) -> Result<Option<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE source_id = $1 AND id = $2");
        self.fetch(&sql, [id.into(), number.into()]).await?.first().map(request).transpose()
    }

    /// A source's requests, the newest first.
    pub async fn requests(&self, id: SourceId, limit: usize) -> Result<Vec<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE source_id = $1 ORDER BY id DESC LIMIT $2");
        self.fetch(&sql, [id.into(), limit.into()]).await?.iter().map(request).collect()
    }

    /// Every request that waits or is being done, in their order.
    pub async fn open_requests(&self) -> Result<Vec<Request>> {
        let sql = format!("SELECT {COLUMNS} FROM requests WHERE state IN ('waiting', 'running') ORDER BY id");
        self.fetch(&sql, []).await?.iter().map(request).collect()
    }

    /// Takes a request that waits, or whose process is gone; false when another one has it. For whoever has the source's
    /// lease.
    pub async fn claim_request(&self, request: &Request, holder: &str, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let former = request.holder.clone().unwrap_or_default();
        let sql = "UPDATE requests SET state = 'running', holder = $3, lease_until = $4 WHERE source_id = $1 AND id = $2 \
                   AND (state = 'waiting' OR (state = 'running' AND holder = $5)) RETURNING id";
        let params: [Param; 5] = [
            request.source_id.into(),
            request.id.into(),
            holder.into(),
            lease_end(now).into(),
            former.into(),
        ];
        let is_taken = !tx.fetch(sql, params).await?.is_empty();
        tx.commit().await?;
        Ok(is_taken)
    }

    /// Gives a request back that was not done to its end: another process goes on with it.
    pub async fn release_request(&self, request: &Request, holder: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = "UPDATE requests SET state = 'waiting', holder = NULL, lease_until = NULL \
                   WHERE source_id = $1 AND id = $2 AND holder = $3 AND state = 'running'";
        tx.execute(sql, [request.source_id.into(), request.id.into(), holder.into()]).await?;
        tx.commit().await
    }

    /// Leaves what a request came to.
    pub async fn finish_request(
        &self,
        request: &Request,
        holder: &str,
        outcome: &impl Serialize,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let which = "source_id = $1 AND holder = $4 AND state = 'running' AND id = $5";
        let params =
            [request.source_id.into(), text(outcome).into(), now.into(), holder.into(), request.id.into()];
        finish(&mut tx, which, params).await?;
        tx.commit().await
    }

    /// Leaves what a sync came to with everybody who asked for a sync of this source and still waits: it was theirs too.
    pub async fn finish_waiting_syncs(
        &self,
        id: SourceId,
        holder: &str,
        outcome: &SyncOutcome,
        now: Timestamp,
    ) -> Result<()> {
        let (kind, options) = Wanted::Sync { is_full: false }.to_columns();
        let mut tx = self.begin().await?;
        let take = "UPDATE requests SET state = 'running', holder = $2 WHERE source_id = $1 AND state = 'waiting' \
                    AND kind = $3 AND CAST(options AS TEXT) = $4 RETURNING id";
        let rows = tx.fetch(take, [id.into(), holder.into(), kind.into(), options.into()]).await?;
        for row in rows {
            let which = "source_id = $1 AND holder = $4 AND state = 'running' AND id = $5";
            let number = row.integer("id")?;
            let params = [id.into(), text(outcome).into(), now.into(), holder.into(), number.into()];
            finish(&mut tx, which, params).await?;
        }
        tx.commit().await
    }

    /// Takes a request back that nobody has begun with, or whose process is gone; false when it is being done or is done.
    pub async fn withdraw_request(&self, request: &Request, now: Timestamp) -> Result<bool> {
        let mut tx = self.begin().await?;
        let former = request.holder.clone().unwrap_or_default();
        let sql = "UPDATE requests SET state = 'withdrawn', ended_at = $3 WHERE source_id = $1 AND id = $2 \
                   AND (state = 'waiting' OR (state = 'running' AND holder = $4)) RETURNING id";
        let params = [request.source_id.into(), request.id.into(), now.into(), former.into()];
        let is_withdrawn = !tx.fetch(sql, params).await?.is_empty();
        tx.commit().await?;
        Ok(is_withdrawn)
    }

    /// Forgets requests that ended before an instant.
    pub async fn forget_requests(&self, before: Timestamp) -> Result<u64> {
        let mut tx = self.begin().await?;
        let forgotten = tx.execute("DELETE FROM requests WHERE ended_at < $1", [before.into()]).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// Asks for something, unless the same waits already; its number.
pub(crate) async fn ask(tx: &mut Tx, id: SourceId, wanted: &Wanted, now: Timestamp) -> Result<i64> {
    let (kind, options) = wanted.to_columns();
    // Taken first, so that two who ask the same at once come one after the other.
    let serial = next(tx, "requests").await?;
    let same = format!(
        "SELECT {COLUMNS} FROM requests WHERE source_id = $1 AND kind = $2 AND state = 'waiting' ORDER BY id"
    );
    let waiting = tx.fetch(&same, [id.into(), kind.into()]).await?;
    let waiting = waiting.iter().map(request).collect::<Result<Vec<_>>>()?;
    if let Some(same) = waiting.iter().find(|request| request.wanted == *wanted) {
        return Ok(same.id);
    }
    let sql = format!(
        "INSERT INTO requests (source_id, id, kind, options, requested_at, state) \
         SELECT $1, $2, $3, {}, $5, 'waiting' FROM data_sources WHERE id = $1",
        to_json(tx.flavour(), "$4"),
    );
    let params: [Param; 5] = [id.into(), serial.into(), kind.into(), options.into(), now.into()];
    if tx.execute(&sql, params).await? == 0 {
        return Err(gone());
    }
    Ok(serial)
}

impl Request {
    /// Whether nobody is at it: it waits, or the process that was at it is gone.
    pub fn is_free(&self, now: Timestamp, is_dead: impl Fn(&str) -> bool) -> bool {
        let holder = self.holder.as_deref().unwrap_or_default();
        self.state == "waiting"
            || (self.state == "running" && (self.lease_until.is_none_or(|end| end <= now) || is_dead(holder)))
    }
}

impl Wanted {
    fn to_columns(self) -> (&'static str, String) {
        match self {
            Self::Sync { is_full: false } => ("sync", "{}".to_owned()),
            Self::Sync { is_full: true } => ("sync", r#"{"is_full":true}"#.to_owned()),
            Self::Test => ("test", "{}".to_owned()),
            Self::Replay(Part { since, is_failed_only }) => {
                ("replay", json!({"since": since, "is_failed_only": is_failed_only}).to_string())
            }
        }
    }

    fn from_columns(kind: &str, options: &Value) -> Option<Self> {
        let is_on = |name: &str| options[name].as_bool().unwrap_or_default();
        Some(match kind {
            "sync" => Self::Sync { is_full: is_on("is_full") },
            "test" => Self::Test,
            "replay" => {
                let since = options["since"].as_str().and_then(|since| since.parse().ok());
                Self::Replay(Part { since, is_failed_only: is_on("is_failed_only") })
            }
            _ => return None,
        })
    }
}

async fn finish(tx: &mut Tx, which: &str, params: [Param; 5]) -> Result<u64> {
    let sql = format!(
        "UPDATE requests SET state = 'done', outcome = {}, ended_at = $3, lease_until = NULL WHERE {which}",
        to_json(tx.flavour(), "$2"),
    );
    tx.execute(&sql, params).await
}

fn request(row: &DbRow) -> Result<Request> {
    let kind = row.text("kind")?;
    let options = serde_json::from_str(&row.text("options")?).unwrap_or_default();
    let wanted = Wanted::from_columns(&kind, &options).ok_or_else(|| {
        Error::new(ErrorKind::Newer, format!("somebody asked for '{kind}', which this Atlas cannot do"), "")
    })?;
    let outcome = row.maybe_text("outcome")?;
    Ok(Request {
        id: row.integer("id")?,
        source_id: row.integer("source_id")?,
        wanted,
        kind,
        requested_at: row.time("requested_at")?,
        state: row.text("state")?,
        holder: row.maybe_text("holder")?,
        lease_until: row.maybe_time("lease_until")?,
        ended_at: row.maybe_time("ended_at")?,
        outcome: outcome.and_then(|outcome| serde_json::from_str(&outcome).ok()),
    })
}

fn text(outcome: &impl Serialize) -> String {
    serde_json::to_string(outcome).unwrap_or_default()
}

fn gone() -> Error {
    Error::new(ErrorKind::Other, "the source is gone", "")
}

//! Whether the database is sound: the file, the references, the journal's bodies, what is derived.

use atlas_model::{Rule, tables};
use futures_util::TryStreamExt;

use crate::catalogue::own_tables;
use crate::db::{Flavour, Store, Tx};
use crate::error::Result;
use crate::journal::is_intact;
use crate::rollups;
use crate::sql::derived;

/// So many cases of one fault are named.
const NAMED: usize = 3;

/// What one check came to.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// Whether it is as it must be.
    pub is_sound: bool,
    /// What was seen.
    pub detail: String,
    /// What a person should do; empty when it is sound.
    pub hint: &'static str,
}

/// What a table takes.
#[derive(Debug, serde::Serialize)]
pub struct Size {
    /// The table.
    pub table: String,
    /// Its rows.
    pub rows: i64,
    /// Disk, its indexes included.
    pub bytes: i64,
}

const SIZES_ON_SQLITE: &str = "SELECT m.tbl_name AS name, SUM(d.pgsize) AS bytes FROM dbstat AS d \
     JOIN sqlite_master AS m ON m.name = d.name WHERE d.aggregate = TRUE GROUP BY m.tbl_name ORDER BY 2 DESC, 1";

const SIZES_ON_POSTGRES: &str = "SELECT CAST(c.relname AS TEXT) AS name, pg_total_relation_size(c.oid) AS bytes \
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relkind = 'r' ORDER BY 2 DESC, 1";

const RESTORE: &str =
    "keep a copy of the database, then put a backup in its place: atlas db restore FILE --replace";

impl Store {
    /// Looks at one moment of the database. Told are the answers read and those in all.
    pub async fn check(&self, tell: &dyn Fn(u64, u64)) -> Result<Vec<Finding>> {
        let mut tx = self.snapshot().await?;
        let mut findings = Vec::new();
        if self.flavour() == Flavour::Sqlite {
            let wrong = damage(&mut tx).await;
            findings.push(finding("file and references", wrong, "nothing is damaged", RESTORE));
        }
        let read = journal(&mut tx, tell).await;
        let whole =
            read.as_ref().map_or(String::new(), |(read, _)| format!("{read} answers are as they were kept"));
        findings.push(finding("journal", read.map(|(_, wrong)| wrong), &whole, RESTORE));
        let wrong = derived_columns(&mut tx).await;
        let hint = "atlas sync --full works them out again";
        findings.push(finding("derived figures", wrong, "all follow from their operands", hint));
        let wrong = rollups::differences(&mut tx).await;
        let hint = "atlas replay adds them up again";
        findings.push(finding("added-up figures", wrong, "all are what their rows add up to", hint));
        Ok(findings)
    }

    /// What Atlas's tables take, the largest first; empty ones are left out.
    pub async fn sizes(&self) -> Result<Vec<Size>> {
        let sql = match self.flavour() {
            Flavour::Sqlite => SIZES_ON_SQLITE,
            Flavour::Postgres => SIZES_ON_POSTGRES,
        };
        let own = own_tables().await?;
        let mut sizes = Vec::new();
        for row in self.fetch(sql, []).await? {
            let table = row.text("name")?;
            if !own.iter().any(|own| own.name == table) {
                continue;
            }
            let rows = self.fetch(&format!("SELECT COUNT(*) AS rows FROM {table}"), []).await?;
            let rows = rows.first().map(|row| row.integer("rows")).transpose()?.unwrap_or_default();
            if rows > 0 {
                sizes.push(Size { table, rows, bytes: row.integer("bytes")? });
            }
        }
        Ok(sizes)
    }
}

/// A database that cannot even be read is a finding too.
fn finding(check: &'static str, wrong: Result<Vec<String>>, sound: &str, hint: &'static str) -> Finding {
    let wrong = wrong.unwrap_or_else(|error| vec![error.message]);
    if wrong.is_empty() {
        return Finding { check, is_sound: true, detail: sound.to_owned(), hint: "" };
    }
    let mut detail = wrong.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if wrong.len() > NAMED {
        detail.push_str(&format!("; and {} more", wrong.len() - NAMED));
    }
    Finding { check, is_sound: false, detail, hint }
}

/// What SQLite itself finds wrong with its file.
pub(crate) async fn damage(tx: &mut Tx) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for row in tx.fetch("SELECT integrity_check AS said FROM pragma_integrity_check", []).await? {
        let said = row.text("said")?;
        if said != "ok" {
            wrong.push(said.trim_start_matches("*** in database main ***\n").replace('\n', "; "));
        }
    }
    let dangling = "SELECT \"table\" AS child, parent, COUNT(*) AS rows FROM pragma_foreign_key_check \
                    GROUP BY 1, 2 ORDER BY 1, 2";
    for row in tx.fetch(dangling, []).await? {
        let (child, parent, rows) = (row.text("child")?, row.text("parent")?, row.integer("rows")?);
        wrong.push(format!("{rows} rows of {child} refer to rows of {parent} that are not there"));
    }
    Ok(wrong)
}

/// How many answers there are, and which are not as they were kept.
async fn journal(tx: &mut Tx, tell: &dyn Fn(u64, u64)) -> Result<(u64, Vec<String>)> {
    let rows = tx.fetch("SELECT COUNT(*) AS rows FROM journal", []).await?;
    let total = rows.first().map(|row| row.integer("rows")).transpose()?;
    let total = total.and_then(|total| u64::try_from(total).ok()).unwrap_or_default();
    let (mut read, mut wrong) = (0, Vec::new());
    let mut rows = tx.stream("SELECT source_id, id, endpoint, hash, body FROM journal")?;
    while let Some(row) = rows.try_next().await? {
        let (body, hash) = (row.maybe_bytes("body")?.unwrap_or_default(), row.text("hash")?);
        let is_forgotten = body.is_empty() && hash.is_empty();
        if !is_forgotten && !is_intact(&body, &hash) {
            let (source, id) = (row.integer("source_id")?, row.integer("id")?);
            wrong.push(format!("answer {id} of source {source} ({}) is damaged", row.text("endpoint")?));
        }
        read += 1;
        tell(read, total);
    }
    Ok((read, wrong))
}

async fn derived_columns(tx: &mut Tx) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for table in tables::ALL {
        for column in table.columns {
            let Rule::Derived(rule) = column.rule else { continue };
            let must_be = derived(rule, &str::to_owned);
            let (table, column) = (table.name, column.name);
            let sql =
                format!("SELECT COUNT(*) AS rows FROM {table} WHERE {column} IS DISTINCT FROM {must_be}");
            let rows = tx.fetch(&sql, []).await?;
            let count = rows.first().map(|row| row.integer("rows")).transpose()?.unwrap_or_default();
            if count > 0 {
                wrong.push(format!("{table}.{column} does not follow from its operands in {count} rows"));
            }
        }
    }
    Ok(wrong)
}

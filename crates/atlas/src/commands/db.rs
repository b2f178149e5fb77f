//! `atlas db`: the database itself: its schema, whether it is sound, backups, moves.

use std::path::Path;

use atlas_store::{Copied, ErrorKind, Flavour, Onto, Size};
use serde_json::{Value, json};

use crate::cli::DbCommand;
use crate::exit::{Exit, Failure};
use crate::printer::count;
use crate::progress::Work;
use crate::workspace::{Workspace, make_data_dir, masked, open_store};

/// The key is the one thing that a database does not hold.
const KEY_NOTE: &str = "stored credentials are sealed with a key that is not part of the database: use the same \
                        ATLAS_SECRET_KEY or ATLAS_SECRET_KEY_FILE with it (atlas config shows which)";

pub(crate) async fn run(command: DbCommand, workspace: &Workspace) -> Result<Exit, Failure> {
    match command {
        DbCommand::Migrate(args) => migrate(args.json, workspace).await,
        DbCommand::Check(args) => check(args.json, workspace).await,
        DbCommand::Backup { file, json } => backup(&file, json, workspace).await,
        DbCommand::Restore { file, replace, json } => restore(&file, replace, json, workspace).await,
        DbCommand::Copy { to, json } => copy(&to, json, workspace).await,
        DbCommand::GrantReadonly { role } => grant_readonly(&role, workspace).await,
    }
}

/// Opening the workspace has brought the schema up to date already.
async fn migrate(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let (schema, server) = (workspace.store.schema_version().await?, workspace.store.version().await?);
    let url = masked(workspace.settings.text("database"));
    if is_json {
        workspace.printer.json(&json!({"schema": schema, "server": server, "database": url}));
    } else {
        workspace.printer.line(format!("the schema is up to date, at version {schema}: {url} ({server})"));
    }
    Ok(Exit::Done)
}

async fn grant_readonly(role: &str, workspace: &Workspace) -> Result<Exit, Failure> {
    if workspace.store.flavour() == Flavour::Sqlite {
        return Err(Failure::usage("a SQLite file has no roles: whoever can read the file can read all of it")
            .hint("open it read-only, as sqlite:///path/atlas.db?mode=ro, or copy it to PostgreSQL: atlas db copy --to URL"));
    }
    let is_new = workspace.store.grant_readonly(role).await?;
    let made = if is_new { "was made and" } else { "was there and" };
    workspace.printer.line(format!("the role {role} {made} may read the views report_*, and nothing else"));
    workspace.printer.note(format!(
        "a login for a BI tool, in psql: CREATE USER grafana PASSWORD '…' IN ROLE {role}; a new version of Atlas keeps the \
         right. What each column means is in the view report_glossary"
    ));
    Ok(Exit::Done)
}

async fn check(is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let work = Work::new("reading the journal", workspace.printer, workspace.clock);
    let findings = workspace.store.check(&|done, total| work.tell(done, total)).await?;
    drop(work);
    // A damaged file may not even tell its sizes; that it is damaged is said already.
    let sizes = workspace.store.sizes().await.unwrap_or_default();
    let mebibytes = |size: &Size| format!("{} {:.1} MiB", size.table, size.bytes as f64 / f64::from(1 << 20));
    let largest = sizes.iter().take(4).map(mebibytes).collect::<Vec<_>>().join(", ");
    if is_json {
        let lines = findings.iter().map(|finding| {
            json!({"check": finding.check, "ok": finding.is_sound, "detail": finding.detail, "hint": finding.hint})
        });
        let size = json!({"check": "size", "ok": true, "detail": largest, "hint": "", "tables": sizes});
        workspace.printer.json(&lines.chain([size]).collect::<Vec<_>>());
    } else {
        for finding in &findings {
            let mark = if finding.is_sound { "ok  " } else { "FAIL" };
            workspace.printer.line(format!("{mark}  {:<20} {}", finding.check, finding.detail));
            if !finding.hint.is_empty() {
                workspace.printer.line(format!("      hint: {}", finding.hint));
            }
        }
        workspace.printer.line(format!("      {:<20} {largest}", "largest tables"));
    }
    Ok(if findings.iter().all(|finding| finding.is_sound) { Exit::Done } else { Exit::Error })
}

async fn backup(file: &Path, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let at = workspace.clock.now();
    let work = Work::new("copying rows", workspace.printer, workspace.clock);
    let kept = workspace.store.backup(file, &|done, total| work.tell(done, total)).await?;
    drop(work);
    if is_json {
        workspace.printer.json(&json!({"file": file, "bytes": kept.bytes, "at": at}));
    } else {
        let bytes = count(i64::try_from(kept.bytes).ok());
        let when = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        workspace.printer.line(format!("{}: {bytes} bytes, as of {when}", file.display()));
    }
    note_left_out(&kept.left_out, workspace);
    workspace.printer.note(KEY_NOTE);
    Ok(Exit::Done)
}

async fn restore(
    file: &Path,
    is_replacing: bool,
    is_json: bool,
    workspace: &Workspace,
) -> Result<Exit, Failure> {
    make_data_dir(&workspace.settings.data_dir())?;
    let scratch = workspace.settings.data_dir().join(format!("restore-{}.part", std::process::id()));
    let onto = if is_replacing {
        Onto::Anything { now: workspace.clock.now(), is_dead: &atlas_sync::is_dead }
    } else {
        Onto::Empty
    };
    let work = Work::new("copying rows", workspace.printer, workspace.clock);
    let copied = workspace.store.restore(file, &scratch, onto, &|done, total| work.tell(done, total)).await;
    drop(work);
    let copied = copied.map_err(|error| match error.kind {
        ErrorKind::NotEmpty => Failure::from(error)
            .hint("--replace puts the backup in its place; or name an empty database with --database"),
        _ => error.into(),
    })?;
    print(&copied, json!({"file": file, "kept": copied.kept}), is_json, workspace);
    if let Some(kept) = &copied.kept {
        workspace.printer.note(format!("what was there before is kept in {}", kept.display()));
    }
    workspace.printer.note(KEY_NOTE);
    Ok(Exit::Done)
}

async fn copy(to: &str, is_json: bool, workspace: &Workspace) -> Result<Exit, Failure> {
    let target = open_store(to).await?;
    let work = Work::new("copying rows", workspace.printer, workspace.clock);
    let copied = workspace.store.copy_to(&target, Onto::Empty, &|done, total| work.tell(done, total)).await;
    drop(work);
    target.close().await;
    let copied = copied.map_err(|error| match error.kind {
        ErrorKind::NotEmpty => Failure::from(error).hint(
            "name a database without data: a new file as sqlite:///path/new.db, or one made with createdb",
        ),
        _ => error.into(),
    })?;
    print(&copied, json!({"to": masked(to)}), is_json, workspace);
    workspace.printer.note(KEY_NOTE);
    Ok(Exit::Done)
}

/// Each table with its rows; `more` goes into the JSON document.
fn print(copied: &Copied, mut more: Value, is_json: bool, workspace: &Workspace) {
    if is_json {
        let table = |(name, rows): &(String, u64)| json!({"table": name, "rows": rows});
        more["tables"] = copied.tables.iter().map(table).collect();
        more["left_out"] = json!(copied.left_out);
        workspace.printer.json(&more);
    } else {
        let row = |(name, rows): &(String, u64)| vec![name.clone(), count(i64::try_from(*rows).ok())];
        workspace.printer.table(&["Table", "Rows"], &[1], copied.tables.iter().map(row).collect());
    }
    note_left_out(&copied.left_out, workspace);
}

fn note_left_out(left_out: &[String], workspace: &Workspace) {
    if !left_out.is_empty() {
        workspace.printer.note(format!("not Atlas's, and not copied: {}", left_out.join(", ")));
    }
}

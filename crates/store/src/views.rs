//! The views `report_*`: made from the registry of metrics, so that a figure has one name, one formula, one text.

use std::fmt::Write;

use atlas_model::{Unit, sha256};

use crate::db::{DbRow, Flavour, Store, Tx};
use crate::error::Result;
use crate::report::view::{Column, View};
use crate::report::views::all;

/// What the columns of all views mean, a row a column.
pub(crate) const GLOSSARY: &str = "report_glossary";

/// Its own columns.
const OF_GLOSSARY: [(&str, &str); 8] = [
    ("view_name", "The view."),
    ("column_name", "Its column."),
    ("title", "What people call the figure; empty where the column is none."),
    ("unit", "count, rate (0 to 1) or seconds; empty where the column is no figure."),
    ("formula", "How the figure comes about."),
    ("numerator", "The column that holds what stands above in a rate."),
    ("denominator", "The column that holds what stands below."),
    ("about", "What the column holds."),
];

/// The view of what all columns mean.
fn glossary(views: &[View]) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut rows = Vec::new();
    for (view, column) in views.iter().flat_map(|view| view.columns.iter().map(move |column| (view, column)))
    {
        let metric = column.metric;
        let is_rate = metric.is_some_and(|metric| metric.name == column.name && metric.ratio.is_some());
        let part = |of: &dyn Fn(&str) -> String, place: usize| {
            metric
                .and_then(|metric| metric.ratio)
                .filter(|_| is_rate)
                .map_or("CAST(NULL AS TEXT)".to_owned(), |ratio| of([ratio.0, ratio.1][place]))
        };
        let told = |text: Option<&str>| text.map_or("CAST(NULL AS TEXT)".to_owned(), quoted);
        let unit = metric.map(|metric| match metric.unit {
            Unit::Rate if is_rate => "rate",
            Unit::Seconds if metric.ratio.is_none() || is_rate => "seconds",
            _ => "count",
        });
        rows.push(format!(
            "({}, {}, {}, {}, {}, {}, {}, {})",
            quoted(view.name),
            quoted(&column.name),
            told(metric.map(|metric| metric.title)),
            told(unit),
            told(metric.map(|metric| metric.formula)),
            part(&|name| quoted(&format!("{}_numerator", metric.map_or(name, |metric| metric.name))), 0),
            part(&|name| quoted(&format!("{}_denominator", metric.map_or(name, |metric| metric.name))), 1),
            quoted(&column.about),
        ));
    }
    format!(
        "CREATE VIEW {GLOSSARY} ({}) AS VALUES {}",
        OF_GLOSSARY.map(|(name, _)| name).join(", "),
        rows.join(", ")
    )
}

/// Every statement that makes the views, those first that others are made of.
fn statements(flavour: Flavour) -> Vec<String> {
    let views = all();
    let mut all: Vec<String> = views.iter().map(View::text).collect();
    all.push(glossary(&views));
    if flavour == Flavour::Postgres {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        for view in &views {
            all.push(format!("COMMENT ON VIEW {} IS {}", view.name, quoted(view.about)));
            for Column { name, about, metric, .. } in &view.columns {
                let mut text = about.clone();
                if let Some(metric) = metric.filter(|metric| metric.name == name) {
                    let _ = write!(text, " Formula: {}.", metric.formula);
                }
                all.push(format!("COMMENT ON COLUMN {}.{name} IS {}", view.name, quoted(&text)));
            }
        }
        all.push(format!("COMMENT ON VIEW {GLOSSARY} IS 'What each column of the views means.'"));
        for (name, about) in OF_GLOSSARY {
            all.push(format!("COMMENT ON COLUMN {GLOSSARY}.{name} IS {}", quoted(about)));
        }
    }
    all
}

/// Every view with its text, the newest first: those on which others are made come last.
const VIEWS_ON_SQLITE: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid DESC";

const VIEWS_ON_POSTGRES: &str = "SELECT CAST(c.relname AS TEXT) AS name, \
     'CREATE VIEW ' || quote_ident(c.relname) || ' AS ' || pg_get_viewdef(c.oid) AS sql FROM pg_class AS c \
     WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind = 'v' AND (c.relname LIKE 'report\\_%' \
     OR EXISTS (SELECT 1 FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid \
      JOIN pg_class AS v ON v.oid = d.refobjid WHERE r.ev_class = c.oid AND d.refclassid = CAST('pg_class' AS regclass) \
      AND v.oid <> c.oid AND v.relkind = 'v' AND v.relname LIKE 'report\\_%')) ORDER BY c.oid DESC";

const READERS: &str = "SELECT DISTINCT CAST(grantee AS TEXT) AS name FROM information_schema.role_table_grants \
     WHERE table_schema = current_schema() AND table_name LIKE 'report\\_%' AND privilege_type = 'SELECT' \
     AND grantee <> current_user";

/// A role's or a view's name as a statement takes it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Lets a role read all views, and nothing else.
async fn let_read(tx: &mut Tx, role: &str) -> Result<()> {
    for view in all().iter().map(|view| view.name).chain([GLOSSARY]) {
        tx.execute(&format!("GRANT SELECT ON {view} TO {}", identifier(role)), []).await?;
    }
    Ok(())
}

impl Store {
    /// Makes a role (a group, without a password) that may read the views and nothing else; one that is there already is
    /// given that right. PostgreSQL alone has roles. Whether it was made.
    pub async fn grant_readonly(&self, role: &str) -> Result<bool> {
        let mut tx = self.begin().await?;
        let known = "SELECT 1 AS known FROM pg_roles WHERE rolname = $1";
        let is_new = tx.fetch(known, [role.into()]).await?.is_empty();
        if is_new {
            tx.execute(&format!("CREATE ROLE {} NOLOGIN", identifier(role)), []).await?;
        }
        let schema = tx.fetch("SELECT CAST(current_schema() AS TEXT) AS name", []).await?;
        let schema = schema.first().map(|row| row.text("name")).transpose()?.unwrap_or_default();
        let usage = format!("GRANT USAGE ON SCHEMA {} TO {}", identifier(&schema), identifier(role));
        tx.execute(&usage, []).await?;
        let_read(&mut tx, role).await?;
        tx.commit().await?;
        Ok(is_new)
    }

    /// Makes the views anew where they are not those of this program and this schema.
    pub(crate) async fn make_views(&self) -> Result<()> {
        let statements = statements(self.flavour());
        let text = format!("{} {}", self.schema_version().await?, statements.join(";\n"));
        let wanted = i64::from_str_radix(&sha256(text.as_bytes())[..15], 16).unwrap_or_default();
        let stored = "SELECT last FROM serials WHERE name = 'views'";
        let is_made = |rows: Vec<DbRow>| rows.first().map(|row| row.integer("last")).transpose();
        if is_made(self.fetch(stored, []).await?)? == Some(wanted) {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        // Two processes may start on a new program at once: the later one waits here, and finds the work done.
        tx.execute("UPDATE serials SET last = last WHERE name = 'views'", []).await?;
        if is_made(tx.fetch(stored, []).await?)? == Some(wanted) {
            return Ok(());
        }
        let readers = replace(&mut tx, &statements).await?;
        for reader in readers {
            let_read(&mut tx, &reader).await?;
        }
        tx.execute("UPDATE serials SET last = $1 WHERE name = 'views'", [wanted.into()]).await?;
        tx.commit().await
    }
}

/// Puts these views in the place of those that are there, and leaves as they were those that somebody else made, on top of
/// ours or beside them; who else could read ours, and shall read these.
async fn replace(tx: &mut Tx, statements: &[String]) -> Result<Vec<String>> {
    let (views, readers) = match tx.flavour() {
        Flavour::Sqlite => (VIEWS_ON_SQLITE, Vec::new()),
        Flavour::Postgres => (VIEWS_ON_POSTGRES, tx.fetch(READERS, []).await?),
    };
    let ours = all();
    let mut others = Vec::new();
    for view in tx.fetch(views, []).await? {
        let name = view.text("name")?;
        let is_ours = name == GLOSSARY || ours.iter().any(|view| view.name == name);
        if !is_ours {
            others.push(view.text("sql")?);
        }
        // SQLite looks at what a view is made of only when it is read.
        if is_ours || tx.flavour() == Flavour::Postgres {
            tx.execute(&format!("DROP VIEW {}", identifier(&name)), []).await?;
        }
    }
    for statement in statements {
        tx.execute(statement, []).await?;
    }
    if tx.flavour() == Flavour::Postgres {
        for text in others.iter().rev() {
            tx.execute(text, []).await?;
        }
    }
    readers.iter().map(|row| row.text("name")).collect()
}

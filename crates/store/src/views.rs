//! The views `report_*`: made from the registry of metrics, so that a figure has one name, one formula, one text.

use std::fmt::Write;

use atlas_model::{Kind, Metric, Unit, counts, rates, sha256};

use crate::db::{DbRow, Flavour, Store, Tx};
use crate::error::Result;
use crate::report::views::all;

/// A view.
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) columns: Vec<Column>,
    /// What it is read from: everything from `FROM` on.
    pub(crate) from: String,
}

/// A column of a view.
pub(crate) struct Column {
    pub(crate) name: String,
    sql: String,
    about: String,
    /// What is said of it in the registry, if it is a figure, or a part of one.
    metric: Option<&'static Metric>,
}

impl View {
    pub(crate) fn new(name: &'static str, about: &'static str, from: impl Into<String>) -> Self {
        Self { name, about, columns: Vec::new(), from: from.into() }
    }

    /// Columns: the name, what it is, what is said of it.
    pub(crate) fn with(mut self, columns: &[(&str, &str, &str)]) -> Self {
        self.columns.extend(columns.iter().map(|(name, sql, about)| Column {
            name: (*name).to_owned(),
            sql: (*sql).to_owned(),
            about: (*about).to_owned(),
            metric: None,
        }));
        self
    }

    /// The sums of a registry, without its rates.
    pub(crate) fn with_counts<'a>(
        mut self,
        metrics: &'static [Metric],
        sql_of: &dyn Fn(&str) -> &'a str,
    ) -> Self {
        self.columns.extend(counts(metrics).map(|metric| Column {
            name: metric.name.to_owned(),
            sql: sql_of(metric.name).to_owned(),
            about: metric.about.to_owned(),
            metric: Some(metric),
        }));
        self
    }

    /// The figures of a registry that have such columns, in its order: `name_of` says what a metric is called here, if it
    /// is there at all; `sql_of` where a sum stands. Beside each rate stand its parts: summed over what knows both.
    pub(crate) fn with_figures(
        mut self,
        metrics: &'static [Metric],
        name_of: &dyn Fn(&'static Metric) -> Option<&'static str>,
        sql_of: &dyn Fn(&str) -> String,
    ) -> Self {
        let place = |name: &str| metrics.iter().find(|metric| metric.name == name).and_then(name_of);
        for metric in metrics {
            let mut add = |name: String, sql: String, about: String| {
                self.columns.push(Column { name, sql, about, metric: Some(metric) });
            };
            let Some((above, below)) = metric.ratio else {
                if let Some(name) = name_of(metric) {
                    add(name.to_owned(), sql_of(name), metric.about.to_owned());
                }
                continue;
            };
            if let Some((above, below)) = place(above).zip(place(below)) {
                let (top, bottom) = (sql_of(above), sql_of(below));
                let rate =
                    format!("CASE WHEN {bottom} > 0 THEN CAST({top} AS DOUBLE PRECISION) / {bottom} END");
                add(metric.name.to_owned(), rate, metric.about.to_owned());
                for (part, of, sql, other) in
                    [("numerator", above, &top, &bottom), ("denominator", below, &bottom, &top)]
                {
                    let told = format!("CASE WHEN {other} IS NOT NULL THEN {sql} END");
                    add(format!("{}_{part}", metric.name), told, format!("{of}, where both are known."));
                }
            }
        }
        self
    }

    /// The same of groups: sums, each beside how many know it, and rates of sums.
    pub(crate) fn with_sums(mut self, metrics: &'static [Metric], of: &str) -> Self {
        for metric in counts(metrics) {
            let name = metric.name;
            for (name, sql, about) in [
                (name.to_owned(), format!("CAST(SUM({name}) AS BIGINT)"), metric.about.to_owned()),
                (format!("{name}_known"), format!("COUNT({name})"), format!("{of} that know it.")),
            ] {
                self.columns.push(Column { name, sql, about, metric: Some(metric) });
            }
        }
        for (metric, above, below) in rates(metrics) {
            let parts = [("numerator", above), ("denominator", below)].map(|(part, of)| {
                let name = format!("{}_{part}", metric.name);
                let sql = format!("CAST(SUM({name}) AS BIGINT)");
                Column {
                    name,
                    sql,
                    about: format!("{of}, summed where both are known."),
                    metric: Some(metric),
                }
            });
            let [top, bottom] = [&parts[0].sql, &parts[1].sql];
            let sql = format!("CASE WHEN {bottom} > 0 THEN CAST({top} AS DOUBLE PRECISION) / {bottom} END");
            let about = metric.about.to_owned();
            self.columns.push(Column { name: metric.name.to_owned(), sql, about, metric: Some(metric) });
            self.columns.extend(parts);
        }
        self
    }

    /// The same of stored sums `of` days, under the names of a day's figures.
    pub(crate) fn with_told(mut self, metrics: &'static [Metric], of: &str, rows: &str) -> Self {
        for metric in metrics {
            let mut add = |name: &str, sql: String, about: String| {
                self.columns.push(Column { name: name.to_owned(), sql, about, metric: Some(metric) });
            };
            let name = metric.day.unwrap_or(metric.name);
            let Some((above, below)) = metric.ratio else {
                let known = format!("{name}_known");
                add(name, if_known(of, name, name), metric.about.to_owned());
                add(&known, format!("COALESCE({of}.{known}, 0)"), format!("{rows} that know it."));
                continue;
            };
            let rate = format!("CAST({of}.{name}_numerator AS DOUBLE PRECISION) / {of}.{name}_denominator");
            let rate = format!("CASE WHEN {of}.{name}_denominator > 0 THEN COALESCE({rate}, 0.0) END");
            add(name, rate, metric.about.to_owned());
            for (part, told) in [("numerator", above), ("denominator", below)] {
                let part = format!("{name}_{part}");
                add(&part, if_known(of, &part, name), format!("{told}, summed where both are known."));
            }
        }
        self
    }

    fn text(&self) -> String {
        let columns: Vec<String> =
            self.columns.iter().map(|column| format!("{} AS {}", column.sql, column.name)).collect();
        format!("CREATE VIEW {} AS SELECT {} {}", self.name, columns.join(", "), self.from)
    }
}

impl Column {
    /// What a figure of this name is, if this is it.
    pub(crate) fn figure(&self, name: &str) -> Option<Kind> {
        let metric = self.metric.filter(|_| self.name == name)?;
        Some(if metric.name == name && metric.unit == Unit::Rate { Kind::Real } else { Kind::Integer })
    }
}

/// A stored sum where any of what it sums is known.
pub(crate) fn if_known(of: &str, sum: &str, known: &str) -> String {
    format!("CAST(CASE WHEN {of}.{known}_known > 0 THEN COALESCE({of}.{sum}, 0) END AS BIGINT)")
}

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

//! What a view is: its columns, and the figures of a registry among them.

use atlas_model::{Kind, Metric, Unit, counts, rates};

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
    pub(crate) about: String,
    /// What is said of it in the registry, if it is a figure, or a part of one.
    pub(crate) metric: Option<&'static Metric>,
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
            // 0 and 1 alone are a narrower number on PostgreSQL.
            sql: format!("CAST({} AS BIGINT)", sql_of(metric.name)),
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

    /// The statement that makes it.
    pub(crate) fn text(&self) -> String {
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

//! What a language model said, and how often it may still be asked today.

use atlas_model::Kind;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::Store;
use crate::error::Result;
use crate::sql::cast;

impl Store {
    /// What it said of a text: a class and how sure it is, or nothing that is believed; none where it was never asked.
    pub async fn model_answer(&self, text_hash: &str, model: &str) -> Result<Option<Option<(String, f64)>>> {
        let sql = "SELECT reply_category, confidence FROM model_answers WHERE text_hash = $1 AND model = $2";
        let rows = self.fetch(sql, [text_hash.into(), model.into()]).await?;
        let answer =
            rows.first().map(|row| Ok(row.maybe_text("reply_category")?.zip(row.maybe_real("confidence")?)));
        answer.transpose()
    }

    /// Keeps what it said.
    pub async fn keep_model_answer(
        &self,
        (text_hash, model): (&str, &str),
        answer: Option<(&str, f64)>,
        now: Timestamp,
    ) -> Result<()> {
        let mut tx = self.begin().await?;
        let sql = "INSERT INTO model_answers (text_hash, model, reply_category, confidence, answered_at) \
                   VALUES ($1, $2, $3, CAST(CAST($4 AS TEXT) AS DOUBLE PRECISION), $5) ON CONFLICT DO NOTHING";
        let (class, sure) = answer.map(|(class, sure)| (class.to_owned(), sure.to_string())).unzip();
        tx.execute(sql, [text_hash.into(), model.into(), class.into(), sure.into(), now.into()]).await?;
        tx.commit().await
    }

    /// Takes one of a day's calls; false where they are used up.
    pub async fn take_model_call(&self, day: Date, limit: i64) -> Result<bool> {
        let mut tx = self.begin().await?;
        let sql = format!(
            "INSERT INTO model_calls AS c (day, calls) SELECT {}, 1 WHERE CAST($2 AS BIGINT) > 0 \
             ON CONFLICT (day) DO UPDATE SET calls = c.calls + 1 WHERE c.calls < CAST($2 AS BIGINT)",
            cast(tx.flavour(), Kind::Date, "CAST($1 AS TEXT)"),
        );
        let taken = tx.execute(&sql, [day.to_string().into(), limit.into()]).await?;
        tx.commit().await?;
        Ok(taken > 0)
    }
}

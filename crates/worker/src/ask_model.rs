//! A language model that is asked what replies want: within its calls of a day, and never twice of one text.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use atlas_insight::asking::{BELIEVED, Dialect, VERSION, answer, question};
use atlas_insight::replies::{Intent, Reply, Sorted};
use atlas_model::{Clock, Secret, sha256};
use atlas_store::Store;
use atlas_sync::{Error, Post, post_json};
use jiff::tz::TimeZone;

/// How it is asked.
const ANTHROPIC_VERSION: &str = "2023-06-01";
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Of which replies it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Of those that the embedded model is not sure of.
    Uncertain,
    /// Of all that no rule decides.
    All,
}

/// A language model.
#[derive(Clone, Debug)]
pub struct LanguageModel {
    /// How it is spoken to.
    pub dialect: Dialect,
    /// Where.
    pub address: Secret,
    /// Its name there.
    pub name: String,
    /// The key, if it takes one.
    pub key: Option<Secret>,
    /// Of which replies it is asked.
    pub use_for: Use,
    /// How often it is asked a day, at most.
    pub calls_per_day: i64,
    /// How long it may take.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The calls of the day are used up.
    UsedUp,
    /// It was not reached, or refused.
    Unreachable(String),
    /// What it said is not believed.
    NotBelieved(&'static str),
    /// The same was asked before, and what it said was not believed: no call was made.
    SaidNothing,
}

impl NoAnswer {
    /// In words.
    pub fn reason(&self) -> &str {
        match self {
            Self::UsedUp => "the calls of the day are used up",
            Self::Unreachable(reason) => reason,
            Self::NotBelieved(reason) => reason,
            Self::SaidNothing => "it was asked before and said nothing that is believed",
        }
    }
}

/// Where answers and calls are kept.
#[derive(Debug)]
pub enum Memory<'a> {
    /// In the database.
    Of(&'a Store, Clock),
    /// For this run: answers by text, and calls.
    Run(Mutex<Run>),
}

impl LanguageModel {
    /// As it stands beside what it sorted.
    pub fn method(&self) -> String {
        format!("llm:{}@{VERSION}", self.name)
    }

    /// What a reply wants, or why it does not say; an error is one of the database.
    pub async fn sort(
        &self,
        memory: &Memory<'_>,
        reply: &Reply<'_>,
    ) -> Result<Result<Sorted, NoAnswer>, Error> {
        let body = question(self.dialect, &self.name, reply).to_string();
        let (hash, method) = (sha256(body.as_bytes()), self.method());
        let said = match memory.look(&hash, &method).await? {
            Some(known) => known.ok_or(NoAnswer::SaidNothing),
            None if !memory.take_call(self.calls_per_day).await? => return Ok(Err(NoAnswer::UsedUp)),
            None => match self.ask(body).await {
                Err(reason) => return Ok(Err(NoAnswer::Unreachable(reason))),
                Ok(body) => {
                    let said = answer(self.dialect, &body);
                    memory.keep(&hash, &method, said.ok()).await?;
                    said.map_err(NoAnswer::NotBelieved)
                }
            },
        };
        Ok(said.map(|(intent, confidence)| Sorted {
            reply_category: intent.name(),
            sentiment: intent.sentiment(),
            is_positive: intent.sentiment() == "positive",
            confidence,
            needs_review: confidence < BELIEVED,
            method,
            returns_on: None,
        }))
    }

    async fn ask(&self, body: String) -> Result<Vec<u8>, String> {
        let bearer = self.key.as_ref().map(|key| Secret::new(&format!("Bearer {}", key.expose())));
        let (headers, key): (Vec<(&'static str, String)>, _) = match self.dialect {
            Dialect::OpenAi => (Vec::new(), bearer.as_ref().map(|key| ("authorization", key))),
            Dialect::Anthropic => (
                vec![("anthropic-version", ANTHROPIC_VERSION.to_owned())],
                self.key.as_ref().map(|key| ("x-api-key", key)),
            ),
        };
        let post = Post {
            address: &self.address,
            headers: &headers,
            key,
            // Whoever sets it may run one beside Atlas.
            is_public_only: false,
            timeout: self.timeout,
            largest_answer: LARGEST_ANSWER,
        };
        match post_json(&post, body.into_bytes()).await {
            Ok((200..=299, body)) => Ok(body),
            Ok((status, _)) => Err(format!("the model answered {status}")),
            Err(reason) => Err(reason),
        }
    }
}

impl Memory<'_> {
    /// For one run.
    pub fn of_run() -> Self {
        Self::Run(Mutex::default())
    }

    async fn look(&self, hash: &str, method: &str) -> Result<Option<Option<(Intent, f64)>>, Error> {
        Ok(match self {
            Self::Of(store, _) => {
                let known = store.model_answer(hash, method).await?;
                known.map(|known| known.and_then(|(class, sure)| Some((Intent::named(&class)?, sure))))
            }
            Self::Run(run) => lock(run).0.get(hash).copied(),
        })
    }

    async fn keep(&self, hash: &str, method: &str, said: Option<(Intent, f64)>) -> Result<(), Error> {
        match self {
            Self::Of(store, clock) => {
                let said = said.map(|(intent, sure)| (intent.name(), sure));
                store.keep_model_answer((hash, method), said, clock.now()).await?;
            }
            Self::Run(run) => drop(lock(run).0.insert(hash.to_owned(), said)),
        }
        Ok(())
    }

    async fn take_call(&self, limit: i64) -> Result<bool, Error> {
        Ok(match self {
            Self::Of(store, clock) => {
                store.take_model_call(clock.now().to_zoned(TimeZone::UTC).date(), limit).await?
            }
            Self::Run(run) => {
                let mut run = lock(run);
                run.1 += 1;
                run.1 <= limit
            }
        })
    }
}

type Run = (HashMap<String, Option<(Intent, f64)>>, i64);

fn lock(run: &Mutex<Run>) -> std::sync::MutexGuard<'_, Run> {
    run.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

//! A day that the services post to whoever subscribed: mails, opens, replies, calls, in the order in which they happen.

use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::state::Shared;

/// How often something is posted that nobody takes.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// What is posted, and where to.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) at: Timestamp,
    pub(crate) url: String,
    pub(crate) body: Value,
}

/// A day, or a part of one.
pub(crate) struct Day {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// So many mails of each service, and a quarter as many calls.
    pub(crate) mails: u64,
    /// Where calls are posted to, as it was entered by hand.
    pub(crate) calls_to: Option<String>,
    /// Between two posts.
    pub(crate) pause: Duration,
}

impl Day {
    /// Some time of it.
    pub(crate) fn time(&self, rng: &mut Rng) -> Timestamp {
        let length = self.until.duration_since(self.from).as_secs().max(1);
        self.from + SignedDuration::from_secs(rng.i64(0..length))
    }

    /// Some time later, if the day has one.
    pub(crate) fn later(&self, at: Timestamp, rng: &mut Rng) -> Option<Timestamp> {
        Some(at + SignedDuration::from_secs(rng.i64(60..4 * 3600))).filter(|at| *at < self.until)
    }
}

/// Everything that happens on that day, in its order.
pub(crate) fn posts(shared: &Shared, day: &Day, seed: u64) -> Vec<Post> {
    let mut rng = Rng::with_seed(seed);
    let state = shared.lock();
    let mut posts = state.smartlead.posts(day, &mut rng);
    posts.extend(state.replyio.posts(day, &mut rng));
    posts.extend(state.phoneburner.posts(day, &mut rng));
    posts.sort_by_key(|post| post.at);
    posts
}

/// Posts all of it; how much was taken.
pub(crate) async fn play(posts: &[Post], pause: Duration) -> usize {
    let mut taken = 0;
    for post in posts {
        for attempt in 1..=ATTEMPTS {
            if is_taken(post).await {
                taken += 1;
                break;
            }
            if attempt < ATTEMPTS {
                tokio::time::sleep(PAUSE).await;
            }
        }
        tokio::time::sleep(pause).await;
    }
    taken
}

async fn is_taken(post: &Post) -> bool {
    let Some((host, path)) = post.url.strip_prefix("http://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let body = post.body.to_string();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut line = TcpStream::connect(host).await.ok()?;
        line.write_all(request.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await.ok()?;
        answer.starts_with(b"HTTP/1.1 200").then_some(())
    };
    exchange.await.is_some()
}

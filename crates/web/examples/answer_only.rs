//! The server that receiving is measured against: the same in everything, but nothing is stored.
//!
//! `answer_only DATABASE_URL`, with `ATLAS_SECRET_KEY` in the environment; prints where it listens.

use std::error::Error;

use atlas_model::{Clock, Secret};
use atlas_store::{Store, Vault, intake};
use atlas_web::{Server, Told};
use tokio::net::TcpListener;

#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[expect(clippy::disallowed_methods, reason = "a key on the command line would be seen by everybody")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("answer_only DATABASE_URL")?;
    let key =
        std::env::vars().find(|(name, _)| name == "ATLAS_SECRET_KEY").ok_or("ATLAS_SECRET_KEY is not set")?.1;
    let store = Store::open(&url).await?;
    let vault = Vault::new(&Secret::new(&key))?;
    let told = Told {
        public_url: String::new(),
        first_run: None,
        is_metrics_open: false,
        try_target: |_, _| Box::pin(async { Err("nobody is told anything from here".to_owned()) }),
    };
    let server = Server::new(store, vault, Clock::real(), told).await?;
    let (intake, mut queue) = intake();
    tokio::spawn(async move {
        while let Some(group) = queue.next().await {
            group.settle();
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    server.run(listener, intake, std::future::pending()).await?;
    Ok(())
}

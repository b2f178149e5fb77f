//! A twin, looked at from outside: its account, its dialects, and how its connections break.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod account;
mod connection;
mod days;
mod dialect;
mod http;
mod phoneburner;
mod records;
mod replyio;
mod signing_in;

use std::net::{Ipv4Addr, SocketAddr};

use atlas_twin::{Options, Twin};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn start(options: Options) -> Twin {
    Twin::start(options, ANY_PORT).await.unwrap()
}

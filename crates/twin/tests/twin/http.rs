//! The least that asks a question over HTTP, and sees how the connection ends.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use atlas_twin::Twin;
use serde_json::Value;

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A header's value, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(given, _)| *given == name).map(|(_, value)| value).next()
    }
}

/// The answer to a path below the service's base, asked with the right key.
pub(crate) fn get(twin: &Twin, path: &str) -> Reply {
    let joint = if path.contains('?') { '&' } else { '?' };
    ask(&twin.origin(), "GET", &format!("/api/v1{path}{joint}api_key=twin-key")).unwrap()
}

/// Reply.io's answer, asked with the right key; with a body it is posted.
pub(crate) fn reply(twin: &Twin, path: &str, body: Option<&Value>) -> Reply {
    reply_with(twin, "x-api-key: twin-key", path, body)
}

/// Reply.io's answer, asked with a header.
pub(crate) fn reply_with(twin: &Twin, header: &str, path: &str, body: Option<&Value>) -> Reply {
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    send(
        &twin.origin(),
        &format!(
            "{method} {path} HTTP/1.1\r\nhost: twin\r\nuser-agent: test\r\nconnection: close\r\n{header}\r\n\
             content-length: {length}\r\n\r\n{body}"
        ),
    )
    .unwrap()
}

/// The answer to any path, as far as it came.
pub(crate) fn ask(origin: &str, method: &str, target: &str) -> io::Result<Reply> {
    send(
        origin,
        &format!("{method} {target} HTTP/1.1\r\nhost: twin\r\nuser-agent: test\r\nconnection: close\r\n\r\n"),
    )
}

/// The answer to these bytes. Nothing at all is an error.
pub(crate) fn send(origin: &str, request: &str) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok(Reply { status, head: head.to_owned(), body: body.to_owned() })
}

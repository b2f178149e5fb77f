//! Somebody whom Atlas posts to or asks: hears what comes, and answers as the story wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// Something that was posted.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// What is answered: status and body; 0 as a status answers nothing until the other side gives up.
type Answer = (u16, String);

pub(crate) struct Ear {
    pub(crate) address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Ear {
    /// Listens for as long as the process lives; the answer may hang on how many came so far.
    pub(crate) fn start(answer: impl Fn(usize, &Heard) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let all = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut number = 0;
            for stream in listener.incoming().flatten() {
                let Some(one) = hear(&stream) else { continue };
                all.lock().unwrap().push(one.clone());
                number += 1;
                let (status, body) = answer(number, &one);
                say(stream, status, &body);
            }
        });
        Self { address, heard }
    }

    /// What was posted since this was last asked.
    pub(crate) fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn hear(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    // Who asks has nothing to say.
    let Some(length) = head.lines().find_map(|line| line.strip_prefix("content-length: ")) else {
        return Some(Heard { head, body: Value::Null });
    };
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { head, body: serde_json::from_slice(&body).ok()? })
}

fn say(mut stream: TcpStream, status: u16, body: &str) {
    if status == 0 {
        // Until the other side has had enough.
        let _ = stream.read(&mut [0; 1]);
        return;
    }
    let head = format!("HTTP/1.1 {status} Is\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

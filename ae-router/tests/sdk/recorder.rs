//! A server on loopback that keeps each request and answers with a recorded answer.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

use super::answers;

/// The headers that say something about the protocol.
const COMPARED: [&str; 9] = [
    "anthropic-beta",
    "anthropic-version",
    "authorization",
    "content-type",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "x-api-key",
    "x-goog-api-key",
];

/// A request, in the form in which two clients are compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// The running server. Its threads end with the test's process.
#[derive(Debug)]
pub(crate) struct Recorder {
    address: SocketAddr,
    heard: Arc<Mutex<BTreeMap<String, Heard>>>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::default();
        let kept = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(&stream.unwrap(), &kept));
            }
        });
        Self { address, heard }
    }

    /// The address under which a request of this form and operation is kept.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests by form, operation and way of answering.
    pub(crate) fn heard(&self) -> BTreeMap<String, Heard> {
        self.heard.lock().unwrap().clone()
    }
}

/// Serves one request.
fn serve(stream: &TcpStream, kept: &Mutex<BTreeMap<String, Heard>>) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or_default() == 0 {
            return;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: BTreeMap<_, _> = lines[1..]
        .iter()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();

    let mut words = lines[0].split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let [_, form, operation, path] = path.splitn(4, '/').collect::<Vec<_>>()[..] else {
        panic!("{target} names no operation")
    };
    let body: Value = serde_json::from_slice(&body).unwrap();
    let streams = body["stream"] == true || path.ends_with(":streamGenerateContent");
    let (kind, answer) = answers::of(form, operation, streams);
    let heard = Heard {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.into_iter().filter(|(name, _)| COMPARED.contains(&name.as_str())).collect(),
        body,
    };
    let name = format!("{form}/{operation}/{}", if streams { "stream" } else { "whole" });
    assert!(kept.lock().unwrap().insert(name, heard).is_none(), "{target} was asked twice");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.len()
    );
    let mut stream = stream;
    stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
}

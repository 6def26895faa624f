//! A vendor that answers as a test says, and remembers what it was sent.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// One answer, as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub pieces: Vec<Vec<u8>>,
    /// Whether the connection stays open, silent, after the pieces.
    pub hangs: bool,
    /// A piece after the first is written when this gives leave.
    pub leave: Option<Arc<Semaphore>>,
}

/// A request, as the vendor saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

#[derive(Debug, Clone)]
pub struct Vendor {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Answer>,
    last: Option<Answer>,
    seen: Vec<Seen>,
}

impl Answer {
    /// A whole answer with a length.
    pub fn whole(status: &str, content_type: &str, body: &[u8]) -> Self {
        let mut bytes = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nrequest-id: req_7\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        Self { pieces: vec![bytes], hangs: false, leave: None }
    }

    /// A stream: the body in these pieces, as chunks, each written on its own.
    pub fn stream<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        let mut sent = vec![head.to_vec()];
        for piece in pieces {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            sent.push(chunk);
        }
        sent.push(b"0\r\n\r\n".to_vec());
        Self { pieces: sent, hangs: false, leave: None }
    }

    /// Cut after this number of pieces.
    pub fn cut(mut self, after: usize) -> Self {
        self.pieces.truncate(after);
        self
    }

    /// Silent after this number of pieces.
    pub fn hanging(mut self, after: usize) -> Self {
        self.pieces.truncate(after);
        self.hangs = true;
        self
    }

    /// One piece for every permit.
    pub fn with_leave(mut self, leave: &Arc<Semaphore>) -> Self {
        self.leave = Some(Arc::clone(leave));
        self
    }
}

impl Vendor {
    /// Answers in this order, and with the last one from then on.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State { answers: answers.into_iter().collect(), ..State::default() };
        let vendor = Self { port: listener.local_addr().unwrap().port(), state: Arc::new(Mutex::new(state)) };
        let state = Arc::clone(&vendor.state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
        });
        vendor
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut read = Vec::new();
    while let Some(seen) = request(&mut stream, &mut read).await {
        let answer = {
            let mut state = state.lock().unwrap();
            state.seen.push(seen);
            let next = state.answers.pop_front().or_else(|| state.last.clone()).expect("an answer");
            state.last = Some(next.clone());
            next
        };
        for (number, piece) in answer.pieces.iter().enumerate() {
            if let Some(leave) = answer.leave.as_ref().filter(|_| number > 0) {
                leave.acquire().await.unwrap().forget();
            }
            if stream.write_all(piece).await.is_err() {
                return;
            }
            // Pieces arrive as pieces as often as the kernel lets them.
            tokio::task::yield_now().await;
        }
        if answer.hangs {
            return std::future::pending().await;
        }
        let text = String::from_utf8_lossy(&answer.pieces.concat()).into_owned();
        let is_whole = text.ends_with("0\r\n\r\n") || text.contains("content-length");
        if !is_whole {
            return;
        }
    }
}

async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(read[..end].to_vec()).unwrap();
            let seen = Seen { head, body: Vec::new() };
            let length: usize = seen.header("content-length").map_or(0, |text| text.parse().unwrap());
            while read.len() < end + 4 + length {
                more(stream, read).await?;
            }
            let body = read[end + 4..end + 4 + length].to_vec();
            read.drain(..end + 4 + length);
            return Some(Seen { body, ..seen });
        }
        more(stream, read).await?;
    }
}

async fn more(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<()> {
    let mut buffer = vec![0; 65_536];
    let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
    read.extend_from_slice(&buffer[..count]);
    Some(())
}

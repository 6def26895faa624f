//! A server that answers as a test says, byte by byte.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A request.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// With names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a stream is asked for, in any of the forms.
    pub fn streams(&self) -> bool {
        self.body["stream"] == true || self.target.contains("alt=sse")
    }
}

/// A step of an answer. The head goes out with the first bytes, or before.
#[derive(Debug, Clone)]
pub enum Act {
    Head,
    Bytes(Vec<u8>),
    Pause(Duration),
    /// Nothing more until the client goes.
    Silence,
    /// The end of the connection, without that of the answer.
    Cut,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub acts: Vec<Act>,
}

impl Reply {
    pub fn new(status: u16, kind: &str) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], acts: Vec::new() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json").bytes(body.to_string())
    }

    /// A stream of events.
    pub fn events<'a>(events: impl IntoIterator<Item = &'a String>) -> Self {
        events
            .into_iter()
            .fold(Self::new(200, "text/event-stream"), |reply, event| reply.bytes(event.clone()))
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Act::Bytes(bytes.into()))
    }

    pub fn then(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }
}

#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    gone: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let (left, gone) = watch::channel(0);
        let (all, reply, left) = (seen.clone(), Arc::new(reply), Arc::new(left));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (all, reply, left) = (all.clone(), reply.clone(), left.clone());
                tokio::spawn(async move {
                    // A client that goes in between is what some tests are about.
                    let _ended = serve(stream, &all, &*reply, &left).await;
                });
            }
        });
        Self { address, seen, gone, task }
    }

    /// One answer for all.
    pub async fn with(reply: Reply) -> Self {
        Self::start(move |_| reply.clone()).await
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until a client has gone during a silence.
    pub async fn client_gone(&mut self) {
        let gone = self.gone.wait_for(|count| *count > 0);
        tokio::time::timeout(Duration::from_secs(30), gone).await.expect("the client stays").unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut first = lines.first()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &String| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    let headers = lines.iter().skip(1).map(header).collect();
    let mut seen = Seen { method, target, headers, body: Value::Null };
    let length = seen.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    seen.body = serde_json::from_slice(&body).unwrap_or_default();
    Some(seen)
}

async fn serve(
    stream: TcpStream,
    all: &Mutex<Vec<Seen>>,
    reply: &(impl Fn(&Seen) -> Reply + Sync),
    left: &watch::Sender<usize>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = read(&mut stream).await {
        let Reply { status, headers, acts } = reply(&seen);
        all.lock().unwrap().push(seen);
        let mut head = format!("HTTP/1.1 {status} Status\r\ntransfer-encoding: chunked\r\n");
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        head.push_str("\r\n");
        for act in acts {
            match act {
                Act::Bytes(bytes) => {
                    let head = std::mem::take(&mut head);
                    stream.write_all(format!("{head}{:x}\r\n", bytes.len()).as_bytes()).await?;
                    stream.write_all(&bytes).await?;
                    stream.write_all(b"\r\n").await?;
                    stream.flush().await?;
                }
                Act::Head => stream.write_all(std::mem::take(&mut head).as_bytes()).await?,
                Act::Pause(pause) => tokio::time::sleep(pause).await,
                Act::Silence => {
                    let _gone = stream.read(&mut [0; 16]).await;
                    left.send_modify(|count| *count += 1);
                    return Ok(());
                }
                Act::Cut => return Ok(()),
            }
        }
        stream.write_all(format!("{head}0\r\n\r\n").as_bytes()).await?;
    }
    Ok(())
}

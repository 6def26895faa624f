//! Clients that are slow, silent, greedy or many.

use super::*;
use std::{
    future::{Ready, ready},
    io,
    net::SocketAddr,
    pin::Pin,
};

use ae_core::Sleep;
use bytes::Bytes;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::{Notify, mpsc, oneshot},
    task::JoinHandle,
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";

/// Clients that are already there.
struct Queue(mpsc::Receiver<DuplexStream>);

impl Accept for Queue {
    type Io = DuplexStream;
    type Opening = Ready<io::Result<DuplexStream>>;

    async fn accept(&mut self) -> io::Result<Self::Opening> {
        match self.0.recv().await {
            Some(client) => Ok(ready(Ok(client))),
            None => std::future::pending().await,
        }
    }

    fn address(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

type Answered = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send>>;

/// The answers of a server, by path.
#[derive(Clone)]
struct App(Arc<dyn Fn(&str) -> Answered + Send + Sync>);

impl Service<Request<Incoming>> for App {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answered;

    fn call(&self, request: Request<Incoming>) -> Answered {
        (self.0)(request.uri().path())
    }
}

fn says(text: &str) -> Answered {
    let answer = Response::new(Full::new(Bytes::from(text.to_owned())));
    Box::pin(ready(Ok(answer)))
}

/// The test's own time, which passes when all wait.
#[derive(Debug)]
struct TestTime;

impl Sleeper for TestTime {
    fn sleep(&self, pause: Duration) -> Sleep {
        Box::pin(async move { drop(tokio::time::timeout(pause, std::future::pending::<()>()).await) })
    }
}

/// The test's own time.
async fn now() -> tokio::time::Instant {
    tokio::time::interval(Duration::from_secs(1)).tick().await
}

/// Leaves only the limit that has a timer of its own.
#[derive(Debug)]
struct Endless;

impl Sleeper for Endless {
    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

struct Server {
    clients: mpsc::Sender<DuplexStream>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

fn server(app: App, connections_max: usize, sleeper: impl Sleeper) -> Server {
    let (clients, queue) = mpsc::channel(8);
    let (stop, stopped) = oneshot::channel();
    let limits = ConnectionLimits::new().with_connections_max(connections_max);
    let stopped = async {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(serve_connections(Queue(queue), app, limits, Arc::new(sleeper), stopped));
    Server { clients, stop, serving }
}

impl Server {
    fn client(&self) -> DuplexStream {
        let (client, io) = duplex(1024);
        self.clients.try_send(io).unwrap();
        client
    }
}

fn hello() -> App {
    App(Arc::new(|_| says("hello")))
}

/// Answers `/slow` only after the second says go; the first says that the request came.
fn slow() -> (App, Arc<Notify>, Arc<Notify>) {
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&started), Arc::clone(&go));
    let app = move |path: &str| -> Answered {
        if path != "/slow" {
            return says("hello");
        }
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        Box::pin(async move {
            tell.notify_one();
            wait.notified().await;
            says("hello").await
        })
    };
    (App(Arc::new(app)), started, go)
}

/// Fails, in the test's own time, where the server would leave a client hanging.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(3600), work).await.expect("nobody hangs for an hour")
}

/// Reads one answer of [`hello`]; the connection stays open.
async fn answer(client: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"hello") {
        text.push(soon(client.read_u8()).await.unwrap());
    }
    String::from_utf8(text).unwrap()
}

/// Everything until the server closes the connection.
async fn rest(client: &mut DuplexStream) -> String {
    let mut text = Vec::new();
    soon(client.read_to_end(&mut text)).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_cut_off_however_it_trickles() {
    let server = server(hello(), 1, Endless);
    for sent in [&b""[..], b"GET", b"GET / HTTP/1.1\r\nHost: te"] {
        let mut client = server.client();
        client.write_all(sent).await.unwrap();
        assert!(!rest(&mut client).await.contains("200 OK"));
    }
    let mut client = server.client();
    client.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut lines = 0;
    while client.write_all(b"a: b\r\n").await.is_ok() {
        lines += 1;
        assert!(lines < 60, "a line a second does not keep it open");
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let mut client = server.client();
    client.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut client).await.starts_with("HTTP/1.1 200 OK"), "its place is free again");
    client.write_all(REQUEST).await.unwrap();
    assert!(answer(&mut client).await.starts_with("HTTP/1.1 200 OK"), "a connection carries many requests");
    assert_eq!(rest(&mut client).await, "", "and ends when no more come");
}

#[tokio::test(start_paused = true)]
async fn half_open_connections_delay_nobody() {
    let server = server(hello(), 2, Endless);
    let before = now().await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        let mut client = server.client();
        client.write_all(b"GET / HT").await.unwrap();
        idle.push(client);
        let mut next = server.client();
        next.write_all(REQUEST).await.unwrap();
        answer(&mut next).await;
    }
    assert_eq!(now().await, before, "no limit had to end anything");
    for client in idle.iter_mut().take(4) {
        assert_eq!(rest(client).await, "", "the oldest gave their places");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_keeps_its_place() {
    let (app, started, go) = slow();
    let server = server(app, 1, Endless);
    let mut first = server.client();
    first.write_all(SLOW).await.unwrap();
    soon(started.notified()).await;
    let mut next = server.client();
    next.write_all(REQUEST).await.unwrap();
    tokio::task::yield_now().await;
    go.notify_one();
    answer(&mut first).await;
    answer(&mut next).await;
    assert_eq!(rest(&mut first).await, "", "it gave its place once it was answered");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_gives_its_place_back() {
    let large = "x".repeat(1_000_000);
    let app = App(Arc::new(move |path| says(if path == "/large" { &large } else { "hello" })));
    let server = server(app, 1, TestTime);
    let mut client = server.client();
    client.write_all(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n").await.unwrap();
    let mut next = server.client();
    next.write_all(REQUEST).await.unwrap();
    answer(&mut next).await;
    assert!(rest(&mut client).await.len() < 1_000_000, "the first was cut off");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_too_large_is_refused() {
    let server = server(hello(), 1, TestTime);
    let mut client = server.client();
    let head = format!("GET / HTTP/1.1\r\nHost: test\r\nlarge: {}", "x".repeat(20_000));
    // The server need not read on once it has seen enough.
    let _ = client.write_all(head.as_bytes()).await;
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_answered_after_the_stop_and_what_idles_is_closed() {
    let (app, started, go) = slow();
    let server = server(app, 8, Endless);
    let (mut idle, mut busy) = (server.client(), server.client());
    idle.write_all(REQUEST).await.unwrap();
    answer(&mut idle).await;
    busy.write_all(SLOW).await.unwrap();
    started.notified().await;
    let before = now().await;
    server.stop.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "");
    go.notify_one();
    let said = rest(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("hello"), "{said}");
    soon(server.serving).await.unwrap();
    assert_eq!(now().await, before, "no limit had to end anything");
}

#[tokio::test(start_paused = true)]
async fn what_hangs_after_the_stop_is_cut_off() {
    let (app, started, _go) = slow();
    let server = server(app, 8, TestTime);
    let mut client = server.client();
    client.write_all(SLOW).await.unwrap();
    started.notified().await;
    let before = now().await;
    server.stop.send(()).unwrap();
    soon(server.serving).await.unwrap();
    assert_eq!(rest(&mut client).await, "");
    assert!(before.elapsed() < ConnectionLimits::new().connection_time_max, "the stop cut it off");
}

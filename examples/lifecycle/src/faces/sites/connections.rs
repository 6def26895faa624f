//! The connections of the server: how many there may be at once, and how long each may take.

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ae_core::Sleeper;
use axum::{Router, body::Body, serve::Listener};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Notify, watch},
    task::JoinSet,
};

/// The limits on clients.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections that are open at once. One more takes the place of the connection that has been open the longest
    /// without a request under way; without such a connection it waits.
    pub(super) connections_max: usize,
    /// The head of a request, in bytes; at least 8192, which the HTTP library asks for.
    pub(super) head_bytes_max: usize,
    /// How long the head of a request may take to arrive.
    pub(super) head_time_max: Duration,
    /// How long a connection may be used. What is under way then gets [`grace`](Self::grace), so that a client that sends
    /// or reads without end gives its place back.
    pub(super) connection_time_max: Duration,
    /// How long open connections may go on after the stop.
    pub(super) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 256,
            head_bytes_max: 16 * 1024,
            head_time_max: Duration::from_secs(10),
            connection_time_max: Duration::from_secs(60),
            grace: Duration::from_secs(2),
        }
    }
}

/// A connection as the accepting loop sees it.
#[derive(Debug, Default)]
struct Place {
    /// Whether a request is under way.
    busy: AtomicBool,
    /// Wakes the connection when another takes its place.
    evicted: Notify,
}

/// The open connections, oldest first.
#[derive(Debug, Default)]
struct Places(VecDeque<Arc<Place>>);

impl Places {
    /// Opens a place; those whose connections have ended are given up.
    fn open(&mut self) -> Arc<Place> {
        self.0.retain(|place| Arc::strong_count(place) > 1);
        let place = Arc::new(Place::default());
        self.0.push_back(Arc::clone(&place));
        place
    }

    /// Ends the oldest connection without a request under way; `false` if there is none.
    fn evict(&mut self) -> bool {
        let idle = |place: &Arc<Place>| Arc::strong_count(place) > 1 && !place.busy.load(Ordering::Acquire);
        let oldest = self.0.iter().position(idle).and_then(|index| self.0.remove(index));
        oldest.inspect(|place| place.evicted.notify_one()).is_some()
    }
}

/// Answers with `app` until `stop` completes and every connection has ended, which takes no longer than the grace.
pub(super) async fn serve<L: Listener>(
    mut listener: L,
    app: Router,
    limits: Limits,
    sleeper: Arc<dyn Sleeper>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = pin!(stop);
    let (stopping, stopped) = watch::channel(false);
    let (mut open, mut places) = (JoinSet::new(), Places::default());
    let mut waiting = None;
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = open.join_next() => {}
            (io, _) = listener.accept(), if waiting.is_none() => waiting = Some(io),
        }
        if open.len() < limits.connections_max || (waiting.is_some() && places.evict()) {
            if let Some(io) = waiting.take() {
                let app = Tracked { app: TowerToHyperService::new(app.clone()), place: places.open() };
                open.spawn(connection(io, app, limits, Arc::clone(&sleeper), stopped.clone()));
            }
        }
    }
    drop((listener, waiting));
    stopping.send_replace(true);
    while open.join_next().await.is_some() {}
}

/// The application, with a record of whether a request is under way: from its head on to the end of its connection, which
/// serves no second one.
struct Tracked {
    app: TowerToHyperService<Router>,
    place: Arc<Place>,
}

impl Service<Request<Incoming>> for Tracked {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.place.busy.store(true, Ordering::Release);
        self.app.call(request)
    }
}

/// Answers the request of one connection.
async fn connection(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: Tracked,
    limits: Limits,
    sleeper: Arc<dyn Sleeper>,
    mut stopped: watch::Receiver<bool>,
) {
    let place = Arc::clone(&app.place);
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(limits.head_time_max)
        .max_buf_size(limits.head_bytes_max)
        .serve_connection(TokioIo::new(io), app);
    let mut serving = pin!(serving);
    // A connection that breaks concerns its client alone.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = place.evicted.notified() => return,
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = sleeper.sleep(limits.connection_time_max) => {}
    }
    serving.as_mut().graceful_shutdown();
    tokio::select! {
        _ = serving => {}
        () = sleeper.sleep(limits.grace) => {}
    }
}

#[cfg(test)]
mod tests {
    use ae_core::Sleep;
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        sync::{Notify, mpsc, oneshot},
        task::JoinHandle,
    };

    use super::*;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

    const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";

    /// Clients that are already there.
    struct Queue(mpsc::Receiver<DuplexStream>);

    impl Listener for Queue {
        type Io = DuplexStream;
        type Addr = ();

        async fn accept(&mut self) -> (DuplexStream, ()) {
            match self.0.recv().await {
                Some(io) => (io, ()),
                None => std::future::pending().await,
            }
        }

        fn local_addr(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The test's own time, which passes when everybody waits.
    #[derive(Debug)]
    struct TestTime;

    impl Sleeper for TestTime {
        #[expect(clippy::disallowed_methods, reason = "paused time is the test's clock")]
        fn sleep(&self, pause: Duration) -> Sleep {
            Box::pin(tokio::time::sleep(pause))
        }
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

    fn server(app: Router, connections_max: usize, sleeper: impl Sleeper) -> Server {
        let (clients, queue) = mpsc::channel(8);
        let (stop, stopped) = oneshot::channel();
        let limits = Limits { connections_max, ..Limits::default() };
        let stopped = async {
            let _ = stopped.await;
        };
        let serving = tokio::spawn(serve(Queue(queue), app, limits, Arc::new(sleeper), stopped));
        Server { clients, stop, serving }
    }

    impl Server {
        fn client(&self) -> DuplexStream {
            let (client, io) = duplex(1024);
            self.clients.try_send(io).unwrap();
            client
        }
    }

    fn hello() -> Router {
        Router::new().route("/", get(|| async { "hello" }))
    }

    /// Answers `/slow` only after the second says go; the first says that the request came.
    fn slow() -> (Router, Arc<Notify>, Arc<Notify>) {
        let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (Arc::clone(&started), Arc::clone(&go));
        let slow = move || async move {
            tell.notify_one();
            wait.notified().await;
            "hello"
        };
        (hello().route("/slow", get(slow)), started, go)
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
        assert_eq!(rest(&mut client).await, "", "and a connection serves one request");
    }

    #[tokio::test(start_paused = true)]
    async fn half_open_connections_delay_nobody() {
        let server = server(hello(), 2, Endless);
        let before = tokio::time::Instant::now();
        let mut idle = Vec::new();
        for _ in 0..6 {
            let mut client = server.client();
            client.write_all(b"GET / HT").await.unwrap();
            idle.push(client);
            let mut next = server.client();
            next.write_all(REQUEST).await.unwrap();
            answer(&mut next).await;
        }
        assert_eq!(tokio::time::Instant::now(), before, "no limit had to end anything");
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
        let app = hello().route("/large", get(move || async move { large }));
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
        let before = tokio::time::Instant::now();
        server.stop.send(()).unwrap();
        assert_eq!(rest(&mut idle).await, "");
        go.notify_one();
        let said = rest(&mut busy).await;
        assert!(said.starts_with("HTTP/1.1 200 OK") && said.ends_with("hello"), "{said}");
        soon(server.serving).await.unwrap();
        assert_eq!(tokio::time::Instant::now(), before, "no limit had to end anything");
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_after_the_stop_is_cut_off() {
        let (app, started, _go) = slow();
        let server = server(app, 8, TestTime);
        let mut client = server.client();
        client.write_all(SLOW).await.unwrap();
        started.notified().await;
        let before = tokio::time::Instant::now();
        server.stop.send(()).unwrap();
        soon(server.serving).await.unwrap();
        assert_eq!(rest(&mut client).await, "");
        assert!(before.elapsed() < Limits::default().connection_time_max, "the stop cut it off");
    }
}

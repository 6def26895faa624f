//! The server itself.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use ae_core::{Sleeper as _, SystemSleeper};
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::oneshot};

use crate::server::{Fault, Faults, Reply, Seen};

/// Answers requests.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// The answer to `request`, with its effect.
    async fn answer(&self, request: &Seen) -> Reply;
}

/// A server on the loopback interface, in a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    faults: Faults,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Serves on a free port.
    pub fn start(handler: impl Handler) -> io::Result<Self> {
        Self::start_at(0, handler)
    }

    /// Serves on `port`, 0 for a free one.
    pub fn start_at(port: u16, handler: impl Handler) -> io::Result<Self> {
        Self::start_with(port, |_| handler)
    }

    /// Serves on `port` with the handler that `make` makes for the address, which is known then.
    pub fn start_with<H: Handler>(port: u16, make: impl FnOnce(&str) -> H) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let handler = Arc::new(make(&format!("http://{address}")));
        let (seen, faults) = (Arc::<Mutex<Vec<Seen>>>::default(), Faults::default());
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::new(Shared { handler, seen: Arc::clone(&seen), faults: faults.clone() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    _ = stopped => (),
                    _ = accept(listener, shared) => (),
                }
            });
            runtime.shutdown_background();
        });
        Ok(Self { address, seen, faults, stop: Some(stop), thread: Some(thread) })
    }

    /// Its address, for example `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, oldest first, those that met a fault included.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The plan of faults.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Shared<H> {
    handler: Arc<H>,
    seen: Arc<Mutex<Vec<Seen>>>,
    faults: Faults,
}

async fn accept<H: Handler>(listener: std::net::TcpListener, shared: Arc<Shared<H>>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.meet(request).await }
            });
            // An error is a connection that was closed, by the client or by a fault.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Ends a connection without an answer.
fn lost<T>() -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::ConnectionAborted, "lost by plan"))
}

impl<H: Handler> Shared<H> {
    async fn meet(&self, request: http::Request<Incoming>) -> io::Result<http::Response<Full<Bytes>>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let request = Seen {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
        };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let reply = match self.faults.of(&request) {
            None => self.handler.answer(&request).await,
            Some(Fault::LoseRequest) => return lost(),
            Some(Fault::LoseAnswer) => {
                let _ = self.handler.answer(&request).await;
                return lost();
            }
            Some(Fault::Answer(reply)) => reply,
            Some(Fault::AnswerAfter(reply)) => {
                let _ = self.handler.answer(&request).await;
                reply
            }
            Some(Fault::Slow(pause)) => {
                SystemSleeper.sleep(pause).await;
                self.handler.answer(&request).await
            }
        };
        let mut response = http::Response::builder().status(reply.status);
        for (name, value) in &reply.headers {
            response = response.header(name, value);
        }
        response.body(Full::new(reply.body)).map_err(io::Error::other)
    }
}

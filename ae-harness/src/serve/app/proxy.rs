//! The proxy in front of an app.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use ae_core::BackendError;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::{
    body::{Body, Frame, Incoming, SizeHint},
    client::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::OwnedRwLockReadGuard};

use super::{Inner, ProcessApp};
use crate::serve::{Accept, ConnectionLimits, body::Whole, releases::check_reach, serve_connections};

/// The pause between two looks for a program that takes connections.
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// Headers of one connection, which are not passed on (RFC 9110, section 7.6.1).
const HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl ProcessApp {
    /// Hands the requests of `listener` to the release that is live, until `stop` completes. A request waits while no program
    /// takes connections, and is never sent twice: one that a program took and did not answer, because it died, is
    /// answered 502.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when other machines can reach the address and `public` is not set.
    pub async fn serve(
        &self,
        listener: impl Accept,
        limits: ConnectionLimits,
        public: bool,
        stop: impl Future<Output = ()>,
    ) -> Result<(), BackendError> {
        check_reach(&listener, public)?;
        let inner = Arc::clone(&self.inner);
        let app = service_fn(move |request: Request<Incoming>| {
            let inner = Arc::clone(&inner);
            async move { Ok::<_, Infallible>(inner.pass(request).await) }
        });
        serve_connections(listener, app, limits, Arc::clone(&self.inner.runtime.sleeper), stop).await;
        Ok(())
    }
}

impl Inner {
    async fn pass(&self, mut request: Request<Incoming>) -> Response<Passed> {
        remove_hops(request.headers_mut());
        let Some((stream, under_way)) = self.connect().await else {
            return refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "The app is not running. Please try again soon.\n",
            );
        };
        let gone = || refused(StatusCode::BAD_GATEWAY, "The app did not answer.\n");
        let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
            return gone();
        };
        tokio::spawn(connection);
        // A connection of its own for each request: nothing says that it ended between two of them.
        *request.version_mut() = http::Version::HTTP_11;
        let Ok(answer) = sender.send_request(request).await else { return gone() };
        let (mut head, body) = answer.into_parts();
        remove_hops(&mut head.headers);
        Response::from_parts(head, Passed::Stream { body, _under_way: under_way })
    }

    /// A connection to the release that is live; nothing is sent before there is one.
    async fn connect(&self) -> Option<(TcpStream, OwnedRwLockReadGuard<()>)> {
        let looking = async {
            loop {
                let found = {
                    let state = self.state();
                    state.current.as_ref().and_then(|upstream| Some((upstream.address, upstream.request()?)))
                };
                let (address, under_way) = found?;
                if let Ok(stream) = TcpStream::connect(address).await {
                    let _ = stream.set_nodelay(true);
                    return Some((stream, under_way));
                }
                drop(under_way);
                self.runtime.sleeper.sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! {
            found = looking => found,
            () = self.runtime.sleeper.sleep(self.limits.wait) => None,
        }
    }
}

/// Whether a program answers its health path with a status below 400.
pub(super) async fn is_healthy(address: SocketAddr, path: &str) -> bool {
    let ask = async {
        let stream = TcpStream::connect(address).await.ok()?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        let request = Request::builder()
            .uri(path)
            .header(header::HOST, address.to_string())
            .body(Whole::new(Bytes::new()))
            .ok()?;
        Some(sender.send_request(request).await.ok()?.status().as_u16())
    };
    ask.await.is_some_and(|status| (200..400).contains(&status))
}

fn remove_hops(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    for name in HOP.into_iter().chain(named.iter().map(String::as_str)) {
        headers.remove(name);
    }
}

fn refused(status: StatusCode, why: &'static str) -> Response<Passed> {
    let mut response = Response::new(Passed::Text(Whole::new(Bytes::from_static(why.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// The body of an answer that is passed on. Until it has ended, the request is under way.
enum Passed {
    Text(Whole),
    Stream { body: Incoming, _under_way: OwnedRwLockReadGuard<()> },
}

impl Body for Passed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_frame(context).map_err(|never| match never {}),
            Self::Stream { body, .. } => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_end_stream(),
            Self::Stream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => text.size_hint(),
            Self::Stream { body, .. } => body.size_hint(),
        }
    }
}

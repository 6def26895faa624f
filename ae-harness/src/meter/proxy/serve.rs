//! The connections of a proxy.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::OwnedSemaphorePermit,
};

use super::{Shared, answer::answer, session::Session};

/// The pause after a connection that could not be taken, so that a lack of descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until the proxy is closed.
pub(super) async fn tcp(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopped.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                // Pieces of an answer are small, and wait for nothing.
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(stream, Arc::clone(&shared), None, place));
            }
            Err(_) => shared.runtime.sleeper.sleep(PAUSE).await,
        }
    }
}

/// A socket in the file system, which is removed at the end.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Socket {
    listener: tokio::net::UnixListener,
    path: std::path::PathBuf,
}

#[cfg(unix)]
impl Socket {
    pub(super) fn bind(path: &std::path::Path) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt;

        let socket = Self { listener: tokio::net::UnixListener::bind(path)?, path: path.to_owned() };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(socket)
    }
}

#[cfg(unix)]
impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Takes connections of one session until it ends.
#[cfg(unix)]
pub(super) async fn unix(socket: Socket, shared: Arc<Shared>, session: Arc<Session>) {
    loop {
        let Ok(place) = Arc::clone(&shared.places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = socket.listener.accept() => accepted,
            () = session.closed.cancelled() => return,
            () = shared.stopped.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&shared), Some(Arc::clone(&session)), place));
            }
            Err(_) => shared.runtime.sleeper.sleep(PAUSE).await,
        }
    }
}

/// Answers the requests of one connection, of `only` that session where it is given.
async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    shared: Arc<Shared>,
    only: Option<Arc<Session>>,
    place: OwnedSemaphorePermit,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let (shared, only) = (Arc::clone(&shared), only.clone());
        async move { Ok::<_, Infallible>(answer(&shared, only.as_deref(), request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.options.head)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    // A connection that breaks concerns its agent alone.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = shared.stopped.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
    drop(place);
}

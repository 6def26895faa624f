//! The connections, and the end of the program.

use std::{convert::Infallible, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};

use super::{Proxy, answer::answer};

/// The time for the head of a request, and the longest pause between two requests on a connection.
const HEAD: Duration = Duration::from_secs(75);

/// The pause after a connection that could not be taken, so that a lack of descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// The time in which cancelled calls are settled.
const SETTLE: Duration = Duration::from_secs(10);

/// Takes connections until `stop` ends; then open calls have the time of `grace`, are cancelled, and are settled.
pub(crate) async fn serve(
    listener: TcpListener,
    proxy: Arc<Proxy>,
    connections_max: usize,
    stop: impl Future<Output = ()>,
    grace: Duration,
) {
    let places = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Some((stream, place)) => {
                connections.spawn(connection(stream, Arc::clone(&proxy), place));
            }
            None => proxy.runtime.sleeper.sleep(PAUSE).await,
        }
    }
    drop(listener);
    proxy.stopping.cancel();
    let all = async { while connections.join_next().await.is_some() {} };
    let _late = tokio::time::timeout(grace, all).await;
    proxy.stopped.cancel();
    connections.shutdown().await;
    let settled = async {
        let open = || proxy.accesses.iter().any(|access| !access.ledger.memory.reserved().is_zero());
        while open() {
            proxy.runtime.sleeper.sleep(PAUSE).await;
        }
    };
    let _late = tokio::time::timeout(SETTLE, settled).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    let (stream, _) = listener.accept().await.ok()?;
    // Pieces of an answer are small, and wait for nothing.
    let _ = stream.set_nodelay(true);
    Some((stream, place))
}

/// Answers the requests of one connection. A client that goes ends its call with it.
async fn connection(stream: TcpStream, proxy: Arc<Proxy>, _place: OwnedSemaphorePermit) {
    let service = service_fn(|request: Request<Incoming>| {
        let proxy = Arc::clone(&proxy);
        async move { Ok::<_, Infallible>(answer(proxy, request).await) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut serving = std::pin::pin!(serving);
    // A connection that breaks concerns its client alone.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = proxy.stopping.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

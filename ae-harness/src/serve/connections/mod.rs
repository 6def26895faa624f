//! The connections of a server: how many there may be at once, and how long each may take.

#[cfg(test)]
mod tests;

use std::{convert::Infallible, error::Error, future::Future, pin::pin, sync::Arc, time::Duration};

use ae_core::Sleeper;
use hyper::{
    Request, Response,
    body::{Body, Incoming},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Accept, ConnectionLimits,
    places::{Answer, Answering, Place, Places, Watched},
};

/// The pause after a connection that could not be taken, so that a lack of descriptors does not become a busy loop.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers with `app` over HTTP/1.1 until `stop` completes and every connection has ended, which takes no longer than the
/// grace. A connection that breaks concerns its client alone.
///
/// It needs a Tokio runtime. Dropping the future ends every connection at once.
pub async fn serve_connections<A, S, B>(
    mut listener: A,
    app: S,
    limits: ConnectionLimits,
    sleeper: Arc<dyn Sleeper>,
    stop: impl Future<Output = ()>,
) where
    A: Accept,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Unpin + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut stop = pin!(stop);
    let (stopping, stopped) = watch::channel(false);
    let (mut open, mut places) = (JoinSet::new(), Places::default());
    let mut waiting = None;
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = open.join_next() => {}
            opening = next(&mut listener, &*sleeper), if waiting.is_none() => waiting = Some(opening),
        }
        if open.len() < limits.connections_max || (waiting.is_some() && places.evict()) {
            if let Some(opening) = waiting.take() {
                let client = Client { app: app.clone(), place: places.open(), limits };
                open.spawn(client.serve(opening, Arc::clone(&sleeper), stopped.clone()));
            }
        }
    }
    drop((listener, waiting));
    stopping.send_replace(true);
    while open.join_next().await.is_some() {}
}

async fn next<A: Accept>(listener: &mut A, sleeper: &dyn Sleeper) -> A::Opening {
    loop {
        match listener.accept().await {
            Ok(opening) => return opening,
            Err(_) => sleeper.sleep(PAUSE).await,
        }
    }
}

/// One connection.
struct Client<S> {
    app: S,
    place: Arc<Place>,
    limits: ConnectionLimits,
}

impl<S, B> Client<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    B: Body + Unpin + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Answers the requests of a connection.
    async fn serve<I>(
        self,
        opening: impl Future<Output = std::io::Result<I>>,
        sleeper: Arc<dyn Sleeper>,
        mut stopped: watch::Receiver<bool>,
    ) where
        I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let Self { app, place, limits } = self;
        let opened = tokio::select! {
            opened = opening => opened,
            () = place.evicted.notified() => return,
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = sleeper.sleep(limits.head_time_max) => return,
        };
        let Ok(io) = opened else { return };
        let service = service_fn(|request| {
            let under_way = Answering::begin(Arc::clone(&place));
            let answer = app.call(request);
            async move {
                let (head, body) = answer.await?.into_parts();
                Ok::<_, Infallible>(Response::from_parts(head, Answer { body, _under_way: under_way }))
            }
        });
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(limits.keep_alive)
            .header_read_timeout(limits.head_time_max)
            .max_buf_size(limits.head_bytes_max)
            .serve_connection(Watched { io: TokioIo::new(io), place: Arc::clone(&place) }, service);
        let mut serving = pin!(serving);
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
}

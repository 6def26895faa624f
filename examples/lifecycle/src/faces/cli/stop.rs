//! The signals that ask a command to stop.

#[cfg(unix)]
use std::future::Future;

/// Listens from now on for Ctrl-C, and for what service managers send; the answer comes when one of them came.
///
/// Where a signal can't be listened for, its default action ends the process, which a run survives.
#[cfg(unix)]
pub(super) fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let listeners = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
    async move {
        let [interrupt, terminate] = listeners;
        tokio::select! {
            Some(()) = next(interrupt) => {}
            Some(()) = next(terminate) => {}
            else => std::future::pending::<()>().await,
        }
    }
}

#[cfg(unix)]
async fn next(listener: Option<tokio::signal::unix::Signal>) -> Option<()> {
    listener?.recv().await
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

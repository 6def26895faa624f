//! The lock between the writers of a log.

use std::{
    fs::File,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    thread,
};

/// Locks `file`, or returns `None` once `limit` has completed. The lock ends with the file.
///
/// A lock that another writer holds is waited for on a thread of its own: the kernel hands it over at once, where asking
/// again and again would leave it unused between two questions, and no executor's thread is blocked meanwhile.
pub(super) async fn lock(
    file: File,
    mut limit: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> io::Result<Option<File>> {
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => return Ok(Some(file)),
        Err(fs4::TryLockError::WouldBlock) => {}
        Err(fs4::TryLockError::Error(error)) => return Err(error),
    }
    let turn = Arc::new(Turn::default());
    let theirs = Arc::clone(&turn);
    // The thread outlives a caller that gave up, and then lets go of the lock as soon as it gets it.
    let wait = move || theirs.come(fs4::FileExt::lock(&file).map(|()| file));
    thread::Builder::new().name("audit-lock".to_owned()).spawn(wait)?;
    poll_fn(|context| match turn.poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer.map(Some)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| Ok(None)),
    })
    .await
}

/// The answer of the thread that waits.
#[derive(Default)]
struct Turn(Mutex<(Option<io::Result<File>>, Option<Waker>)>);

impl Turn {
    fn come(&self, answer: io::Result<File>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = Some(answer);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    fn poll(&self, context: &Context<'_>) -> Poll<io::Result<File>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.0.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

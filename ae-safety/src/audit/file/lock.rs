//! The lock between the writers of a log.

use std::{
    fs::File,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
};

use ae_core::Worker;

/// Locks `file`, or returns `None` once `limit` has completed. The lock ends with the file.
///
/// A lock that another writer holds is waited for on a thread of its own: the kernel hands it over at once, where asking
/// again and again would leave it unused between two questions.
pub(super) async fn lock(
    file: File,
    mut limit: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> io::Result<Option<File>> {
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => return Ok(Some(file)),
        Err(fs4::TryLockError::WouldBlock) => {}
        Err(fs4::TryLockError::Error(error)) => return Err(error),
    }
    // The thread outlives a caller that gave up, and then lets go of the lock as soon as it gets it.
    let thread = Worker::start("audit-lock")?;
    let mut locked = pin!(thread.run(move || fs4::FileExt::lock(&file).map(|()| file)));
    poll_fn(|context| match locked.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(answer.map(Some)),
        Poll::Pending => limit.as_mut().poll(context).map(|()| Ok(None)),
    })
    .await
}

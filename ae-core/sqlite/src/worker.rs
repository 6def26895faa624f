//! The thread of a database.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use futures_channel::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// A thread that runs one job after another, in the order in which they came.
pub(crate) struct Worker {
    /// Gone once the worker is dropped, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new()
            .name(name.into())
            .spawn(move || queue.into_iter().for_each(|job| job()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `work` on the thread. A panic of it goes on in the caller; a caller that is gone before its turn is left
    /// out.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_canceled() {
                // What the caller no longer waits for is dropped here.
                let _ = reply.send(catch_unwind(AssertUnwindSafe(work)));
            }
        });
        self.jobs
            .as_ref()
            .and_then(|jobs| jobs.send(job).ok())
            .expect("the thread ends after its worker alone");
        match answer.await.expect("a job replies, even when it panics") {
            Ok(value) => value,
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        // The last owner may be a job.
        if let Some(thread) = self.thread.take().filter(|own| own.thread().id() != thread::current().id()) {
            let _ = thread.join();
        }
    }
}

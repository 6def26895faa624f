//! Blocking work beside a runtime.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{LazyLock, mpsc},
    thread::{self, JoinHandle},
};

use futures_channel::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// How often each side looks for the other one before it falls asleep: some 50 µs. On a machine with one core the other
/// one can't come meanwhile.
static LOOKS: LazyLock<u32> = LazyLock::new(|| match thread::available_parallelism() {
    Ok(cores) if cores.get() > 1 => 1500,
    _ => 0,
});

/// A thread that runs blocking work, one job after another in the order in which they came, so that no executor's thread
/// is blocked. It needs no runtime.
///
/// Dropping it lets the thread end after the jobs it was given; [`join`](Self::join) waits for that.
pub struct Worker {
    /// Gone once the thread is to end.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no room for another thread.
    pub fn start(name: &str) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs `work` on the thread. Work whose caller was dropped before its turn is left out; work that has begun goes on
    /// to its end.
    ///
    /// # Panics
    ///
    /// When `work` does.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let (reply, mut answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !reply.is_canceled() {
                // The caller may have left in the meantime.
                let _ = reply.send(catch_unwind(AssertUnwindSafe(work)));
            }
        });
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        sent.and_then(Result::ok).expect("the thread takes jobs until it is dropped or joined");
        let quick = soon(|| answer.try_recv().ok().flatten());
        let answer = match quick {
            Some(answer) => answer,
            None => answer.await.expect("a job replies, even when it panics"),
        };
        match answer {
            Ok(value) => value,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Waits until the thread has ended, after the jobs it was given. It blocks.
    pub fn join(&mut self) {
        self.jobs = None;
        // The last owner of a worker may be one of its jobs.
        if let Some(thread) = self.thread.take().filter(|own| own.thread().id() != thread::current().id()) {
            // Jobs catch their panics.
            let _ = thread.join();
        }
    }
}

/// Runs the jobs until no more can come.
fn work(queue: &mpsc::Receiver<Job>) {
    while let Some(job) = soon(|| queue.try_recv().ok()).or_else(|| queue.recv().ok()) {
        job();
    }
}

/// Looks for something that may come within some microseconds. To fall asleep and be woken takes longer than a short
/// transaction, and one often follows another.
fn soon<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..*LOOKS).find_map(|_| {
        let found = look();
        if found.is_none() {
            std::hint::spin_loop();
        }
        found
    })
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.thread.as_ref().and_then(|thread| thread.thread().name());
        f.debug_struct("Worker").field("thread", &name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier, Mutex};

    use super::*;

    #[tokio::test]
    async fn jobs_come_in_order_and_those_of_callers_who_left_are_left_out() {
        let (worker, done, gate) =
            (Worker::start("test").unwrap(), Arc::default(), Arc::new(Barrier::new(2)));
        let job = |number| {
            let (done, gate): (Arc<Mutex<Vec<u32>>>, _) = (Arc::clone(&done), Arc::clone(&gate));
            worker.run(move || {
                if number == 0 {
                    gate.wait();
                }
                done.lock().unwrap().push(number);
            })
        };
        let mut jobs: Vec<_> = (0..4).map(|number| Box::pin(job(number))).collect();
        for job in &mut jobs {
            let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(job.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
        }
        drop(jobs.remove(2));
        gate.wait();
        jobs.pop().unwrap().await;
        assert_eq!(*done.lock().unwrap(), [0, 1, 3]);
    }

    #[tokio::test]
    async fn a_panic_is_the_callers() {
        let worker = Arc::new(Worker::start("test").unwrap());
        let caller = Arc::clone(&worker);
        let broken = tokio::spawn(async move { caller.run(|| panic!("broken")).await });
        assert!(broken.await.unwrap_err().is_panic());
        assert_eq!(worker.run(|| 7).await, 7);
    }
}

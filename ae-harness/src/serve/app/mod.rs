//! Releases that are programs, behind a proxy that never has none.

mod proxy;
mod release;
mod running;
mod upstream;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, ErrorKind, Runtime};

pub use self::release::AppRelease;
use self::{running::Running, upstream::Upstream};

const NAME: &str = "process app";

/// The times of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppLimits {
    /// How long the build of a release may take.
    pub build: Duration,
    /// How long a release may take until it is healthy.
    pub start: Duration,
    /// How long the requests of the release before may take to end after a switch.
    pub drain: Duration,
    /// How long a program may take to end after it was asked to.
    pub grace: Duration,
    /// How long a request waits for a program that is being restarted.
    pub wait: Duration,
}

impl AppLimits {
    /// 10 minutes to build, 30 s to start, 30 s to drain, 5 s to end, 5 s of waiting.
    pub const fn new() -> Self {
        Self {
            build: Duration::from_secs(600),
            start: Duration::from_secs(30),
            drain: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            wait: Duration::from_secs(5),
        }
    }
}

impl Default for AppLimits {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { AppLimits {
    /// Sets the time for a build.
    fn with_build(build: Duration);
    /// Sets the time until a release is healthy.
    fn with_start(start: Duration);
    /// Sets the time for requests that are under way at a switch.
    fn with_drain(drain: Duration);
    /// Sets the time for a program to end.
    fn with_grace(grace: Duration);
    /// Sets the time that a request waits for a program.
    fn with_wait(wait: Duration);
} }

/// An app on this machine: one release of it runs as a process, and [`serve`](Self::serve) hands it the requests.
///
/// A release goes live only once it is healthy; until then the release before answers, and afterwards the requests that it
/// has are answered to their end. A program that ends by itself is started again, after a pause that grows with each time;
/// requests wait for it. With the processes goes all that they started. Clones are the same app.
///
/// It needs a Tokio runtime with I/O.
#[derive(Clone)]
pub struct ProcessApp {
    inner: Arc<Inner>,
}

struct Inner {
    limits: AppLimits,
    runtime: Runtime,
    state: Mutex<State>,
    /// One switch at a time.
    switching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Upstream>>,
    running: Option<Running>,
    previous: Option<Arc<AppRelease>>,
}

impl ProcessApp {
    /// An app of which nothing runs yet.
    pub fn new(limits: AppLimits, runtime: Runtime) -> Self {
        let (state, switching) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { inner: Arc::new(Inner { limits, runtime, state, switching }) }
    }

    /// Builds and starts `release`, and hands it all requests once it is healthy. Returns when the release before has ended.
    ///
    /// # Errors
    ///
    /// `InvalidInput` without a command, `Unavailable` with the last lines of its output when it can't be built or started or
    /// is not healthy in time. Then the release before goes on.
    pub async fn release(&self, release: AppRelease) -> Result<(), BackendError> {
        let _one = self.inner.switching.lock().await;
        self.inner.switch(Arc::new(release)).await
    }

    /// Switches to the release before the one that runs, as [`release`](Self::release) does; it is not built again.
    ///
    /// # Errors
    ///
    /// `NotFound` when there was none, and those of `release`.
    pub async fn roll_back(&self) -> Result<(), BackendError> {
        let _one = self.inner.switching.lock().await;
        let previous = self.inner.state().previous.clone();
        let Some(previous) = previous else {
            return Err(failed(ErrorKind::NotFound, "roll_back", "there was no release before this one"));
        };
        self.inner.switch(Arc::new(AppRelease { build: Vec::new(), ..(*previous).clone() })).await
    }

    /// The name of the release that answers.
    pub fn live(&self) -> Option<String> {
        self.inner.state().current.as_ref().map(|upstream| upstream.release.name.clone())
    }

    /// The last lines that the running program wrote, oldest first, without the values of its secrets.
    pub fn log(&self) -> Vec<String> {
        self.inner.state().current.as_ref().map(|upstream| upstream.log.lines()).unwrap_or_default()
    }

    /// Ends the program. Requests are answered 503 from then on.
    pub async fn stop(&self) {
        let _one = self.inner.switching.lock().await;
        let running = {
            let mut state = self.inner.state();
            state.current = None;
            state.running.take()
        };
        if let Some(running) = running {
            running.end().await;
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn switch(self: &Arc<Self>, release: Arc<AppRelease>) -> Result<(), BackendError> {
        running::build(&release, self.limits, &self.runtime).await?;
        let (child, upstream) = running::start(&release, self.limits, &self.runtime).await?;
        let new = Running::watch(child, Arc::clone(&upstream), Arc::clone(self));
        let (old, before) = {
            let mut state = self.state();
            let before = state.current.replace(upstream);
            state.previous = before.as_ref().map(|before| Arc::clone(&before.release));
            (state.running.replace(new), before)
        };
        if let Some(old) = old {
            // The one that answered last: after a restart it is not the one that the release began with.
            if let Some(before) = &before {
                Running::drain(before, self.limits.drain, &*self.runtime.sleeper).await;
            }
            old.end().await;
        }
        Ok(())
    }
}

impl fmt::Debug for ProcessApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessApp").field("limits", &self.inner.limits).field("live", &self.live()).finish()
    }
}

fn failed(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

//! The processes: built, started, watched, ended.

use std::{collections::BTreeMap, ffi::OsString, net::TcpListener, sync::Arc, time::Duration};

use ae_core::{BackendError, ErrorKind, Runtime, Sleeper};
use rustix::process::Signal;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    AppLimits, AppRelease, Inner, failed, proxy,
    upstream::{Log, Upstream},
};
use crate::supervise::{Child, Start, Target};

/// The pause between two questions for the health of a program that starts.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// The first and the longest pause before a program is started again.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A release that runs, and the task that watches it.
pub(super) struct Running {
    stop: oneshot::Sender<()>,
    watching: JoinHandle<()>,
}

impl Running {
    /// Starts the program again whenever it ends, until [`end`](Self::end).
    pub(super) fn watch(child: Child, upstream: Arc<Upstream>, app: Arc<Inner>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let watching = tokio::spawn(watch(child, upstream, app, stopped));
        Self { stop, watching }
    }

    /// Waits until the requests of `upstream` are answered, for `most`.
    pub(super) async fn drain(upstream: &Upstream, most: Duration, sleeper: &dyn Sleeper) {
        tokio::select! {
            () = upstream.drained() => {}
            () = sleeper.sleep(most) => {}
        }
    }

    /// Ends the program.
    pub(super) async fn end(self) {
        let _ = self.stop.send(());
        let _ = self.watching.await;
    }
}

async fn watch(
    mut child: Child,
    mut upstream: Arc<Upstream>,
    app: Arc<Inner>,
    mut stopped: oneshot::Receiver<()>,
) {
    let (limits, runtime) = (app.limits, app.runtime.clone());
    let mut pause = PAUSE;
    loop {
        let since = runtime.now();
        tokio::select! {
            _ = &mut stopped => return end(child, limits.grace, &*runtime.sleeper).await,
            _ = child.ended() => {}
        }
        if runtime.now().as_second().saturating_sub(since.as_second()) > 60 {
            pause = PAUSE;
        }
        loop {
            let again = async {
                runtime.sleeper.sleep(pause).await;
                start(&upstream.release, limits, &runtime).await
            };
            let started = tokio::select! {
                _ = &mut stopped => return,
                started = again => started,
            };
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
            if let Ok((new_child, new)) = started {
                let mut state = app.state();
                if state.current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &upstream)) {
                    state.current = Some(Arc::clone(&new));
                }
                drop(state);
                (child, upstream) = (new_child, new);
                break;
            }
        }
    }
}

/// Asks the program to end, and ends it after the grace.
async fn end(mut child: Child, grace: Duration, sleeper: &dyn Sleeper) {
    child.signal(Signal::TERM, Target::Group);
    tokio::select! {
        _ = child.ended() => return,
        () = sleeper.sleep(grace) => child.kill(),
    }
    child.ended().await;
}

/// Runs the command that builds a release.
pub(super) async fn build(
    release: &AppRelease,
    limits: AppLimits,
    runtime: &Runtime,
) -> Result<(), BackendError> {
    if release.build.is_empty() {
        return Ok(());
    }
    let log = Log::new(release);
    let mut child = spawn(release, &release.build, None, &log, runtime)?;
    let ended = tokio::select! {
        ended = child.ended() => ended,
        () = runtime.sleeper.sleep(limits.build) => {
            child.kill();
            return Err(unhealthy(release, "is not built in time", &log));
        }
    };
    if ended.code == Some(0) { Ok(()) } else { Err(unhealthy(release, "can't be built", &log)) }
}

/// Starts a release and waits until it is healthy.
pub(super) async fn start(
    release: &Arc<AppRelease>,
    limits: AppLimits,
    runtime: &Runtime,
) -> Result<(Child, Arc<Upstream>), BackendError> {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = port.map_err(|cause| {
        failed(ErrorKind::Unavailable, "start", "this machine gives no loopback port").with_source(cause)
    })?;
    let upstream = Arc::new(Upstream::new(Arc::clone(release), port.port()));
    let mut child = spawn(release, &release.command, Some(port.port()), &upstream.log, runtime)?;
    let healthy = async {
        while !proxy::is_healthy(upstream.address, &release.health).await {
            runtime.sleeper.sleep(ASK_AGAIN).await;
        }
    };
    tokio::select! {
        () = healthy => {}
        _ = child.ended() => return Err(unhealthy(release, "ended before it was healthy", &upstream.log)),
        () = runtime.sleeper.sleep(limits.start) => {
            end(child, limits.grace, &*runtime.sleeper).await;
            return Err(unhealthy(release, "is not healthy in time", &upstream.log));
        }
    }
    Ok((child, upstream))
}

fn spawn(
    release: &AppRelease,
    command: &[String],
    port: Option<u16>,
    log: &Log,
    runtime: &Runtime,
) -> Result<Child, BackendError> {
    let (program, arguments) = command.split_first().ok_or_else(|| {
        failed(ErrorKind::InvalidInput, "start", format!("release {} has no command: give one", release.name))
    })?;
    let mut environment: BTreeMap<OsString, OsString> =
        release.env.iter().map(|(name, value)| (name.into(), value.expose().into())).collect();
    environment.extend(port.map(|port| ("PORT".into(), port.to_string().into())));
    let mut start = Start {
        path: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment,
        folder: release.folder.clone(),
        is_launcher: false,
    };
    let id = runtime.ids.new_uuid().to_string();
    start.mark(&id);
    let (child, streams) = Child::start(start, &id, None).map_err(|cause| {
        let message = format!("release {} can't be started: {program}: {cause}", release.name);
        failed(ErrorKind::Unavailable, "start", message).with_source(cause)
    })?;
    drop(streams.stdin);
    if let Some(stdout) = streams.stdout {
        tokio::spawn(log.clone().follow(stdout));
    }
    tokio::spawn(log.clone().follow(streams.stderr));
    Ok(child)
}

fn unhealthy(release: &AppRelease, why: &str, log: &Log) -> BackendError {
    let lines = log.lines().join("\n");
    let message = format!(
        "release {} {why} and is not live; the release before stays. Its output ends:\n{lines}",
        release.name
    );
    failed(ErrorKind::Unavailable, "start", message)
}

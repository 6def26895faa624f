//! A running program whose end leaves nothing behind.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    fs::File,
    io,
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::PathBuf,
    process::Stdio,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use tokio::{
    process::{ChildStderr, ChildStdin, ChildStdout},
    sync::oneshot,
};

use super::{
    command,
    sweep::{MARKER, Swept, inner, sweep},
};

/// The most time that a dropped child keeps its thread waiting.
const DROP_WAIT: Duration = Duration::from_secs(2);

/// A program to start.
#[derive(Clone)]
pub(crate) struct Start {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its arguments: no secrets.
    pub(crate) arguments: Vec<OsString>,
    /// Its whole environment.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// The folder in which it starts.
    pub(crate) folder: PathBuf,
    /// Whether it is a launcher that becomes the program inside of walls, so that signals go to the one inside.
    pub(crate) is_launcher: bool,
}

impl Start {
    /// Marks all processes of the run `id`. Comes before the walls, so that the program inside has the mark by its plain name.
    #[cfg_attr(
        not(any(feature = "agents", feature = "process")),
        expect(dead_code, reason = "sandboxes set the variable with their own")
    )]
    pub(crate) fn mark(&mut self, id: &str) {
        self.environment.insert(MARKER.into(), id.into());
    }
}

/// Shows no values of variables, which may be secrets.
impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("path", &self.path)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// The ends of a program's pipes.
#[derive(Debug)]
pub(crate) struct Streams {
    /// Its standard input.
    pub(crate) stdin: ChildStdin,
    /// Its standard output, unless that is a file.
    pub(crate) stdout: Option<ChildStdout>,
    /// Its standard error.
    pub(crate) stderr: ChildStderr,
}

/// The receiver of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The program.
    #[cfg_attr(not(feature = "agents"), expect(dead_code, reason = "sandboxes signal the group"))]
    Main,
    /// Its process group.
    Group,
}

/// The end of a program and of all that it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// The signal that ended it.
    pub(crate) signal: Option<i32>,
    /// The processes that outlived it.
    pub(crate) survivors: Swept,
}

/// A running program in a process group of its own, with the marker in its environment.
///
/// A thread of its own starts it, waits for its end, kills what is left and takes its exit status, whatever becomes of this
/// value. The thread is the parent in the kernel's eyes for as long as the program lives, which `bwrap --die-with-parent`
/// needs: with a thread of a pool as the parent, the end of an idle thread would end the sandbox. The status is taken last,
/// so until then the number of the process and its group can't pass to another one, and no signal hits a stranger.
///
/// Dropping kills the group at once and waits until all is gone, for [`DROP_WAIT`] at most.
pub(crate) struct Child {
    pid: Pid,
    id: String,
    is_launcher: bool,
    keeper: Arc<Keeper>,
    ended: oneshot::Receiver<Ended>,
    end: Option<Ended>,
}

#[derive(Debug, Default)]
struct Keeper {
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Keeper {
    fn is_over(&self) -> MutexGuard<'_, bool> {
        self.is_over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Pipes = (Pid, [Option<std::os::fd::OwnedFd>; 3]);

impl Child {
    /// Starts the program of the run `id`, which [`Start::mark`] has marked, with its output to `stdout` or to a pipe.
    ///
    /// Has to be called within a tokio runtime with I/O.
    pub(crate) fn start(start: Start, id: &str, stdout: Option<File>) -> io::Result<(Self, Streams)> {
        let is_launcher = start.is_launcher;
        let keeper = Arc::new(Keeper::default());
        let (pipes, started) = mpsc::sync_channel(1);
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("ae-child".into()).spawn({
            let (keeper, id) = (Arc::clone(&keeper), id.to_owned());
            move || keep(start, stdout, &id, &keeper, &pipes, end)
        })?;
        let gone = |_| io::Error::other("the thread that starts the program has ended");
        let (pid, [stdin, stdout, stderr]) = started.recv().map_err(gone)??;
        // From here on the process is killed when something fails.
        let child = Self { pid, id: id.to_owned(), is_launcher, keeper, ended, end: None };
        let missing = || io::Error::other("a pipe is missing");
        let streams = Streams {
            stdin: ChildStdin::from_std(stdin.ok_or_else(missing)?.into())?,
            stdout: stdout.map(|stdout| ChildStdout::from_std(stdout.into())).transpose()?,
            stderr: ChildStderr::from_std(stderr.ok_or_else(missing)?.into())?,
        };
        Ok((child, streams))
    }

    /// Sends a signal, if it still runs.
    pub(crate) fn signal(&self, signal: Signal, target: Target) {
        let is_over = self.keeper.is_over();
        if *is_over {
            return;
        }
        // `bwrap` hands no signal on, it only dies of it.
        let found = if self.is_launcher { inner(&self.id) } else { None };
        let (pid, group) = found.unwrap_or((self.pid, self.pid));
        // An error says that it has just ended.
        let _ = match target {
            Target::Main => kill_process(pid, signal),
            Target::Group => kill_process_group(group, signal),
        };
    }

    /// Kills its group at once. All else that it started follows when it has ended.
    pub(crate) fn kill(&self) {
        let is_over = self.keeper.is_over();
        if !*is_over {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }

    /// Waits for its end, and until nothing of it is left. Cancel safe.
    pub(crate) async fn ended(&mut self) -> Ended {
        if let Some(end) = self.end {
            return end;
        }
        let end = (&mut self.ended).await.unwrap_or_default();
        *self.end.insert(end)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        let is_over = self.keeper.is_over();
        let _ = self.keeper.over.wait_timeout_while(is_over, DROP_WAIT, |is_over| !*is_over);
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("pid", &self.pid).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The life of a child, on its thread.
fn keep(
    start: Start,
    stdout: Option<File>,
    id: &str,
    keeper: &Keeper,
    pipes: &mpsc::SyncSender<io::Result<Pipes>>,
    end: oneshot::Sender<Ended>,
) {
    let mut child = match spawn(start, stdout) {
        Ok(child) => child,
        Err(error) => {
            let _ = pipes.send(Err(error));
            return;
        }
    };
    let pid = Pid::from_child(&child);
    let streams = [
        child.stdin.take().map(Into::into),
        child.stdout.take().map(Into::into),
        child.stderr.take().map(Into::into),
    ];
    if pipes.send(Ok((pid, streams))).is_err() {
        let _ = kill_process_group(pid, Signal::KILL);
    }
    // An error says that the host takes all exit statuses itself: then this one is gone, and so is the process.
    let ended = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while ended().is_err_and(|error| error == rustix::io::Errno::INTR) {}
    let survivors = sweep(id);
    let mut is_over = keeper.is_over();
    // Those that hide from the sweep but have stayed in the group.
    let _ = kill_process_group(pid, Signal::KILL);
    let status = child.wait().ok();
    *is_over = true;
    drop(is_over);
    keeper.over.notify_all();
    let _ = end.send(Ended {
        code: status.and_then(|status| status.code()),
        signal: status.and_then(|status| status.signal()),
        survivors,
    });
}

fn spawn(start: Start, stdout: Option<File>) -> io::Result<std::process::Child> {
    command(start.path)
        .args(start.arguments)
        .envs(start.environment)
        .current_dir(start.folder)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(stdout.map_or_else(Stdio::piped, Stdio::from))
        .stderr(Stdio::piped())
        .spawn()
}

//! Processes that are left over, found by a variable of their environment.
//!
//! Every process inherits the environment of the one that started it, also when it has left its session, its group and its
//! parent. So a variable with a value that occurs once in the world finds all that a run has started, as long as none of
//! them clears its environment; only a PID namespace is tighter than that.

use rustix::process::{Pid, Signal};

/// The variable that marks a run's processes.
pub(crate) const MARKER: &str = "AE_RUN_ID";

/// The result of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Swept {
    /// The processes that were killed.
    pub(crate) killed: u32,
    /// Those that are still there.
    pub(crate) left: u32,
}

/// Kills every process of the run `id`, until two looks in a row find none.
///
/// Blocks, for some seconds at most: a program that starts processes faster than they can be killed is given up.
pub(crate) fn sweep(id: &str) -> Swept {
    /// The most looks. A look at some hundred processes takes about a millisecond.
    const LOOKS_MAX: u32 = 500;
    let mut killed = std::collections::BTreeSet::new();
    let (mut empty, mut left) = (0, 0);
    for _ in 0..LOOKS_MAX {
        let found = marked(id);
        left = u32::try_from(found.len()).unwrap_or(u32::MAX);
        if found.is_empty() {
            empty += 1;
            if empty == 2 {
                break;
            }
            continue;
        }
        empty = 0;
        killed.extend(found.into_iter().filter(|pid| kill(*pid, id)).map(Pid::as_raw_pid));
        // A killed process needs a moment to go.
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    Swept { killed: u32::try_from(killed.len()).unwrap_or(u32::MAX), left }
}

/// Kills the process if it still is the one of the run: its number may have passed to another one meanwhile.
#[cfg(target_os = "linux")]
fn kill(pid: Pid, id: &str) -> bool {
    use rustix::process::{PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => {
            Environments::new().are_marked(pid, id) && pidfd_send_signal(&process, Signal::KILL).is_ok()
        }
        Err(rustix::io::Errno::NOSYS) => kill_process(pid, Signal::KILL).is_ok(),
        Err(_) => false,
    }
}

#[cfg(target_os = "linux")]
fn marked(id: &str) -> Vec<Pid> {
    let mut environments = Environments::new();
    pids().filter(|pid| environments.are_marked(*pid, id)).collect()
}

#[cfg(target_os = "linux")]
fn pids() -> impl Iterator<Item = Pid> {
    let own = rustix::process::getpid();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
    pids.filter(move |pid| *pid != own)
}

/// Reads environments, into one buffer: a look at all processes happens twice at the end of every run.
#[cfg(target_os = "linux")]
struct Environments(Vec<u8>);

#[cfg(target_os = "linux")]
impl Environments {
    fn new() -> Self {
        Self(vec![0; 32 * 1024])
    }

    /// The variables of a process. Kernel threads, processes that have ended and those of other users show none.
    fn of(&mut self, pid: Pid) -> impl Iterator<Item = &[u8]> {
        let mut length = 0;
        if let Ok(mut file) = std::fs::File::open(format!("/proc/{pid}/environ")) {
            while let Some(rest) = self.0.get_mut(length..) {
                match std::io::Read::read(&mut file, rest) {
                    Ok(read) if read > 0 => length += read,
                    _ => break,
                }
                if length == self.0.len() {
                    self.0.resize(2 * length, 0);
                }
            }
        }
        self.0.get(..length).unwrap_or_default().split(|byte| *byte == 0)
    }

    /// Whether the process has the marker, also by a name with a prefix, as confined programs have it until they start.
    fn are_marked(&mut self, pid: Pid, id: &str) -> bool {
        let entry = format!("{MARKER}={id}");
        self.of(pid).any(|variable| variable.ends_with(entry.as_bytes()))
    }
}

/// The program of the run behind a launcher that confines it: the oldest process that has the marker by its plain name, and
/// its group.
#[cfg(target_os = "linux")]
pub(super) fn inner(id: &str) -> Option<(Pid, Pid)> {
    let entry = format!("{MARKER}={id}");
    let mut environments = Environments::new();
    let has = |pid: &Pid| environments.of(*pid).any(|variable| variable == entry.as_bytes());
    let found = pids().filter(has).filter_map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name of the program stands in brackets and may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let group = Pid::from_raw(fields.nth(2)?.parse().ok()?)?;
        let started: u64 = fields.nth(16)?.parse().ok()?;
        Some((started, pid, group))
    });
    found.min_by_key(|(started, pid, _)| (*started, pid.as_raw_pid())).map(|(_, pid, group)| (pid, group))
}

#[cfg(not(target_os = "linux"))]
fn marked(_: &str) -> Vec<Pid> {
    Vec::new()
}

#[cfg(not(target_os = "linux"))]
fn kill(pid: Pid, _: &str) -> bool {
    rustix::process::kill_process(pid, Signal::KILL).is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn inner(_: &str) -> Option<(Pid, Pid)> {
    None
}

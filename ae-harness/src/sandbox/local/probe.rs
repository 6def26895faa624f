//! Trying the kinds of confinement on this machine.

use std::path::Path;
#[cfg(target_os = "linux")]
use std::{collections::BTreeSet, env, ffi::OsStr, time::Duration};

use ae_core::Isolation;

use super::SandboxKind;
use crate::sandbox::SandboxReport;
#[cfg(target_os = "linux")]
use crate::{
    sandbox::{
        Enforced,
        local::{
            ARGUMENT, Confinement,
            confine::{Groups, Order},
            launcher::Facts,
        },
    },
    supervise::{Heard, Process, Program},
};

/// The most time that a trial may take: it has nothing to do, but the machine may be busy.
#[cfg(target_os = "linux")]
const TRIAL: Duration = Duration::from_secs(20);

/// The confinement that this machine gives, found by trying it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalProbe {
    /// The kind that works, if one does.
    pub kind: Option<SandboxKind>,
    /// Its rules, and the reasons why better kinds do not work here.
    pub report: SandboxReport,
    /// Whether the network can be left to a proxy only.
    pub proxy_only: bool,
    /// Whether processes are apart: none outlives the program.
    pub own_processes: bool,
    /// The version of Landlock that the kernel has; 0 without it.
    pub landlock_abi: u32,
}

impl LocalProbe {
    fn none(notes: Vec<String>) -> Self {
        Self {
            kind: None,
            report: SandboxReport::new("none", Isolation::None).with_notes(notes),
            proxy_only: false,
            own_processes: false,
            landlock_abi: 0,
        }
    }
}

/// Tries the kinds in turn, the best one first: puts up the walls around the launcher itself and has it report them.
///
/// `launcher` is a program whose `main` begins with [`confined_child`](crate::confined_child), usually the running one;
/// `folder` exists, and nothing is written to it. Takes about as long as two starts of `launcher` for each kind.
pub fn probe_local(kinds: &[SandboxKind], launcher: &Path, folder: &Path) -> LocalProbe {
    #[cfg(target_os = "linux")]
    return probe(kinds, launcher, folder);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (kinds, launcher, folder);
        LocalProbe::none(vec!["programs are confined on Linux only: use a sandbox elsewhere".to_owned()])
    }
}

#[cfg(target_os = "linux")]
fn probe(kinds: &[SandboxKind], launcher: &Path, folder: &Path) -> LocalProbe {
    // A program that forgot the call would try itself again and again.
    if env::args_os().nth(1).as_deref() == Some(OsStr::new(ARGUMENT)) {
        let note = "this program was started as a launcher and runs on: call `ae_harness::confined_child()` first in `main`";
        return LocalProbe::none(vec![note.to_owned()]);
    }
    let mut notes = Vec::new();
    for kind in kinds {
        match attempt(kind, launcher, folder) {
            Ok(facts) => return found(kind.clone(), &facts, notes),
            Err(why) => notes.push(format!("{} does not work here: {why}", kind.name())),
        }
    }
    notes.push("install the package `bubblewrap`, or use a sandbox elsewhere".to_owned());
    LocalProbe::none(notes)
}

#[cfg(target_os = "linux")]
fn found(kind: SandboxKind, facts: &Facts, mut notes: Vec<String>) -> LocalProbe {
    let namespaces = matches!(kind, SandboxKind::Bubblewrap(_));
    let mut enforced = BTreeSet::from([
        Enforced::Writes,
        Enforced::Reads,
        Enforced::NoNetwork,
        Enforced::Memory,
        Enforced::CpuTime,
        Enforced::FileSize,
        Enforced::SystemCalls,
    ]);
    if namespaces {
        enforced.insert(Enforced::Processes);
    } else {
        notes.push(format!("Landlock version {}", facts.landlock_abi));
        notes.extend(EXCEPTIONS.map(str::to_owned));
        if facts.landlock_abi < 6 {
            notes.push(
                "signals reach processes of the same user: Landlock refuses them from version 6 on"
                    .to_owned(),
            );
        }
    }
    // The kernel limits the processes of a user in each user namespace, root's never.
    if facts.groups.processes || (namespaces && !facts.root) {
        enforced.insert(Enforced::ProcessCount);
    } else {
        notes.push(
            "the number of processes is not limited by the kernel: no group of processes can be made here"
                .to_owned(),
        );
    }
    LocalProbe {
        report: SandboxReport::new(kind.name(), kind.isolation()).with_enforced(enforced).with_notes(notes),
        kind: Some(kind),
        proxy_only: namespaces || facts.landlock_abi >= 4,
        own_processes: namespaces,
        landlock_abi: facts.landlock_abi,
    }
}

/// The acts that Landlock does not refuse, on any version.
#[cfg(target_os = "linux")]
const EXCEPTIONS: [&str; 5] = [
    "names and arguments of the host's processes can be read",
    "processes can outlive the program: end them by their environment",
    "permissions and times of files of the same user can be changed",
    "sizes and names of hidden files can be asked for by their path",
    "a proxy's port is reached on every address of the network",
];

/// Puts up the walls and asks the launcher inside of them for its account.
#[cfg(target_os = "linux")]
fn attempt(kind: &SandboxKind, launcher: &Path, folder: &Path) -> Result<Facts, String> {
    match kind {
        SandboxKind::Bubblewrap(path) if !path.is_file() => {
            return Err(format!("there is no program {}: install the package `bubblewrap`", path.display()));
        }
        _ => {}
    }
    let order = Order {
        kind: kind.clone(),
        confinement: Confinement::new(folder),
        folder: folder.to_path_buf(),
        inside: false,
        groups: Groups::default(),
        probe: true,
    };
    let process = Process::start(Program {
        path: launcher.to_path_buf(),
        arguments: order.arguments(&["true".into()]).map_err(|problem| problem.to_string())?,
        environment: Vec::new(),
        input: Vec::new(),
        line_bytes: 4_096,
        error_bytes: 2_048,
    });
    let process = process.map_err(|problem| format!("{}: {problem}", launcher.display()))?;
    let heard = process.next(TRIAL);
    let (_, errors) = process.stop();
    let facts = match &heard {
        Heard::Line(line) => serde_json::from_slice(line).ok(),
        _ => None,
    };
    facts.ok_or_else(|| match errors.trim() {
        "" => format!(
            "{} did not answer as a launcher: call `ae_harness::confined_child()` first in its `main`",
            launcher.display()
        ),
        problem => problem.to_owned(),
    })
}

//! Programs confined on this machine: one writable folder, no network but the one that is given, limits.
//!
//! [`confine`] turns the program to start into the one that is started: the launcher, which confines itself and becomes the
//! program. The launcher is the host's own program, whose `main` begins with [`confined_child`].

#[cfg(target_os = "linux")]
mod backend;
#[cfg(target_os = "linux")]
mod bubblewrap;
mod confine;
mod confinement;
mod kind;
#[cfg(target_os = "linux")]
mod launcher;
mod probe;
mod program;

#[cfg(target_os = "linux")]
pub use self::backend::LocalSandbox;
pub use self::{
    confine::confine,
    confinement::{Confinement, Egress},
    kind::SandboxKind,
    probe::{LocalProbe, probe_local},
    program::{ProgramToStart, shown_for},
};

use ae_core::{BackendError, ErrorKind};

/// The argument by which a program knows that it was started as the launcher.
const ARGUMENT: &str = "--ae-confined-child";

/// Confines this process and becomes the program to run, if this program was started as a launcher; otherwise returns at
/// once.
///
/// Call it first in `main`: before threads, a runtime, settings and output.
///
/// ```no_run
/// ae_harness::confined_child();
/// // From here on, the program's own work.
/// ```
pub fn confined_child() {
    #[cfg(target_os = "linux")]
    launcher::run_if_child();
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, "local sandbox", operation, message)
}

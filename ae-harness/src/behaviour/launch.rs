//! The program that a child process runs.

use std::{env, ffi::OsStr, path::PathBuf};

use ae_core::{BackendError, ErrorKind};

use super::{child, error};

/// The argument by which a program knows that it was started as the child.
pub(super) const ARGUMENT: &str = "--ae-behaviour-child";

/// The program that is started for the child process, with one hidden argument.
///
/// Its `main` calls [`behaviour_child`] before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher(Option<PathBuf>);

impl Launcher {
    /// The program that is running now.
    pub const fn this_program() -> Self {
        Self(None)
    }

    /// Another program.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self(Some(program.into()))
    }

    /// Where the program is.
    pub(super) fn program(&self) -> Result<PathBuf, BackendError> {
        if let Some(program) = &self.0 {
            return Ok(program.clone());
        }
        // A program that forgot the call would start itself, and each copy the next one.
        if is_child() {
            return Err(error(
                ErrorKind::Unsupported,
                "this program was started as a child and runs on: call `ae_harness::behaviour_child()` first in `main`",
            ));
        }
        env::current_exe().map_err(|cause| {
            error(
                ErrorKind::Unavailable,
                "the path of this program is not known: name one with `Launcher::new`",
            )
            .with_source(cause)
        })
    }
}

fn is_child() -> bool {
    env::args_os().nth(1).as_deref() == Some(OsStr::new(ARGUMENT))
}

/// Runs the cases that the parent process sends, and ends the process, if this program was started as the child of a
/// [`BehaviourRunner`](super::BehaviourRunner); otherwise returns at once.
///
/// Call it first in `main`: before threads, a runtime, settings and output.
///
/// ```no_run
/// ae_harness::behaviour_child();
/// // From here on, the program's own work.
/// ```
pub fn behaviour_child() {
    if is_child() {
        std::process::exit(child::main());
    }
}

//! The one call that makes a command.

use std::ffi::OsStr;

pub(super) use std::process::Command;

/// A command that starts `program` with nothing of this process's environment.
#[expect(clippy::disallowed_methods, reason = "the supervised place in which processes are started")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}

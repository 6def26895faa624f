//! Processes of a launcher: itself turned into another program, or a program in its place.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write as _},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::Path,
};

/// Becomes the program, with this environment only; returns only when that fails: the shell's status for it.
pub(crate) fn become_program(
    path: &OsStr,
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    folder: &Path,
) -> i32 {
    let problem = command(path, arguments, environment, folder).exec();
    not_started(path, &problem)
}

/// Runs the program in a process group of its own until it ends, with this environment only; its exit status, or 128 and
/// the number of the signal that ended it.
pub(crate) fn run_program(
    path: &OsStr,
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    folder: &Path,
) -> i32 {
    match command(path, arguments, environment, folder).process_group(0).status() {
        Ok(status) => status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1),
        Err(problem) => not_started(path, &problem),
    }
}

fn command(
    path: &OsStr,
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    folder: &Path,
) -> super::command::Command {
    let mut command = super::command(path);
    command.args(arguments).envs(environment).current_dir(folder);
    command
}

fn not_started(path: &OsStr, problem: &io::Error) -> i32 {
    let _ = writeln!(io::stderr(), "{}: {problem}", path.to_string_lossy());
    if problem.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
}

//! The operator's log: standard error.

use std::io::Write;

/// Writes one line to standard error; a closed pipe there is not a reason to stop a run.
pub fn eprint_line(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

//! Progress on standard error.

use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

use crate::{
    glue::progress::{Progress, Silent},
    service::STAGES,
    setup::eprint_line,
};

/// Goes to the beginning of the line and empties it.
const CLEAR: &str = "\r\x1b[2K";
/// A longer line would wrap on a narrow terminal, and could not be written over.
const COLUMNS_MAX: usize = 79;

/// One line that changes on a terminal that can do that, plain lines otherwise, and nothing if `quiet`.
pub(super) fn on_stderr(quiet: bool, draws: bool) -> Box<dyn Progress> {
    match (quiet, draws && std::io::stderr().is_terminal()) {
        (true, _) => Box::new(Silent),
        (false, true) => Box::new(Status::default()),
        (false, false) => Box::new(Lines),
    }
}

#[derive(Debug)]
struct Lines;

impl Progress for Lines {
    fn stage(&self, name: &str) {
        let (number, doing) = describe(name);
        eprint_line(&format!("[{number:>2}/{}] {name}: {doing}", STAGES.len()));
    }

    fn note(&self, line: &str) {
        eprint_line(&format!("        {line}"));
    }
}

/// One line that is written over, with the notes above it.
#[derive(Debug, Default)]
struct Status {
    line: Mutex<String>,
}

impl Status {
    /// Clears the line and writes `above` and the line of now.
    fn draw(&self, above: &str) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        // A terminal that is gone is not a reason to stop a run.
        let _ = write!(std::io::stderr().lock(), "{CLEAR}{above}{line}");
    }

    fn set(&self, line: String) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }
}

impl Progress for Status {
    fn stage(&self, name: &str) {
        let (number, doing) = describe(name);
        let line = format!("[{number:>2}/{}] {name}: {doing}", STAGES.len());
        self.set(line.chars().take(COLUMNS_MAX).collect());
        self.draw("");
    }

    fn note(&self, line: &str) {
        self.draw(&format!("  {line}\n"));
    }

    fn hold(&self) {
        let _ = write!(std::io::stderr().lock(), "{CLEAR}");
    }

    fn release(&self) {
        self.draw("");
    }

    fn done(&self) {
        self.set(String::new());
        self.draw("");
    }
}

/// The number and the work of a stage.
fn describe(name: &str) -> (usize, &'static str) {
    let place = STAGES.iter().position(|stage| stage.name == name);
    place.and_then(|index| Some((index + 1, STAGES.get(index)?.doing))).unwrap_or_default()
}

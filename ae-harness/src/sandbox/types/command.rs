//! A command and its result.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

/// A command: a program and its arguments, no shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunCommand {
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// Its standard input.
    pub stdin: Vec<u8>,
    /// Whether more input follows by [`SandboxProcess::write`](crate::SandboxProcess::write); else the input ends after
    /// `stdin`.
    #[serde(default)]
    pub keeps_stdin: bool,
    /// The folder in which it runs, relative to the sandbox's files; `None` for their top.
    #[serde(default)]
    pub folder: Option<String>,
    /// Environment variables in addition to the sandbox's; of two with one name this one counts.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The most time it may take.
    pub timeout: Duration,
    /// The most bytes of each output that are kept.
    pub output_max: usize,
}

impl RunCommand {
    /// A command without input at the top of the sandbox's files, for at most 60 seconds and 64 KiB of each output.
    pub fn new<T: Into<String>>(argv: impl IntoIterator<Item = T>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            stdin: Vec::new(),
            keeps_stdin: false,
            folder: None,
            environment: BTreeMap::new(),
            timeout: Duration::from_secs(60),
            output_max: 64 * 1024,
        }
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }
}

ae_core::setters! { RunCommand {
    /// Sets its standard input.
    fn with_stdin(stdin: into Vec<u8>);
    /// Keeps its standard input open for more.
    fn with_open_stdin(keeps_stdin = true);
    /// Sets the folder in which it runs.
    fn with_folder(folder: some into String);
    /// Sets the most time it may take.
    fn with_timeout(timeout: Duration);
    /// Sets the most bytes of each output that are kept.
    fn with_output_max(output_max: usize);
} }

/// The end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CommandEnd {
    /// It ended by itself with this code; 127 when the program is missing.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// Its time was used up, and it was killed.
    TimedOut,
    /// It reached a limit of the sandbox, and was killed: for example the size of all files.
    Limited,
}

impl CommandEnd {
    /// The exit code, if it ended by itself.
    pub const fn code(self) -> Option<i32> {
        if let Self::Exited(code) = self { Some(code) } else { None }
    }

    /// Whether it ended by itself with the code 0.
    pub const fn succeeded(self) -> bool {
        matches!(self, Self::Exited(0))
    }
}

/// A piece of output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputChunk {
    /// Of the standard output.
    Stdout(Vec<u8>),
    /// Of the standard error.
    Stderr(Vec<u8>),
}

ae_core::wire_enum! {
    /// A signal to a command.
    #[non_exhaustive]
    pub enum CommandSignal {
        /// Asks it to stop, as a person at a terminal does.
        Interrupt = "interrupt",
        /// Asks it to end.
        Terminate = "terminate",
        /// Ends it.
        Kill = "kill",
    }
}

/// The result of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommandOutput {
    /// How it ended.
    pub end: CommandEnd,
    /// Its standard output, cut at the limit; what it printed until it was killed.
    pub stdout: Vec<u8>,
    /// Its standard error, cut at the limit.
    pub stderr: Vec<u8>,
    /// Whether something was cut.
    pub truncated: bool,
}

impl CommandOutput {
    /// A command that wrote `stdout` and `stderr`, each cut at `output_max` bytes.
    pub fn new(end: CommandEnd, mut stdout: Vec<u8>, mut stderr: Vec<u8>, output_max: usize) -> Self {
        let truncated = stdout.len() > output_max || stderr.len() > output_max;
        stdout.truncate(output_max);
        stderr.truncate(output_max);
        Self { end, stdout, stderr, truncated }
    }
}

//! A program with its input given in advance, its output read line by line, and an end that is certain.

use std::{
    ffi::OsString,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

/// The lines that may wait to be read. A program that writes faster is held up by its pipe.
const LINES_WAITING: usize = 64;

/// A program to start.
#[derive(Debug)]
pub(crate) struct Program {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Its whole environment: nothing of the host's is passed on.
    pub(crate) environment: Vec<(&'static str, &'static str)>,
    /// Its standard input, which ends after these bytes.
    pub(crate) input: Vec<u8>,
    /// The longest line that it may write.
    pub(crate) line_bytes: usize,
    /// The bytes of its error output that are kept.
    pub(crate) error_bytes: usize,
}

/// An event of a running program's output.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A line, without its end.
    Line(Vec<u8>),
    /// No line came in time.
    Late,
    /// A line is longer than allowed. Nothing more is read.
    TooLong,
    /// The output has ended.
    End,
}

/// A running program. It is killed when this value is dropped.
///
/// Only the process itself is killed, not the processes that it may have started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<Heard>,
    errors: Option<JoinHandle<String>>,
}

impl Process {
    /// Starts the program.
    pub(crate) fn start(program: Program) -> io::Result<Self> {
        let mut child = super::command(&program.path)
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, lines) = sync_channel(LINES_WAITING);
        // From here on the child belongs to `process`, which kills it if one of the threads can't be started.
        let mut process = Self { child, lines, errors: None };
        if let Some(mut stdin) = stdin {
            let input = program.input;
            // A program that ends without reading its input breaks the pipe, which its output will show.
            thread::Builder::new().spawn(move || drop(stdin.write_all(&input)))?;
        }
        if let Some(stdout) = stdout {
            let most = program.line_bytes;
            thread::Builder::new().spawn(move || read_lines(stdout, most, &sender))?;
        }
        if let Some(stderr) = stderr {
            let most = program.error_bytes;
            process.errors = Some(thread::Builder::new().spawn(move || read_start(stderr, most))?);
        }
        Ok(process)
    }

    /// Waits for the next line of its output.
    pub(crate) fn next(&self, within: Duration) -> Heard {
        match self.lines.recv_timeout(within) {
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => Heard::Late,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Kills the program if it still runs; how it ended, and the start of its error output.
    pub(crate) fn stop(mut self) -> (Option<ExitStatus>, String) {
        let status = self.end();
        let errors = self.errors.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        (status, errors)
    }

    fn end(&mut self) -> Option<ExitStatus> {
        // A program that has just closed its output is about to end: its own exit status says more than the kill.
        if let Ok(Some(status)) = self.child.try_wait() {
            return Some(status);
        }
        // An error says that it has ended already; `wait` then has the status.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// Sends each line of `output`; ends when the receiver is gone.
fn read_lines(output: impl Read, most: usize, sender: &SyncSender<Heard>) {
    let mut output = BufReader::new(output);
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(limit).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let heard = match line.pop() {
            Some(b'\n') => Heard::Line(line),
            // Without its end it is either cut off by the end of the output, and worth nothing, or too long.
            _ if line.len() < most => return,
            _ => Heard::TooLong,
        };
        let last = heard == Heard::TooLong;
        if sender.send(heard).is_err() || last {
            return;
        }
    }
}

/// The first bytes of `output`. The rest is read and dropped, so that the program is not held up.
fn read_start(mut output: impl Read, most: usize) -> String {
    let mut start = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let _ = output.by_ref().take(limit).read_to_end(&mut start);
    let _ = io::copy(&mut output, &mut io::sink());
    String::from_utf8_lossy(&start).into_owned()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8]) -> Process {
        Process::start(Program {
            path: "/bin/sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("NAME", "value")],
            input: input.to_vec(),
            line_bytes: 1_000,
            error_bytes: 10,
        })
        .unwrap()
    }

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn lines_input_environment_and_errors_pass() {
        let process = shell("cat; echo $NAME; echo '123456789012345' >&2; exit 3", b"a\nb\n");
        for line in ["a", "b", "value"] {
            assert_eq!(process.next(SOON), Heard::Line(line.into()));
        }
        assert_eq!(process.next(SOON), Heard::End);
        assert_eq!(process.stop().1, "1234567890");
    }

    #[test]
    fn a_program_that_waits_or_floods_is_stopped() {
        let process = shell("exec sleep 600", b"");
        assert_eq!(process.next(Duration::from_millis(20)), Heard::Late);
        assert!(process.stop().0.is_some_and(|status| !status.success()));

        let process = shell("while :; do echo line; done", b"");
        assert_eq!(process.next(SOON), Heard::Line(b"line".to_vec()));
        process.stop();

        let process = shell("while :; do printf xxxxxxxxxxxxxxxxxxxxxx; done", b"");
        assert_eq!(process.next(SOON), Heard::TooLong);
        drop(process);
    }

    #[test]
    fn input_that_is_not_read_and_a_line_without_its_end_do_no_harm() {
        let process = shell("printf cut", &[b'x'; 1 << 20]);
        assert_eq!(process.next(SOON), Heard::End);
    }
}

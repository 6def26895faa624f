//! A running command and its streams.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Sleeper};
use async_trait::async_trait;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::ChildStdin,
    sync::{mpsc, watch},
};

use super::{
    running::Handle,
    watch::{End, Watch},
};
use crate::{
    atomic::io_error,
    sandbox::{CommandEnd, CommandSignal, OutputChunk, RunCommand, SandboxProcess, local::error},
    supervise::{Child, Start},
};

/// The most bytes of a piece of output, and how many pieces wait to be read.
const PIECE: usize = 32 * 1024;
const PIECES: usize = 16;

/// How long output is still read when all processes are gone. Only one that hid from being killed holds it open then.
const LAST_OUTPUT: Duration = Duration::from_secs(2);

/// A command that runs, or has ended.
#[derive(Debug)]
pub(super) struct Running {
    control: mpsc::UnboundedSender<CommandSignal>,
    input: Option<mpsc::Sender<Vec<u8>>>,
    output: mpsc::Receiver<OutputChunk>,
    end: watch::Receiver<Option<End>>,
}

/// Starts a command.
pub(super) fn start(
    start: Start,
    mark: &str,
    command: &RunCommand,
    watch: Watch,
) -> Result<Running, BackendError> {
    let launcher = start.path.clone();
    let (child, streams) = Child::start(start, mark, None)
        .map_err(|cause| io_error("local sandbox", "spawn", "start the launcher", &launcher, cause))?;
    let (control, controlled) = mpsc::unbounded_channel();
    let (input, given) = mpsc::channel(1);
    let (printed, output) = mpsc::channel(PIECES);
    let (ended, end) = watch::channel(None);
    let last = LastOutput { end: end.clone(), sleeper: Arc::clone(&watch.sleeper) };
    if let Some(stdout) = streams.stdout {
        tokio::spawn(forward(stdout, OutputChunk::Stdout, printed.clone(), last.clone()));
    }
    tokio::spawn(forward(streams.stderr, OutputChunk::Stderr, printed, last));
    tokio::spawn(feed(streams.stdin, command.stdin.clone(), given));
    tokio::spawn(watch.until_end(child, controlled, ended));
    Ok(Running { control, input: command.keeps_stdin.then_some(input), output, end })
}

impl Running {
    pub(super) fn handle(&self) -> Handle {
        Handle { control: self.control.downgrade(), end: self.end.clone() }
    }
}

#[async_trait]
impl SandboxProcess for Running {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        if let Some(input) = &self.input {
            // An error says that it reads no more.
            let _ = input.send(bytes.to_vec()).await;
        }
        Ok(())
    }

    async fn close_stdin(&mut self) -> Result<(), BackendError> {
        self.input = None;
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError> {
        Ok(self.output.recv().await)
    }

    async fn signal(&mut self, signal: CommandSignal) -> Result<(), BackendError> {
        // An error says that it has ended.
        let _ = self.control.send(signal);
        Ok(())
    }

    async fn wait(&mut self) -> Result<CommandEnd, BackendError> {
        // A command whose output nobody takes would wait for room in its pipe.
        while self.output.recv().await.is_some() {}
        let end = self.end.wait_for(Option::is_some).await.ok().and_then(|end| (*end).flatten());
        end.ok_or_else(|| {
            let message = "the exit status of the command was lost: look at its files before it is repeated";
            error(ErrorKind::Unavailable, "wait", message).with_effect(Effect::Unknown)
        })
    }
}

/// Writes to the command's input. What it does not read is dropped.
async fn feed(mut stdin: ChildStdin, first: Vec<u8>, mut given: mpsc::Receiver<Vec<u8>>) {
    let mut next = Some(first);
    while let Some(bytes) = next {
        if stdin.write_all(&bytes).await.is_err() {
            return;
        }
        next = given.recv().await;
    }
}

#[derive(Debug, Clone)]
struct LastOutput {
    end: watch::Receiver<Option<End>>,
    sleeper: Arc<dyn Sleeper>,
}

impl LastOutput {
    async fn over(mut self) {
        // An error says that the watching task is gone, and the command with it.
        let _ = self.end.wait_for(Option::is_some).await.is_ok();
        self.sleeper.sleep(LAST_OUTPUT).await;
    }
}

/// Hands on what the command prints, as fast as it is taken.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    piece: fn(Vec<u8>) -> OutputChunk,
    to: mpsc::Sender<OutputChunk>,
    last: LastOutput,
) {
    let mut buffer = vec![0; PIECE];
    let mut over = std::pin::pin!(last.over());
    loop {
        let read = tokio::select! {
            biased;
            read = from.read(&mut buffer) => read.unwrap_or(0),
            () = &mut over => 0,
        };
        match buffer.get(..read) {
            Some(bytes) if read > 0 => {
                if to.send(piece(bytes.to_vec())).await.is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

//! A running command at E2B.

use std::{collections::VecDeque, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Runtime};
use ae_core_http::{Answer, Client, Passed};
use async_trait::async_trait;
use tokio::time::timeout;

use super::{
    NAME,
    answer::{Event, Messages, protocol},
    request::{self, Access},
};
use crate::sandbox::{CommandEnd, CommandSignal, OutputChunk, RunCommand, SandboxProcess};

/// The time that the service has to end a command by itself whose time is used up.
const GRACE: Duration = Duration::from_secs(5);

/// A running command. Dropping it asks the service to kill it, without waiting for the answer.
#[derive(Debug)]
pub(super) struct E2bProcess {
    envd: Client,
    access: Access,
    pid: u64,
    stream: Passed,
    messages: Messages,
    waiting: VecDeque<OutputChunk>,
    input_open: bool,
    runtime: Runtime,
    /// The monotonic time at which the command's own time is used up.
    ends_at: Duration,
    end: Option<CommandEnd>,
    is_over: bool,
}

impl E2bProcess {
    /// Starts the command and waits until it runs.
    pub(super) async fn start(
        envd: Client,
        access: Access,
        command: &RunCommand,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        let stream = envd.open(&request::start(&access, command)?, command.timeout + GRACE + GRACE).await?;
        let mut process = Self {
            envd,
            access,
            pid: 0,
            stream,
            messages: Messages::default(),
            waiting: VecDeque::new(),
            input_open: command.keeps_stdin || !command.stdin.is_empty(),
            ends_at: runtime.clock.monotonic() + command.timeout + GRACE,
            runtime,
            end: None,
            is_over: false,
        };
        match process.event().await? {
            Event::Started { pid } => process.pid = pid,
            _ => return Err(protocol("output of a command that has not started")),
        }
        if !command.stdin.is_empty() {
            process.write(&command.stdin).await?;
        }
        if process.input_open && !command.keeps_stdin {
            process.close_stdin().await?;
        }
        Ok(process)
    }

    /// The next event of the stream.
    async fn event(&mut self) -> Result<Event, BackendError> {
        loop {
            if let Some(event) = self.messages.next()? {
                return Ok(event);
            }
            let left = self.ends_at.saturating_sub(self.runtime.clock.monotonic());
            let Ok(chunk) = timeout(left, self.stream.chunk()).await else {
                return Err(late());
            };
            match chunk? {
                Some(bytes) => self.messages.push(&bytes),
                // The stream broke off: whether the command goes on is not known.
                None => return Err(protocol("a stream without an end")),
            }
        }
    }

    /// Reads until something can be given out, or the end.
    async fn advance(&mut self) -> Result<(), BackendError> {
        match self.event().await {
            Ok(Event::Output(chunk)) => self.waiting.push_back(chunk),
            Ok(Event::Ended(end)) => drop(self.end.get_or_insert(end)),
            Ok(Event::Started { .. }) => {}
            Ok(Event::Last) if self.end.is_some() => self.is_over = true,
            Ok(Event::Last) => return Err(protocol("no end of the command")),
            Err(error) if error.kind() == ErrorKind::Timeout => {
                // The service lets the command run on when the stream's time is used up.
                let killed = self.signal(CommandSignal::Kill).await;
                self.end.get_or_insert(CommandEnd::TimedOut);
                self.is_over = true;
                killed?;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn call(&self, request: ae_core_http::Request) -> Result<(), BackendError> {
        match self.envd.send(&request).await.and_then(Answer::success) {
            Ok(_) => Ok(()),
            // The command has ended in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn late() -> BackendError {
    let message = "the command's time is used up";
    BackendError::new(ErrorKind::Timeout, NAME, "spawn", message).with_effect(Effect::Unknown)
}

#[async_trait]
impl SandboxProcess for E2bProcess {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        if self.end.is_some() || !self.input_open {
            return Ok(());
        }
        self.call(request::input(&self.access, self.pid, bytes)?).await
    }

    async fn close_stdin(&mut self) -> Result<(), BackendError> {
        if !std::mem::take(&mut self.input_open) || self.end.is_some() {
            return Ok(());
        }
        self.call(request::close_input(&self.access, self.pid)?).await
    }

    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError> {
        while self.waiting.is_empty() && !self.is_over {
            self.advance().await?;
        }
        Ok(self.waiting.pop_front())
    }

    async fn signal(&mut self, signal: CommandSignal) -> Result<(), BackendError> {
        if self.end.is_some() {
            return Ok(());
        }
        self.call(request::signal(&self.access, self.pid, signal)?).await
    }

    async fn wait(&mut self) -> Result<CommandEnd, BackendError> {
        while !self.is_over {
            self.advance().await?;
        }
        self.waiting.clear();
        self.end.ok_or_else(|| protocol("no end of the command"))
    }
}

impl Drop for E2bProcess {
    fn drop(&mut self) {
        if self.end.is_some() || self.pid == 0 {
            return;
        }
        let Ok(request) = request::signal(&self.access, self.pid, CommandSignal::Kill) else { return };
        let envd = self.envd.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Without an answer the sandbox's own end stops the command.
            runtime.spawn(async move { envd.send(&request).await.map(drop) });
        }
    }
}

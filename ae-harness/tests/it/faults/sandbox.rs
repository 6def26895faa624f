//! Wrong sandboxes.

use std::{sync::Mutex, time::Duration};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, conformance::faults};
use ae_harness::{
    CommandEnd, CommandSignal, MemorySandbox, OutputChunk, RunCommand, Sandbox, SandboxId, SandboxInfo,
    SandboxProcess, SandboxReport, SandboxSpec, conformance::sandbox,
};
use async_trait::async_trait;

use super::Wrong;

#[derive(Debug)]
struct WrongSandbox {
    wrong: Wrong<MemorySandbox>,
    made: Mutex<Vec<SandboxId>>,
}

impl WrongSandbox {
    fn inner(&self) -> &MemorySandbox {
        &self.wrong.inner
    }
}

#[async_trait]
impl Sandbox for WrongSandbox {
    fn info(&self) -> SandboxInfo {
        self.inner().info()
    }

    async fn probe(&self) -> Result<SandboxReport, BackendError> {
        self.inner().probe().await
    }

    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError> {
        if self.wrong.breaks("C10") { Ok(()) } else { self.inner().attach(id).await }
    }

    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        let mut spec = spec.clone();
        if self.wrong.breaks("C8") {
            spec = spec.with_bytes_max(u64::MAX);
        }
        let id = self.inner().create(&self.wrong.key("C1", key), &spec).await?;
        self.made.lock().unwrap().push(id.clone());
        Ok(id)
    }

    async fn write(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        path: &str,
        content: &[u8],
    ) -> Result<(), BackendError> {
        match self.inner().write(key, id, path, content).await {
            Err(error) if self.wrong.breaks("C2") && error.kind() == ErrorKind::InvalidInput => Ok(()),
            answer => answer,
        }
    }

    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError> {
        let mut bytes = self.inner().read(id, path).await?;
        if self.wrong.breaks("C3") {
            bytes.pop();
        }
        Ok(bytes)
    }

    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError> {
        let mut files = self.inner().list(id).await?;
        if self.wrong.breaks("C4") {
            files.reverse();
        }
        Ok(files)
    }

    async fn spawn(
        &self,
        key: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError> {
        let mut command = command.clone();
        if self.wrong.breaks("C9") {
            command.environment.clear();
        }
        let inner = self.inner().spawn(key, id, &command).await?;
        Ok(Box::new(WrongProcess { inner, breaks: self.wrong.breaks }))
    }

    async fn extend(&self, key: &IdempotencyKey, id: &SandboxId, time: Duration) -> Result<(), BackendError> {
        if self.wrong.breaks("C12") { Ok(()) } else { self.inner().extend(key, id, time).await }
    }

    async fn destroy(&self, key: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
        if self.wrong.breaks("C6") {
            let made = self.made.lock().unwrap().clone();
            for other in &made {
                self.inner().destroy(key, other).await?;
            }
        }
        if self.wrong.breaks("C7") { Ok(()) } else { self.inner().destroy(key, id).await }
    }
}

#[derive(Debug)]
struct WrongProcess {
    inner: Box<dyn SandboxProcess>,
    breaks: &'static str,
}

#[async_trait]
impl SandboxProcess for WrongProcess {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        self.inner.write(bytes).await
    }

    async fn close_stdin(&mut self) -> Result<(), BackendError> {
        self.inner.close_stdin().await
    }

    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError> {
        self.inner.next().await
    }

    async fn signal(&mut self, signal: CommandSignal) -> Result<(), BackendError> {
        self.inner.signal(signal).await
    }

    async fn wait(&mut self) -> Result<CommandEnd, BackendError> {
        match self.inner.wait().await? {
            CommandEnd::Exited(127) if self.breaks == "C5" => Ok(CommandEnd::Exited(1)),
            CommandEnd::Signalled(_) if self.breaks == "C11" => Ok(CommandEnd::Exited(0)),
            end => Ok(end),
        }
    }
}

#[tokio::test]
async fn wrong_sandboxes_are_caught() {
    let suite = |breaks: &'static str| async move {
        let wrong = Wrong::new(MemorySandbox::new(), breaks);
        sandbox::run_all(&WrongSandbox { wrong, made: Mutex::default() }).await
    };
    let ran = suite("nothing").await;
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12"];
    faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
}

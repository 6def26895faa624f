//! Wrong builders.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use ae_core::{BackendError, Cancel, Currency, IdempotencyKey, Money, conformance::faults};
use ae_harness::{
    AgentReport, AgentRequest, AgentSink, CliProvider, MemoryProvider, ProviderInfo, ScriptedRun,
    conformance::provider,
};
use async_trait::async_trait;

use super::Wrong;

#[derive(Debug)]
struct WrongBuilder {
    wrong: Wrong<MemoryProvider>,
    /// The folder in which the suite works.
    folder: PathBuf,
    seen: Mutex<BTreeSet<IdempotencyKey>>,
}

impl WrongBuilder {
    fn new(folder: &Path, breaks: &'static str) -> Self {
        let run = ScriptedRun::new("wrote").with_file("site/index.html", "<p>");
        let wrong = Wrong::new(MemoryProvider::new(vec![run; 30]), breaks);
        Self { wrong, folder: folder.to_path_buf(), seen: Mutex::default() }
    }
}

#[async_trait]
impl CliProvider for WrongBuilder {
    fn info(&self) -> ProviderInfo {
        self.wrong.inner.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        if self.wrong.breaks("C1") {
            fs::write(self.folder.join("probe"), "").unwrap();
        }
        self.wrong.inner.check().await
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        let mut request = request.clone();
        if self.wrong.breaks("C3") {
            request.attempt = request.attempt.max(1);
        }
        if self.wrong.breaks("C9") {
            request.output_schema = None;
        }
        let deaf = Cancel::new();
        let cancel = if self.wrong.breaks("C8") { &deaf } else { cancel };
        let mut report =
            self.wrong.inner.execute(&self.wrong.key("C7", key), &request, events, cancel).await?;
        let is_repeat = !self.seen.lock().unwrap().insert(key.clone());
        match self.wrong.breaks {
            "C2" => fs::write(self.folder.join("outside"), "").unwrap(),
            "C4" => report.files_changed.push("site/claimed.html".to_owned()),
            "C5" => report.cost = Some(Money::parse("0.01", Currency::USD).unwrap()),
            "C6" if is_repeat => fs::write(request.workspace.join("again"), "").unwrap(),
            _ => {}
        }
        Ok(report)
    }
}

#[tokio::test]
async fn wrong_builders_are_caught() {
    let suite = |breaks: &'static str| async move {
        let workspace = tempfile::tempdir().unwrap();
        let builder = WrongBuilder::new(workspace.path(), breaks);
        provider::run_all(&builder, &AgentRequest::new(workspace.path(), "build")).await
    };
    let ran = suite("nothing").await;
    let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"];
    faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
}

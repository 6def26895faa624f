//! The tasks that were approved are the ones that are done: in their order, each by name, its cost beside its estimate.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, Cancel, Currency, ErrorKind, IdempotencyKey, Money, ProductSpec, RunId, Task};
use ae_genesis::{Analyst, AnalystInfo, Drafted, Niche, NicheBrief, RuleAnalyst, SpecBrief};
use ae_harness::{AgentReport, AgentRequest, AgentSink, CliProvider, ProviderInfo};
use async_trait::async_trait;
use lifecycle::{
    error::Result,
    glue::{analysts::Hired, progress::Progress},
    service::{RunReport, RunSettings, SignalsFrom},
    wiring::Backends,
};

use super::{
    ae::INTENT,
    inside::{installation, intent, record, standing, try_drive},
};

/// Passes each request on, remembers it, and says what it costs.
#[derive(Debug)]
struct Scribe {
    inner: Arc<dyn CliProvider>,
    cost: Option<Money>,
    seen: Arc<Mutex<Vec<AgentRequest>>>,
}

#[async_trait]
impl CliProvider for Scribe {
    fn info(&self) -> ProviderInfo {
        self.inner.info().with_metered(self.cost.is_some())
    }

    async fn check(&self) -> std::result::Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> std::result::Result<AgentReport, BackendError> {
        self.seen.lock().unwrap().push(request.clone());
        let report = self.inner.execute(key, request, events, cancel).await?;
        Ok(if self.cost.is_some() { report.with_cost(self.cost) } else { report })
    }
}

/// Remembers what was said.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

impl Progress for Lines {
    fn stage(&self, _: &str) {}

    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

/// The result of one run: its report, the requests that the builder got, and the progress.
struct Came {
    report: Result<RunReport>,
    requests: Vec<AgentRequest>,
    lines: Vec<String>,
}

fn run(cost: Option<&str>, analyst: Option<Arc<dyn Analyst>>) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (seen, lines) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Lines::default()));
    let cost = cost.map(|cost| Money::parse(cost, Currency::USD).unwrap());
    let report = runtime.block_on(async {
        let installation = installation(folder.path());
        let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
        let mut backends = Backends::embedded(&installation, &settings, None).unwrap();
        let (factory, requests) = (backends.builder, Arc::clone(&seen));
        backends.builder = Arc::new(move |spec, site| {
            Arc::new(Scribe { inner: factory(spec, site), cost, seen: Arc::clone(&requests) })
        });
        if let Some(analyst) = analyst {
            backends.analyst = Hired::Ready(analyst);
        }
        let run = RunId::from_uuid(installation.runtime.ids.new_uuid());
        record(&installation, run, intent(INTENT, "10"), settings).await;
        try_drive(&installation, backends, run, standing(), Arc::clone(&lines) as Arc<dyn Progress>).await
    });
    let (requests, lines) = (seen.lock().unwrap().clone(), lines.0.lock().unwrap().clone());
    Came { report, requests, lines }
}

#[test]
fn each_task_is_done_once_in_the_order_that_was_approved() {
    let Came { report, requests, lines } = run(None, None);
    let report = report.unwrap();
    assert_eq!(report.outcome, "verified", "{:?}", report.reason);
    let spec = report.spec.unwrap();
    assert!(spec.tasks.len() > 1);
    let done: Vec<&Task> = requests.iter().filter_map(|request| request.task.as_ref()).collect();
    assert_eq!(done, spec.tasks.iter().collect::<Vec<_>>());
    for (request, task) in requests.iter().zip(&spec.tasks) {
        let names = |id: &str| request.prompt.contains(id);
        assert!(names(task.id.as_str()) && names(&task.title), "{}", request.prompt);
        let must =
            spec.acceptance_criteria.iter().filter(|criterion| criterion.priority <= ae_core::Priority::P1);
        assert!(
            must.filter(|one| task.criteria.contains(&one.id)).all(|one| names(&one.id)),
            "{}",
            request.prompt
        );
    }

    let nothing = Some(Money::zero(Currency::USD));
    for (reported, task) in report.tasks.iter().zip(&spec.tasks) {
        assert_eq!((&reported.task, reported.attempts), (task, 1));
        assert_eq!((reported.estimate, reported.cost), (nothing, nothing), "the builder is free of charge");
    }
    assert_eq!(report.tasks.len(), spec.tasks.len());
    assert!(report.build_routes.is_empty(), "no model was called");
    let models: Vec<_> = lines.iter().filter(|line| line.contains("model")).collect();
    assert_eq!(models.len(), 1, "{lines:?}");
    assert!(models[0].contains("no model is used"), "{models:?}");
    for task in &spec.tasks {
        assert!(
            lines.iter().any(|line| line.starts_with(task.id.as_str())),
            "{} is named: {lines:?}",
            task.id
        );
    }
}

#[test]
fn a_task_has_its_cost_beside_its_estimate() {
    let Came { report, lines, .. } = run(Some("0.001"), None);
    let report = report.unwrap();
    assert_eq!(report.outcome, "verified", "{:?}", report.reason);
    let mut sum = Money::zero(Currency::USD);
    for task in &report.tasks {
        let cost = task.cost.unwrap();
        assert_eq!(cost, Money::parse("0.001", Currency::USD).unwrap(), "{task:?}");
        assert!(task.estimate.is_some_and(|estimate| !estimate.is_zero()), "{task:?}");
        sum = sum.checked_add(cost).unwrap();
    }
    assert_eq!(report.spent.unwrap().settled, sum);
    assert_eq!(report.build_routes.len(), report.tasks.len());
    assert!(!lines.iter().any(|line| line.contains("no model is used")), "{lines:?}");
}

/// Writes specs whose first task waits for the last.
#[derive(Debug)]
struct Circular;

#[async_trait]
impl Analyst for Circular {
    fn info(&self) -> AnalystInfo {
        RuleAnalyst.info()
    }

    async fn propose(
        &self,
        key: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> std::result::Result<Drafted<Vec<Niche>>, BackendError> {
        RuleAnalyst.propose(key, brief).await
    }

    async fn specify(
        &self,
        key: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> std::result::Result<Drafted<ProductSpec>, BackendError> {
        let mut draft = RuleAnalyst.specify(key, brief).await?;
        let last = draft.artefact.tasks.last().unwrap().id.clone();
        draft.artefact.tasks[0].depends_on.push(last);
        Ok(draft)
    }
}

#[test]
fn tasks_that_wait_for_each_other_are_refused_before_anything_is_asked() {
    let Came { report, requests, .. } = run(None, Some(Arc::new(Circular)));
    let error = report.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("depends on"), "{error}");
    assert!(requests.is_empty());
}

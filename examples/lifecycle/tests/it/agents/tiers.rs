//! A model for each attempt: the cheap one first, a stronger one after the sealed checks failed.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, Isolation, RunId};
use ae_harness::StopReason;
use ae_router::{
    Candidate, Complexity, Estimate, ModelChoice, ModelRouter, Risk, RouteDecision, RouteRequest, Tier,
};
use async_trait::async_trait;
use lifecycle::{glue::progress::Silent, service::RunReport};

use super::{Asked, backends, good, product, settings};
use crate::{
    ae::INTENT,
    inside::{drive, installation, intent, record, standing},
};

const CHEAP: &str = "claude-haiku-4-5";
const STRONG: &str = "claude-opus-4-5";

/// The cheap model first, then the strong one.
#[derive(Debug)]
struct Rungs;

#[async_trait]
impl ModelRouter for Rungs {
    fn name(&self) -> &str {
        "rungs"
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        let (model, tier) =
            if request.attempt == 1 { (CHEAP, Tier::Intern) } else { (STRONG, Tier::Architect) };
        let choice = ModelChoice::new(model, "anthropic");
        let callable = request.available.allows(&choice);
        let candidate =
            Candidate::new(choice, Estimate::not_measured("a test"), "by the number of the attempt");
        let task = request.task.as_ref().map(|task| task.id.clone());
        let decision =
            RouteDecision::new(task, tier, Complexity::new(1, Risk::Safe), "rungs", "by the attempt");
        Ok(decision.with_candidate(candidate.with_callable(callable)))
    }
}

/// The pieces of work with the model of each.
type Models = Vec<(String, Option<String>)>;

fn run(by_tier: bool) -> (RunReport, Models, String) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked: Arc<Mutex<Models>> = Arc::default();
    let seen = Arc::clone(&asked);
    // The cheap model gets it wrong.
    let script = Arc::new(move |ask: &Asked<'_>| {
        seen.lock().unwrap().push((ask.work.to_owned(), ask.request.model.clone()));
        good(ask);
        if ask.work.starts_with("build") {
            let cheap = ask.request.model.as_deref() == Some(CHEAP);
            ask.write([("kit/modules/csv.js", product::module(cheap))]);
        }
        StopReason::Succeeded
    });
    let report = runtime.block_on(async {
        let installation = installation(folder.path());
        let (mut settings, run) = (settings(), RunId::from_uuid(installation.runtime.ids.new_uuid()));
        settings.by_tier = by_tier;
        let mut backends = backends(&installation, &settings, Isolation::Process, script);
        backends.router = Arc::new(Rungs);
        record(&installation, run, intent(INTENT, "10"), settings).await;
        drive(&installation, backends, run, standing(), Arc::new(Silent)).await
    });
    let log = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
    let models = asked.lock().unwrap().clone();
    (report, models, log)
}

#[test]
fn a_failure_of_the_sealed_checks_climbs_to_the_next_model_and_each_choice_is_in_the_log() {
    let (report, models, log) = run(true);
    assert_eq!(report.outcome, "verified", "{:?}", report.reason);
    let of = |work: &str| models.iter().find(|(known, _)| known == work).unwrap().1.as_deref();
    assert_eq!(of("author/1"), Some(super::MODEL), "the author has a model of its own");
    assert_eq!((of("build/T-003/1"), of("build/T-003/2")), (Some(CHEAP), Some(STRONG)));
    let built = models.iter().filter(|(work, _)| work.starts_with("build")).count();
    assert_eq!(log.matches("\"agent_routed\"").count(), built, "{log}");
    assert_eq!(report.build_routes.len(), built);
    assert!(report.build_routes.iter().all(|route| route.policy == "rungs"));
}

#[test]
fn a_model_that_a_person_named_does_all_of_it() {
    let (report, models, log) = run(false);
    assert_eq!(report.outcome, "verified", "{:?}", report.reason);
    assert!(models.iter().all(|(_, model)| model.as_deref() == Some(super::MODEL)), "{models:?}");
    assert!(!log.contains("agent_routed") && report.build_routes.is_empty());
}

//! Evidence that is too weak: a person decides, and nothing else means that decision.

use std::sync::Arc;

use ae_core::{BackendError, RunId};
use ae_genesis::{NicheValidator, RuleValidator, ValidationReport, ValidationRequest, Verdict};
use ae_safety::{Approval, ApprovalDesk};
use async_trait::async_trait;
use lifecycle::{
    engine::{self, Question},
    faces::cli::Exit,
    glue::{
        approver::{Absent, Approver, Standing},
        progress::Silent,
    },
    service::{self, Decision, Installation, RunReport, RunSettings, SignalsFrom},
    wiring::Backends,
};

use super::{
    ae::INTENT,
    inside::{drive, installation, intent, record},
};

/// Finds every niche too thinly supported.
#[derive(Debug)]
struct Doubter;

#[async_trait]
impl NicheValidator for Doubter {
    fn name(&self) -> &str {
        "doubter"
    }

    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError> {
        let mut report = RuleValidator.validate(request).await?;
        report.verdict = Verdict::NotEnoughEvidence;
        report.reasons = vec!["three old headlines".to_owned()];
        Ok(report)
    }
}

/// A person at a terminal who answers later.
#[derive(Debug)]
struct Hesitant;

#[async_trait]
impl Approver for Hesitant {
    async fn consult(&self, _: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        Ok(approval)
    }

    fn reaches_a_person(&self) -> bool {
        true
    }
}

/// Decisions in advance, over an approver for the rest.
fn standing(launches: bool, despite_evidence: bool, otherwise: Arc<dyn Approver>) -> Arc<dyn Approver> {
    Arc::new(Standing { decided_by: "person:test".to_owned(), launches, despite_evidence, otherwise })
}

async fn go_on(installation: &Installation, run: RunId, approver: Arc<dyn Approver>) -> RunReport {
    let settings = installation.runs.get(run).await.unwrap().settings;
    let mut backends = Backends::embedded(installation, &settings, None).unwrap();
    backends.validator = Arc::new(Doubter);
    drive(installation, backends, run, approver, Arc::new(Silent)).await
}

/// Does `work` with a run that was recorded and not begun.
fn with_a_run<T>(work: impl AsyncFnOnce(Installation, RunId) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let installation = installation(folder.path());
        let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
        let run = RunId::from_uuid(installation.runtime.ids.new_uuid());
        record(&installation, run, intent(INTENT, "10"), settings).await;
        work(installation, run).await
    })
}

#[test]
fn without_a_person_it_is_blocked_whether_launches_are_approved_or_not() {
    for yes in [false, true] {
        let report = with_a_run(async |installation, run| {
            go_on(&installation, run, standing(yes, false, Arc::new(Absent))).await
        });
        assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("blocked", Exit::Blocked), "{yes}");
        let reason = report.reason.unwrap();
        assert!(reason.contains("three old headlines") && reason.contains("--despite-evidence"), "{reason}");
        assert!(report.spec.is_none() && report.product_url.is_none());
        assert!(!report.not_proven.is_empty());
    }
}

#[test]
fn a_person_who_can_be_asked_is_asked_even_if_launches_are_approved() {
    for (reject, outcome) in [(false, "verified"), (true, "blocked")] {
        let report = with_a_run(async |installation, run| {
            let parked = go_on(&installation, run, standing(true, false, Arc::new(Hesitant))).await;
            assert_eq!(Exit::of_report(&parked), Exit::Waiting, "{:?}", parked.reason);
            let waiting = parked.waiting.unwrap();
            assert!(waiting.title.starts_with("evidence"), "{}", waiting.title);
            let text = &waiting.rendering;
            assert!(text.contains("three old headlines") && text.contains("not validated"), "{text}");

            // A run that waits stays parked where no person is.
            let still = go_on(&installation, run, standing(true, false, Arc::new(Absent))).await;
            assert_eq!(Exit::of_report(&still), Exit::Waiting, "{:?}", still.reason);
            let decision = |stage: &str| Decision {
                run,
                person: "person:test".to_owned(),
                reject,
                reason: Some("I know them".to_owned()),
                digest: None,
                stage: Some(stage.to_owned()),
            };
            service::approve(&installation, decision("spec")).await.unwrap_err();
            service::approve(&installation, decision("evidence")).await.unwrap();
            go_on(&installation, run, standing(true, false, Arc::new(Absent))).await
        });
        assert_eq!(report.outcome, outcome, "{:?}", report.reason);
        assert_eq!(report.despite.is_some(), !reject);
    }
}

#[test]
fn a_decision_given_in_advance_is_recorded_and_shown() {
    with_a_run(async |installation, run| {
        let parked = go_on(&installation, run, standing(false, true, Arc::new(Absent))).await;
        let despite = parked.despite.unwrap();
        assert_eq!((despite.by.as_str(), despite.standing), ("person:test", true));
        let recorded = installation.keeper.desk.get(despite.approval).await.unwrap();
        assert!(recorded.standing && recorded.request.title.starts_with("evidence"));
        let waiting = parked.waiting.unwrap();
        assert!(waiting.title.starts_with("spec"), "it means nothing but the evidence: {}", waiting.title);
        assert!(waiting.rendering.contains("not validated"), "{}", waiting.rendering);
        let log = std::fs::read_to_string(installation.dir.audit_log()).unwrap();
        assert!(log.contains("went_on_despite_evidence"), "{log}");

        let report = go_on(&installation, run, standing(true, false, Arc::new(Absent))).await;
        assert_eq!(report.outcome, "verified", "{:?}", report.reason);
        assert!(report.not_proven.iter().any(|open| open.contains("demand")), "{:?}", report.not_proven);
        let spec = report.spec.unwrap();
        let said = |text: &String| text.contains("not validated");
        assert!(spec.assumptions.iter().any(said) || spec.unclear.iter().any(said), "the spec says so");
        let page = installation.dir.workspace(run).unwrap().join("site/index.html");
        assert!(std::fs::read_to_string(page).unwrap().contains("not validated"), "the page says so");
        assert!(matches!(engine::question(&installation, run).await.unwrap(), Question::None));
    });
}

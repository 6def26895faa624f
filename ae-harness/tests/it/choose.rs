//! Several builders as one: fallback, limits over all tries, escalation, races.

use std::{path::Path, sync::Arc, time::Duration};

use ae_core::{
    BackendError, Cancel, Currency, ErrorKind, IdempotencyKey, Isolation, Mode, Money, Retry, Runtime,
    TokenUsage,
};
use ae_harness::{
    Abilities, AgentFailure, AgentLimits, AgentReport, AgentRequest, AgentSession, AgentSink, Candidate,
    CliProvider, FailureKind, Harness, Judgement, ProviderInfo, StopReason, Tiers, conformance,
};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::fixture::{key, start};

/// A builder that writes a file, if it has one, and ends the same each time.
#[derive(Debug, Clone)]
struct Fixed {
    file: Option<(&'static str, &'static str)>,
    end: End,
    abilities: Abilities,
}

#[derive(Debug, Clone)]
enum End {
    Report(Box<AgentReport>),
    Error(ErrorKind),
}

impl Fixed {
    fn ends(end: End) -> Self {
        Self { file: None, end, abilities: Abilities::new() }
    }

    fn report(stop: StopReason, cents: i64) -> Self {
        let report = AgentReport::new(stop, "done").with_cost(Some(usd(cents)));
        Self::ends(End::Report(Box::new(report)))
    }

    fn fails(kind: FailureKind, cents: i64) -> Self {
        let report = AgentReport::new(StopReason::Failed, "failed").with_cost(Some(usd(cents)));
        let report = report.with_failure(AgentFailure::new(kind, "failed"));
        Self::ends(End::Report(Box::new(report)))
    }

    fn writing(mut self, path: &'static str, content: &'static str) -> Self {
        self.file = Some((path, content));
        self
    }
}

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).unwrap()
}

#[async_trait]
impl CliProvider for Fixed {
    fn info(&self) -> ProviderInfo {
        ProviderInfo::new("fixed", Mode::Offline, "1", Isolation::Confined)
            .with_metered(true)
            .with_abilities(self.abilities)
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        _: &IdempotencyKey,
        request: &AgentRequest,
        _: &dyn AgentSink,
        _: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        let changed = match self.file {
            Some((path, content)) => {
                std::fs::write(request.workspace.join(path), content).unwrap();
                vec![path.to_owned()]
            }
            None => Vec::new(),
        };
        match &self.end {
            End::Report(report) => {
                let usage = Some(TokenUsage::new(10, 1));
                let mut report =
                    AgentReport::clone(report).with_usage(usage).with_session(Some("s1".to_owned()));
                report.summary = format!("{:?}", request.limits.cost.map(|most| most.to_string()));
                Ok(report.with_files_changed(changed))
            }
            End::Error(kind) => Err(BackendError::new(*kind, "fixed", "execute", "it is so")),
        }
    }
}

struct Bench {
    place: TempDir,
    harness: Harness,
}

impl Bench {
    fn new(providers: Vec<(&'static str, Fixed)>) -> Self {
        let tier = providers.iter().map(|(name, _)| Candidate::new(*name)).collect();
        Self::tiers(vec![tier], providers)
    }

    fn tiers(tiers: Vec<Vec<Candidate>>, providers: Vec<(&'static str, Fixed)>) -> Self {
        let mut harness = Harness::new(Runtime::manual(start(), 1), Tiers::new(tiers));
        for (name, provider) in providers {
            harness = harness.with_provider(name, Arc::new(provider));
        }
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("workspace")).unwrap();
        Self { place, harness }
    }

    fn stored(mut self) -> Self {
        self.harness = self.harness.with_store(self.place.path().join("store"));
        self
    }

    fn request(&self) -> AgentRequest {
        AgentRequest::new(self.place.path().join("workspace"), "build")
            .with_sandbox(ae_harness::SandboxUse::Off)
    }

    fn files(&self) -> Vec<String> {
        let found = std::fs::read_dir(self.place.path().join("workspace")).unwrap();
        let mut names: Vec<String> =
            found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn run(&self, number: u32, request: &AgentRequest) -> Result<AgentReport, BackendError> {
        self.harness.execute(&key(number), request, &(), &Cancel::new()).await
    }
}

#[tokio::test]
async fn a_harness_keeps_the_contract_of_builders() {
    let script = ae_harness::ScriptedRun::new("wrote").with_file("site/index.html", "<p>");
    let scripted = ae_harness::MemoryProvider::new(vec![script; 6]);
    let harness = Harness::new(Runtime::manual(start(), 1), Tiers::new(vec![vec![Candidate::new("script")]]))
        .with_provider("script", Arc::new(scripted));
    let workspace = tempfile::tempdir().unwrap();
    let ran = conformance::provider::run_all(&harness, &AgentRequest::new(workspace.path(), "build")).await;
    assert_eq!(ran.passed.len(), 9, "{ran:?}");
}

#[tokio::test]
async fn after_an_outage_the_next_one_works_and_the_costs_are_summed() {
    for kind in [
        FailureKind::RateLimited,
        FailureKind::Overloaded,
        FailureKind::Network,
        FailureKind::Auth,
        FailureKind::Billing,
        FailureKind::ModelNotFound,
    ] {
        let providers = vec![("a", Fixed::fails(kind, 3)), ("b", Fixed::report(StopReason::Succeeded, 4))];
        let bench = Bench::new(providers);
        let report = bench.run(0, &bench.request()).await.unwrap();
        assert!(report.succeeded(), "{kind}");
        assert_eq!((report.cost, report.usage), (Some(usd(7)), Some(TokenUsage::new(20, 2))));
        assert_eq!(report.session.as_deref(), Some("b:s1"));
        // It rests: the next request does not ask it.
        let report = bench.run(1, &bench.request()).await.unwrap();
        assert_eq!(report.cost, Some(usd(4)), "{kind}");
    }
    for kind in
        [ErrorKind::NotFound, ErrorKind::Unauthenticated, ErrorKind::RateLimited, ErrorKind::Unavailable]
    {
        let providers =
            vec![("a", Fixed::ends(End::Error(kind))), ("b", Fixed::report(StopReason::Succeeded, 4))];
        let bench = Bench::new(providers);
        assert_eq!(bench.run(0, &bench.request()).await.unwrap().cost, Some(usd(4)), "{kind}");
    }
}

#[tokio::test]
async fn work_that_failed_is_not_done_again_by_another() {
    let mut ends: Vec<Fixed> = FailureKind::ALL
        .iter()
        .filter(|kind| {
            !matches!(
                kind,
                FailureKind::RateLimited
                    | FailureKind::Overloaded
                    | FailureKind::Network
                    | FailureKind::Auth
                    | FailureKind::Billing
                    | FailureKind::ModelNotFound
            )
        })
        .map(|kind| Fixed::fails(*kind, 3))
        .collect();
    ends.extend(
        [StopReason::TimedOut, StopReason::Incomplete, StopReason::BudgetStop]
            .map(|stop| Fixed::report(stop, 3)),
    );
    assert!(ends.len() > 10);
    for end in ends {
        let bench = Bench::new(vec![("a", end), ("b", Fixed::report(StopReason::Succeeded, 4))]).stored();
        let report = bench.run(0, &bench.request()).await.unwrap();
        assert!(!report.succeeded() && report.cost == Some(usd(3)), "{report:?}");
    }
    for kind in [ErrorKind::QuotaExceeded, ErrorKind::InvalidInput, ErrorKind::Conflict] {
        let providers =
            vec![("a", Fixed::ends(End::Error(kind))), ("b", Fixed::report(StopReason::Succeeded, 4))];
        let bench = Bench::new(providers);
        assert_eq!(bench.run(0, &bench.request()).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn changes_of_an_outage_are_taken_back_or_end_the_tries() {
    let providers = || {
        let half = Fixed::fails(FailureKind::Overloaded, 1).writing("half", "x");
        vec![("a", half), ("b", Fixed::report(StopReason::Succeeded, 4).writing("whole", "x"))]
    };
    let bench = Bench::new(providers()).stored();
    assert!(bench.run(0, &bench.request()).await.unwrap().succeeded());
    assert_eq!(bench.files(), ["whole"]);

    let bench = Bench::new(providers());
    let report = bench.run(0, &bench.request()).await.unwrap();
    assert_eq!((report.stop, report.cost), (StopReason::Failed, Some(usd(1))));
    assert_eq!(bench.files(), ["half"]);
}

#[tokio::test]
async fn limits_hold_over_all_tries() {
    let providers = |cost: Option<Money>| {
        let mut first = Fixed::fails(FailureKind::Overloaded, 6);
        if let End::Report(report) = &mut first.end {
            report.cost = cost;
        }
        vec![("a", first), ("b", Fixed::report(StopReason::Succeeded, 4))]
    };
    let limited =
        |bench: &Bench, cents| bench.request().with_limits(AgentLimits::new().with_cost(usd(cents)));
    let bench = Bench::new(providers(Some(usd(6))));
    let report = bench.run(0, &limited(&bench, 10)).await.unwrap();
    assert_eq!(
        report.summary,
        format!("{:?}", Some(usd(4).to_string())),
        "the rest is the limit of the next"
    );
    // Nothing is left, or it is not known: the last result stands.
    for (cost, limit) in [(Some(usd(6)), 6), (Some(usd(6)), 5), (None, 100)] {
        let bench = Bench::new(providers(cost));
        let report = bench.run(0, &limited(&bench, limit)).await.unwrap();
        assert_eq!((report.stop, report.cost), (StopReason::Failed, cost), "{limit}");
    }
}

#[tokio::test]
async fn repeated_failure_leads_to_the_next_tier() {
    let providers = vec![
        ("small", Fixed::fails(FailureKind::Other, 1)),
        ("large", Fixed::report(StopReason::Succeeded, 9)),
    ];
    let tiers = vec![vec![Candidate::new("small")], vec![Candidate::new("large")]];
    let bench = Bench::tiers(tiers, providers);
    for (attempt, cents) in [(1, 1), (2, 1), (3, 9), (4, 9)] {
        let report = bench.run(attempt, &bench.request().with_attempt(attempt)).await.unwrap();
        assert_eq!(report.cost, Some(usd(cents)), "{attempt}");
    }
}

#[tokio::test]
async fn abilities_and_sessions_choose_the_builder() {
    let mut able = Fixed::report(StopReason::Succeeded, 4);
    able.abilities = Abilities::new().with_output_schema(true).with_resume(true);
    let bench = Bench::new(vec![("a", Fixed::report(StopReason::Succeeded, 1)), ("b", able)]);
    let schema = bench.request().with_output_schema(serde_json::json!({}));
    assert_eq!(bench.run(0, &schema).await.unwrap().cost, Some(usd(4)));
    let resume = |session: &str| bench.request().with_session(AgentSession::Resume(session.to_owned()));
    assert_eq!(bench.run(1, &resume("b:s1")).await.unwrap().cost, Some(usd(4)));
    for (number, session) in [(2, "a:s1"), (3, "s1"), (4, "c:s1")] {
        let error = bench.run(number, &resume(session)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{session}");
    }
}

#[tokio::test]
async fn when_all_rest_the_caller_learns_for_how_long() {
    let mut limited = Fixed::fails(FailureKind::RateLimited, 0);
    if let End::Report(report) = &mut limited.end {
        let failure = AgentFailure::new(FailureKind::RateLimited, "slow down");
        report.failure = Some(failure.with_retry_after(Some(Duration::from_secs(90))));
    }
    let bench = Bench::new(vec![("a", limited)]);
    assert_eq!(bench.run(0, &bench.request()).await.unwrap().stop, StopReason::Failed);
    let error = bench.run(1, &bench.request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::RateLimited, Retry::After(Duration::from_secs(90)))
    );
}

/// Right is a workspace whose file `answer` holds a number, and the higher the better.
fn by_answer(workspace: &Path, _: &AgentReport) -> Result<Judgement, BackendError> {
    let answer = std::fs::read_to_string(workspace.join("answer")).unwrap_or_default();
    let score = answer.parse::<i64>();
    Ok(Judgement::new(score.is_ok(), score.unwrap_or(1_000_000)))
}

#[tokio::test]
async fn the_best_verified_result_of_a_race_is_kept() {
    let done = |cents, answer| Fixed::report(StopReason::Succeeded, cents).writing("answer", answer);
    let claims = Fixed::report(StopReason::Succeeded, 1);
    let providers = vec![
        ("claims", claims),
        ("wrong", done(1, "perfect")),
        ("good", done(2, "7")),
        ("best", done(3, "9")),
        ("dear", done(5, "9")),
        ("failed", Fixed::fails(FailureKind::Other, 1).writing("answer", "100")),
    ];
    let names: Vec<_> = providers.iter().map(|(name, _)| Candidate::new(*name)).collect();
    let bench = Bench::new(providers).stored();
    std::fs::write(bench.place.path().join("workspace/kept"), "x").unwrap();
    let request = bench.request();
    let race = bench.harness.race(&key(0), &names, &request, &(), &Cancel::new(), &by_answer).await.unwrap();
    assert_eq!((race.winner, race.cost), (Some(3), Some(usd(13))));
    assert_eq!(bench.files(), ["answer", "kept"]);
    assert_eq!(std::fs::read_to_string(request.workspace.join("answer")).unwrap(), "9");
    assert!(!bench.place.path().join("store/race").exists());

    // None is right: the workspace stays as it was.
    let race =
        bench.harness.race(&key(1), &names[..2], &request, &(), &Cancel::new(), &by_answer).await.unwrap();
    assert_eq!(race.winner, Some(0), "the answer of the first race is still there");
    std::fs::remove_file(request.workspace.join("answer")).unwrap();
    let race =
        bench.harness.race(&key(2), &names[..2], &request, &(), &Cancel::new(), &by_answer).await.unwrap();
    assert_eq!((race.winner, race.results.len(), race.cost), (None, 2, Some(usd(2))));
    assert_eq!(bench.files(), ["kept"]);
}

#[tokio::test]
async fn a_candidate_can_race_against_itself() {
    let run = |answer: &str| ae_harness::ScriptedRun::new("wrote").with_file("answer", answer);
    let scripted = ae_harness::MemoryProvider::new([run("5"), run("9")]);
    let place = tempfile::tempdir().unwrap();
    let workspace = place.path().join("workspace");
    std::fs::create_dir(&workspace).unwrap();
    let harness = Harness::new(Runtime::manual(start(), 1), Tiers::new(Vec::new()))
        .with_provider("script", Arc::new(scripted))
        .with_store(place.path().join("store"));
    let twice = [Candidate::new("script"), Candidate::new("script")];
    let request = AgentRequest::new(&workspace, "build");
    let race = harness.race(&key(0), &twice, &request, &(), &Cancel::new(), &by_answer).await.unwrap();
    assert_eq!(race.winner, Some(1), "{race:?}");
    assert_eq!(std::fs::read_to_string(workspace.join("answer")).unwrap(), "9");
}

#[tokio::test]
async fn a_race_without_a_store_is_refused() {
    let bench = Bench::new(vec![("a", Fixed::report(StopReason::Succeeded, 1))]);
    let names = [Candidate::new("a")];
    let answer = bench.harness.race(&key(0), &names, &bench.request(), &(), &Cancel::new(), &by_answer).await;
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::InvalidInput);
}

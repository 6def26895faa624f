//! The outcomes that the built-in builder never causes: a builder that stalls, one that tires, one that costs too much.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use ae_core::{BackendError, Cancel, Currency, IdempotencyKey, Isolation, Mode, Money, ProductSpec, RunId};
use ae_genesis::{Analyst, AnalystInfo, Drafted, Niche, NicheBrief, RuleAnalyst, SpecBrief};
use ae_harness::{
    AgentReport, AgentRequest, AgentSink, CliProvider, Kit, ProviderInfo, SiteBuilder, StopReason,
};
use async_trait::async_trait;
use lifecycle::{
    faces::cli::Exit,
    glue::{
        analysts::Hired,
        progress::{Progress, Silent},
    },
    service::{RunReport, RunSettings, SignalsFrom},
    wiring::Backends,
};
use tokio::sync::Notify;

use super::inside::{drive, installation, intent, record, standing};

/// Builds the real site, then breaks it.
#[derive(Debug)]
struct Saboteur {
    /// Builds the real site.
    site: SiteBuilder,
    /// Whether each attempt breaks it in another way.
    inventive: bool,
    /// From which attempt on it leaves the site as it is.
    behaves_from: u32,
    info: ProviderInfo,
    attempts: Arc<AtomicU32>,
}

#[async_trait]
impl CliProvider for Saboteur {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        let report = self.site.execute(key, request, events, cancel).await?;
        let attempt = request.attempt;
        self.attempts.fetch_max(attempt, Ordering::SeqCst);
        assert_eq!(
            request.diagnosis.is_some(),
            attempt > 1,
            "from the second attempt on it gets the failures"
        );
        if attempt < self.behaves_from {
            let page = request.workspace.join("site/index.html");
            let number = if self.inventive { attempt } else { 0 };
            let broken = std::fs::read_to_string(&page).unwrap();
            let broken =
                broken.replace("</main>", &format!("<a href=\"nowhere-{number}.html\">lost</a></main>"));
            std::fs::write(&page, broken).unwrap();
        }
        Ok(report)
    }
}

/// Slips a byte into the site when the stage begins that comes after the checks.
#[derive(Debug)]
struct Tamper(std::path::PathBuf);

impl Progress for Tamper {
    fn stage(&self, name: &str) {
        if name == "approve_launch" {
            let page = self.0.join("site/index.html");
            let text = std::fs::read_to_string(&page).unwrap();
            std::fs::write(&page, text.replace("</main>", "<!-- slipped in --></main>")).unwrap();
        }
    }

    fn note(&self, _: &str) {}
}

fn run_with(inventive: bool, behaves_from: u32, metered: bool, budget: &str) -> (RunReport, u32) {
    run_watched(inventive, behaves_from, metered, budget, |_| Arc::new(Silent))
}

fn run_watched(
    inventive: bool,
    behaves_from: u32,
    metered: bool,
    budget: &str,
    progress: impl FnOnce(std::path::PathBuf) -> Arc<dyn Progress>,
) -> (RunReport, u32) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let attempts = Arc::new(AtomicU32::new(0));
    let report = runtime.block_on(async {
        let installation = installation(folder.path());
        let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
        let mut backends = Backends::embedded(&installation, &settings, None).unwrap();
        let counted = Arc::clone(&attempts);
        backends.builder = Arc::new(move |spec, site| {
            let site = SiteBuilder::new(spec.clone(), site.clone()).with_kits(Kit::builtin());
            let info = site.info().with_metered(metered);
            Arc::new(Saboteur { site, inventive, behaves_from, info, attempts: Arc::clone(&counted) })
        });
        let run = RunId::from_uuid(installation.runtime.ids.new_uuid());
        record(&installation, run, intent(super::ae::INTENT, budget), settings).await;
        let workspace = installation.dir.workspace(run).unwrap();
        let progress = progress(workspace.clone());
        let report = drive(&installation, backends, run, standing(), progress).await;
        if report.outcome == "stalled" {
            let living = std::fs::read_to_string(workspace.join("CLAUDE.md")).unwrap();
            assert!(living.contains("nowhere-0.html"), "the error is registered");
        }
        report
    });
    (report, attempts.load(Ordering::SeqCst))
}

#[test]
fn the_same_failure_three_times_is_stalled() {
    let (report, attempts) = run_with(false, u32::MAX, false, "10");
    assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("stalled", Exit::Stalled));
    assert_eq!(attempts, 3);
    assert!(
        report.product_url.is_none() && report.payment_link.is_none(),
        "nothing that failed is published"
    );
}

#[test]
fn another_failure_each_time_is_exhausted_after_five() {
    let (report, attempts) = run_with(true, u32::MAX, false, "10");
    assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("exhausted", Exit::Exhausted));
    assert_eq!(attempts, 5);
}

#[test]
fn a_failure_that_is_mended_is_verified() {
    let (report, attempts) = run_with(false, 2, false, "10");
    assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("verified", Exit::Verified));
    assert_eq!((attempts, report.attempts), (2, Some(2)));
}

#[test]
fn a_builder_that_costs_more_than_the_budget_is_stopped_before_the_call() {
    for budget in ["0", "0.000001"] {
        let (report, attempts) = run_with(false, 1, true, budget);
        assert_eq!(
            (report.outcome.as_str(), Exit::of_report(&report)),
            ("budget_stop", Exit::BudgetStop),
            "{budget}"
        );
        assert_eq!(attempts, 0, "it was never called");
    }
}

#[test]
fn a_byte_slipped_in_after_the_checks_is_not_published() {
    let (report, _) = run_watched(false, 1, false, "10", |workspace| Arc::new(Tamper(workspace)));
    assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("blocked", Exit::Blocked));
    assert!(report.reason.unwrap().contains("changed"));
    assert!(report.product_url.is_none() && report.payment_link.is_none());
}

/// Works until it is asked to stop.
#[derive(Debug)]
struct Endless {
    started: Arc<Notify>,
    stopped: Arc<AtomicBool>,
}

#[async_trait]
impl CliProvider for Endless {
    fn info(&self) -> ProviderInfo {
        ProviderInfo::new("endless", Mode::Offline, "1", Isolation::Confined)
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        _: &IdempotencyKey,
        request: &AgentRequest,
        _: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        self.started.notify_one();
        cancel.cancelled().await;
        self.stopped.store(true, Ordering::SeqCst);
        Ok(request.free_report(StopReason::Cancelled, "stopped when asked"))
    }
}

#[test]
fn a_cancellation_reaches_a_builder_at_work() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (started, stopped) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let report = runtime.block_on(async {
        let installation = installation(folder.path());
        let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
        let mut backends = Backends::embedded(&installation, &settings, None).unwrap();
        let (tell, end) = (Arc::clone(&started), Arc::clone(&stopped));
        backends.builder =
            Arc::new(move |_, _| Arc::new(Endless { started: Arc::clone(&tell), stopped: Arc::clone(&end) }));
        let run = RunId::from_uuid(installation.runtime.ids.new_uuid());
        record(&installation, run, intent(super::ae::INTENT, "10"), settings).await;
        let driven = drive(&installation, backends, run, standing(), Arc::new(Silent));
        let asked = async {
            started.notified().await;
            installation.runs.request_cancel(run).await.unwrap();
        };
        tokio::join!(driven, asked).0
    });
    assert_eq!((report.outcome.as_str(), Exit::of_report(&report)), ("cancelled", Exit::Cancelled));
    assert!(stopped.load(Ordering::SeqCst), "the builder ended by itself");
    assert!(report.product_url.is_none() && report.payment_link.is_none());
}

/// Works by the rules and says that it costs money.
#[derive(Debug)]
struct PaidAnalyst {
    asked: Arc<AtomicU32>,
    cost: Option<Money>,
}

#[async_trait]
impl Analyst for PaidAnalyst {
    fn info(&self) -> AnalystInfo {
        RuleAnalyst.info().with_metered(true)
    }

    async fn propose(
        &self,
        key: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> Result<Drafted<Vec<Niche>>, BackendError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(RuleAnalyst.propose(key, brief).await?.with_cost(self.cost))
    }

    async fn specify(
        &self,
        key: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> Result<Drafted<ProductSpec>, BackendError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(RuleAnalyst.specify(key, brief).await?.with_cost(self.cost))
    }
}

#[test]
fn an_analyst_that_costs_money_is_held_to_the_budget() {
    // An answer may cost a tenth of the budget and a millionth at least, so that the second one is too much for a
    // budget of a millionth.
    // What is not measured counts in full, and what is counts as it is.
    for (budget, cost, outcome, calls, counted) in [
        ("0", None, "budget_stop", 0, "0"),
        ("0.000001", None, "budget_stop", 1, "0.000001"),
        ("10", None, "verified", 2, "2"),
        ("10", Some("0.0123"), "verified", 2, "0.0246"),
    ] {
        let cost = cost.map(|cost| Money::parse(cost, Currency::USD).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let asked = Arc::new(AtomicU32::new(0));
        let report = runtime.block_on(async {
            let installation = installation(folder.path());
            let settings = RunSettings::new("http://127.0.0.1:4180", vec![SignalsFrom::Sample]);
            let mut backends = Backends::embedded(&installation, &settings, None).unwrap();
            backends.analyst = Hired::Ready(Arc::new(PaidAnalyst { asked: Arc::clone(&asked), cost }));
            let run = RunId::from_uuid(installation.runtime.ids.new_uuid());
            record(&installation, run, intent(super::ae::INTENT, budget), settings).await;
            drive(&installation, backends, run, standing(), Arc::new(Silent)).await
        });
        assert_eq!((report.outcome.as_str(), asked.load(Ordering::SeqCst)), (outcome, calls), "{report:?}");
        let spent = report.spent.unwrap();
        let counted = Money::parse(counted, Currency::USD).unwrap();
        assert_eq!(spent.settled.checked_add(spent.reserved).unwrap(), counted, "budget {budget}");
    }
}

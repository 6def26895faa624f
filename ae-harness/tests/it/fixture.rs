//! A product, its address, a workspace, keys.

use std::path::{Path, PathBuf};

use ae_core::{
    AcceptanceCriterion, BillingInterval, Cancel, CheckKind, Currency, Deliverable, Digest, Evidence,
    Feature, IdempotencyKey, Money, NicheId, Origin, PriceTier, Priority, ProductSpec, RunId, SourceNote,
    Timestamp, Untrusted,
};
use ae_harness::{
    AcceptancePlan, AgentRequest, Assertion, CheckOutcome, CliProvider, Kit, SiteBuilder, SiteContext,
};

pub fn start() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

pub fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "test", "effect", sequence)
}

pub fn context() -> SiteContext {
    SiteContext::new("http://127.0.0.1:8787/p/csv-tidy/", start())
}

/// The folder of the small kit among the examples.
pub fn kit_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kits/reading-time")
}

pub fn kit() -> Kit {
    Kit::load(&kit_folder()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The policy that pages with scripts carry.
pub fn policy() -> String {
    let plan = AcceptancePlan::derive(&spec(), &context());
    let mut policies = plan.checks.into_iter().filter_map(|check| match check.asserts {
        Assertion::SelfContained { policy } => policy,
        _ => None,
    });
    policies.next().unwrap()
}

fn evidence(id: &str, title: &str) -> Evidence {
    let title = Untrusted::new(Origin::Signals("hackernews".to_owned()), title.to_owned());
    let mut evidence = Evidence::new(id, "hackernews", title, start());
    evidence.url = Some(format!("https://news.ycombinator.com/item?id={id}"));
    evidence.points = Some(212);
    evidence.comments = Some(1);
    evidence.posted_at = Some("2026-02-01T00:00:00Z".parse().unwrap());
    evidence.relevance = rust_decimal::Decimal::ONE;
    evidence
}

pub fn criterion(id: &str, priority: Priority, check: CheckKind) -> AcceptanceCriterion {
    AcceptanceCriterion::new(id, "What must hold", priority).with_check(check)
}

pub fn phrase(text: &str) -> CheckKind {
    CheckKind::Phrases { phrases: vec![text.to_owned()] }
}

fn tier(id: &str, name: &str, price: &str) -> PriceTier {
    PriceTier::new(id, name, Money::parse(price, Currency::USD).unwrap(), BillingInterval::MONTH)
        .with_includes(vec!["All features".to_owned(), "Answers by mail".to_owned()])
}

/// A product that works, made from the small kit and sold under another name.
pub fn spec() -> ProductSpec {
    let feature = |title: &str, description: &str, evidence: &[&str]| {
        let ids = evidence.iter().map(|id| (*id).to_owned()).collect();
        Feature::new(title, description).with_evidence(ids)
    };
    let mut spec = ProductSpec::new(
        NicheId::from_digest(&Digest::of_bytes("test", b"niche")),
        "CSV Tidy",
        "csv-tidy",
        "Clean CSV files before they break your import",
    );
    spec.deliverable = Deliverable::WebTool;
    spec.offer = Some("reading-time".to_owned());
    spec.problem_statement =
        "Imports fail half-way because of stray quotes, mixed encodings and duplicate rows.".to_owned();
    spec.target_users = vec!["data analysts".to_owned(), "shop owners".to_owned()];
    spec.core_features = vec![
        feature(
            "Find duplicate rows",
            "Shows every row that appears twice & lets you keep one.",
            &["11", "12"],
        ),
        feature("Repair encodings", "Turns Latin-1 and UTF-16 into UTF-8.", &["11"]),
        feature("Check before import", "Says which line would fail, and why.", &[]),
    ];
    spec.acceptance_criteria = vec![
        criterion("AC-001", Priority::P0, phrase("CSV Tidy")),
        criterion("AC-002", Priority::P0, phrase("Clean CSV files before they break your import")),
        criterion("AC-003", Priority::P1, phrase("data analysts")),
        criterion("AC-004", Priority::P0, phrase("Find duplicate rows")),
        criterion("AC-005", Priority::P0, phrase("Repair encodings")),
        criterion("AC-006", Priority::P0, CheckKind::Price { tier: "starter".to_owned() }),
        criterion("AC-007", Priority::P0, CheckKind::Checkout),
        criterion("AC-008", Priority::P0, CheckKind::Privacy),
        criterion("AC-009", Priority::P2, phrase("a missing phrase")),
        criterion("AC-010", Priority::P1, CheckKind::Manual),
    ];
    spec.pricing = vec![tier("starter", "Starter", "9"), tier("team", "Team", "29")];
    spec.evidence = vec![
        evidence("11", "Ask HN: why does every CSV import break?"),
        evidence("12", "<script>alert(1)</script> duplicate rows \"everywhere\""),
    ];
    spec.sources = vec![SourceNote::new("hackernews", "ok")];
    spec.assumptions = vec!["People can export a CSV file.".to_owned()];
    spec.unclear = vec!["How large the files are.".to_owned()];
    spec.out_of_scope = vec!["Excel macros.".to_owned()];
    spec.analyst = "rule-based".to_owned();
    spec
}

/// The same product before it is built.
pub fn planned() -> ProductSpec {
    let mut spec = spec();
    (spec.deliverable, spec.offer) = (Deliverable::PreOrder, None);
    spec.pricing.truncate(1);
    spec.acceptance_criteria.retain(|criterion| criterion.check != CheckKind::Checkout);
    spec.acceptance_criteria.push(criterion("AC-NOT", Priority::P0, CheckKind::NotBuilt));
    spec.acceptance_criteria.push(criterion("AC-INT", Priority::P0, CheckKind::Interest));
    spec
}

/// The builder of `spec` with the small kit.
pub fn builder(spec: &ProductSpec) -> SiteBuilder {
    SiteBuilder::new(spec.clone(), context()).with_kits(vec![kit()])
}

pub async fn build(workspace: &Path, spec: &ProductSpec) {
    let report =
        builder(spec).execute(&key(0), &AgentRequest::new(workspace, ""), &(), &Cancel::new()).await.unwrap();
    assert!(report.succeeded());
}

pub fn checks(workspace: &Path, spec: &ProductSpec) -> Vec<CheckOutcome> {
    let plan = AcceptancePlan::derive(spec, &context());
    plan.run(workspace, &plan.seal()).unwrap()
}

/// The ids of the checks that fail.
pub fn failing(workspace: &Path, spec: &ProductSpec) -> Vec<String> {
    checks(workspace, spec).into_iter().filter(|check| !check.passed).map(|check| check.id).collect()
}

pub(crate) fn contact() -> ae_harness::Contact {
    ae_harness::Contact::from_json(
        r#"{"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": "+441632960961",
            "street": "1 Example Street", "city": "London", "state": "London", "postal_code": "N1 9GU",
            "country": "GB"}"#,
    )
    .unwrap()
}

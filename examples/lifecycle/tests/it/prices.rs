//! A price that no customer could pay is found before anything is built.

use std::sync::Arc;

use ae_billing::{BillingConfig, Caps, SqliteBilling};
use ae_core::RunId;
use ae_safety::Ruling;
use lifecycle::{
    engine::{self, Question},
    glue::{
        approver::{Absent, Approver},
        progress::Silent,
    },
    service::{Installation, RunReport},
    wiring::Backends,
};

use super::{
    ae::Ae,
    inside::{drive, installation, standing},
};

#[test]
fn a_price_that_can_not_be_sold_is_blocked_before_anything_is_built() {
    for (amount, said) in [
        ("$9.999", "$9.999"),
        ("$0.001", "$0.001"),
        ("$1000000", "$1000000.00 is above $999999.99"),
        // A month of it could be sold, a year of it could not.
        ("$100000", "yearly"),
    ] {
        let ae = Ae::new();
        let intent = format!("CSV tool for {amount} a month");
        let result = ae.ae(&["run", &intent, "--signals", "sample", "--yes", "--json"]).expect(4).json();
        assert_eq!(result["outcome"], "blocked", "{amount}");
        let reason = result["reason"].as_str().unwrap();
        assert!(reason.contains(said) && reason.contains("intent"), "{amount}: {reason}");
        assert!(result["product_url"].is_null() && result["payment_link"].is_null(), "{amount}: {result}");
        let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
        assert!(!log.contains("approval_requested"), "{amount}: nothing was asked: {log}");
        let begun = log.matches("\"action_started\"").count();
        let unclear = reason.contains("unclear");
        assert_eq!(result["spec"].is_null(), unclear, "the price list can be looked at: {result}");
        let before = if unclear { 0 } else { 2 + 1 };
        assert_eq!(begun, before, "{amount}: the analyst's two answers and the licence key alone: {log}");
        let sites = ae.data().join("sites");
        let published = sites.is_dir() && std::fs::read_dir(sites).unwrap().next().is_some();
        assert!(!published, "{amount}: nothing is published");
        let again = ae.ae(&["resume", result["run_id"].as_str().unwrap(), "--json"]).expect(4).json();
        assert_eq!(again["reason"], result["reason"], "{amount}: it has ended");
    }
}

#[test]
fn a_high_price_is_sold() {
    for (amount, yearly) in [("$1500", "15000"), ("$49999.99", "499999.9")] {
        let ae = Ae::new();
        let intent = format!("CSV tool for {amount} a month");
        let result = ae.ae(&["run", &intent, "--signals", "sample", "--yes", "--json"]).expect(0).json();
        let tiers = result["spec"]["pricing"].as_array().unwrap();
        assert_eq!(tiers[1]["price"]["amount"], yearly, "{tiers:?}");
        assert_eq!(result["prices"].as_array().unwrap().len(), tiers.len());
        assert!(result["payment_link"].is_string(), "{amount}: it can be bought");
    }
}

/// Goes on with `run` over a ledger that takes no price above `cents`.
async fn go_on(
    installation: &Installation,
    run: RunId,
    approver: Arc<dyn Approver>,
    cents: i64,
) -> RunReport {
    let settings = installation.runs.get(run).await.unwrap().settings;
    let config = BillingConfig::new(&settings.base_url).with_caps(Caps::default().with_amount_max(cents));
    let (path, runtime) = (installation.dir.database("billing"), installation.runtime.clone());
    let ledger = SqliteBilling::open_or_create(path, runtime, config).unwrap();
    let mut backends = Backends::embedded(installation, &settings, None).unwrap();
    backends.payments = Arc::new(ledger);
    drive(installation, backends, run, approver, Arc::new(Silent)).await
}

#[test]
fn a_provider_that_takes_less_since_the_spec_was_approved_stops_the_launch() {
    let ae = Ae::new();
    let run: RunId = ae.parked().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(async {
        let installation = installation(&ae.data());
        let Question::Open(spec) = engine::question(&installation, run).await.unwrap() else {
            panic!("the run waits");
        };
        installation.keeper.desk.decide(spec.id, Ruling::approve("person:test")).await.unwrap();
        let parked = go_on(&installation, run, Arc::new(Absent), 10_000).await;
        assert_eq!(parked.outcome, "waiting_for_approval", "the launch is asked about: {:?}", parked.reason);
        go_on(&installation, run, standing(), 100).await
    });
    assert_eq!(report.outcome, "blocked");
    let reason = report.reason.unwrap();
    assert!(reason.contains("highest price here") && reason.contains("nothing was published"), "{reason}");
    assert!(report.product_url.is_none() && report.waiting.is_none(), "and the open question is closed");
}

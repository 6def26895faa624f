//! `kill -9` at every step boundary, around every effect, and at random instants: nothing lost, nothing twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use ae_billing::PaymentProvider;
use ae_safety::{HoldState, Scope};
use lifecycle::wiring;
use serde_json::Value;

use super::{
    ae::{Ae, INTENT, finish},
    inside::installation,
};

pub mod points;

const RUN: &str = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
/// Names the data directory and the crash point for a child of this test binary.
const CHILD: &str = "AE_TEST_CRASH_CHILD";

/// The traces of a run, without the times, which may differ between two data directories.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    outcome: Value,
    product: Value,
    prices: Value,
    link: Value,
    objects: usize,
    releases: usize,
    criteria: Value,
    spent: Value,
}

fn left(ae: &Ae, result: &Value) -> Left {
    let data = ae.data();
    let sites: Vec<_> =
        std::fs::read_dir(data.join("sites")).unwrap().map(|site| site.unwrap().path()).collect();
    assert_eq!(sites.len(), 1, "{sites:?}");
    let releases = std::fs::read_dir(sites[0].join("releases")).unwrap();
    let releases =
        releases.filter(|release| !release.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let objects = runtime.block_on(async {
        let installation = installation(&data);
        let run = RUN.parse().unwrap();
        let holds = installation.keeper.budget.holds(&Scope::Run(run)).await.unwrap();
        assert!(holds.iter().all(|hold| hold.state != HoldState::Open), "every hold is settled: {holds:?}");
        let billing = wiring::ledger(&installation, "http://127.0.0.1:4180").unwrap();
        billing.find(run).await.unwrap().len()
    });
    Left {
        outcome: result["outcome"].clone(),
        product: result["product"].clone(),
        prices: result["prices"].clone(),
        link: result["payment_links"].clone(),
        objects,
        releases: releases.count(),
        criteria: result["spec"]["acceptance_criteria"].clone(),
        spent: result["spent"].clone(),
    }
}

fn reference() -> (Left, Duration) {
    let ae = Ae::new();
    let start = Instant::now();
    let result = run_args(&ae);
    let took = start.elapsed();
    (left(&ae, &result), took)
}

fn run_args(ae: &Ae) -> Value {
    ae.ae(&["run", INTENT, "--signals", "sample", "--yes", "--json", "--run-id", RUN]).expect(0).json()
}

/// Goes on with the run after a crash; one that was killed before it was recorded is started.
fn resume(ae: &Ae) -> Value {
    let resumed = ae.ae(&["resume", RUN, "--yes", "--json"]);
    if resumed.code == 2 {
        return run_args(ae);
    }
    resumed.expect(0).json()
}

#[test]
fn killed_at_every_boundary_and_around_every_effect() {
    let (expected, _) = reference();
    let mut point = 0;
    loop {
        point += 1;
        assert!(point < 500, "the run has an end");
        let ae = Ae::new();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_kills_itself", "--nocapture"])
            .env(CHILD, format!("{point}\n{}", ae.data().display()))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        if child.success() {
            break;
        }
        let result = resume(&ae);
        assert_eq!(left(&ae, &result), expected, "crash point {point}");
        ae.ae(&["audit", "verify"]).expect(0);
    }
    assert!(point > 40, "only {point} crash points were met");
    eprintln!("{} crash points", point - 1);
}

/// Runs the main job in this process and dies at the given point; without the variable it has nothing to do.
#[test]
fn child_that_kills_itself() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let (point, data) = order.split_once('\n').unwrap();
    let countdown = Arc::new(AtomicU32::new(point.parse().unwrap()));
    points::run_until_point(data.as_ref(), RUN.parse().unwrap(), &countdown);
    assert!(countdown.load(Ordering::SeqCst) > 0);
}

#[test]
fn killed_at_random_instants() {
    let (expected, took) = reference();
    let seed = 20_261_124_u64;
    eprintln!("seed {seed}");
    let mut state = seed;
    for round in 0..50 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let micros = u64::try_from(took.as_micros()).unwrap();
        let delay = Duration::from_micros(state % micros);
        let ae = Ae::new();
        let mut child = ae.spawn(&["run", INTENT, "--signals", "sample", "--yes", "--json", "--run-id", RUN]);
        std::thread::sleep(delay);
        child.kill().unwrap();
        finish(child);
        let result = resume(&ae);
        assert_eq!(left(&ae, &result), expected, "round {round}, killed after {delay:?}");
        ae.ae(&["audit", "verify"]).expect(0);
    }
}

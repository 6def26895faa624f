//! `kill -9` at every boundary and around every effect of a run that goes live: exactly one of everything.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::rig::{GO_LIVE, Rig, child};
use crate::crash::points;

const RUN: &str = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a45";
const HOOK: &str = "http://127.0.0.1:9/api/v1/billing/webhooks/stripe";
/// Names the data directory and the crash point for a child of this test binary.
const CHILD: &str = "AE_TEST_LIVE_CRASH_CHILD";
/// Crash points before this one are met by embedded runs, too.
const FIRST: u32 = 14;

fn counts(rig: &Rig) -> Vec<[usize; 2]> {
    let mut counts: Vec<_> = ["product", "price", "payment_link"].map(|kind| rig.objects(kind)).into();
    let projects = rig.vercel.projects();
    counts.push([projects.len(), projects.iter().map(|project| rig.vercel.deployments(project)).sum()]);
    counts.push([rig.stripe.objects("webhook_endpoint").len(), 1]);
    counts
}

#[test]
fn killed_at_every_boundary_of_a_launch() {
    let mut point = FIRST - 1;
    loop {
        point += 1;
        assert!(point < 500, "the run has an end");
        let rig = Rig::new();
        let order = format!("{point}\n{}", rig.ae.data().display());
        let died =
            child("live::crash::child_that_kills_itself").env(CHILD, order).envs(rig.env()).status().unwrap();
        if died.success() {
            break;
        }
        let mut resumed = rig.ae(&["resume", RUN, "--yes", "--json"]);
        if resumed.code == 2 {
            resumed = rig.ae(&rig.run(&["--yes", "--run-id", RUN, "--webhook-url", HOOK]));
        }
        let result = resumed.expect(0).json();
        let tiers = result["payment_links"].as_object().unwrap().len();
        assert_eq!(
            counts(&rig),
            [[1, 1], [tiers, tiers], [tiers, tiers], [1, 1], [1, 1]],
            "crash point {point}"
        );
        rig.ae.ae(&["audit", "verify"]).expect(0);
    }
    assert!(point > FIRST + 30, "only {} crash points were met", point - FIRST);
    eprintln!("{} crash points", point - FIRST);
}

/// Runs the main job live in this process and dies at the given point; without the variable it has nothing to do.
#[test]
fn child_that_kills_itself() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let (point, data) = order.split_once('\n').unwrap();
    let countdown = Arc::new(AtomicU32::new(point.parse().unwrap()));
    let live = [GO_LIVE[1], GO_LIVE[3]];
    points::run_live_until_point(data.as_ref(), RUN.parse().unwrap(), live, &countdown);
    assert!(countdown.load(Ordering::SeqCst) > 0);
}

//! Kills at any moment leave nothing.

use std::time::Duration;

use ae_core::{Cancel, IdSource as _, SeededIds};
use ae_harness::CliProvider as _;

use crate::played::{Stage, key};

/// Processes of every kind that outlives its parent.
const CROWD: &str = "echo text on
setsid sleep 600 &
(sleep 600 > /dev/null 2>&1 &)
nohup setsid sh -c 'sleep 600 & (setsid sleep 600 &) & trap \"\" TERM INT; while :; do sleep 0.01; done' > /dev/null 2>&1 &
trap '' INT
while :; do echo text on; sleep 0.01; done";

async fn after(pause: Duration) {
    let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
}

#[tokio::test]
async fn two_hundred_drops_leave_no_process() {
    let (stage, seed) = (Stage::new(), SeededIds::new(4));
    let agent = stage.agent();
    agent.check().await.unwrap();
    let request = stage.request(CROWD);
    for number in 0..200 {
        let pause = Duration::from_micros(u64::from(seed.jitter() % 40_000));
        let (cancel, own) = (Cancel::new(), key(number));
        let run = agent.execute(&own, &request, &(), &cancel);
        let ended = tokio::time::timeout(pause, run).await;
        assert!(ended.is_err(), "{ended:?}");
        assert_eq!(stage.processes(), Vec::<String>::new(), "drop {number} after {pause:?}");
    }
    stage.nothing_is_left();
}

#[tokio::test]
async fn cancels_at_any_moment_leave_no_process() {
    let (stage, seed) = (Stage::new(), SeededIds::new(5));
    let agent = stage.agent();
    let request = stage.request(CROWD);
    for number in 0..12 {
        let pause = Duration::from_micros(u64::from(seed.jitter() % 60_000));
        let (cancel, own) = (Cancel::new(), key(number));
        let run = agent.execute(&own, &request, &(), &cancel);
        let later = async {
            after(pause).await;
            cancel.cancel();
        };
        let (report, ()) = tokio::join!(run, later);
        assert_eq!(report.unwrap().stop, ae_harness::StopReason::Cancelled, "cancel {number}");
        stage.nothing_is_left();
    }
}

//! The times from a cancel to the end of the run, when nothing of it is left. `AE_MEASURE` says how often each is taken:
//!
//! `AE_MEASURE=5 cargo test -p ae-harness --all-features --test clis measure -- --nocapture --test-threads=1`
//!
//! Without it these tests are skipped. No time is asserted; the end of the run and the emptiness after it are.
#![allow(
    clippy::disallowed_methods,
    reason = "the environment asks for measures, and the clock is the subject"
)]
#![allow(clippy::print_stderr, reason = "measures are there to be read")]

use std::time::{Duration, Instant};

use ae_core::Cancel;
use ae_harness::{NetworkPolicy, StopReason};

use crate::{
    models::{Script, Turn},
    rig::{Kind, Rig},
};

/// The moment of a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// It has just been started, or has not come to call its model.
    Starting,
    /// A command of the model's runs.
    InATool,
    /// The model has not begun its answer.
    Thinking,
    /// The model has given half of its answer.
    Answering,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claude() {
    cancels(Kind::Claude).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codex() {
    cancels(Kind::Codex).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gemini() {
    cancels(Kind::Gemini).await;
}

async fn cancels(kind: Kind) {
    let Some(times) = std::env::var("AE_MEASURE").ok().and_then(|times| times.parse().ok()) else {
        eprintln!("skipped: AE_MEASURE does not say how often to measure");
        return;
    };
    for walled in [false, true] {
        for moment in [Moment::Starting, Moment::InATool, Moment::Thinking, Moment::Answering] {
            let mut taken = Vec::new();
            for count in 0..times {
                let Some(rig) = Rig::new(kind) else { return };
                let rig = if walled { rig.walled() } else { rig };
                taken.push(cancelled(&rig, moment, walled, count).await);
            }
            let place = if walled { "in bubblewrap" } else { "unconfined" };
            eprintln!("{kind:?} {place}, {moment:?}: {}", summary(&mut taken));
        }
    }
}

/// The time from the cancel to the end of the run.
async fn cancelled(rig: &Rig, moment: Moment, walled: bool, count: u32) -> Duration {
    let words = Turn::text("One two three four five six seven eight nine ten eleven twelve.");
    let script = Script::always(match moment {
        Moment::InATool => Turn::shell("touch begun; sleep 4321"),
        Moment::Starting | Moment::Thinking => Turn::Hang,
        Moment::Answering => words.stalled(),
    });
    // Without a proxy, which would wait for the end of the answer to know its cost.
    let request = if walled { rig.walled_request().with_network(NetworkPolicy::All) } else { rig.request() };
    let cancel = Cancel::new();
    rig.agent.detect().await.unwrap();
    let run = async {
        let ran = rig.run(script, &request, &cancel).await;
        (ran, Instant::now())
    };
    let cancels = async {
        match moment {
            Moment::Starting => tokio::time::sleep(Duration::from_millis(u64::from(count % 8) * 300)).await,
            Moment::InATool => rig.appears("begun").await,
            _ => rig.models.reached("run", 1).await,
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancel.cancel();
        Instant::now()
    };
    let ((ran, end), begin) = tokio::join!(run, cancels);
    assert_eq!(ran.report.stop, StopReason::Cancelled, "{:?}", ran.report);
    end - begin
}

/// The least, the median and the most.
pub fn summary(taken: &mut [Duration]) -> String {
    taken.sort();
    let (Some(least), Some(most)) = (taken.first(), taken.last()) else { return "none".to_owned() };
    let [least, median, most] = [*least, taken[taken.len() / 2], *most].map(|time| time.as_millis());
    format!("min {least}, median {median}, max {most} ms of {}", taken.len())
}

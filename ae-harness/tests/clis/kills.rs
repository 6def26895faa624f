//! Kills at random moments, after which nothing of the run is left.
//!
//! A few of them each time; `AE_KILLS` sets their number over all agents, `AE_KILLS_SEED` their moments:
//!
//! `AE_KILLS=200 cargo test -p ae-harness --all-features --test clis kills -- --nocapture`
//!
//! The supervisor looks for the mark in the environment of processes. So that its blind spots are seen, these tests look for
//! the folder of the run in the environment, the arguments and the working folder of every process, and for each process
//! that was there at the time of the kill or descended from one that was.
#![allow(
    clippy::disallowed_methods,
    reason = "the tests send signals, and the environment asks for more of them"
)]
#![allow(clippy::print_stderr, reason = "measures are there to be read")]

use std::{
    process::Command,
    time::{Duration, Instant},
};

use ae_core::{Cancel, IdSource as _, SeededIds};
use ae_harness::{CliProvider as _, NetworkPolicy, StopReason};

use crate::{
    measure::summary,
    models::{Script, Turn},
    rig::{Kind, Rig},
};

/// The part of a run in which it is killed.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Starting,
    Thinking,
    InATool,
    Ending,
}

const PHASES: [Phase; 4] = [Phase::Starting, Phase::Thinking, Phase::InATool, Phase::Ending];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The caller drops the future.
    Drop,
    /// The caller cancels, and drops the future while the agent is stopped.
    CancelAndDrop,
    Cancel,
    /// Someone else kills the main process.
    Kill,
}

const WAYS: [Way; 4] = [Way::Drop, Way::CancelAndDrop, Way::Cancel, Way::Kill];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claude() {
    kills(Kind::Claude, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codex() {
    kills(Kind::Codex, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gemini() {
    kills(Kind::Gemini, 2).await;
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// The share of one agent.
async fn kills(kind: Kind, place: u64) {
    let (whole, seed) = (number("AE_KILLS", 8), number("AE_KILLS_SEED", 7));
    let seeds = SeededIds::new(3 * seed + place);
    let mut taken: [Vec<Duration>; WAYS.len()] = Default::default();
    for count in (0..whole).filter(|count| count % 3 == place) {
        let any = |most: usize| usize::try_from(seeds.jitter()).unwrap() % most;
        let (phase, way, walled) = (any(PHASES.len()), any(WAYS.len()), any(3) == 0);
        let Some(rig) = Rig::new(kind) else { return };
        let rig = if walled { rig.walled() } else { rig };
        let pause = Duration::from_millis(u64::from(seeds.jitter()) % 600);
        let about = format!("kill {count}: {:?}, {:?} after {pause:?}, {walled}", WAYS[way], PHASES[phase]);
        let time = killed(&rig, PHASES[phase], WAYS[way], pause, walled, &about).await;
        if time > Duration::from_secs(2) {
            eprintln!("slow: {about}: {time:?}");
        }
        taken[way].push(time);
    }
    for (way, taken) in WAYS.iter().zip(&mut taken) {
        eprintln!("{kind:?}, {way:?} until nothing is left: {}", summary(taken));
    }
}

/// The time until nothing was left.
async fn killed(rig: &Rig, phase: Phase, way: Way, pause: Duration, walled: bool, about: &str) -> Duration {
    rig.models.play("run", script(phase));
    let request = if walled { rig.walled_request().with_network(NetworkPolicy::All) } else { rig.request() };
    let (key, cancel) = (rig.key(), Cancel::new());
    let mut run = Box::pin(rig.agent.execute(&key, &request, &(), &cancel));
    let moment = async {
        match phase {
            // It takes longer to begin than to do anything else.
            Phase::Starting => tokio::time::sleep(pause * 2).await,
            Phase::Thinking => rig.models.reached("run", 1).await,
            Phase::InATool => rig.appears("begun").await,
            Phase::Ending => rig.models.reached("run", 2).await,
        }
        tokio::time::sleep(pause).await;
    };
    let has_ended = tokio::select! {
        ended = &mut run => { ended.unwrap(); true }
        () = moment => false,
    };
    let (tree, begin) = (rig.tree(), Instant::now());
    match (way, tree.first()) {
        _ if has_ended => {}
        (Way::Cancel, _) => {
            cancel.cancel();
            let stop = run.await.unwrap().stop;
            assert!(matches!(stop, StopReason::Cancelled | StopReason::Succeeded), "{about}: {stop:?}");
        }
        (Way::CancelAndDrop, _) => {
            cancel.cancel();
            let _ended = tokio::time::timeout(pause / 8, run).await;
        }
        (Way::Kill, Some(main)) => {
            // An error says that it has just ended.
            let _killed = Command::new("kill").args(["-9", &main.id.to_string()]).status().unwrap();
            let _result = tokio::time::timeout(Duration::from_secs(60), run).await.expect("the run ends");
        }
        _ => drop(run),
    }
    for _ in 0..200 {
        let of_tree = tree.iter().filter(|process| process.is_alive()).count();
        if of_tree == 0 && rig.survivors().is_empty() {
            return begin.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{about}: {:?} of {tree:?}", rig.survivors());
}

fn script(phase: Phase) -> Script {
    let daemon = "(setsid sleep 4321 > /dev/null 2>&1 < /dev/null &)";
    match phase {
        Phase::Thinking => Script::always(Turn::text("One two three four five six.").stalled()),
        Phase::Starting | Phase::InATool => {
            Script::always(Turn::shell(format!("{daemon}; touch begun; sleep 4321")))
        }
        Phase::Ending => Script::turns([Turn::shell(format!("{daemon}; sleep 0.1")), Turn::text("Done.")]),
    }
}

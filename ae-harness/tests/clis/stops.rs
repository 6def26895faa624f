//! Runs that are stopped from outside.
#![allow(clippy::disallowed_methods, reason = "the tests send signals")]

use std::{process::Command, time::Duration};

use ae_core::{Cancel, Currency, Money};
use ae_harness::{CliProvider as _, StopReason};
use rustix::process::{WaitId, WaitIdOptions};

use crate::{
    each,
    models::{Script, Turn},
    rig::{Kind, Rig},
};

each!(claude: cancelled_in_a_tool, dropped_in_a_tool, killed_in_a_tool, cancelled_while_the_model_thinks, leaves_a_daemon, over_its_budget);
each!(codex: cancelled_in_a_tool, dropped_in_a_tool, killed_in_a_tool, cancelled_while_the_model_thinks, leaves_a_daemon);
each!(gemini: cancelled_in_a_tool, dropped_in_a_tool, killed_in_a_tool, leaves_a_daemon);

each!(acp: cancelled_in_a_tool);

/// A tool that goes on for longer than any test.
fn long_tool() -> Script {
    Script::turns([Turn::shell("touch begun; sleep 4321"), Turn::text("Done.")])
}

async fn cancelled_in_a_tool(rig: Rig) {
    let (cancel, request, script) = (Cancel::new(), rig.request(), long_tool());
    let run = rig.run(script, &request, &cancel);
    let (ran, ()) = tokio::join!(run, async {
        rig.appears("begun").await;
        cancel.cancel();
    });
    assert_eq!(ran.report.stop, StopReason::Cancelled, "{:?}", ran.report);
    assert_eq!(ran.report.files_changed, ["begun"]);
    assert_eq!(ran.calls.len(), 1);
}

async fn cancelled_while_the_model_thinks(rig: Rig) {
    let (cancel, request) = (Cancel::new(), rig.request());
    let run = rig.run(Script::always(Turn::Hang), &request, &cancel);
    let (ran, ()) = tokio::join!(run, async {
        rig.models.reached("run", 1).await;
        cancel.cancel();
    });
    assert_eq!(ran.report.stop, StopReason::Cancelled, "{:?}", ran.report);
}

async fn dropped_in_a_tool(rig: Rig) {
    rig.models.play("run", long_tool());
    let (key, request, cancel) = (rig.key(), rig.request(), Cancel::new());
    tokio::select! {
        result = rig.agent.execute(&key, &request, &(), &cancel) => panic!("{result:?}"),
        () = rig.appears("begun") => {}
    }
    for _ in 0..100 {
        if rig.survivors().is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", rig.survivors());
}

/// The main process is killed by someone else; what it started is not left.
async fn killed_in_a_tool(rig: Rig) {
    let (cancel, request) = (Cancel::new(), rig.request());
    let run = rig.run(long_tool(), &request, &cancel);
    let (ran, ()) = tokio::join!(run, async {
        rig.appears("begun").await;
        let main = match rig.kind {
            Kind::Claude => "claude -p",
            Kind::Codex => "codex exec",
            Kind::Gemini | Kind::Acp => "gemini",
            Kind::Opencode => "opencode",
        };
        let process = rig.process(main).expect("the main process runs").to_string();
        assert!(Command::new("kill").args(["-9", &process]).status().unwrap().success());
    });
    assert!(matches!(ran.report.stop, StopReason::Incomplete | StopReason::Failed), "{:?}", ran.report);
    assert!(ran.report.survivors_killed > 0, "{:?}", ran.report);
}

/// The agent ends well, and its tool leaves a process in a session of its own.
async fn leaves_a_daemon(rig: Rig) {
    let tool = "setsid sleep 4321 </dev/null >/dev/null 2>&1 & sleep 0.2; echo begun > begun";
    let ran = rig.plain(Script::turns([Turn::shell(tool), Turn::text("Done.")])).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
    assert_eq!(ran.report.files_changed, ["begun"]);
}

/// By the agent's own account of its cost, after the answer that passed the limit.
async fn over_its_budget(rig: Rig) {
    let mut request = rig.request();
    request.limits = request.limits.with_cost(Money::parse("0.003", Currency::USD).unwrap());
    let ran = rig.run(Script::always(Turn::shell("true")), &request, &Cancel::new()).await;
    assert_eq!(ran.report.stop, StopReason::BudgetStop, "{:?}", ran.report);
    assert_eq!(ran.report.cost.map(|cost| cost.to_string()).as_deref(), Some("$0.003894"));
}

#[test]
fn a_process_that_is_left_is_seen() {
    let Some(rig) = Rig::new(Kind::Claude) else { return };
    let mut left = Command::new("sleep").arg("4321").current_dir(rig.work()).spawn().unwrap();
    let seen = rig.survivors();
    left.kill().unwrap();
    assert_eq!(seen, ["sleep 4321 "]);
    // Waits for its end and leaves it in the table of processes.
    let id = rustix::process::Pid::from_child(&left);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    rustix::process::waitid(WaitId::Pid(id), options).unwrap();
    assert_eq!(rig.survivors(), Vec::<String>::new());
    left.wait().unwrap();
}

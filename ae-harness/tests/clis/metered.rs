//! The metering proxy between agent and model, and the sandbox around the agent.
#![allow(clippy::disallowed_methods, reason = "the tests send signals")]

use std::{process::Command, time::Duration};

use ae_core::{Cancel, Currency, Isolation, Money};
use ae_harness::{CliProvider as _, StopReason};

use crate::{
    each,
    models::{Script, Turn, Usage},
    rig::{KEY, Rig},
};

each!(claude: counted_exactly, stopped_by_the_budget, cancelled_and_counted, ended_in_an_answer, dropped_in_an_answer, walled, walled_and_cancelled);
each!(codex: counted_exactly, stopped_by_the_budget, cancelled_and_counted, ended_in_an_answer, dropped_in_an_answer, walled, walled_and_cancelled);
each!(gemini: counted_exactly, stopped_by_the_budget, cancelled_and_counted, ended_in_an_answer, dropped_in_an_answer, walled, walled_and_cancelled);
each!(acp: counted_exactly, walled);
each!(opencode: counted_exactly);

fn usd(amount: &str) -> Option<Money> {
    Some(Money::parse(amount, Currency::USD).unwrap())
}

/// Two answers of 234 * 3 + 1000 * 0.3 + 63 * 15 millionths of a dollar, and the vendor's key outside of the agent.
async fn counted_exactly(rig: Rig) {
    let rig = rig.metered("10").await;
    let script = Script::turns([Turn::shell("env > seen.txt"), Turn::text("Done.")]);
    let ran = rig.plain(script).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
    let asides = rig.models.calls("run").len() - 2;
    if asides == 0 {
        assert_eq!((ran.report.cost, ran.report.usage), (usd("0.003894"), rig.usage(2)), "{:?}", ran.report);
    } else {
        // A title, of 10 tokens in and 5 out.
        assert_eq!((asides, ran.report.cost), (1, usd("0.003999")), "{:?}", ran.report);
    }
    let seen = &rig.files()["seen.txt"];
    assert!(seen.contains("PATH=") && !seen.contains(KEY), "{seen}");
}

/// The second call does not fit any more, and is not made.
async fn stopped_by_the_budget(rig: Rig) {
    let rig = rig.metered("4").await;
    let dear = Turn::write("a.txt", "a\n").with_usage(Usage::new(1_000_000, 60_000));
    let ran = rig.plain(Script::turns([dear, Turn::text("Done.")])).await;
    assert_eq!((ran.report.stop, ran.calls.len()), (StopReason::BudgetStop, 1), "{:?}", ran.report);
    assert_eq!(ran.report.cost, usd("3.9"));
    assert_eq!(ran.report.files_changed, ["a.txt"]);
}

async fn cancelled_and_counted(rig: Rig) {
    let rig = rig.metered("10").await;
    let (cancel, request) = (Cancel::new(), rig.request());
    let run = rig.run(Script::always(Turn::shell("touch begun; sleep 4321")), &request, &cancel);
    let (ran, ()) = tokio::join!(run, async {
        rig.appears("begun").await;
        cancel.cancel();
    });
    assert_eq!(ran.report.stop, StopReason::Cancelled, "{:?}", ran.report);
    assert_eq!((ran.report.cost, ran.report.usage), (usd("0.001947"), rig.usage(1)));
}

/// The cost of all that the model's server has answered, by the prices of the rig.
fn bill(rig: &Rig) -> Option<Money> {
    let spent = rig.models.spent("run");
    let millionths = spent.input * 3 + spent.cached * 3 / 10 + spent.output * 15;
    usd(&format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000))
}

/// An answer of which the second half comes after the kill.
fn late() -> Script {
    Script::always(Turn::text("One two three four five six seven eight nine ten eleven twelve.").late())
}

/// Cancelled, and killed by someone else: the cost is the one on the vendor's bill, though the agent has seen half of it.
async fn ended_in_an_answer(rig: Rig) {
    let mut rig = rig.metered("10").await;
    for (number, cancels) in [true, false].into_iter().enumerate() {
        if number > 0 {
            rig = Rig::new(rig.kind).unwrap().metered("10").await;
        }
        let (cancel, request) = (Cancel::new(), rig.request());
        let run = rig.run(late(), &request, &cancel);
        let (ran, ()) = tokio::join!(run, async {
            rig.models.reached("run", 1).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            if cancels {
                cancel.cancel();
            } else {
                let main = rig.tree()[0].id.to_string();
                assert!(Command::new("kill").args(["-9", &main]).status().unwrap().success());
            }
        });
        assert_ne!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
        assert_eq!(ran.report.cost, bill(&rig), "{:?}", ran.report);
        let (usage, spent) = (ran.report.usage.unwrap(), rig.models.spent("run"));
        assert_eq!(
            (usage.input, usage.cache_read, usage.output),
            (spent.input, spent.cached, spent.output),
            "{:?}",
            ran.report
        );
    }
}

/// No report, but the budget knows.
async fn dropped_in_an_answer(rig: Rig) {
    let rig = rig.metered("10").await;
    rig.models.play("run", late());
    let (key, request, cancel) = (rig.key(), rig.request(), Cancel::new());
    let moment = async {
        rig.models.reached("run", 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    tokio::select! {
        result = rig.agent.execute(&key, &request, &(), &cancel) => panic!("{result:?}"),
        () = moment => {}
    }
    let meter = rig.meter.clone().unwrap();
    for _ in 0..400 {
        if Some(meter.set_aside()) == usd("0") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((Some(meter.spent()), Some(meter.set_aside())), (bill(&rig), usd("0")));
}

/// The tools of the agent write the workspace and nothing else, read nothing that is the host's, and reach no network.
async fn walled(rig: Rig) {
    let rig = rig.metered("10").await.walled();
    std::fs::write(rig.outside("secret"), "host's").unwrap();
    let attempts = format!(
        "echo in > in.txt; cat {secret} > stolen.txt; echo out > {outside}; echo out > /etc/ae-out; \
         (echo > /dev/tcp/192.0.2.1/80) 2> network.txt; ls /proc | grep -c \"^[0-9]\" > processes.txt; \
         (setsid sleep 4321 > /dev/null 2>&1 < /dev/null &); echo end > end.txt",
        secret = rig.outside("secret").display(),
        outside = rig.outside("out").display(),
    );
    let script = Script::turns([
        Turn::write("a.txt", "a\n"),
        Turn::shell(format!("bash -c '{attempts}'")),
        Turn::text("Done."),
    ]);
    let ran = rig.run(script, &rig.walled_request(), &Cancel::new()).await;
    assert_eq!(
        (ran.report.stop, ran.report.isolation),
        (StopReason::Succeeded, Some(Isolation::Process)),
        "{ran:?}"
    );
    let files = rig.files();
    let text = |name: &str| files.get(name).map(|text| text.trim());
    assert_eq!(
        (text("a.txt"), text("in.txt"), text("end.txt")),
        (Some("a"), Some("in"), Some("end")),
        "{ran:?}"
    );
    assert_eq!(text("stolen.txt"), Some(""));
    assert!(text("network.txt").is_some_and(|text| !text.is_empty()));
    assert!(text("processes.txt").unwrap().parse::<u32>().unwrap() < 20, "{files:?}");
    assert!(!rig.outside("out").exists() && !std::path::Path::new("/etc/ae-out").exists());
    assert_eq!((ran.report.cost, ran.report.usage), (usd("0.005841"), rig.usage(3)));
}

async fn walled_and_cancelled(rig: Rig) {
    let rig = rig.metered("10").await.walled();
    let (cancel, request) = (Cancel::new(), rig.walled_request());
    let run = rig.run(Script::always(Turn::shell("touch begun; sleep 4321")), &request, &cancel);
    let (ran, ()) = tokio::join!(run, async {
        rig.appears("begun").await;
        cancel.cancel();
    });
    assert_eq!(ran.report.stop, StopReason::Cancelled, "{:?}", ran.report);
    assert_eq!(ran.report.cost, usd("0.001947"));
}

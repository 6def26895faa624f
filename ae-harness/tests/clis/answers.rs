//! Runs that end well.

use ae_harness::{AgentEvent, StopReason};

use crate::{
    each,
    models::{Act, Script, Turn},
    rig::{KEY, Kind, Ran, Rig},
};

each!(claude: text, write, tests_fail_then_pass, several_calls, two_megabytes, read_only, prints_its_key);
each!(codex: text, write, tests_fail_then_pass, several_calls, two_megabytes, read_only, prints_its_key);
each!(gemini: text, write, tests_fail_then_pass, several_calls, two_megabytes, read_only, prints_its_key);
each!(acp: text, write, tests_fail_then_pass, read_only);

/// The texts of the model that are not pieces of others.
fn texts(ran: &Ran) -> String {
    let whole = ran.events.iter().filter_map(|event| match event {
        AgentEvent::Text { text, partial: false } => Some(text.as_data().as_str()),
        _ => None,
    });
    whole.collect()
}

async fn text(rig: Rig) {
    let ran = rig.plain(Script::always(Turn::text("Done with it."))).await;
    let report = &ran.report;
    assert_eq!(
        (report.stop, report.summary.as_str()),
        (StopReason::Succeeded, "Done with it."),
        "{report:?}"
    );
    assert_eq!((report.usage, ran.calls.len()), (rig.usage(1), 1), "{report:?}");
    assert_eq!(report.files_changed, Vec::<String>::new());
    assert!(report.session.is_some() && report.survivors_killed == 0, "{report:?}");
    let started =
        ran.events.iter().any(|event| matches!(event, AgentEvent::Started { session: Some(_), .. }));
    assert!(started && report.unknown_events == 0, "{ran:?}");
    let asked = ran.calls[0].asked.as_ref().unwrap();
    assert_eq!(asked.model, rig.kind.model());
    assert!(asked.prompt().contains("Do the task of this scenario."), "{}", asked.prompt());
    // Claude counts money by itself: 234 * 3 + 1000 * 0.3 + 63 * 15 millionths.
    let cost = report.cost.map(|cost| cost.to_string());
    assert_eq!(cost.as_deref(), (rig.kind == Kind::Claude).then_some("$0.001947"), "{report:?}");
}

async fn write(rig: Rig) {
    let turns = [Turn::write("folder/hello.txt", "hello\n").saying("I write it."), Turn::text("Written.")];
    let ran = rig.plain(Script::turns(turns)).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
    assert_eq!(ran.report.files_changed, ["folder/hello.txt"]);
    assert_eq!(rig.files()["folder/hello.txt"], "hello\n");
    assert_eq!((ran.report.usage, ran.calls.len()), (rig.usage(2), 2));
    assert_eq!(ran.report.summary, "Written.");
    let done = |event: &AgentEvent| {
        matches!(event, AgentEvent::ToolResult { ok: true, .. } | AgentEvent::FileChange { .. })
    };
    assert!(ran.events.iter().any(done), "{:?}", ran.events);
}

/// A module with a fault, the tests that show it, the repair: by what the tests print, as a model would do it.
async fn tests_fail_then_pass(rig: Rig) {
    const TEST: &str = "import test from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from './sum.mjs';\n\
                        test('sum', () => assert.equal(sum(2, 3), 5));\n";
    let script = Script::decide(|asked| {
        let results = asked.results().join("\n");
        match asked.number {
            1 => Turn::acts([
                Act::write("sum.mjs", "export const sum = (a, b) => a - b;\n"),
                Act::write("sum.test.mjs", TEST),
            ]),
            2 | 4 => Turn::shell("node --test"),
            3 if results.contains("fail 1") => {
                Turn::write("sum.mjs", "export const sum = (a, b) => a + b;\n")
            }
            5 if results.contains("pass 1") => Turn::text("The test passes."),
            _ => Turn::text(format!("unexpected: {results}")),
        }
    });
    let ran = rig.plain(script).await;
    assert_eq!(ran.report.summary, "The test passes.", "{ran:?}");
    assert_eq!(ran.report.stop, StopReason::Succeeded);
    assert_eq!(ran.report.files_changed, ["sum.mjs", "sum.test.mjs"]);
    assert!(rig.files()["sum.mjs"].contains("a + b"));
    assert_eq!((ran.report.usage, ran.calls.len()), (rig.usage(5), 5));
    let outputs: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            AgentEvent::ToolResult { output, exit_code, .. } if output.as_data().contains("tests 1") => {
                Some(*exit_code)
            }
            _ => None,
        })
        .collect();
    // By the protocol, Gemini does not say what a command printed.
    assert!(outputs.len() == 2 || rig.kind == Kind::Acp, "{:?}", ran.events);
    if rig.kind == Kind::Codex {
        assert_eq!(outputs, [Some(1), Some(0)]);
    }
}

async fn several_calls(rig: Rig) {
    let acts = [Act::write("a.txt", "a\n"), Act::write("b.txt", "b\n"), Act::shell("echo c > c.txt")];
    let ran = rig.plain(Script::turns([Turn::acts(acts), Turn::text("All three.")])).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
    assert_eq!(ran.report.files_changed, ["a.txt", "b.txt", "c.txt"]);
    assert_eq!(ran.calls.len(), 2);
}

async fn two_megabytes(rig: Rig) {
    let size = 2 << 20;
    let ran = rig.plain(Script::always(Turn::huge(size))).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report.failure);
    let pieces = ran.events.iter().filter_map(|event| match event {
        AgentEvent::Text { text, partial: true } => Some(text.as_data().len()),
        _ => None,
    });
    let (whole, pieces) = (texts(&ran).len(), pieces.sum::<usize>());
    assert!(whole == size || pieces == size, "{whole} {pieces}");
    assert_eq!(ran.report.usage, rig.usage(1));
}

/// Writing is refused, whatever the model tries.
async fn read_only(rig: Rig) {
    let request = rig.request().with_permission(ae_harness::Permission::ReadOnly);
    let script =
        Script::turns([Turn::write("a.txt", "a\n"), Turn::shell("echo b > b.txt"), Turn::text("Could not.")]);
    let ran = rig.run(script, &request, &ae_core::Cancel::new()).await;
    assert_eq!(ran.report.files_changed, Vec::<String>::new(), "{ran:?}");
    assert!(rig.files().is_empty());
}

/// A command that prints the environment, with the key in it: the rig looks for the key in events and report.
async fn prints_its_key(rig: Rig) {
    let ran = rig.plain(Script::turns([Turn::shell("env"), Turn::text(format!("The key is {KEY}."))])).await;
    assert_eq!(ran.report.stop, StopReason::Succeeded, "{:?}", ran.report);
    assert!(ran.report.summary.starts_with("The key is ") && !texts(&ran).is_empty(), "{:?}", ran.report);
    let printed = |event: &AgentEvent| matches!(event, AgentEvent::ToolResult { output, .. } if output.as_data().contains("TMPDIR="));
    assert!(ran.events.iter().any(printed), "{:?}", ran.events);
}

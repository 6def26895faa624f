//! Output that is cut, shuffled, mixed with other lines or broken.

use ae_harness::{AgentEvent, FailureKind, StopReason, host::AgentExit};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::play::{Played, Recording, dialect, play};

/// Lines out of `chunks` of bytes, as a reader of a pipe gets them.
fn lines_of<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    for byte in chunks.flatten() {
        if *byte == b'\n' {
            lines.push(std::mem::take(&mut rest));
        } else {
            rest.push(*byte);
        }
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

#[test]
fn cuts_of_the_stream_change_nothing() {
    for recording in Recording::all() {
        let whole = recording.play();
        for size in [1, 2, 7, 4096] {
            let lines = lines_of(recording.stdout.chunks(size));
            assert_eq!(recording.with_lines(&lines).play(), whole, "{} by {size}", recording.name());
        }
    }
}

#[test]
fn carriage_returns_and_blank_lines_change_nothing() {
    for recording in Recording::all() {
        let mut lines = vec![Vec::new()];
        for mut line in recording.lines() {
            line.push(b'\r');
            lines.extend([line, b" \r".to_vec()]);
        }
        let played = recording.with_lines(&lines).play();
        assert_eq!(same(&played), same(&recording.play()), "{}", recording.name());
    }
}

#[test]
fn the_order_of_keys_changes_nothing() {
    for recording in Recording::all() {
        for backwards in [false, true] {
            let shuffled = |line: &Vec<u8>| {
                let mut text = String::new();
                write(&serde_json::from_slice(line).unwrap(), backwards, &mut text);
                text.into_bytes()
            };
            let lines = recording.lines().iter().map(shuffled).collect::<Vec<_>>();
            assert_eq!(recording.with_lines(&lines).play(), recording.play(), "{}", recording.name());
        }
    }
}

/// Writes `value` with its keys in the order of the alphabet, or against it.
fn write(value: &Value, backwards: bool, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys = map.iter().collect::<Vec<_>>();
            keys.sort_by_key(|(key, _)| *key);
            if backwards {
                keys.reverse();
            }
            text.push('{');
            for (at, (key, value)) in keys.into_iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                text.push_str(&json!(key).to_string());
                text.push(':');
                write(value, backwards, text);
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for (at, value) in list.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { "," });
                write(value, backwards, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[test]
fn foreign_lines_are_counted_and_passed_over() {
    let foreign: &[&[u8]] = &[
        b"Debugger listening on ws://127.0.0.1",
        br#"{"type":"of_tomorrow","message":{"text":[1,2]},"item":null}"#,
        b"{\"type\":\"assist",
        b"[1,2,3]",
        b"null",
        b"\xff\xfe{}",
        br#"{"no":"type"}"#,
        br#"{"type":17}"#,
    ];
    for recording in Recording::all() {
        let whole = recording.play();
        let mut lines = Vec::new();
        for line in recording.lines() {
            lines.extend(foreign.iter().map(|line| line.to_vec()));
            lines.push(line);
        }
        let played = recording.with_lines(&lines).play();
        let inserted = u64::try_from(lines.len() - recording.lines().len()).unwrap();
        assert_eq!(played.report.unknown_events, inserted, "{}", recording.name());
        assert_eq!(same(&played), same(&whole), "{}", recording.name());
    }
}

/// A run without what depends on the number of lines.
fn same(played: &Played) -> Played {
    let mut played = played.clone();
    played.report.unknown_events = 0;
    played.finished_at = played.finished_at.map(|_| 0);
    played
}

#[test]
fn fields_of_tomorrow_change_nothing() {
    for recording in Recording::all() {
        let extended = |line: &Vec<u8>| {
            let text = String::from_utf8(line.clone()).unwrap();
            text.replacen('{', r#"{"new_one":{"a":[1,{"b":null}]},"new_two":"\ud83d\ude00","#, 1).into_bytes()
        };
        let lines = recording.lines().iter().map(extended).collect::<Vec<_>>();
        assert_eq!(recording.with_lines(&lines).play(), recording.play(), "{}", recording.name());
    }
}

#[test]
fn what_is_cut_off_is_never_a_success() {
    for recording in Recording::all() {
        let lines = recording.lines();
        let played = recording.play();
        let end = played.finished_at.map_or(lines.len(), |at| at - 1);
        for kept in 0..=end {
            let whole = lines[..kept].to_vec();
            let mut half = whole.clone();
            half.extend(lines.get(kept).map(|line| line[..line.len() / 2].to_vec()));
            for lines in [whole, half] {
                let mut cut = recording.with_lines(&lines);
                cut.exit = AgentExit::exited(0);
                let report = cut.play().report;
                assert_eq!(report.stop, StopReason::Incomplete, "{} at {kept}", recording.name());
                assert_eq!((report.usage, report.cost), (None, None), "{} at {kept}", recording.name());
            }
        }
    }
}

#[test]
fn success_takes_exit_code_0() {
    for agent in ["claude", "codex", "gemini"] {
        let mut recording = Recording::read(agent, "text");
        let mut killed = AgentExit::exited(0);
        (killed.code, killed.signal) = (None, Some(9));
        for exit in [AgentExit::exited(1), AgentExit::exited(143), killed] {
            recording.exit = exit;
            let report = recording.play().report;
            assert_eq!(report.stop, StopReason::Failed, "{agent}");
            assert_eq!(report.failure.unwrap().kind, FailureKind::Crashed, "{agent}");
            assert!(report.usage.is_some(), "a failed run reports its usage");
        }
    }
}

#[test]
fn a_failure_before_the_output_is_named_by_its_error_output() {
    for (agent, code, stderr, kind) in [
        ("claude", 1, "Error: Session ID 1 is already in use.", FailureKind::Config),
        ("claude", 1, "error: unknown option '--json-schema'", FailureKind::Config),
        ("codex", 1, "Error: Missing environment variable: `AE_KEY`.", FailureKind::Auth),
        ("codex", 2, "error: unexpected argument '--full-auto' found", FailureKind::Config),
        ("gemini", 41, "Please set an Auth method in your settings.json", FailureKind::Auth),
        ("gemini", 41, "", FailureKind::Auth),
        ("gemini", 42, "Error resuming session: Invalid session identifier", FailureKind::Config),
        ("gemini", 53, "Reached max session turns for this session.", FailureKind::MaxTurns),
        ("gemini", 55, "", FailureKind::Config),
        ("codex", 101, "thread 'main' panicked", FailureKind::Crashed),
    ] {
        let mut exit = AgentExit::exited(code);
        exit.stderr = stderr.to_owned();
        let (request, site) = Recording::read(agent, "text").surroundings();
        let report = play(dialect(agent).decoder(&request, &site), std::iter::empty(), &exit).report;
        let failure = report.failure.unwrap();
        assert_eq!((report.stop, failure.kind), (StopReason::Incomplete, kind), "{agent} {stderr}");
        assert!(failure.message.contains(&format!("exit code {code}")), "{}", failure.message);
    }
}

#[test]
fn what_tools_print_is_cut_for_showing() {
    let output = "é".repeat(5_000_000);
    let line = json!({"type": "item.completed", "item": {"id": "i", "type": "command_execution", "status": "completed",
        "exit_code": 0, "aggregated_output": output}})
    .to_string();
    let (request, site) = Recording::read("codex", "text").surroundings();
    let played = play(
        dialect("codex").decoder(&request, &site),
        std::iter::once(line.as_bytes()),
        &AgentExit::exited(0),
    );
    let [AgentEvent::ToolResult { output: shown, .. }] = &played.events[..] else { panic!() };
    assert!(shown.as_data().len() < 4200 && shown.as_data().ends_with("bytes more)"));
}

fn any_recording() -> impl Strategy<Value = Recording> {
    prop::sample::select(Recording::all())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_taken(agent in prop::sample::select(vec!["claude", "codex", "gemini"]),
                           lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
        let (request, site) = Recording::read(agent, "text").surroundings();
        let lines = lines.iter().map(Vec::as_slice);
        let played = play(dialect(agent).decoder(&request, &site), lines, &AgentExit::exited(0));
        prop_assert_eq!(played.report.stop, StopReason::Incomplete);
    }

    #[test]
    fn damaged_recordings_are_taken(recording in any_recording(), at in any::<prop::sample::Index>(),
                                    to in any::<u8>(), drop in any::<prop::sample::Index>()) {
        let mut damaged = recording.clone();
        let index = at.index(damaged.stdout.len());
        damaged.stdout[index] = to;
        damaged.play();
        let mut lines = recording.lines();
        let last = lines.len() - 1;
        lines.remove(drop.index(lines.len()));
        let without = recording.with_lines(&lines).play();
        if lines.get(last - 1) != recording.lines().get(last) {
            prop_assert!(without.report.stop != StopReason::Succeeded, "the end is missing");
        }
    }

    #[test]
    fn values_of_any_form_are_taken(recording in any_recording(), at in any::<prop::sample::Index>(),
                                    key in any::<prop::sample::Index>(), form in 0_usize..6) {
        let values = [json!(null), json!(true), json!(-1.5e300), json!("x"), json!([[1]]), json!({"a": {}})];
        let mut lines = recording.lines();
        let index = at.index(lines.len());
        let mut line: Value = serde_json::from_slice(&lines[index]).unwrap();
        let map = line.as_object_mut().unwrap();
        let name = map.keys().nth(key.index(map.len())).unwrap().clone();
        map.insert(name, values[form].clone());
        lines[index] = line.to_string().into_bytes();
        recording.with_lines(&lines).play();
    }
}

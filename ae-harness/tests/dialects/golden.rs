//! The reading of each recording.

use ae_core::TokenUsage;
use ae_harness::{AgentSession, FailureKind, StopReason};

use crate::play::{Recording, dollars, in_words, usage};

/// Scenario, failure, calls of the model that are counted (`None`: not measured), cost, final words.
type Row = (&'static str, &'static str, Option<FailureKind>, Option<u64>, Option<&'static str>, &'static str);

const DONE: &str = "Done. AE_FINAL_TEXT.";

const RUNS: &[Row] = &[
    ("claude", "text", None, Some(1), Some("0.005592"), DONE),
    ("claude", "tool", None, Some(2), Some("0.011184"), DONE),
    ("claude", "resume", None, Some(1), Some("0.005592"), DONE),
    (
        "claude",
        "auth401",
        Some(FailureKind::Auth),
        Some(0),
        Some("0"),
        "Invalid API key · Fix external API key",
    ),
    (
        "claude",
        "rate429",
        Some(FailureKind::RateLimited),
        Some(0),
        Some("0"),
        "API Error: Request rejected (429) · This request would exceed your rate limit",
    ),
    ("codex", "text", None, Some(1), None, DONE),
    ("codex", "tool", None, Some(2), None, DONE),
    ("codex", "resume", None, Some(1), None, DONE),
    ("codex", "auth401", Some(FailureKind::Auth), None, None, ""),
    ("codex", "rate429", Some(FailureKind::RateLimited), None, None, ""),
    ("gemini", "text", None, Some(1), None, DONE),
    ("gemini", "tool", None, Some(2), None, DONE),
    ("gemini", "resume", None, Some(1), None, DONE),
    ("gemini", "auth401", Some(FailureKind::Auth), Some(0), None, ""),
];

#[test]
fn runs_end_as_they_did() {
    for (agent, scenario, failure, calls, cost, words) in RUNS {
        let recording = Recording::read(agent, scenario);
        let played = recording.play();
        let (report, name) = (&played.report, recording.name());
        let stop = if failure.is_some() { StopReason::Failed } else { StopReason::Succeeded };
        assert_eq!(report.stop, stop, "{name}: {report:?}");
        assert_eq!(report.failure.as_ref().map(|failure| failure.kind), *failure, "{name}: {report:?}");
        assert_eq!(report.usage, calls.map(|calls| usage(agent, calls)), "{name}");
        assert_eq!(report.cost, cost.map(dollars), "{name}");
        assert_eq!(report.summary, *words, "{name}");
        assert_eq!(report.unknown_events, 0, "{name}");
        assert_eq!(report.session.as_ref().map(String::len), Some(36), "{name}");
        assert_eq!(played.finished_at, Some(recording.lines().len()), "{name}");
    }
}

#[test]
fn a_session_is_counted_from_its_start() {
    for (agent, calls, cost) in [("claude", 2, Some("0.011184")), ("codex", 3, None), ("gemini", 2, None)] {
        let report = Recording::read(agent, "resume").play().report;
        assert_eq!(report.session_usage, Some(usage(agent, calls)), "{agent}");
        assert_eq!(report.session_cost, cost.map(dollars), "{agent}");
    }
    // Codex alone counts from the start without saying how much is new.
    let recording = Recording::read("codex", "resume");
    let (request, mut site) = recording.surroundings();
    site.before.usage = None;
    let report = recording.play_with(&request, &site).report;
    assert_eq!((report.usage, report.session_usage), (None, Some(usage("codex", 3))));
    // More before than after is a contradiction, and no number.
    site.before.usage = Some(usage("codex", 4));
    assert_eq!(recording.play_with(&request, &site).report.usage, None);
    let fresh = request.with_session(AgentSession::New);
    assert_eq!(recording.play_with(&fresh, &site).report.usage, Some(usage("codex", 3)));
}

#[test]
fn an_older_claude_is_measured_by_difference() {
    let recording = Recording::read("claude", "resume");
    let text = String::from_utf8(recording.stdout.clone()).unwrap();
    let older = Recording {
        stdout: text.replace("model_usage_since_last_result", "another_field").into_bytes(),
        ..recording
    };
    let report = older.play().report;
    assert_eq!((report.usage, report.cost), (Some(usage("claude", 1)), Some(dollars("0.005592"))));
    let (request, mut site) = older.surroundings();
    site.before = Default::default();
    let report = older.play_with(&request, &site).report;
    assert_eq!((report.usage, report.cost), (None, None));
    assert_eq!(report.session_cost, Some(dollars("0.011184")));
}

#[test]
fn failures_have_their_kind() {
    for (agent, scenario, kind) in [
        ("claude", "credit", FailureKind::Billing),
        ("claude", "toolong", FailureKind::ContextTooLong),
        ("claude", "missing", FailureKind::ModelNotFound),
        ("claude", "cut", FailureKind::Network),
        ("claude", "server", FailureKind::Overloaded),
        ("codex", "credit", FailureKind::Billing),
        ("codex", "toolong", FailureKind::ContextTooLong),
        ("codex", "missing", FailureKind::ModelNotFound),
        ("codex", "cut", FailureKind::Network),
        ("codex", "server", FailureKind::Overloaded),
        ("gemini", "credit", FailureKind::Billing),
        ("gemini", "toolong", FailureKind::ContextTooLong),
        ("gemini", "missing", FailureKind::ModelNotFound),
        ("gemini", "cut", FailureKind::Network),
        ("gemini", "overloaded", FailureKind::Overloaded),
        ("gemini", "quota", FailureKind::RateLimited),
    ] {
        let report = Recording::read(agent, scenario).play().report;
        let failure = report.failure.as_ref().unwrap();
        assert_eq!(
            (report.stop, failure.kind),
            (StopReason::Failed, kind),
            "{agent}/{scenario}: {failure:?}"
        );
        assert!(!failure.message.is_empty() && !failure.message.contains('\n'));
    }
}

/// Gemini counts nothing for an answer that was cut, and the vendor does.
#[test]
fn the_tokens_of_a_cut_answer_are_not_known() {
    let report = Recording::read("gemini", "cut").play().report;
    assert_eq!((report.usage, report.session_usage), (None, None));
    let report = Recording::read("gemini", "overloaded").play().report;
    assert_eq!(report.usage, Some(TokenUsage::default()));
}

#[test]
fn an_agent_that_was_killed_is_incomplete() {
    let played = Recording::read("gemini", "rate429").play();
    assert_eq!(played.report.stop, StopReason::Incomplete);
    let failure = played.report.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Crashed);
    assert!(failure.message.contains("signal 9"), "{}", failure.message);
    assert_eq!((played.report.usage, played.finished_at), (None, None));
}

#[test]
fn an_agent_that_is_stopped_in_a_retry_says_why() {
    for agent in ["claude", "codex"] {
        let mut recording = Recording::read(agent, "rate429");
        // Before the agent gives up.
        let retried = |line: &Vec<u8>| {
            let line = String::from_utf8_lossy(line);
            line.contains("api_retry") || line.contains("Reconnecting... 5/5")
        };
        let kept = recording.lines().iter().rposition(retried).unwrap();
        recording = recording.with_lines(&recording.lines()[..=kept]);
        (recording.exit.code, recording.exit.signal) = (None, Some(15));
        let report = recording.play().report;
        let failure = report.failure.unwrap();
        assert_eq!(
            (report.stop, failure.kind),
            (StopReason::Incomplete, FailureKind::RateLimited),
            "{failure:?}"
        );
    }
}

#[test]
fn tools_and_files_are_shown() {
    let events = |agent: &str, scenario: &str| in_words(&Recording::read(agent, scenario).play().events);
    assert_eq!(
        events("claude", "tool"),
        [
            "started 01f82256",
            "text I will write the file.",
            "call toolu_313161092_1 Write 2",
            "result toolu_313161092_1 true None File created successfully at: /workspace",
            "file /workspace/hello.txt",
            "text Done. AE_FINAL_TEXT.",
            "usage 2468 112",
        ]
    );
    assert_eq!(
        events("codex", "tool"),
        [
            "started 01a201e8",
            "warning Model metadata for `gpt-5.2` not found. ",
            "text I will write the file.",
            "call item_2 command 1",
            "result item_2 true Some(0) ",
            "text Done. AE_FINAL_TEXT.",
            "usage 468 112",
        ]
    );
    assert_eq!(
        events("gemini", "tool"),
        [
            "started 81ee9839",
            "piece I will writ",
            "piece e the file.",
            "text I will write the file.",
            "call write_file__fc_0 write_file 2",
            "result write_file__fc_0 true None ",
            "file /workspace/hello.txt",
            "piece Done. AE_F",
            "piece INAL_TEXT.",
            "text Done. AE_FINAL_TEXT.",
            "usage 468 126",
        ]
    );
    assert!(events("codex", "write-older").contains(&"file /workspace/hello.txt".to_owned()));
    assert!(events("claude", "write-older").contains(&"file /workspace/hello.txt".to_owned()));
    assert!(events("gemini", "write-older").contains(&"file /workspace/hello.txt".to_owned()));
}

#[test]
fn exit_codes_of_commands_are_read_where_they_are_told() {
    for (agent, expected) in
        [("claude", "false Some(3)"), ("codex", "false Some(3)"), ("gemini", "true None")]
    {
        let events = in_words(&Recording::read(agent, "shell").play().events);
        assert!(
            events.iter().any(|event| event.starts_with("result ") && event.contains(expected)),
            "{agent}: {events:?}"
        );
    }
}

#[test]
fn retries_and_pieces_are_shown() {
    let events = in_words(&Recording::read("claude", "rate429").play().events);
    assert_eq!(
        &events[1..4],
        [
            "retry 1 Some(1137) rate_limit (status 429)",
            "retry 2 Some(1228) rate_limit (status 429)",
            "warning API Error: Request rejected (429) · This",
        ]
    );
    let events = in_words(&Recording::read("codex", "auth401").play().events);
    assert_eq!(events[2], "retry 1 None unexpected status 401 Unauthorized: Inco");
    assert_eq!(events.iter().filter(|event| event.starts_with("retry ")).count(), 5);
    let events = in_words(&Recording::read("claude", "both").play().events);
    assert!(events.contains(&"piece Two steps.".to_owned()), "{events:?}");
    // The calls of the model add up to the result.
    let counts = events.iter().filter(|event| event.starts_with("usage ")).collect::<Vec<_>>();
    assert_eq!(counts, ["usage 234 63", "usage 468 126", "usage 468 126"]);
}

#[test]
fn the_model_is_the_one_that_answered() {
    let model = |agent: &str| Recording::read(agent, "text").play().report.model;
    assert_eq!(model("claude").as_deref(), Some("claude-sonnet-4-5"));
    assert_eq!(model("codex"), None);
    assert_eq!(model("gemini").as_deref(), Some("gemini-3.1-pro-preview"));
}

#[test]
fn usage_of_a_failed_codex_turn_is_not_measured() {
    assert_eq!(Recording::read("codex", "auth401").play().report.usage, None::<TokenUsage>);
}

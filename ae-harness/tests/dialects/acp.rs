//! The dialogue of the Agent Client Protocol, with recordings of three agents and with answers by hand.

use std::{collections::BTreeMap, fs, path::PathBuf};

use ae_core::{ErrorKind, Secret, TokenUsage};
use ae_harness::{
    Acp, AgentEvent, AgentLimits, AgentReport, AgentRequest, AgentSession, FailureKind, Permission,
    StopReason,
    host::{AgentExit, Decoder, Dialect, Endpoint, Interrupt, LaunchSite, Outbox},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::play::{dollars, in_words};

fn site() -> LaunchSite {
    let mut site = LaunchSite::new("", "/private", "/temporary");
    site.endpoint = Some(Endpoint::new("http://127.0.0.1:9/r/1", Secret::new("sk-secret".to_owned())));
    site
}

fn request() -> AgentRequest {
    AgentRequest::new("/workspace", "Do the task of this scenario.")
}

fn trace(agent: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/acp");
    fs::read_to_string(folder.join(format!("{agent}.trace"))).unwrap().lines().map(str::to_owned).collect()
}

/// A dialogue under way.
struct Talk {
    decoder: Box<dyn Decoder>,
    out: Outbox,
    events: Vec<AgentEvent>,
}

impl Talk {
    fn begin(agent: &Acp, request: &AgentRequest) -> Self {
        let decoder = agent.decoder(request, &site());
        let mut talk = Self { decoder, out: Outbox::default(), events: Vec::new() };
        talk.decoder.start(&mut talk.out);
        talk
    }

    fn hears(&mut self, line: &str) {
        self.decoder.line(line.as_bytes(), &mut self.out);
        self.events.append(&mut self.out.events);
    }

    fn answers(&mut self, id: u64, result: &Value) -> &mut Self {
        self.hears(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
        self
    }

    /// The messages that were written since the last look.
    fn written(&mut self) -> Vec<Value> {
        let bytes = std::mem::take(&mut self.out.input);
        assert!(bytes.is_empty() || bytes.ends_with(b"\n"));
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    fn ends(self) -> AgentReport {
        self.decoder.finish(&AgentExit::exited(0))
    }
}

/// Plays a recording: what is written has to be what was written then, at the same places.
fn play(agent: &Acp, name: &str) -> (Vec<AgentEvent>, AgentReport) {
    let mut talk = Talk::begin(agent, &request());
    let mut written = talk.written();
    for line in trace(name) {
        let (direction, message) = line.split_at(3);
        if direction == ">> " {
            let mut expected: Value = serde_json::from_str(message).unwrap();
            let mut got = written.remove(0);
            for message in [&mut expected, &mut got] {
                if let Some(params) = message.get_mut("params").and_then(Value::as_object_mut) {
                    params.remove("clientInfo");
                }
            }
            // Prompts of that time had no line break at their end.
            let text = got.pointer_mut("/params/prompt/0/text");
            if let Some(Value::String(text)) = text {
                assert_eq!(text.pop(), Some('\n'));
            }
            assert_eq!(got, expected, "{name}");
        } else {
            talk.hears(message);
            written.extend(talk.written());
        }
    }
    assert!(written.is_empty() && talk.out.is_finished && talk.out.closes_input, "{name}");
    (talk.events.clone(), talk.ends())
}

#[test]
fn recorded_dialogues_are_led_to_their_end() {
    let plain = Acp::new(["agent"]);
    let gemini = Acp::new(["gemini", "--acp"]).with_auth_method("gemini-api-key");
    for (name, agent, usage, cost, model) in [
        ("gemini", &gemini, None, None, "gemini-3.1-pro-preview"),
        ("claude", &plain, Some(TokenUsage::new(468, 126).with_cache_read(2000)), Some("0.004792"), ""),
        (
            "opencode",
            &plain,
            Some(TokenUsage::new(234, 63).with_cache_read(1000).with_reasoning(7)),
            None,
            "ae/scripted",
        ),
    ] {
        let (_, report) = play(agent, name);
        assert_eq!(report.stop, StopReason::Succeeded, "{name} {report:?}");
        assert_eq!(report.summary, "Done. AE_FINAL_TEXT.", "{name}");
        assert_eq!((report.usage, report.session_usage), (usage, usage), "{name}");
        assert_eq!(report.cost, cost.map(dollars), "{name}");
        assert_eq!(report.unknown_events, 0, "{name}");
        assert!(report.session.is_some() && report.denials.is_empty(), "{name}");
        if !model.is_empty() {
            assert_eq!(report.model.as_deref(), Some(model), "{name}");
        }
    }
}

#[test]
fn acts_and_files_are_shown() {
    let (events, _) = play(&Acp::new(["agent"]), "claude");
    let events = in_words(&events);
    assert_eq!(
        events,
        [
            "started afa36429",
            "call toolu_call_1_0 Write 0",
            "result toolu_call_1_0 true None File created successfully at: /workspace",
            "piece Done. AE_FIN",
            "piece AL_TEXT.",
            "text Done. AE_FINAL_TEXT.",
            "usage 468 126",
        ]
    );
    let gemini = Acp::new(["gemini", "--acp"]).with_auth_method("gemini-api-key");
    let events = in_words(&play(&gemini, "gemini").0);
    assert!(events.contains(&"file /workspace/hello.txt".to_owned()), "{events:?}");
}

fn initialized() -> Value {
    json!({ "protocolVersion": 1, "agentCapabilities": { "loadSession": true }, "authMethods": [] })
}

#[test]
fn a_session_is_gone_on_with() {
    let request = request().with_session(AgentSession::Resume("s-1".to_owned())).with_system("Be brief.");
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request);
    talk.written();
    talk.answers(1, &initialized());
    let load = talk.written().remove(0);
    assert_eq!(load["method"], "session/load");
    assert_eq!(load["params"], json!({ "cwd": "/workspace", "mcpServers": [], "sessionId": "s-1" }));
    // The past is told again, and is not of this run.
    let chunk = |text: &str| {
        let update =
            json!({ "sessionUpdate": "agent_message_chunk", "content": { "type": "text", "text": text } });
        json!({ "jsonrpc": "2.0", "method": "session/update", "params": { "sessionId": "s-1", "update": update } })
            .to_string()
    };
    talk.hears(&chunk("Old words."));
    talk.answers(2, &Value::Null);
    let prompt = talk.written().remove(0);
    assert_eq!(
        prompt["params"]["prompt"],
        json!([
            { "type": "text", "text": "Instructions:\nBe brief.\n" },
            { "type": "text", "text": "Task:\nDo the task of this scenario.\n" },
        ])
    );
    talk.hears(&chunk("New words."));
    let usage = json!({ "totalTokens": 3, "inputTokens": 1, "outputTokens": 2 });
    talk.answers(3, &json!({ "stopReason": "end_turn", "usage": usage }));
    let report = talk.ends();
    assert_eq!((report.stop, report.summary.as_str()), (StopReason::Succeeded, "New words."));
    assert_eq!((report.usage, report.session.as_deref()), (None, Some("s-1")));
}

#[test]
fn an_agent_that_forgets_sessions_is_not_asked_for_one() {
    let request = request().with_session(AgentSession::Resume("s-1".to_owned()));
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request);
    talk.answers(1, &json!({ "protocolVersion": 1 }));
    assert!(talk.out.is_finished);
    assert_eq!(talk.ends().failure.unwrap().kind, FailureKind::Config);
}

#[test]
fn the_model_is_chosen_in_the_way_that_the_agent_has() {
    let options =
        json!([{ "id": "m", "category": "model", "type": "select", "currentValue": "small", "options": [] }]);
    let models = json!({ "currentModelId": "small", "availableModels": [] });
    for (opened, method, params) in [
        (
            json!({ "sessionId": "s", "configOptions": options }),
            "session/set_config_option",
            json!({ "sessionId": "s", "configId": "m", "value": "large" }),
        ),
        (
            json!({ "sessionId": "s", "models": models }),
            "session/set_model",
            json!({ "sessionId": "s", "modelId": "large" }),
        ),
    ] {
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request().with_model("large"));
        talk.answers(1, &initialized()).written();
        talk.answers(2, &opened);
        let chosen = talk.written();
        assert_eq!((&chosen[0]["method"], &chosen[0]["params"]), (&json!(method), &params));
        talk.answers(3, &json!({}));
        assert_eq!(talk.written()[0]["method"], "session/prompt");
        // A model that is in use already is not chosen again.
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request().with_model("small"));
        talk.answers(1, &initialized()).written();
        talk.answers(2, &opened);
        assert_eq!(talk.written()[0]["method"], "session/prompt");
    }
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request().with_model("large"));
    talk.answers(1, &initialized()).answers(2, &json!({ "sessionId": "s" }));
    assert_eq!(talk.ends().failure.unwrap().kind, FailureKind::ModelNotFound);
}

#[test]
fn a_denied_act_is_answered_and_reported() {
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request().with_permission(Permission::ReadOnly));
    talk.answers(1, &initialized()).answers(2, &json!({ "sessionId": "s" })).written();
    let ask = |id: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": "session/request_permission", "params": {
            "sessionId": "s",
            "toolCall": { "toolCallId": "t", "title": "rm -rf x", "kind": "execute" },
            "options": [{ "optionId": "y", "name": "Y", "kind": "allow_once" },
                        { "optionId": "n", "name": "N", "kind": "reject_once" }] } })
        .to_string()
    };
    talk.hears(&ask(json!("a-7")));
    assert_eq!(
        talk.written(),
        [
            json!({ "jsonrpc": "2.0", "id": "a-7", "result": { "outcome": { "outcome": "selected", "optionId": "n" } } })
        ]
    );
    assert_eq!(in_words(&talk.events)[1..], ["warning denied: execute: rm -rf x"]);
    // Nothing else is offered.
    talk.hears(r#"{"jsonrpc":"2.0","id":4,"method":"fs/read_text_file","params":{"sessionId":"s","path":"/etc/passwd"}}"#);
    assert_eq!(talk.written()[0]["error"]["code"], -32601);
    // Once the run is cancelled, so are the questions.
    talk.decoder.interrupt(&mut talk.out);
    assert_eq!(
        talk.written(),
        [json!({ "jsonrpc": "2.0", "method": "session/cancel", "params": { "sessionId": "s" } })]
    );
    talk.hears(&ask(json!(8)));
    assert_eq!(talk.written()[0]["result"]["outcome"]["outcome"], "cancelled");
    talk.answers(3, &json!({ "stopReason": "cancelled" }));
    assert!(talk.out.is_finished);
    let report = talk.ends();
    assert_eq!((report.stop, report.denials), (StopReason::Failed, vec!["execute: rm -rf x".to_owned()]));
}

#[test]
fn a_cancel_before_the_prompt_closes_the_input() {
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
    talk.written();
    talk.decoder.interrupt(&mut talk.out);
    assert!(talk.out.closes_input && talk.written().is_empty());
}

#[test]
fn refusals_have_their_kind() {
    let error = |id: u64, code: i64, message: &str| {
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string()
    };
    for (step, code, message, kind) in [
        (1, -32603, "it broke", FailureKind::Other),
        (2, -32000, "Authentication required", FailureKind::Auth),
        (3, -32603, "429 Too Many Requests", FailureKind::RateLimited),
        (3, -32603, "prompt is too long", FailureKind::ContextTooLong),
    ] {
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
        if step > 1 {
            talk.answers(1, &initialized());
        }
        if step > 2 {
            talk.answers(2, &json!({ "sessionId": "s" }));
        }
        talk.hears(&error(step, code, message));
        assert!(talk.out.is_finished);
        let report = talk.ends();
        assert_eq!((report.stop, report.failure.unwrap().kind), (StopReason::Failed, kind), "{message}");
    }
    for (reason, kind) in [
        ("max_tokens", FailureKind::OutputLimit),
        ("max_turn_requests", FailureKind::MaxTurns),
        ("refusal", FailureKind::Refused),
        ("end_turn", FailureKind::EmptyAnswer),
        ("of_tomorrow", FailureKind::Other),
    ] {
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
        talk.answers(1, &initialized()).answers(2, &json!({ "sessionId": "s" }));
        talk.answers(3, &json!({ "stopReason": reason }));
        assert_eq!(talk.ends().failure.unwrap().kind, kind, "{reason}");
    }
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
    talk.answers(1, &json!({ "protocolVersion": 2 }));
    assert_eq!(talk.ends().failure.unwrap().kind, FailureKind::Config);
}

#[test]
fn tokens_are_counted_once_however_they_are_told() {
    let report = |usage: Value| {
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
        talk.answers(1, &initialized()).answers(2, &json!({ "sessionId": "s" }));
        talk.answers(3, &json!({ "stopReason": "end_turn", "usage": usage }));
        talk.ends().usage
    };
    let tokens = |total: u64, input: u64, output: u64| {
        json!({ "totalTokens": total, "inputTokens": input, "outputTokens": output, "cachedReadTokens": 1000,
                "cachedWriteTokens": 200, "thoughtTokens": 7 })
    };
    let expected = TokenUsage::new(34, 63).with_cache_read(1000).with_cache_writes(200, 0).with_reasoning(7);
    for usage in [tokens(1297, 34, 63), tokens(1297, 34, 56), tokens(1297, 1234, 63), tokens(1297, 1234, 56)]
    {
        assert_eq!(report(usage.clone()), Some(expected), "{usage}");
    }
    for usage in [tokens(1, 34, 63), tokens(9999, 34, 63), tokens(u64::MAX, u64::MAX, 1), json!("many")] {
        assert_eq!(report(usage.clone()), None, "{usage}");
    }
}

#[test]
fn it_is_started_like_this() {
    let agent = Acp::new(["gemini", "--acp"])
        .with_key_variable("GEMINI_API_KEY")
        .with_environment(BTreeMap::from([
            ("BASE".to_owned(), "{base_url}/v1".to_owned()),
            ("HOME_OF_IT".to_owned(), "{private}".to_owned()),
        ]))
        .with_files(BTreeMap::from([("a/b.json".to_owned(), r#"{"url":"{base_url}"}"#.to_owned())]));
    assert_eq!((agent.programs(), agent.name()), (&["gemini".to_owned()][..], "acp"));
    let plan = agent.plan(&request(), &site()).unwrap();
    assert_eq!(plan.arguments, ["--acp"]);
    assert_eq!(plan.environment["BASE"], "http://127.0.0.1:9/r/1/v1");
    assert_eq!(plan.environment["HOME_OF_IT"], "/private");
    assert_eq!(plan.secrets["GEMINI_API_KEY"].expose(), "sk-secret");
    assert_eq!(plan.files[&PathBuf::from("/private/a/b.json")], br#"{"url":"http://127.0.0.1:9/r/1"}"#);
    assert!(plan.keeps_input && plan.input.is_empty());
    assert_eq!(plan.interrupt, Interrupt::Protocol);

    let mut own = site();
    own.endpoint = None;
    let plan = agent.plan(&request(), &own).unwrap();
    assert!(plan.secrets.is_empty() && !plan.environment.contains_key("BASE"));

    let outside = agent.clone().with_files(BTreeMap::from([("../x".to_owned(), String::new())]));
    assert_eq!(outside.plan(&request(), &site()).unwrap_err().kind(), ErrorKind::InvalidInput);
    let turns = request().with_limits(AgentLimits::new().with_turns(3));
    assert_eq!(agent.plan(&turns, &site()).unwrap_err().kind(), ErrorKind::Unsupported);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_taken(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
        for line in &lines {
            talk.decoder.line(line, &mut talk.out);
        }
        prop_assert_eq!(talk.ends().stop, StopReason::Incomplete);
    }

    #[test]
    fn damaged_dialogues_are_taken(name in prop::sample::select(vec!["gemini", "claude", "opencode"]),
                                   at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let lines = trace(name).into_iter().filter_map(|line| line.strip_prefix("<< ").map(str::to_owned));
        let lines = lines.collect::<Vec<_>>();
        let damaged = at.index(lines.len());
        let mut talk = Talk::begin(&Acp::new(["agent"]), &request());
        let kept = cut.index(lines.len());
        for (number, line) in lines.iter().enumerate().take(kept) {
            let mut line = line.clone().into_bytes();
            if number == damaged {
                let place = at.index(line.len());
                line[place] = to;
            }
            talk.decoder.line(&line, &mut talk.out);
        }
        prop_assert_ne!(talk.ends().stop, StopReason::Succeeded);
    }
}

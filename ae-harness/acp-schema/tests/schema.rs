//! The messages of `Acp` against the published schema: each one written parses as its type, and what its types write is
//! understood.

use std::{fs, path::Path};

use ae_harness::{
    Acp, AgentRequest, AgentSession, StopReason,
    host::{AgentExit, Decoder, Dialect, LaunchSite, Outbox},
};
use agent_client_protocol_schema::v1::{
    AgentCapabilities, AgentNotification, AuthMethod, AuthMethodAgent, AuthenticateResponse, ClientNotification,
    ClientRequest, ContentBlock, ContentChunk, Diff, Implementation, InitializeResponse, LoadSessionResponse,
    NewSessionResponse, PermissionOption, PermissionOptionKind, PromptResponse, RequestPermissionOutcome,
    RequestPermissionRequest, RequestPermissionResponse, SessionConfigOption, SessionConfigOptionCategory,
    SessionConfigSelectOption, SessionNotification, SessionUpdate, SetSessionConfigOptionResponse, TextContent,
    ToolCall, ToolCallContent, ToolCallLocation, ToolCallStatus, ToolCallUpdate, ToolCallUpdateFields, ToolKind, Usage,
    StopReason as Stop,
};
use serde_json::{Value, json};

struct Talk {
    decoder: Box<dyn Decoder>,
    out: Outbox,
}

impl Talk {
    fn begin(agent: &Acp, request: &AgentRequest) -> Self {
        let mut decoder = agent.decoder(request, &LaunchSite::new("", "/private", "/temporary"));
        let mut out = Outbox::default();
        decoder.start(&mut out);
        Self { decoder, out }
    }

    fn hears(&mut self, message: &Value) {
        self.decoder.line(message.to_string().as_bytes(), &mut self.out);
        assert!(!self.out.is_unknown, "{message}");
    }

    fn answers(&mut self, id: u64, result: &impl serde::Serialize) {
        self.hears(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    fn tells(&mut self, update: SessionUpdate) {
        let params = AgentNotification::SessionNotification(SessionNotification::new("s", update));
        self.hears(&json!({ "jsonrpc": "2.0", "method": "session/update", "params": params }));
    }

    fn written(&mut self) -> Vec<Value> {
        let bytes = std::mem::take(&mut self.out.input);
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    /// The one request that was written.
    fn asked(&mut self) -> ClientRequest {
        let [message] = &self.written()[..] else { panic!() };
        ClientRequest::from_method_and_params(message["method"].as_str().unwrap(), &message["params"]).unwrap()
    }
}

fn initialized() -> InitializeResponse {
    InitializeResponse::new(1.into())
        .agent_capabilities(AgentCapabilities::new().load_session(true))
        .agent_info(Implementation::new("agent", "3.2.1"))
        .auth_methods(vec![AuthMethod::Agent(AuthMethodAgent::new("key", "A key"))])
}

#[test]
fn a_whole_dialogue_is_of_the_schema() {
    let agent = Acp::new(["agent"]).with_auth_method("key");
    let request = AgentRequest::new("/workspace", "Write it.").with_model("large").with_system("Be brief.");
    let mut talk = Talk::begin(&agent, &request);
    let ClientRequest::InitializeRequest(hello) = talk.asked() else { panic!() };
    assert!(!hello.client_capabilities.terminal && !hello.client_capabilities.fs.read_text_file);
    assert!(!hello.client_capabilities.fs.write_text_file);

    talk.answers(1, &initialized());
    let ClientRequest::AuthenticateRequest(login) = talk.asked() else { panic!() };
    assert_eq!(login.method_id.0.as_ref(), "key");

    talk.answers(2, &AuthenticateResponse::new());
    let ClientRequest::NewSessionRequest(new) = talk.asked() else { panic!() };
    assert_eq!((new.cwd.as_path(), new.mcp_servers.len()), (Path::new("/workspace"), 0));

    let models = ["small", "large"].map(|name| SessionConfigSelectOption::new(name, name)).to_vec();
    let option = SessionConfigOption::select("m", "Model", "small", models).category(SessionConfigOptionCategory::Model);
    talk.answers(3, &NewSessionResponse::new("s").config_options(vec![option.clone()]));
    let ClientRequest::SetSessionConfigOptionRequest(set) = talk.asked() else { panic!() };
    assert_eq!((set.session_id.0.as_ref(), set.config_id.0.as_ref()), ("s", "m"));
    assert_eq!(serde_json::to_value(&set.value).unwrap()["value"], "large");

    talk.answers(4, &SetSessionConfigOptionResponse::new(vec![option]));
    let ClientRequest::PromptRequest(prompt) = talk.asked() else { panic!() };
    let texts = prompt.prompt.iter().map(|block| match block {
        ContentBlock::Text(text) => text.text.as_str(),
        other => panic!("{other:?}"),
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["Instructions:\nBe brief.\n", "Task:\nWrite it.\n"]);

    let diff = || ToolCallContent::Diff(Diff::new("/workspace/a.txt", "a\n"));
    talk.tells(SessionUpdate::ToolCall(ToolCall::new("t", "Write a.txt").kind(ToolKind::Edit).content(vec![diff()])));
    let fields = ToolCallUpdateFields::new()
        .kind(ToolKind::Edit)
        .title("Write a.txt")
        .locations(vec![ToolCallLocation::new("/workspace/a.txt")])
        .content(vec![diff()]);
    let options = vec![
        PermissionOption::new("yes", "Allow", PermissionOptionKind::AllowOnce),
        PermissionOption::new("no", "Reject", PermissionOptionKind::RejectOnce),
    ];
    let ask = RequestPermissionRequest::new("s", ToolCallUpdate::new("t", fields.clone()), options);
    talk.hears(&json!({ "jsonrpc": "2.0", "id": "q-1", "method": "session/request_permission", "params": ask }));
    let answer = talk.written().remove(0);
    assert_eq!(answer["id"], "q-1");
    let answer: RequestPermissionResponse = serde_json::from_value(answer["result"].clone()).unwrap();
    let RequestPermissionOutcome::Selected(selected) = answer.outcome else { panic!() };
    assert_eq!(selected.option_id.0.as_ref(), "yes");

    let done = ToolCallUpdate::new("t", fields.status(ToolCallStatus::Completed));
    talk.tells(SessionUpdate::ToolCallUpdate(done));
    for piece in ["Writ", "ten."] {
        talk.tells(SessionUpdate::AgentMessageChunk(ContentChunk::new(ContentBlock::Text(TextContent::new(piece)))));
    }
    talk.decoder.interrupt(&mut talk.out);
    let cancel = talk.written().remove(0);
    let sent = ClientNotification::from_method_and_params("session/cancel", &cancel["params"]).unwrap();
    assert!(matches!(sent, ClientNotification::CancelNotification(cancel) if cancel.session_id.0.as_ref() == "s"));

    let usage = Usage::new(63, 20, 40).thought_tokens(3_u64);
    talk.answers(5, &PromptResponse::new(Stop::EndTurn).usage(usage));
    assert!(talk.out.is_finished);
    let report = talk.decoder.finish(&AgentExit::exited(0));
    assert_eq!((report.stop, report.summary.as_str()), (StopReason::Succeeded, "Written."));
    assert_eq!(report.usage.map(|usage| (usage.input, usage.output, usage.reasoning)), Some((20, 43, 3)));
    let events = format!("{:?}", talk.out.events);
    assert!(events.contains("FileChange") && events.contains("3.2.1") && events.contains("/workspace/a.txt"));
}

#[test]
fn a_session_is_loaded_by_the_schema() {
    let request = AgentRequest::new("/workspace", "Go on.").with_session(AgentSession::Resume("old".to_owned()));
    let mut talk = Talk::begin(&Acp::new(["agent"]), &request);
    talk.written();
    talk.answers(1, &initialized());
    let ClientRequest::LoadSessionRequest(load) = talk.asked() else { panic!() };
    assert_eq!((load.session_id.0.as_ref(), load.cwd.as_path()), ("old", Path::new("/workspace")));
    talk.answers(2, &LoadSessionResponse::new());
    assert!(matches!(talk.asked(), ClientRequest::PromptRequest(_)));
}

/// Recordings of real agents are of the schema too, so that the recordings prove something.
#[test]
fn recordings_are_of_the_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings/acp");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let message: Value = serde_json::from_str(&line[3..]).unwrap();
            let Some(method) = message["method"].as_str() else { continue };
            let params = &message["params"];
            let parsed = match (&line[..2], message.get("id")) {
                (">>", Some(_)) => ClientRequest::from_method_and_params(method, params).map(drop),
                ("<<", None) => AgentNotification::from_method_and_params(method, params).map(drop),
                _ => continue,
            };
            parsed.unwrap_or_else(|problem| panic!("{line}: {problem}"));
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

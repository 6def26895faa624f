//! The dialogue with an agent: it is greeted, logged in to if it offers that, given a session and the prompt.

use ae_core::TokenUsage;
use serde_json::{Value, json, value::RawValue};

use super::{
    Acp,
    consent::{Consent, Question},
    message::{self, Incoming, Initialized, Opened, Prompted, RpcError, Tokens},
    updates::Progress,
};
use crate::{
    agent::{AgentEvent, AgentFailure, AgentReport, AgentRequest, AgentSession, FailureKind, StopReason},
    dialect::{
        AgentExit, Decoder, LaunchSite, Outbox,
        shared::{FailureText, Said, Speaker, Unknown, kind_of_words, prompt, settle, text_of},
    },
};

/// The version of the protocol.
const VERSION: u64 = 1;

/// The step that the agent has to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Step {
    Initialize,
    Authenticate,
    Session,
    Model,
    Prompt,
    Done,
}

/// The state of a dialogue.
#[derive(Debug)]
pub(super) struct AcpDecoder {
    speaker: Speaker,
    request: AgentRequest,
    auth_method: Option<String>,
    consent: Consent,
    step: Step,
    /// The number of the last request.
    number: u64,
    is_cancelled: bool,
    session: Option<String>,
    model: Option<String>,
    version: Option<String>,
    loads_sessions: bool,
    /// The log-ins that the agent offers.
    methods: Vec<String>,
    denials: Vec<String>,
    progress: Progress,
    usage: Option<TokenUsage>,
    said: Said,
    unknown: Unknown,
}

impl AcpDecoder {
    pub(super) fn new(agent: &Acp, request: &AgentRequest, _: &LaunchSite) -> Self {
        let speaker = Speaker::new(&agent.name);
        Self {
            request: request.clone(),
            auth_method: agent.auth_method.clone(),
            consent: Consent::new(request),
            step: Step::Initialize,
            number: 0,
            is_cancelled: false,
            session: None,
            model: None,
            version: None,
            loads_sessions: false,
            methods: Vec::new(),
            denials: Vec::new(),
            progress: Progress::new(speaker.clone()),
            usage: None,
            said: Said::Nothing,
            unknown: Unknown::default(),
            speaker,
        }
    }

    fn ask(&mut self, step: Step, method: &str, params: &Value, out: &mut Outbox) {
        self.step = step;
        self.number += 1;
        out.input.extend(message::request(self.number, method, params));
    }

    fn end(&mut self, said: Said, out: &mut Outbox) {
        self.progress.flush(out);
        self.step = Step::Done;
        self.said = said;
        out.is_finished = true;
        out.closes_input = true;
    }

    fn fail(&mut self, kind: FailureKind, words: impl Into<String>, out: &mut Outbox) {
        self.end(Said::Failure(AgentFailure::new(kind, words)), out);
    }

    /// An answer to a request of ours.
    fn answered(&mut self, id: &RawValue, incoming: &Incoming<'_>, out: &mut Outbox) {
        if self.step == Step::Done || id.get() != self.number.to_string() {
            self.unknown.count(out);
            return;
        }
        if let Some(error) = &incoming.error {
            self.refused(error, out);
            return;
        }
        let result = incoming.result.map_or("null", RawValue::get);
        match self.step {
            Step::Initialize => match serde_json::from_str(result) {
                Ok(initialized) => self.initialized(initialized, out),
                Err(_) => self.fail(FailureKind::Config, "its answer to the greeting can't be read", out),
            },
            Step::Authenticate => self.open(out),
            // Loading a session may be answered by nothing.
            Step::Session => self.opened(serde_json::from_str(result).unwrap_or_default(), out),
            Step::Model => self.prompt(out),
            Step::Prompt => match serde_json::from_str::<Prompted<'_>>(result) {
                Ok(prompted) => self.prompted(&prompted, out),
                Err(_) => self.fail(FailureKind::Other, "its answer to the prompt can't be read", out),
            },
            Step::Done => {}
        }
    }

    fn refused(&mut self, error: &RpcError<'_>, out: &mut Outbox) {
        let data = error.data.map_or("", RawValue::get);
        let mut words = format!("{} {data}", &*error.message);
        if error.code == -32000 && !self.methods.is_empty() {
            words.push_str(&format!("(it offers the log-ins {}: name one)", self.methods.join(", ")));
        }
        let kind = match self.step {
            _ if error.code == -32000 => Some(FailureKind::Auth),
            Step::Model => Some(FailureKind::ModelNotFound),
            Step::Session if self.request.session != AgentSession::New => {
                kind_of_words(&words).or(Some(FailureKind::Config))
            }
            _ => None,
        };
        self.end(Said::Failure(FailureText(&words).failure(kind)), out);
    }

    fn initialized(&mut self, initialized: Initialized, out: &mut Outbox) {
        if initialized.protocol_version != VERSION {
            let words = format!(
                "it speaks version {} of the protocol, and {VERSION} is needed",
                initialized.protocol_version
            );
            return self.fail(FailureKind::Config, words, out);
        }
        self.loads_sessions = initialized.agent_capabilities.is_some_and(|able| able.load_session);
        self.version = initialized.agent_info.map(|info| info.version);
        self.methods = initialized.auth_methods.into_iter().flatten().map(|method| method.id).collect();
        match self.auth_method.clone().filter(|method| self.methods.contains(method)) {
            Some(method) => self.ask(Step::Authenticate, "authenticate", &json!({ "methodId": method }), out),
            None => self.open(out),
        }
    }

    fn open(&mut self, out: &mut Outbox) {
        let workspace = self.request.workspace.clone();
        match &self.request.session {
            AgentSession::New => {
                let params = json!({ "cwd": workspace, "mcpServers": [] });
                self.ask(Step::Session, "session/new", &params, out);
            }
            AgentSession::Resume(_) if !self.loads_sessions => {
                self.fail(FailureKind::Config, "it can't go on with a session: begin a new one", out);
            }
            AgentSession::Resume(id) => {
                let params = json!({ "cwd": workspace, "mcpServers": [], "sessionId": id });
                self.session = Some(id.clone());
                self.ask(Step::Session, "session/load", &params, out);
            }
        }
    }

    fn opened(&mut self, opened: Opened, out: &mut Outbox) {
        let Some(session) = opened.session_id.or(self.session.take()) else {
            return self.fail(FailureKind::Other, "it gave the session no id", out);
        };
        self.session = Some(session.clone());
        let options = opened.config_options.into_iter().flatten();
        let option = { options }.find(|option| option.category.as_deref() == Some("model"));
        let current = option.as_ref().and_then(|option| option.current_value.clone());
        let current = current.or(opened.models.as_ref().map(|models| models.current_model_id.clone()));
        self.model = self.request.model.clone().or(current.clone());
        out.events.push(AgentEvent::Started {
            session: self.session.clone(),
            model: self.model.clone(),
            version: self.version.clone(),
        });
        match (self.request.model.clone(), option) {
            (Some(model), Some(option)) if Some(&model) != current.as_ref() => {
                let params = json!({ "sessionId": session, "configId": option.id, "value": model });
                self.ask(Step::Model, "session/set_config_option", &params, out);
            }
            (Some(model), None) if Some(&model) != current.as_ref() => {
                if opened.models.is_none() {
                    let words = "it has no choice of models: leave the model out";
                    return self.fail(FailureKind::ModelNotFound, words, out);
                }
                let params = json!({ "sessionId": session, "modelId": model });
                self.ask(Step::Model, "session/set_model", &params, out);
            }
            _ => self.prompt(out),
        }
    }

    /// The protocol has no place for a system text, so it stands before the prompt.
    fn prompt(&mut self, out: &mut Outbox) {
        let system = self.request.system.as_ref().map(|system| format!("Instructions:\n{system}\n"));
        let texts = system.into_iter().chain([prompt(&self.request)]);
        let blocks = texts.map(|text| json!({ "type": "text", "text": text })).collect::<Vec<_>>();
        let params = json!({ "sessionId": self.session, "prompt": blocks });
        self.ask(Step::Prompt, "session/prompt", &params, out);
    }

    fn prompted(&mut self, prompted: &Prompted<'_>, out: &mut Outbox) {
        self.progress.flush(out);
        // A session's counts are from its start, and agents differ in that: only those of a new one are this run's.
        if self.request.session == AgentSession::New {
            self.usage = prompted.usage.as_ref().and_then(Tokens::usage);
            out.events.extend(self.usage.map(AgentEvent::Usage));
        }
        let is_empty = self.progress.answer.is_empty() && !self.progress.acted;
        let fail = |kind, words: &str| Said::Failure(AgentFailure::new(kind, words));
        let said = match &*prompted.stop_reason {
            "end_turn" if is_empty => {
                fail(FailureKind::EmptyAnswer, "it ended without an answer and without an act")
            }
            "end_turn" => Said::Success,
            "max_tokens" => fail(FailureKind::OutputLimit, "an answer was cut at the limit of the model"),
            "max_turn_requests" => fail(FailureKind::MaxTurns, "it reached its own limit of turns"),
            "refusal" => fail(FailureKind::Refused, "the model refused to go on"),
            "cancelled" => fail(FailureKind::Other, "it was cancelled"),
            other => fail(FailureKind::Other, &format!("it stopped for the reason {other:?}")),
        };
        self.end(said, out);
    }

    /// A request of the agent's.
    fn asked(&mut self, id: &RawValue, method: &str, params: &str, out: &mut Outbox) {
        let question = (method == "session/request_permission").then(|| serde_json::from_str(params));
        let Some(Ok(question)) = question else {
            out.input.extend(message::refusal(id));
            return;
        };
        let question: Question<'_> = question;
        let (answer, denied) = match self.is_cancelled {
            true => (json!({ "outcome": { "outcome": "cancelled" } }), None),
            false => self.consent.answer(&question),
        };
        out.input.extend(message::answer(id, &answer));
        if let Some(denied) = denied {
            out.events.push(AgentEvent::Warning(self.speaker.says(format!("denied: {denied}"))));
            self.denials.push(denied);
        }
    }
}

impl Decoder for AcpDecoder {
    fn start(&mut self, out: &mut Outbox) {
        let params = json!({
            "protocolVersion": VERSION,
            "clientCapabilities": { "fs": { "readTextFile": false, "writeTextFile": false }, "terminal": false },
            "clientInfo": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        });
        self.ask(Step::Initialize, "initialize", &params, out);
    }

    fn line(&mut self, line: &[u8], out: &mut Outbox) {
        let text = text_of(line);
        if text.trim().is_empty() {
            return;
        }
        if self.step == Step::Prompt && self.progress.piece_of(&text, out) {
            return;
        }
        let Ok(incoming) = serde_json::from_str::<Incoming<'_>>(&text) else {
            self.unknown.count(out);
            return;
        };
        let params = incoming.params.map_or("null", RawValue::get);
        match (incoming.id, incoming.method.as_deref()) {
            (Some(id), Some(method)) => self.asked(id, method, params, out),
            (Some(id), None) => self.answered(id, &incoming, out),
            // A session that is loaded tells its past first.
            (None, Some("session/update")) if self.step < Step::Prompt => {}
            (None, Some("session/update")) => {
                if !self.progress.update(params, out) {
                    self.unknown.count(out);
                }
            }
            _ => self.unknown.count(out),
        }
    }

    fn interrupt(&mut self, out: &mut Outbox) {
        self.is_cancelled = true;
        match (&self.session, self.step) {
            (Some(session), Step::Prompt) => {
                out.input.extend(message::notification("session/cancel", &json!({ "sessionId": session })));
            }
            _ => out.closes_input = true,
        }
    }

    /// The last word is the answer to the prompt. Afterwards the agent waits for the next one, so that the way its
    /// process ends says nothing on the run.
    fn finish(mut self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let is_new = self.request.session == AgentSession::New;
        let cost = self.progress.cost.take().filter(|_| is_new);
        let answered = !matches!(self.said, Said::Nothing);
        let report = AgentReport::new(StopReason::Incomplete, self.progress.words())
            .with_usage(self.usage)
            .with_session_usage(self.usage)
            .with_cost(cost)
            .with_session_cost(cost)
            .with_denials(self.denials)
            .with_session(self.session)
            .with_model(self.model)
            .with_unknown_events(self.unknown.total());
        let ended = AgentExit::exited(0);
        settle(report, self.said, if answered { &ended } else { exit })
    }
}

//! The output of `codex exec --json`: lines about a thread, its turn and the items of the turn.

use ae_core::TokenUsage;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::NAME;
use crate::{
    agent::{AgentEvent, AgentFailure, AgentReport, AgentRequest, AgentSession, FailureKind, StopReason},
    dialect::{
        AgentExit, Decoder, LaunchSite, Outbox,
        shared::{FailureText, Said, Speaker, Text, Unknown, lenient, settle, since, text_of},
    },
};

/// A line of any type.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    thread_id: Option<Text<'a>>,
    #[serde(borrow)]
    item: Option<Item<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Usage>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    error: Option<Fault<'a>>,
}

/// An item of a turn.
#[derive(Debug, Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    status: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    command: Option<Text<'a>>,
    #[serde(borrow)]
    aggregated_output: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    exit_code: Option<i32>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    changes: Option<Vec<Change<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    server: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    tool: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    error: Option<Fault<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    query: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Fault<'a> {
    #[serde(borrow)]
    message: Text<'a>,
}

/// The tokens of the thread. The input includes what a cache had or took; the output includes reasoning.
#[derive(Debug, Deserialize)]
struct Usage {
    input_tokens: u64,
    #[serde(default)]
    cached_input_tokens: u64,
    #[serde(default)]
    cache_write_input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    reasoning_output_tokens: u64,
}

impl Usage {
    fn tokens(&self) -> TokenUsage {
        let cached = self.cached_input_tokens.saturating_add(self.cache_write_input_tokens);
        TokenUsage::new(self.input_tokens.saturating_sub(cached), self.output_tokens)
            .with_cache_read(self.cached_input_tokens)
            .with_cache_writes(self.cache_write_input_tokens, 0)
            .with_reasoning(self.reasoning_output_tokens)
    }
}

/// The state of a run's output.
#[derive(Debug)]
pub(super) struct CodexDecoder {
    speaker: Speaker,
    session: AgentSession,
    before: Option<TokenUsage>,
    wants_structure: bool,
    thread: Option<String>,
    unknown: Unknown,
    acted: bool,
    answer: Option<String>,
    total: Option<TokenUsage>,
    said: Said,
}

impl CodexDecoder {
    pub(super) fn new(request: &AgentRequest, site: &LaunchSite) -> Self {
        Self {
            speaker: Speaker::new(NAME),
            session: request.session.clone(),
            before: site.before.usage,
            wants_structure: request.output_schema.is_some(),
            thread: None,
            unknown: Unknown::default(),
            acted: false,
            answer: None,
            total: None,
            said: Said::Nothing,
        }
    }

    /// Errors on the way are warnings or retries: only the end of the turn decides.
    fn error(&self, message: &str) -> AgentEvent {
        let retry = message.strip_prefix("Reconnecting... ").and_then(|rest| {
            let (count, cause) = rest.split_once(' ')?;
            let attempt = count.split_once('/')?.0.parse().ok()?;
            let cause = cause.trim_start_matches('(').trim_end_matches(')').to_owned();
            Some(AgentEvent::Retry { attempt, delay: None, cause: self.speaker.says(cause) })
        });
        retry.unwrap_or_else(|| AgentEvent::Warning(self.speaker.says(message.to_owned())))
    }

    fn call(&mut self, item: &Item<'_>, name: String, input: Value, out: &mut Outbox) {
        self.acted = true;
        let id = item.id.as_ref().map(|id| id.owned()).unwrap_or_default();
        out.events.push(AgentEvent::ToolCall { id, name, input: self.speaker.says(input) });
    }

    fn started(&mut self, item: &Item<'_>, out: &mut Outbox) {
        match item.kind.as_deref() {
            Some("command_execution") => {
                let input = json!({ "command": item.command.as_deref() });
                self.call(item, "command".to_owned(), input, out);
            }
            Some("mcp_tool_call") => {
                let name = [&item.server, &item.tool].map(|part| part.as_deref().unwrap_or("?")).join("/");
                let input = item.arguments.and_then(|raw| serde_json::from_str(raw.get()).ok());
                self.call(item, name, input.unwrap_or(Value::Null), out);
            }
            _ => {}
        }
    }

    fn completed(&mut self, item: &Item<'_>, out: &mut Outbox) {
        let ok = item.status.as_deref().is_none_or(|status| status == "completed");
        let result = |output: &str| AgentEvent::ToolResult {
            id: item.id.as_ref().map(|id| id.owned()).unwrap_or_default(),
            ok,
            exit_code: item.exit_code,
            output: self.speaker.shows(output),
        };
        match (item.kind.as_deref(), &item.text) {
            (Some("agent_message"), Some(text)) => {
                self.answer = Some(text.owned());
                let text = self.speaker.says(text.owned());
                out.events.push(AgentEvent::Text { text, partial: false });
            }
            (Some("reasoning"), Some(text)) => {
                out.events.push(AgentEvent::Reasoning { text: self.speaker.says(text.owned()) });
            }
            (Some("command_execution"), _) => {
                out.events.push(result(item.aggregated_output.as_deref().unwrap_or_default()));
            }
            (Some("mcp_tool_call"), _) => {
                let fault = item.error.as_ref().map(|fault| &*fault.message);
                out.events.push(result(fault.or(item.result.map(RawValue::get)).unwrap_or_default()));
            }
            (Some("file_change"), _) => {
                self.acted = true;
                for change in item.changes.iter().flatten().filter(|_| ok) {
                    out.events.push(AgentEvent::FileChange { path: self.speaker.says(change.path.owned()) });
                }
            }
            (Some("web_search"), _) => {
                let input = json!({ "query": item.query.as_deref() });
                self.call(item, "web_search".to_owned(), input, out);
            }
            (Some("error"), _) => {
                let message = item.message.as_ref().map(|message| message.owned()).unwrap_or_default();
                out.events.push(AgentEvent::Warning(self.speaker.says(message)));
            }
            (Some("todo_list"), _) => {}
            _ => self.unknown.count(out),
        }
    }

    fn ended(&mut self, usage: Option<&Usage>, out: &mut Outbox) {
        self.said = if self.answer.is_none() && !self.acted {
            let words = "it ended without an answer and without an act";
            Said::Failure(AgentFailure::new(FailureKind::EmptyAnswer, words))
        } else {
            Said::Success
        };
        self.total = usage.map(Usage::tokens);
        out.events.extend(self.run_usage().map(AgentEvent::Usage));
        out.is_finished = true;
    }

    fn run_usage(&self) -> Option<TokenUsage> {
        since(&self.session, self.before, self.total?)
    }
}

impl Decoder for CodexDecoder {
    fn line(&mut self, line: &[u8], out: &mut Outbox) {
        let text = text_of(line);
        if text.trim().is_empty() {
            return;
        }
        let Ok(line) = serde_json::from_str::<Line<'_>>(&text) else {
            self.unknown.count(out);
            return;
        };
        match (&*line.kind, &line.item) {
            ("thread.started", _) => {
                self.thread = line.thread_id.as_ref().map(|id| id.owned());
                let session = self.thread.clone();
                out.events.push(AgentEvent::Started { session, model: None, version: None });
            }
            ("turn.started", _) => {}
            (kind @ ("item.started" | "item.updated" | "item.completed"), Some(item)) => {
                self.said = Said::Nothing;
                match kind {
                    "item.started" => self.started(item, out),
                    "item.completed" => self.completed(item, out),
                    _ => {}
                }
            }
            ("turn.completed", _) => self.ended(line.usage.as_ref(), out),
            ("turn.failed", _) => {
                let message = line.error.as_ref().map_or("", |fault| &*fault.message);
                self.said = Said::Failure(FailureText(message).failure(None));
                out.is_finished = true;
            }
            ("error", _) => {
                let message = line.message.as_deref().unwrap_or_default();
                self.said = Said::Trouble(message.to_owned());
                out.events.push(self.error(message));
            }
            _ => self.unknown.count(out),
        }
    }

    fn finish(self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let usage = self.run_usage();
        let structured = self.answer.as_deref().filter(|_| self.wants_structure);
        let structured = structured.and_then(|answer| serde_json::from_str::<Value>(answer).ok());
        let said = match self.said {
            Said::Success if self.wants_structure && structured.is_none() => Said::Failure(
                AgentFailure::new(FailureKind::SchemaUnmet, "its answer is not in the form of the schema"),
            ),
            said => said,
        };
        let report = AgentReport::new(StopReason::Incomplete, self.answer.unwrap_or_default())
            .with_structured(structured)
            .with_usage(usage)
            .with_session_usage(self.total)
            .with_session(self.thread)
            .with_unknown_events(self.unknown.total());
        settle(report, said, exit)
    }
}

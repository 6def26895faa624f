//! The output of Claude Code: JSON lines that end with a `result`.

use std::time::Duration;

use ae_core::TokenUsage;
use serde_json::{Value, value::RawValue};

use super::{
    NAME,
    line::{Block, Content, FileAnswer, Line, Streamed},
    outcome::Outcome,
};
use crate::{
    agent::{AgentEvent, AgentReport, AgentRequest, AgentSession, FailureKind, StopReason},
    dialect::{
        AgentExit, Decoder, LaunchSite, Outbox, SessionTotals,
        shared::{FailureText, Said, Speaker, Unknown, kind_of_words, settle, text_of},
    },
};

/// The state of a run's output.
#[derive(Debug)]
pub(super) struct ClaudeDecoder {
    speaker: Speaker,
    session: AgentSession,
    before: SessionTotals,
    wants_structure: bool,
    session_id: Option<String>,
    model: Option<String>,
    unknown: Unknown,
    /// Whether any tool was called.
    acted: bool,
    /// The tokens of the calls that ended, and of the one that runs.
    used: (TokenUsage, TokenUsage),
    /// The vendor's failure in the agent's words, before the result.
    api_error: Option<String>,
    /// The cause of the retry that runs.
    trouble: Option<String>,
    outcome: Option<Outcome>,
}

impl ClaudeDecoder {
    pub(super) fn new(request: &AgentRequest, site: &LaunchSite) -> Self {
        Self {
            speaker: Speaker::new(NAME),
            session: request.session.clone(),
            before: site.before.clone(),
            wants_structure: request.output_schema.is_some(),
            session_id: None,
            model: None,
            unknown: Unknown::default(),
            acted: false,
            used: (TokenUsage::default(), TokenUsage::default()),
            api_error: None,
            trouble: None,
            outcome: None,
        }
    }

    fn system(&mut self, line: &Line<'_>, out: &mut Outbox) {
        match line.subtype.as_deref() {
            Some("init") => {
                self.session_id = line.session_id.as_ref().map(|id| id.owned());
                self.model = line.model.as_ref().map(|model| model.owned());
                out.events.push(AgentEvent::Started {
                    session: self.session_id.clone(),
                    model: self.model.clone(),
                    version: line.claude_code_version.as_ref().map(|version| version.owned()),
                });
            }
            Some("api_retry") => {
                let cause = line.error.as_deref().unwrap_or("network");
                let cause = line
                    .error_status
                    .map_or_else(|| cause.to_owned(), |status| format!("{cause} (status {status})"));
                let delay = line.retry_delay_ms.map(Duration::from_millis);
                let next = delay.map(|delay| format!(", and was to retry in {}s", delay.as_secs_f64()));
                self.trouble = Some(format!("{cause}{}", next.unwrap_or_default()));
                out.events.push(AgentEvent::Retry {
                    attempt: line.attempt.unwrap_or(0),
                    delay,
                    cause: self.speaker.says(cause),
                });
            }
            // The other kinds, some forty, are for its own screens.
            _ => {}
        }
    }

    /// The pieces of the main conversation; a helper's conversation streams in between.
    fn streamed(&mut self, event: &Streamed<'_>, out: &mut Outbox) {
        match &*event.kind {
            "content_block_delta" => {
                let delta = event.delta.as_ref().filter(|d| d.kind.as_deref() == Some("text_delta"));
                if let Some(text) = delta.and_then(|delta| delta.text.as_ref()) {
                    let text = self.speaker.says(text.owned());
                    out.events.push(AgentEvent::Text { text, partial: true });
                }
            }
            "message_start" => {
                let (ended, call) = self.used;
                let usage = event.message.as_ref().and_then(|message| message.usage.as_ref());
                self.used = (
                    ended.checked_add(call).unwrap_or(ended),
                    usage.map(|usage| usage.onto(TokenUsage::default())).unwrap_or_default(),
                );
            }
            "message_delta" => {
                if let Some(usage) = &event.usage {
                    let call = usage.onto(self.used.1);
                    self.used.1 = call;
                    out.events.extend(self.used.0.checked_add(call).map(AgentEvent::Usage));
                }
            }
            _ => {}
        }
    }

    fn assistant(&mut self, line: &Line<'_>, out: &mut Outbox) {
        self.trouble = None;
        self.api_error = line.error.as_ref().map(|error| error.owned());
        let Some(Content::Blocks(blocks)) = line.message.as_ref().map(|message| &message.content) else {
            return;
        };
        for block in blocks {
            match (&*block.kind, &block.text, &block.thinking) {
                ("text", Some(text), _) if line.error.is_some() => {
                    out.events.push(AgentEvent::Warning(self.speaker.says(text.owned())));
                }
                ("text", Some(text), _) => {
                    let text = self.speaker.says(text.owned());
                    out.events.push(AgentEvent::Text { text, partial: false });
                }
                ("thinking", _, Some(text)) => {
                    out.events.push(AgentEvent::Reasoning { text: self.speaker.says(text.owned()) });
                }
                ("tool_use", ..) => {
                    self.acted = true;
                    out.events.push(AgentEvent::ToolCall {
                        id: block.id.as_ref().map(|id| id.owned()).unwrap_or_default(),
                        name: block.name.as_ref().map(|name| name.owned()).unwrap_or_default(),
                        input: self.speaker.says(block.input.map_or(Value::Null, value_of)),
                    });
                }
                _ => {}
            }
        }
    }

    fn tools(&mut self, line: &Line<'_>, out: &mut Outbox) {
        let Some(Content::Blocks(blocks)) = line.message.as_ref().map(|message| &message.content) else {
            return;
        };
        for block in blocks.iter().filter(|block| &*block.kind == "tool_result") {
            let ok = block.is_error != Some(true);
            let text = block_text(block);
            out.events.push(AgentEvent::ToolResult {
                id: block.tool_use_id.as_ref().map(|id| id.owned()).unwrap_or_default(),
                ok,
                exit_code: exit_code(&text).filter(|_| !ok),
                output: self.speaker.shows(&text),
            });
            let file = line.tool_use_result.filter(|_| ok);
            if let Some(file) = file.and_then(|raw| serde_json::from_str::<FileAnswer<'_>>(raw.get()).ok()) {
                out.events.push(AgentEvent::FileChange { path: self.speaker.says(file.path.owned()) });
            }
        }
    }
}

impl Decoder for ClaudeDecoder {
    fn line(&mut self, line: &[u8], out: &mut Outbox) {
        let text = text_of(line);
        if text.trim().is_empty() {
            return;
        }
        let Ok(line) = serde_json::from_str::<Line<'_>>(&text) else {
            self.unknown.count(out);
            return;
        };
        match &*line.kind {
            "system" => self.system(&line, out),
            "stream_event" => {
                self.trouble = None;
                if let Some(event) = line.event.as_ref().filter(|_| line.parent_tool_use_id.is_none()) {
                    self.streamed(event, out);
                }
            }
            "assistant" => self.assistant(&line, out),
            "user" => self.tools(&line, out),
            "result" => {
                let outcome = Outcome::read(&line, self.api_error.as_deref());
                out.events.extend(outcome.run_usage(&self.session, &self.before).map(AgentEvent::Usage));
                out.is_finished = true;
                self.outcome = Some(outcome);
            }
            _ => self.unknown.count(out),
        }
    }

    fn finish(self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let report = AgentReport::new(StopReason::Incomplete, "")
            .with_session(self.session_id)
            .with_model(self.model)
            .with_unknown_events(self.unknown.total());
        let Some(outcome) = self.outcome else {
            return settle(report, self.trouble.map_or(Said::Nothing, Said::Trouble), exit);
        };
        let usage = outcome.run_usage(&self.session, &self.before);
        let cost = outcome.run_cost(&self.session, &self.before);
        let said = in_trouble(outcome.said(self.wants_structure, self.acted), self.trouble);
        let session = report.session.clone().or(outcome.session);
        let report = AgentReport { summary: outcome.summary, ..report }
            .with_session(session)
            .with_structured(outcome.structured)
            .with_usage(usage)
            .with_cost(cost)
            .with_session_usage(outcome.usage)
            .with_session_cost(outcome.cost)
            .with_turns(outcome.turns)
            .with_denials(outcome.denials);
        settle(report, said, exit)
    }
}

/// The last word of an agent that was stopped while it waited to call its model again: the failure of that call says more.
fn in_trouble(said: Said, trouble: Option<String>) -> Said {
    match (said, trouble) {
        (Said::Failure(failure), Some(trouble))
            if matches!(failure.kind, FailureKind::Other | FailureKind::EmptyAnswer) =>
        {
            let words = format!("{}, after {trouble}", failure.message);
            Said::Failure(FailureText(&words).failure(kind_of_words(&trouble)))
        }
        (said, _) => said,
    }
}

pub(super) fn value_of(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or(Value::Null)
}

/// The texts of a tool's answer, one below the other.
fn block_text(block: &Block<'_>) -> String {
    match &block.content {
        Content::None => String::new(),
        Content::Text(text) => text.owned(),
        Content::Blocks(parts) => {
            parts.iter().filter_map(|part| part.text.as_deref()).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The exit code of a failed command, which the answer begins with.
fn exit_code(text: &str) -> Option<i32> {
    text.strip_prefix("Exit code ")?.lines().next()?.trim().parse().ok()
}

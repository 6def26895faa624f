//! The output of Gemini CLI: JSON lines that end with a `result`.

use std::collections::BTreeMap;

use ae_core::TokenUsage;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{NAME, answer::Answer};
use crate::{
    agent::{AgentEvent, AgentFailure, AgentReport, AgentRequest, AgentSession, FailureKind, StopReason},
    dialect::{
        AgentExit, Decoder, LaunchSite, Outbox,
        shared::{
            FailureText, Said, Speaker, Text, Unknown, kind_of_status, kind_of_words, lenient, settle,
            text_of,
        },
    },
};

/// A line of any type.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    session_id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    role: Option<Text<'a>>,
    #[serde(borrow)]
    content: Option<Text<'a>>,
    #[serde(borrow)]
    tool_name: Option<Text<'a>>,
    #[serde(borrow)]
    tool_id: Option<Text<'a>>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    output: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    error: Option<Fault<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    message: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    stats: Option<Stats>,
}

#[derive(Debug, Deserialize)]
struct Fault<'a> {
    #[serde(borrow, default, rename = "type", deserialize_with = "lenient")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    message: Option<Text<'a>>,
}

/// The tokens of this run. The input includes what a cache had; the output leaves out thoughts, which are the rest of
/// the total.
#[derive(Debug, Deserialize)]
struct Stats {
    total_tokens: u64,
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cached: u64,
    #[serde(default, deserialize_with = "lenient")]
    models: Option<BTreeMap<String, ModelStats>>,
}

#[derive(Debug, Deserialize)]
struct ModelStats {
    #[serde(default)]
    total_tokens: u64,
}

impl Stats {
    fn tokens(&self) -> TokenUsage {
        let thoughts = self.total_tokens.saturating_sub(self.input_tokens).saturating_sub(self.output_tokens);
        TokenUsage::new(
            self.input_tokens.saturating_sub(self.cached),
            self.output_tokens.saturating_add(thoughts),
        )
        .with_cache_read(self.cached)
        .with_reasoning(thoughts)
    }
}

/// The state of a run's output.
#[derive(Debug)]
pub(super) struct GeminiDecoder {
    speaker: Speaker,
    session: AgentSession,
    before: Option<TokenUsage>,
    session_id: Option<String>,
    model: Option<String>,
    unknown: Unknown,
    acted: bool,
    /// The text since the last act.
    answer: Answer,
    /// The whole text before that.
    last: String,
    /// The files that running calls write.
    writes: BTreeMap<String, String>,
    /// The reason why it stopped itself.
    stopped: Option<String>,
    usage: Option<TokenUsage>,
    said: Said,
}

impl GeminiDecoder {
    pub(super) fn new(request: &AgentRequest, site: &LaunchSite) -> Self {
        Self {
            speaker: Speaker::new(NAME),
            session: request.session.clone(),
            before: site.before.usage,
            session_id: None,
            model: None,
            unknown: Unknown::default(),
            acted: false,
            answer: Answer::default(),
            last: String::new(),
            writes: BTreeMap::new(),
            stopped: None,
            usage: None,
            said: Said::Nothing,
        }
    }

    /// Gives the whole text out that its pieces make up.
    fn flush(&mut self, out: &mut Outbox) {
        let (text, repeated) = self.answer.take();
        if text.is_empty() {
            return;
        }
        if repeated {
            let words = "the agent began its answer again: the pieces shown have it more than once";
            out.events.push(AgentEvent::Warning(self.speaker.says(words.to_owned())));
        }
        self.last.clone_from(&text);
        out.events.push(AgentEvent::Text { text: self.speaker.says(text), partial: false });
    }

    fn tool_use(&mut self, line: &Line<'_>, out: &mut Outbox) {
        self.flush(out);
        self.acted = true;
        let id = line.tool_id.as_ref().map(|id| id.owned()).unwrap_or_default();
        let input = line.parameters.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let input = input.unwrap_or(Value::Null);
        let name = line.tool_name.as_ref().map(|name| name.owned()).unwrap_or_default();
        if matches!(&*name, "write_file" | "replace") {
            let path = input.get("file_path").and_then(Value::as_str);
            self.writes.extend(path.map(|path| (id.clone(), path.to_owned())));
        }
        out.events.push(AgentEvent::ToolCall { id, name, input: self.speaker.says(input) });
    }

    fn tool_result(&mut self, line: &Line<'_>, out: &mut Outbox) {
        // What was said before an act is not the answer.
        self.last.clear();
        let id = line.tool_id.as_ref().map(|id| id.owned()).unwrap_or_default();
        let fault = line.error.as_ref().and_then(|fault| fault.message.as_deref());
        let output = line.output.as_deref().or(fault).unwrap_or_default();
        // A command that it refuses to run counts as a success for it.
        let ok = line.status.as_deref() == Some("success") && !output.starts_with("Blocked:");
        let path = self.writes.remove(&id);
        let output = self.speaker.shows(output);
        out.events.push(AgentEvent::ToolResult { id, ok, exit_code: None, output });
        if let Some(path) = path.filter(|_| ok) {
            out.events.push(AgentEvent::FileChange { path: self.speaker.says(path) });
        }
    }

    fn error(&mut self, line: &Line<'_>, out: &mut Outbox) {
        let message = line.message.as_ref().map(|message| message.owned()).unwrap_or_default();
        // It says "success" after this one.
        if message.starts_with("Loop detected") {
            self.stopped = Some(message.clone());
        }
        out.events.push(AgentEvent::Warning(self.speaker.says(message)));
    }

    fn result(&mut self, line: &Line<'_>, out: &mut Outbox) {
        self.flush(out);
        let succeeded = line.status.as_deref() == Some("success");
        // It does not count an answer that was cut, which the vendor does. Then the tokens of the run are not known.
        let was_cut = !succeeded && !self.last.is_empty();
        if let Some(stats) = line.stats.as_ref().filter(|_| !was_cut) {
            self.usage = Some(stats.tokens());
            out.events.push(AgentEvent::Usage(stats.tokens()));
            // It asks for another model than it was given at times; the one that used most is the real one.
            let models = stats.models.iter().flatten();
            let most = models.max_by_key(|(_, model)| model.total_tokens).map(|(name, _)| name.clone());
            self.model = most.or(self.model.take());
        }
        let fault = line.error.as_ref();
        self.said = if succeeded {
            self.success()
        } else {
            let message =
                fault.and_then(|fault| fault.message.as_deref()).unwrap_or("an error without words");
            let limit = fault.and_then(|fault| fault.kind.as_deref()) == Some("FatalTurnLimitedError");
            let kind = limit.then_some(FailureKind::MaxTurns).or_else(|| kind_of_words(message));
            Said::Failure(FailureText(message).failure(kind))
        };
        out.is_finished = true;
    }

    fn success(&self) -> Said {
        if let Some(stopped) = &self.stopped {
            return Said::Failure(FailureText(stopped).failure(Some(FailureKind::Other)));
        }
        if self.last.is_empty() && !self.acted {
            let words = "it ended without an answer and without an act";
            return Said::Failure(AgentFailure::new(FailureKind::EmptyAnswer, words));
        }
        Said::Success
    }
}

impl Decoder for GeminiDecoder {
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
            "message" => {
                let said = line.content.as_ref().filter(|_| line.role.as_deref() == Some("assistant"));
                if let Some(piece) = said {
                    self.answer.push(piece);
                    let text = self.speaker.says(piece.owned());
                    out.events.push(AgentEvent::Text { text, partial: true });
                }
            }
            "init" => {
                self.session_id = line.session_id.as_ref().map(|id| id.owned());
                self.model = line.model.as_ref().map(|model| model.owned());
                out.events.push(AgentEvent::Started {
                    session: self.session_id.clone(),
                    model: self.model.clone(),
                    version: None,
                });
            }
            "tool_use" => self.tool_use(&line, out),
            "tool_result" => self.tool_result(&line, out),
            "error" => self.error(&line, out),
            "result" => self.result(&line, out),
            _ => self.unknown.count(out),
        }
    }

    fn finish(mut self: Box<Self>, exit: &AgentExit) -> AgentReport {
        let (rest, _) = self.answer.take();
        let summary = if rest.is_empty() { self.last } else { rest };
        let whole = match self.session {
            AgentSession::New => self.usage,
            AgentSession::Resume(_) => self.before.zip(self.usage).and_then(|(a, b)| a.checked_add(b)),
        };
        let report = AgentReport::new(StopReason::Incomplete, summary)
            .with_usage(self.usage)
            .with_session_usage(whole)
            .with_session(self.session_id)
            .with_model(self.model)
            .with_unknown_events(self.unknown.total());
        let silent = matches!(self.said, Said::Nothing);
        let waits = silent && exit.code == Some(0) && !self.acted && report.summary.is_empty();
        let mut report = settle(report, self.said, exit);
        // Stopped while it waits to call its model again. Its error output is all that says so, and after an answer it may
        // say so of a call that went well at last.
        if let Some(begin) = exit.stderr.rfind("Attempt ").filter(|_| waits) {
            report.failure = exit.stderr.get(begin..).map(|words| FailureText(words).failure(None));
        }
        // The exit code names a failure where words did not.
        if let Some(failure) = report.failure.as_mut().filter(|f| f.kind == FailureKind::Other || silent) {
            failure.kind = exit.code.and_then(kind_of_exit).unwrap_or(failure.kind);
        }
        report
    }
}

/// The kind of failure of an exit code: its own codes, else the HTTP status that it was cut from.
fn kind_of_exit(code: i32) -> Option<FailureKind> {
    match code {
        41 => Some(FailureKind::Auth),
        42 | 52 | 55 => Some(FailureKind::Config),
        53 => Some(FailureKind::MaxTurns),
        144..=255 => kind_of_status(u64::try_from(code).ok()? + 256),
        _ => None,
    }
}

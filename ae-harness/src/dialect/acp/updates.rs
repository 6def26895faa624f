//! The progress that an agent tells of.

use ae_core::Money;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{
    agent::AgentEvent,
    dialect::{
        Outbox,
        shared::{Speaker, Text, lenient, usd},
    },
};

/// The parameters of `session/update`.
#[derive(Debug, Deserialize)]
pub(super) struct Notice<'a> {
    #[serde(borrow)]
    update: Update<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    #[serde(borrow)]
    session_update: Text<'a>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    tool_call_id: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    title: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    raw_input: Option<&'a RawValue>,
    #[serde(borrow)]
    raw_output: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    cost: Option<Cost<'a>>,
}

#[derive(Debug, Deserialize)]
struct Cost<'a> {
    #[serde(borrow)]
    amount: &'a RawValue,
    #[serde(borrow)]
    currency: Text<'a>,
}

/// A piece of the content of a tool call: a text in a wrapper, or a change of a file.
#[derive(Debug, Deserialize)]
struct Content<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    content: Option<Inner<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    path: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

#[derive(Debug, Deserialize)]
struct Inner<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
}

/// A line with a piece of the answer. Most lines are of this form, which is read in one go.
#[derive(Debug, Deserialize)]
struct PieceLine<'a> {
    #[serde(borrow)]
    method: Text<'a>,
    #[serde(borrow)]
    params: PieceParams<'a>,
}

#[derive(Debug, Deserialize)]
struct PieceParams<'a> {
    #[serde(borrow)]
    update: Piece<'a>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(borrow)]
    session_update: Text<'a>,
    #[serde(borrow)]
    content: Inner<'a>,
}

/// The gathered progress of a run.
#[derive(Debug)]
pub(super) struct Progress {
    speaker: Speaker,
    /// The texts that run: of the answer, and of the reasoning.
    text: String,
    thought: String,
    /// The last text that is complete.
    pub(super) answer: String,
    pub(super) acted: bool,
    pub(super) cost: Option<Money>,
}

impl Progress {
    pub(super) fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            text: String::new(),
            thought: String::new(),
            answer: String::new(),
            acted: false,
            cost: None,
        }
    }

    /// Reads a line if it has a piece of the answer, and returns whether that was so.
    pub(super) fn piece_of(&mut self, line: &str, out: &mut Outbox) -> bool {
        match serde_json::from_str::<PieceLine<'_>>(line) {
            Ok(PieceLine { method, params: PieceParams { update } })
                if &*method == "session/update" && &*update.session_update == "agent_message_chunk" =>
            {
                self.piece(update.content.text.map(|text| text.owned()).unwrap_or_default(), out);
                true
            }
            _ => false,
        }
    }

    /// Reads an update. Returns whether it was understood.
    pub(super) fn update(&mut self, params: &str, out: &mut Outbox) -> bool {
        let Ok(Notice { update }) = serde_json::from_str::<Notice<'_>>(params) else { return false };
        match &*update.session_update {
            "agent_message_chunk" => self.piece(update.text().unwrap_or_default(), out),
            "agent_thought_chunk" => {
                self.flush_text(out);
                self.thought.extend(update.text().as_deref());
            }
            "tool_call" => {
                self.flush(out);
                self.acted = true;
                out.events.push(AgentEvent::ToolCall {
                    id: update.id(),
                    name: update.title.as_ref().map(|title| title.owned()).unwrap_or_default(),
                    input: self.speaker.says(update.raw_input.map_or(Value::Null, value_of)),
                });
                self.ended(&update, out);
            }
            "tool_call_update" => {
                self.flush(out);
                self.ended(&update, out);
            }
            "usage_update" => {
                // A session that cost nothing was not measured: the model had a price.
                let cost = update.cost.filter(|cost| &*cost.currency == "USD");
                let cost = cost.and_then(|cost| usd(cost.amount.get())).filter(|cost| !cost.is_zero());
                self.cost = cost.or(self.cost);
            }
            "user_message_chunk"
            | "plan"
            | "available_commands_update"
            | "current_mode_update"
            | "config_option_update"
            | "session_info_update" => {}
            _ => return false,
        }
        true
    }

    fn piece(&mut self, text: String, out: &mut Outbox) {
        self.flush_thought(out);
        // Gemini CLI writes this into its answer.
        if text.is_empty() || text.starts_with("[MODE_UPDATE]") {
            return;
        }
        self.text.push_str(&text);
        out.events.push(AgentEvent::Text { text: self.speaker.says(text), partial: true });
    }

    fn ended(&mut self, update: &Update<'_>, out: &mut Outbox) {
        let Some(status @ ("completed" | "failed")) = update.status.as_deref() else { return };
        self.acted = true;
        self.answer.clear();
        let content = update.content.map(RawValue::get).unwrap_or_default();
        let content = serde_json::from_str::<Vec<Content<'_>>>(content).unwrap_or_default();
        let texts = content.iter().filter_map(|content| content.content.as_ref()?.text.as_deref());
        let mut output = texts.collect::<Vec<_>>().join("\n");
        if let (true, Some(raw)) = (output.is_empty(), update.raw_output) {
            output = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
        }
        out.events.push(AgentEvent::ToolResult {
            id: update.id(),
            ok: status == "completed",
            exit_code: None,
            output: self.speaker.shows(&output),
        });
        for path in content.iter().filter(|content| &*content.kind == "diff" && status == "completed") {
            let path = path.path.as_ref().map(|path| path.owned()).unwrap_or_default();
            out.events.push(AgentEvent::FileChange { path: self.speaker.says(path) });
        }
    }

    /// Gives the texts out as wholes.
    pub(super) fn flush(&mut self, out: &mut Outbox) {
        self.flush_thought(out);
        self.flush_text(out);
    }

    fn flush_text(&mut self, out: &mut Outbox) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            self.answer.clone_from(&text);
            out.events.push(AgentEvent::Text { text: self.speaker.says(text), partial: false });
        }
    }

    fn flush_thought(&mut self, out: &mut Outbox) {
        let text = std::mem::take(&mut self.thought);
        if !text.is_empty() {
            out.events.push(AgentEvent::Reasoning { text: self.speaker.says(text) });
        }
    }

    /// The words so far.
    pub(super) fn words(self) -> String {
        if self.text.is_empty() { self.answer } else { self.text }
    }
}

impl Update<'_> {
    fn id(&self) -> String {
        self.tool_call_id.as_ref().map(|id| id.owned()).unwrap_or_default()
    }

    fn text(&self) -> Option<String> {
        serde_json::from_str::<Inner<'_>>(self.content?.get()).ok()?.text.map(|text| text.owned())
    }
}

fn value_of(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or(Value::Null)
}

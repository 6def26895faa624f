//! A request for an answer, read the same way for every vendor.

use std::collections::BTreeMap;

use serde_json::Value;

/// A vendor's form of asking a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    Anthropic,
    Responses,
    Chat,
    Gemini,
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub api: Api,
    pub model: String,
    /// The answer is to be a stream.
    pub stream: bool,
    /// The key or the dummy that the agent sent.
    pub key: Option<String>,
    /// 1 for the first call of the script.
    pub number: usize,
    pub said: Vec<Said>,
    pub tools: Vec<Tool>,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
}

/// A piece of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// By the user or by the agent in the user's name.
    User(String),
    /// By the model: a text or a call of a tool.
    Model(String),
    /// The result of a tool.
    Result { id: String, text: String },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: String,
    /// The JSON schema of the input; null for a tool that takes free text.
    pub schema: Value,
}

impl Asked {
    /// The last text of the user, without the notes that agents put around it.
    pub fn prompt(&self) -> &str {
        let notes = [
            "<system-reminder>",
            "<environment_context>",
            "<user_instructions>",
            "# AGENTS.md",
            "<session_context>",
        ];
        let texts = self.said.iter().rev().filter_map(|said| match said {
            Said::User(text) => Some(text.as_str()),
            _ => None,
        });
        texts
            .into_iter()
            .find(|text| !notes.iter().any(|note| text.trim_start().starts_with(note)))
            .unwrap_or_default()
    }

    /// The results of the tools that the last turn called.
    pub fn results(&self) -> Vec<&str> {
        let mut results: Vec<&str> = Vec::new();
        for said in self.said.iter().rev() {
            match said {
                Said::Result { text, .. } => results.push(text),
                // Reminders stand between results and the end of the conversation.
                Said::User(_)
                    if results.is_empty()
                        && self.said.iter().any(|said| matches!(said, Said::Result { .. })) => {}
                _ => break,
            }
        }
        results.reverse();
        results
    }

    /// The texts of the whole request have this in them, as JSON writes it.
    pub fn mentions(&self, text: &str) -> bool {
        self.body.to_string().contains(text)
    }

    /// The folder that the agent says it works in.
    pub fn folder(&self) -> Option<String> {
        let body = texts(&self.body);
        ["<cwd>", "orking directory: ", "orking directory is: ", "Workspace Directories:**\n  - "]
            .iter()
            .find_map(|mark| {
                let from = body.find(mark)? + mark.len();
                let rest = &body[from..];
                let end = rest.find(['\n', '<', '"', '`']).unwrap_or(rest.len());
                let path = rest[..end].trim();
                path.starts_with('/').then(|| path.to_owned())
            })
    }
}

/// All strings of a value, one a line.
fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(texts).collect(),
        Value::Object(values) => values.values().map(texts).collect(),
        _ => String::new(),
    }
}

/// The text of a content that is a string or a list of parts.
pub(super) fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> =
                parts.iter().map(|part| content(&part["text"])).filter(|text| !text.is_empty()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

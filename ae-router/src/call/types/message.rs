//! The turns of a conversation.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The author of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The product, on behalf of its user. Results of tools are the user's too.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Message {
    /// The author.
    pub role: Role,
    /// The content, in order. Text from outside is fenced before it gets here.
    pub parts: Vec<Part>,
    /// Asks the vendor to keep the conversation up to the end of this turn in its cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheFor>,
}

/// A piece of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// Text.
    Text(String),
    /// An image by reference: an `https` address, or a `data:` URL with its media type and base64.
    Image(String),
    /// A call of a tool that the model asks for.
    ToolCall(ToolCall),
    /// The result of a call.
    ToolResult(ToolResult),
    /// A piece that only the vendor that made it can read, such as signed reasoning. It goes back as it came, to that
    /// wire form alone.
    Opaque(Opaque),
}

/// A call of a tool that a model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ToolCall {
    /// The id that its result names. Made up by the dialect where the vendor gives none.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments as the model wrote them: JSON, unless the answer was cut. They are not checked against the tool's
    /// schema.
    pub arguments: String,
    /// The vendor's signature of its reasoning that goes back with the call, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl ToolCall {
    /// A call of the tool `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), arguments: arguments.into(), signature: None }
    }
}

ae_core::setters! { ToolCall {
    /// Sets the vendor's signature.
    fn with_signature(signature: some into String);
} }

/// The result of a call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ToolResult {
    /// The id of the call.
    pub call: String,
    /// The name of the tool, which one vendor asks for.
    pub name: String,
    /// The result, as text or JSON.
    pub content: String,
    /// Whether the tool failed; `content` says how.
    pub is_error: bool,
}

impl ToolResult {
    /// The result of a call that went well.
    pub fn of(call: &ToolCall, content: impl Into<String>) -> Self {
        Self { call: call.id.clone(), name: call.name.clone(), content: content.into(), is_error: false }
    }
}

ae_core::setters! { ToolResult {
    /// Marks the call as failed.
    fn with_error(is_error = true);
} }

/// A piece of a turn in the vendor's own form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Opaque {
    /// The wire form that it belongs to, for example `anthropic_messages`.
    pub api: String,
    /// The piece as it came.
    pub json: Value,
}

impl Opaque {
    /// A piece of the wire form `api`.
    pub fn new(api: impl Into<String>, json: Value) -> Self {
        Self { api: api.into(), json }
    }
}

ae_core::wire_enum! {
    /// The time for which a vendor keeps input in its cache. Vendors with one time only take either as a wish for it.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum CacheFor {
        /// Five minutes since the last use.
        FiveMinutes = "5m",
        /// An hour, at a higher price of writing.
        Hour = "1h",
    }
}

impl Message {
    /// A turn of `role`.
    pub fn new(role: Role, parts: Vec<Part>) -> Self {
        Self { role, parts, cache: None }
    }

    /// A message of the product.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, vec![Part::Text(text.into())])
    }

    /// An earlier answer of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, vec![Part::Text(text.into())])
    }

    /// The results of the calls of the turn before.
    pub fn results(results: impl IntoIterator<Item = ToolResult>) -> Self {
        Self::new(Role::User, results.into_iter().map(Part::ToolResult).collect())
    }

    /// Adds a piece at the end.
    #[must_use]
    pub fn with_part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The text of all text parts together.
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

ae_core::setters! { Message {
    /// Asks for a cache up to the end of this turn.
    fn with_cache(cache: some CacheFor);
} }

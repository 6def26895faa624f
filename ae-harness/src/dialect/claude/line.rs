//! The lines of Claude Code's output. Fields that decide are read with tolerance for other forms.

use std::{collections::BTreeMap, fmt};

use ae_core::TokenUsage;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::dialect::shared::{Text, lenient};

/// A line of any type.
#[derive(Debug, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) subtype: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) session_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) parent_tool_use_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) event: Option<Streamed<'a>>,
    #[serde(borrow)]
    pub(super) tool_use_result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) error: Option<Text<'a>>,
    // `system`
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) claude_code_version: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) attempt: Option<u32>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) retry_delay_ms: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) error_status: Option<u64>,
    // `result`
    #[serde(borrow)]
    pub(super) result: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_error: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) errors: Option<Vec<Value>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) terminal_reason: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) stop_reason: Option<Text<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) api_error_status: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) num_turns: Option<u32>,
    #[serde(borrow)]
    pub(super) total_cost_usd: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "modelUsage", deserialize_with = "lenient")]
    pub(super) model_usage: Option<BTreeMap<String, ModelUsage<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) model_usage_since_last_result: Option<BTreeMap<String, ModelUsage<'a>>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(super) permission_denials: Option<Vec<Denial<'a>>>,
    #[serde(borrow)]
    pub(super) structured_output: Option<&'a RawValue>,
}

/// A message of the model, or the answers of tools.
#[derive(Debug, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub(super) content: Content<'a>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) usage: Option<ApiUsage>,
}

/// One text, or parts.
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    #[default]
    None,
    Text(Text<'a>),
    Blocks(Vec<Block<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Content<'de>, E> {
                Text::deserialize(serde::de::value::BorrowedStrDeserializer::new(text)).map(Content::Text)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Content<'de>, E> {
                Text::deserialize(serde::de::value::StrDeserializer::new(text)).map(Content::Text)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content<'de>, A::Error> {
                let mut blocks = Vec::new();
                while let Some(block) = seq.next_element()? {
                    blocks.push(block);
                }
                Ok(Content::Blocks(blocks))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Content::None)
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Content<'de>, E> {
                Ok(Content::None)
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// A part of a message.
#[derive(Debug, Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) content: Content<'a>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) is_error: Option<bool>,
}

/// An event of the vendor's stream, passed on.
#[derive(Debug, Deserialize)]
pub(super) struct Streamed<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) usage: Option<ApiUsage>,
}

/// A piece of a part.
#[derive(Debug, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
}

/// The tokens of one call, in the vendor's form. In the middle of a stream, what did not change may be left out.
#[derive(Debug, Deserialize)]
pub(super) struct ApiUsage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

impl ApiUsage {
    /// Puts these counts over those of `call`.
    pub(super) fn onto(&self, call: TokenUsage) -> TokenUsage {
        TokenUsage::new(self.input_tokens.unwrap_or(call.input), self.output_tokens.unwrap_or(call.output))
            .with_cache_read(self.cache_read_input_tokens.unwrap_or(call.cache_read))
            .with_cache_writes(self.cache_creation_input_tokens.unwrap_or(call.cache_write_5m), 0)
    }
}

/// The tokens and cost of one model.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ModelUsage<'a> {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(default)]
    cache_read_input_tokens: u64,
    #[serde(default)]
    cache_creation_input_tokens: u64,
    #[serde(default)]
    cache_creation_ephemeral1h_input_tokens: u64,
    #[serde(default)]
    thinking_tokens: u64,
    #[serde(borrow, rename = "costUSD")]
    pub(super) cost_usd: Option<&'a RawValue>,
}

impl ModelUsage<'_> {
    pub(super) fn usage(&self) -> TokenUsage {
        let hour = self.cache_creation_ephemeral1h_input_tokens;
        TokenUsage::new(self.input_tokens, self.output_tokens)
            .with_cache_read(self.cache_read_input_tokens)
            .with_cache_writes(self.cache_creation_input_tokens.saturating_sub(hour), hour)
            .with_reasoning(self.thinking_tokens)
    }
}

/// An act that was denied.
#[derive(Debug, Deserialize)]
pub(super) struct Denial<'a> {
    #[serde(borrow)]
    pub(super) tool_name: Text<'a>,
    #[serde(borrow)]
    pub(super) tool_input: Option<&'a RawValue>,
}

/// The structured answer of a tool that changes a file.
#[derive(Debug, Deserialize)]
pub(super) struct FileAnswer<'a> {
    #[serde(borrow, rename = "filePath")]
    pub(super) path: Text<'a>,
}

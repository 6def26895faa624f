//! The numbers of a usage, as the vendors state them and as the family does.

use ae_core::TokenUsage;
use serde::Deserialize;

use crate::Api;

/// The numbers of one statement, or the largest of each of several: they are running totals.
///
/// They stay as stated until the end, since one event may have the total and another one the part to take off.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    input: u64,
    /// Input of tools that ran at the vendor, which Gemini counts apart.
    tool_input: u64,
    cache_read: u64,
    cache_write: u64,
    cache_write_5m: u64,
    cache_write_1h: u64,
    output: u64,
    reasoning: u64,
    /// The calls within the call that the totals leave out.
    inner: TokenUsage,
}

/// A statement of usage.
#[derive(Debug, Default)]
pub(super) struct Stated {
    pub(super) counts: Counts,
    pub(super) service_tier: Option<String>,
    pub(super) web_searches: Option<u64>,
}

impl Counts {
    pub(super) fn max(self, other: Self) -> Self {
        let mut inner = TokenUsage::new(
            self.inner.input.max(other.inner.input),
            self.inner.output.max(other.inner.output),
        );
        inner.cache_read = self.inner.cache_read.max(other.inner.cache_read);
        inner.cache_write_5m = self.inner.cache_write_5m.max(other.inner.cache_write_5m);
        inner.cache_write_1h = self.inner.cache_write_1h.max(other.inner.cache_write_1h);
        Self {
            input: self.input.max(other.input),
            tool_input: self.tool_input.max(other.tool_input),
            cache_read: self.cache_read.max(other.cache_read),
            cache_write: self.cache_write.max(other.cache_write),
            cache_write_5m: self.cache_write_5m.max(other.cache_write_5m),
            cache_write_1h: self.cache_write_1h.max(other.cache_write_1h),
            output: self.output.max(other.output),
            reasoning: self.reasoning.max(other.reasoning),
            inner,
        }
    }

    /// In the terms of [`TokenUsage`].
    pub(super) fn normalised(self, api: Api) -> TokenUsage {
        let (input, output) = match api {
            Api::AnthropicMessages => (self.input, self.output),
            // The total has both parts in it.
            Api::OpenAiResponses | Api::OpenAiChat => {
                (self.input.saturating_sub(self.cache_read).saturating_sub(self.cache_write), self.output)
            }
            Api::Gemini => (
                self.input.saturating_sub(self.cache_read).saturating_add(self.tool_input),
                self.output.saturating_add(self.reasoning),
            ),
        };
        let (five_minutes, hour) = self.cache_writes();
        let own = TokenUsage::new(input, output)
            .with_cache_read(self.cache_read)
            .with_cache_writes(five_minutes, hour)
            .with_reasoning(self.reasoning);
        own.checked_add(self.inner).unwrap_or(own)
    }

    /// The writes by how long they are kept. The last event of a stream has the total alone, so what it has more than
    /// the parts goes where all of the parts went.
    fn cache_writes(self) -> (u64, u64) {
        let more = self.cache_write.saturating_sub(self.cache_write_5m.saturating_add(self.cache_write_1h));
        if self.cache_write_5m == 0 && self.cache_write_1h > 0 {
            (0, self.cache_write_1h.saturating_add(more))
        } else {
            (self.cache_write_5m.saturating_add(more), self.cache_write_1h)
        }
    }
}

/// Reads one statement.
pub(super) fn read(api: Api, json: &[u8]) -> Result<Stated, serde_json::Error> {
    Ok(match api {
        Api::AnthropicMessages => serde_json::from_slice::<Anthropic>(json)?.stated(),
        Api::OpenAiResponses => serde_json::from_slice::<Responses>(json)?.stated(),
        Api::OpenAiChat => serde_json::from_slice::<Chat>(json)?.stated(),
        Api::Gemini => serde_json::from_slice::<Gemini>(json)?.stated(),
    })
}

fn or_zero(count: Option<u64>) -> u64 {
    count.unwrap_or_default()
}

#[derive(Deserialize)]
struct Anthropic {
    #[serde(rename = "type")]
    kind: Option<String>,
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<Thinking>,
    server_tool_use: Option<ServerToolUse>,
    service_tier: Option<String>,
    speed: Option<String>,
    iterations: Option<Vec<Anthropic>>,
}

#[derive(Deserialize)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Thinking {
    thinking_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct ServerToolUse {
    web_search_requests: Option<u64>,
}

impl Anthropic {
    fn stated(self) -> Stated {
        let mut counts = Counts {
            input: or_zero(self.input_tokens),
            cache_read: or_zero(self.cache_read_input_tokens),
            cache_write: or_zero(self.cache_creation_input_tokens),
            output: or_zero(self.output_tokens),
            reasoning: or_zero(self.output_tokens_details.and_then(|details| details.thinking_tokens)),
            ..Counts::default()
        };
        if let Some(parts) = self.cache_creation {
            counts.cache_write_5m = or_zero(parts.ephemeral_5m_input_tokens);
            counts.cache_write_1h = or_zero(parts.ephemeral_1h_input_tokens);
        }
        for iteration in self.iterations.into_iter().flatten() {
            // The totals hold the iterations of the answer itself, not a compaction and not the adviser's answers.
            if matches!(iteration.kind.as_deref(), Some("compaction" | "advisor_message")) {
                let usage = iteration.stated().counts.normalised(Api::AnthropicMessages);
                counts.inner = counts.inner.checked_add(usage).unwrap_or(counts.inner);
            }
        }
        let fast = self.speed.filter(|speed| speed != "standard");
        Stated {
            counts,
            service_tier: fast.or(self.service_tier),
            web_searches: self.server_tool_use.and_then(|tools| tools.web_search_requests),
        }
    }
}

#[derive(Deserialize)]
struct InputDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Responses {
    input_tokens: Option<u64>,
    input_tokens_details: Option<InputDetails>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct Chat {
    prompt_tokens: Option<u64>,
    prompt_tokens_details: Option<InputDetails>,
    completion_tokens: Option<u64>,
    completion_tokens_details: Option<OutputDetails>,
}

impl Responses {
    fn stated(self) -> Stated {
        let (cache_read, cache_write) = self
            .input_tokens_details
            .map_or((0, 0), |parts| (or_zero(parts.cached_tokens), or_zero(parts.cache_write_tokens)));
        let counts = Counts {
            input: or_zero(self.input_tokens),
            cache_read,
            cache_write,
            output: or_zero(self.output_tokens),
            reasoning: or_zero(self.output_tokens_details.and_then(|parts| parts.reasoning_tokens)),
            ..Counts::default()
        };
        Stated { counts, ..Stated::default() }
    }
}

impl Chat {
    fn stated(self) -> Stated {
        Responses {
            input_tokens: self.prompt_tokens,
            input_tokens_details: self.prompt_tokens_details,
            output_tokens: self.completion_tokens,
            output_tokens_details: self.completion_tokens_details,
        }
        .stated()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Gemini {
    prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    service_tier: Option<String>,
    traffic_type: Option<String>,
}

impl Gemini {
    fn stated(self) -> Stated {
        let counts = Counts {
            input: or_zero(self.prompt_token_count),
            tool_input: or_zero(self.tool_use_prompt_token_count),
            cache_read: or_zero(self.cached_content_token_count),
            output: or_zero(self.candidates_token_count),
            reasoning: or_zero(self.thoughts_token_count),
            ..Counts::default()
        };
        Stated { counts, service_tier: self.service_tier.or(self.traffic_type), web_searches: None }
    }
}

//! The tokens of a model call.

use serde::{Deserialize, Serialize};

/// Tokens of one or more model calls. `input` leaves out what was read from or written to a cache; `output`
/// includes reasoning tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Input tokens at the full input price.
    pub input: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Input tokens read from a cache.
    pub cache_read: u64,
    /// Input tokens written to a five-minute cache.
    pub cache_write_5m: u64,
    /// Input tokens written to a one-hour cache.
    pub cache_write_1h: u64,
    /// The part of `output` that was reasoning.
    pub reasoning: u64,
}

impl TokenUsage {
    /// The usage of a call without a cache and without reasoning.
    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, output, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0, reasoning: 0 }
    }

    /// Sets the input tokens written to a five-minute and to a one-hour cache.
    #[must_use]
    pub const fn with_cache_writes(mut self, five_minutes: u64, one_hour: u64) -> Self {
        self.cache_write_5m = five_minutes;
        self.cache_write_1h = one_hour;
        self
    }

    /// The sum with `other`, or `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            input: self.input.checked_add(other.input)?,
            output: self.output.checked_add(other.output)?,
            cache_read: self.cache_read.checked_add(other.cache_read)?,
            cache_write_5m: self.cache_write_5m.checked_add(other.cache_write_5m)?,
            cache_write_1h: self.cache_write_1h.checked_add(other.cache_write_1h)?,
            reasoning: self.reasoning.checked_add(other.reasoning)?,
        })
    }
}

crate::setters! { TokenUsage {
    /// Sets the input tokens read from a cache.
    fn with_cache_read(cache_read: u64);
    /// Sets the part of the output that was reasoning.
    fn with_reasoning(reasoning: u64);
} }

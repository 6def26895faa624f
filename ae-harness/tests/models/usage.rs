//! Tokens of an answer, counted the same way for every vendor.

use std::{
    iter::Sum,
    ops::{Add, Mul},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Without what came from the cache or went into it.
    pub input: u64,
    /// Read from the cache.
    pub cached: u64,
    /// Written to the cache; Anthropic alone says so, for the others it is counted as `input`.
    pub stored: u64,
    /// With the reasoning.
    pub output: u64,
    /// The part of `output` that is reasoning; Anthropic does not say it.
    pub reasoning: u64,
}

impl Usage {
    /// Of a turn that says nothing else.
    pub const EACH: Self = Self { input: 234, cached: 1000, stored: 0, output: 63, reasoning: 7 };

    pub const fn new(input: u64, output: u64) -> Self {
        Self { input, cached: 0, stored: 0, output, reasoning: 0 }
    }

    /// The whole of what went in, as OpenAI and Gemini count.
    pub const fn whole_input(self) -> u64 {
        self.input + self.cached + self.stored
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cached: self.cached + other.cached,
            stored: self.stored + other.stored,
            output: self.output + other.output,
            reasoning: self.reasoning + other.reasoning,
        }
    }
}

impl Mul<u64> for Usage {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self {
            input: self.input * times,
            cached: self.cached * times,
            stored: self.stored * times,
            output: self.output * times,
            reasoning: self.reasoning * times,
        }
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

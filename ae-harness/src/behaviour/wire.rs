//! The lines between the host and its child.
//!
//! The host writes one [`Order`] and then one [`Call`] a line, all in advance. The child answers `<nonce> ready`, then
//! `<nonce> <call> <answer>` for each call, in order. The nonce never enters the engine: a line without it is not from the
//! child's own code, and a call without its line has no answer.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Verdict;

/// The first line to a child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order<'a> {
    pub(super) nonce: Cow<'a, str>,
    pub(super) call_millis: u64,
    pub(super) memory_bytes: usize,
    pub(super) stack_bytes: usize,
    pub(super) values: usize,
    pub(super) answer_bytes: usize,
    pub(super) modules: Cow<'a, BTreeMap<String, String>>,
}

/// A call of a function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Call<'a> {
    pub(super) module: Cow<'a, str>,
    pub(super) export: Cow<'a, str>,
    pub(super) given: Cow<'a, Value>,
}

/// A child's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// The value that was returned.
    Data(Value),
    /// The reason why there is none.
    Failed {
        /// The kind of failure, which is never [`Verdict::Passed`].
        verdict: Verdict,
        /// For people.
        detail: String,
    },
}

impl Answer {
    pub(super) fn failed(verdict: Verdict, detail: impl Into<String>) -> Self {
        Self::Failed { verdict, detail: detail.into() }
    }
}

/// The line by which a child says that it has read its order.
pub(super) fn ready(nonce: &str) -> String {
    format!("{nonce} ready")
}

/// The start of the line that answers `call`.
pub(super) fn head(nonce: &str, call: usize) -> String {
    format!("{nonce} {call} ")
}

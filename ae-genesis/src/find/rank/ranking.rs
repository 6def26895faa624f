//! The bounds and the result of a ranking.

use ae_core::Evidence;

/// Bounds on a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetrieverLimits {
    /// The number of candidates that are kept; twice as many are held for a moment. Reaching it drops the weakest by the
    /// statistics so far.
    pub candidates_max: usize,
    /// The most signals taken; then the retriever asks its sources to stop.
    pub signals_max: u64,
    /// The most characters kept of a body text.
    pub body_chars_max: usize,
}

impl Default for RetrieverLimits {
    /// 4,096 candidates, a billion signals, 2,000 characters of a body.
    fn default() -> Self {
        Self { candidates_max: 4_096, signals_max: 1_000_000_000, body_chars_max: 2_000 }
    }
}

impl RetrieverLimits {
    /// Sets the number of candidates that are kept.
    #[must_use]
    pub const fn with_candidates_max(mut self, candidates_max: usize) -> Self {
        self.candidates_max = candidates_max;
        self
    }

    /// Sets the most signals taken.
    #[must_use]
    pub const fn with_signals_max(mut self, signals_max: u64) -> Self {
        self.signals_max = signals_max;
        self
    }
}

/// The result of a [`Retriever`](crate::Retriever).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ranking {
    /// The best matches, best first, near-duplicates removed.
    pub evidence: Vec<Evidence>,
    /// Signals that were looked at.
    pub seen: u64,
    /// Signals that hold a term of the query.
    pub matched: u64,
    /// Matches that were left out because they repeat another.
    pub duplicates: u64,
    /// Matches that were dropped because there were too many.
    pub dropped: u64,
}

//! What a ranking is bounded by, and what comes out.

use ae_core::Evidence;

/// Bounds on a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrieverLimits {
    /// How many candidates are kept; twice as many are held for a moment. Reaching it drops the weakest by the
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

/// What a [`Retriever`](crate::Retriever) found.
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

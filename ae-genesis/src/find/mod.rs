//! From an intent to ranked evidence: the query, the demand that a title shows, and the ranking.

pub(crate) mod demand;
pub(crate) mod query;
mod rank;
pub(crate) mod text;

pub use self::{
    demand::{SignalKind, opportunity},
    query::{QueryLimits, QueryTerm, SignalQuery},
    rank::{Ranking, Retriever},
};

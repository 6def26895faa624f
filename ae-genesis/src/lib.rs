#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "conformance")]
pub mod conformance;
mod find;
mod judge;
mod roles;
mod rules;
mod sources;

pub use find::{
    QueryLimits, QueryTerm, Ranking, Retriever, RetrieverLimits, SignalKind, SignalQuery, opportunity,
};
pub use judge::{
    Figure, NamedFigure, NicheValidator, Problem, Score, ScoreTerm, ValidationReport, ValidationRequest,
    Verdict, verify_spec,
};
pub use roles::{Analyst, Niche, NicheBrief, NicheStatus, SpecBrief};
pub use rules::{RuleAnalyst, RuleValidator};
#[cfg(feature = "file")]
pub use sources::FileSource;
#[cfg(feature = "hackernews")]
pub use sources::HackerNewsSource;
pub use sources::{
    MemorySource, NicheSource, RowProblem, SampleSource, Signal, SignalSink, SourceReport, SourceStatus,
};

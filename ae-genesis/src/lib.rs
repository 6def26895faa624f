#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod find;
mod judge;
mod roles;
mod rules;
mod sources;

#[doc(no_inline)]
pub use ae_core as core;
pub use find::{QueryLimits, QueryTerm, Ranking, Retriever, SignalKind, SignalQuery, opportunity};
#[cfg(feature = "mock")]
pub use judge::MockNicheValidator;
pub use judge::{
    Figure, NamedFigure, NicheValidator, Problem, Score, ScoreTerm, ValidationReport, ValidationRequest,
    Verdict, verify_spec,
};
#[cfg(feature = "mock")]
pub use roles::MockAnalyst;
pub use roles::{Analyst, AnalystInfo, Drafted, Niche, NicheBrief, NicheStatus, SpecBrief};
pub use rules::{FeatureOutline, NicheOutline, ProductOutline, RuleAnalyst, RuleValidator};
#[cfg(feature = "file")]
pub use sources::FileSource;
#[cfg(feature = "hackernews")]
pub use sources::HackerNewsSource;
#[cfg(feature = "mock")]
pub use sources::MockNicheSource;
pub use sources::{
    MemorySource, NicheSource, RowProblem, SampleSource, Signal, SignalSink, SourceReport, SourceStatus,
};

#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod analyst;
mod demand;
mod figure;
mod memory;
mod niche;
mod query;
mod rank;
mod rules;
mod signal;
mod source;
mod spec_check;
mod text;
mod validator;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file")]
pub mod file;
#[cfg(feature = "hackernews")]
pub mod hackernews;
pub mod sample;

pub use analyst::{Analyst, NicheBrief, SpecBrief};
pub use demand::{SignalKind, opportunity};
pub use figure::Figure;
#[cfg(feature = "file")]
pub use file::FileSource;
#[cfg(feature = "hackernews")]
pub use hackernews::HackerNewsSource;
pub use memory::MemorySource;
pub use niche::{Niche, NicheStatus, Score, ScoreTerm};
pub use query::{QueryLimits, QueryTerm, SignalQuery};
pub use rank::{Ranking, Retriever, RetrieverLimits};
pub use rules::{RuleAnalyst, RuleValidator};
pub use sample::SampleSource;
pub use signal::{Signal, SignalSink};
pub use source::{NicheSource, RowProblem, SourceReport, SourceStatus};
pub use spec_check::{Problem, verify_spec};
pub use validator::{NamedFigure, NicheValidator, ValidationReport, ValidationRequest, Verdict};

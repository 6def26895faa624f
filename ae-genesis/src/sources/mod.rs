//! The port that reads demand signals, and its backends.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "hackernews")]
mod hackernews;
mod memory;
mod port;
mod sample;
mod types;

#[cfg(feature = "file")]
pub use self::file::FileSource;
#[cfg(feature = "hackernews")]
pub use self::hackernews::HackerNewsSource;
#[cfg(feature = "mock")]
pub use self::port::MockNicheSource;
pub(crate) use self::types::is_plain_id;
#[cfg(feature = "file")]
pub(crate) use self::types::{UNPLAIN_ID, web_address};
pub use self::{
    memory::MemorySource,
    port::NicheSource,
    sample::SampleSource,
    types::{RowProblem, Signal, SignalSink, SourceReport, SourceStatus},
};

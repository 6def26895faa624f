//! The port that turns evidence into niches, and a niche into a spec.

#[cfg(feature = "conformance")]
pub mod conformance;
mod drafted;
mod niche;
mod port;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockAnalyst;
pub use self::{
    drafted::Drafted,
    niche::{Niche, NicheStatus},
    port::Analyst,
    types::{AnalystInfo, NicheBrief, SpecBrief},
};

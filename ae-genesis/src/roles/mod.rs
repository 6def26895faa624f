//! The port that turns evidence into niches, and a niche into a spec.

#[cfg(feature = "conformance")]
pub mod conformance;
mod niche;
mod port;
mod types;

pub use self::{
    niche::{Niche, NicheStatus},
    port::Analyst,
    types::{NicheBrief, SpecBrief},
};

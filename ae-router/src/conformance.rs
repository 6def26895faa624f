//! The contracts of the ports as checks, for every implementation, yours too.
//!
//! A check panics with the number of the clause that does not hold.

pub use crate::{call::conformance as client, decide::conformance as router};

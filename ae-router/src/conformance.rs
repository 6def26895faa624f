//! The contracts of the ports as checks, for every implementation, yours too.
//!
//! A check panics with the number of the clause that does not hold.

pub use crate::{
    cache::conformance as cache, call::conformance as client, decide::conformance as router,
    execute::conformance as budget,
};

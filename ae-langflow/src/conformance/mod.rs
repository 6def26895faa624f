//! The checks of the ports: one or more for each numbered clause of a contract.
//!
//! A failure panics with the number of the clause. [`checkpointer`] has those of a store of threads, and a workload to
//! kill a process in; [`node_cache`] those of a cache of results; [`blob_store`] those of a store of large values.

#![allow(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a check that fails has to stop the test that called it"
)]

#[cfg(feature = "temporal")]
pub mod blob_store;
pub mod checkpointer;
pub mod node_cache;

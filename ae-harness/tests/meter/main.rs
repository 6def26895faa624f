//! The metering proxy, between a client and a vendor that are both made here, byte by byte.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

#[cfg(all(feature = "agents", target_os = "linux"))]
mod agents;
mod answers;
mod budget;
mod client;
mod faults;
mod fixture;
mod gone;
mod guarded;
mod limits;
mod passed;
#[cfg(all(feature = "agents", target_os = "linux"))]
mod scripted;
mod vendor;

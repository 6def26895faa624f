//! The crate from outside.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod acceptance;
mod builders;
#[cfg(unix)]
mod choose;
mod deployers;
mod faults;
mod fixture;
mod kits;
mod local;
mod planned;
mod ports;
mod prices;
#[cfg(unix)]
mod sealed;
mod site;
mod thanks;
mod tools;
mod visits;
#[cfg(unix)]
mod workspace;

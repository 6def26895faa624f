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
mod deployers;
mod faults;
mod fixture;
mod kits;
mod local;
mod planned;
mod ports;
mod prices;
mod site;
mod tools;
mod visits;

//! The crate from outside: contracts, crashes, webhooks, pages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

mod arrival;
mod changes;
mod check;
mod cut;
mod desk;
#[cfg(feature = "conformance")]
mod faults;
#[cfg(feature = "conformance")]
mod full;
mod intake;
mod ledgers;
#[cfg(feature = "licence")]
mod licence;
#[cfg(feature = "sqlite")]
mod model;
mod order;
mod orders;
#[cfg(feature = "pages")]
mod pages;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "conformance")]
mod provider;
#[cfg(feature = "sqlite")]
mod sqlite;
mod world;

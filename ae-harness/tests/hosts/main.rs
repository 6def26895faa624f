//! The deployers of hosts against simulators of them.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs
)]

mod contract;
mod fixture;
mod health;
mod lost;
mod netlify;
mod sdk;
mod vercel;

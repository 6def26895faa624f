//! The product of the main command, as its visitor and buyer meets it in a real browser.
//!
//! Needs Chromium and axe-core (`npm install --prefix target/axe axe-core`); without them the tests say so and do nothing,
//! with `AE_REQUIRE_SERVICES=1` they fail. `AE_SCREENSHOTS=FOLDER` keeps pictures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::print_stdout,
    unreachable_pub
)]

mod ae;
mod agents;
mod big;
mod cases;
mod chrome;
mod hosted;
mod origins;
mod page;
mod product;
mod proxy;

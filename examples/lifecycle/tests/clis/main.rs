//! Whole runs of the `ae` command with real coding agents against a scripted model server.
//!
//! `.ci/agents` installs the agents; `AE_AGENTS_DIR` names the folder. Without it, and where this machine gives no sandbox,
//! these tests are skipped with a message; with `AE_REQUIRE_SERVICES=1` they fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub
)]

#[path = "../../../../ae-harness/tests/models/mod.rs"]
mod models;
#[path = "../it/agents/product.rs"]
mod product;

mod rig;
mod runs;

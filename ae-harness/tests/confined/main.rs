//! Agents in the local sandbox, by each kind that works here, and runs whose own program is killed.
#![cfg_attr(
    target_os = "linux",
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::disallowed_methods,
        clippy::print_stdout
    )
)]
#![allow(missing_docs, unreachable_pub)]

#[cfg(target_os = "linux")]
mod lost;
#[cfg(target_os = "linux")]
#[path = "../agents/played.rs"]
#[allow(dead_code, reason = "the tests without a sandbox use the rest")]
mod played;
#[cfg(target_os = "linux")]
mod walls;

fn main() {
    ae_harness::confined_child();
    #[cfg(target_os = "linux")]
    {
        lost::run_if_host();
        walls::all();
        lost::all();
    }
}

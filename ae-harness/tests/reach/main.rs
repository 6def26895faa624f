//! The network of a metered agent in the local sandbox, by each kind that works here: its proxy, and nothing else.
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
#![allow(missing_docs, unreachable_pub, dead_code)]

#[cfg(target_os = "linux")]
#[path = "../meter/answers.rs"]
mod answers;
#[cfg(target_os = "linux")]
#[path = "../meter/client.rs"]
mod client;
#[cfg(target_os = "linux")]
#[path = "../meter/fixture.rs"]
mod fixture;
#[cfg(target_os = "linux")]
mod reached;
#[cfg(target_os = "linux")]
#[path = "../meter/scripted.rs"]
mod scripted;
#[cfg(target_os = "linux")]
#[path = "../meter/vendor.rs"]
mod vendor;

fn main() {
    ae_harness::confined_child();
    #[cfg(target_os = "linux")]
    reached::all();
}

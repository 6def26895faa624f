//! The proxy as a process, between the official SDKs and a loopback vendor. Its own unit tests run here too.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub
)]

mod limits;
mod process;
mod said;
mod sdk;
#[allow(dead_code, reason = "the tests of the clients use the rest")]
#[path = "../vendors/server.rs"]
mod server;
#[allow(dead_code, reason = "the program uses the rest")]
#[path = "../../examples/proxy/main.rs"]
mod the_program;
mod vendor;

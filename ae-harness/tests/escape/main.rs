//! Attempts to get out of the local sandbox, by both kinds, as root and as another user. Each act must be refused inside,
//! but for the exceptions that are listed, and each must be possible where there are no walls or where it is allowed.
#![cfg_attr(
    target_os = "linux",
    allow(
        clippy::unwrap_used,
        clippy::disallowed_methods,
        clippy::print_stdout,
        clippy::panic,
        clippy::indexing_slicing
    )
)]
#![allow(missing_docs, unreachable_pub)]

#[cfg(target_os = "linux")]
mod attempts;
#[cfg(target_os = "linux")]
mod exceptions;
#[cfg(target_os = "linux")]
mod judge;
#[cfg(target_os = "linux")]
mod proxy;
#[cfg(target_os = "linux")]
mod site;

fn main() {
    ae_harness::confined_child();
    #[cfg(target_os = "linux")]
    judge::main();
}

//! Sandboxes at E2B: virtual machines elsewhere, over its HTTP and Connect calls.

mod answer;
mod client;
mod process;
mod request;

pub use self::client::{E2bConfig, E2bSandbox};

/// The name of the backend in errors.
const NAME: &str = "e2b";

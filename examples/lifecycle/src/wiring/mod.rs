//! From settings to guarded backends: the only folder that names a backend.

mod agents;
mod analysts;
mod embedded;
mod env;
mod hosts;
mod kits;
mod missed;
mod sellers;
mod signals;
mod storefront;
mod vendor;
mod webhooks;

pub use self::agents::{CodingAgent, agents_here};
pub use self::embedded::{Backends, ledger, open, open_read_only};
/// Called first in the `main` of a program that drives runs: it is also the process in which sealed behaviours run, and the
/// one that puts up the walls of a sandbox.
pub use ae_harness::{behaviour_child, confined_child};

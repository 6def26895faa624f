//! From settings to guarded backends: the only folder that names a backend.

mod embedded;
mod kits;
mod signals;
mod storefront;

pub use self::embedded::{Backends, ledger, open, open_read_only};

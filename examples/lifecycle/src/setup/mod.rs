//! The data directory, its leases and its keys, and the operator's log.

mod data_dir;
mod instructions;
mod keys;
mod log;
mod site_keys;
mod vendor_secrets;

pub use self::{
    data_dir::{AUDIT_LOG, DataDir, Lease, default_data_dir},
    keys::Keys,
    log::eprint_line,
};

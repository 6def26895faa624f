//! The data directory, its leases and its keys.

mod data_dir;
mod keys;

pub use self::{
    keys::Keys,
    setup::{AUDIT_LOG, DataDir, Lease},
};

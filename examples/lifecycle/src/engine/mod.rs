//! Drives runs in this process.

mod drive;

pub use self::drive::{drive, finish_cancel, free_lease, intent_digest, pending_approval, report};

//! The whole lifecycle.

//! The files of the kits that this crate ships, listed by its build script.

include!(concat!(env!("OUT_DIR"), "/kits.rs"));

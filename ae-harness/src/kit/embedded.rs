//! The files of the kits that this crate ships, listed by its build script.

use super::source::EmbeddedFiles;

include!(concat!(env!("OUT_DIR"), "/kits.rs"));

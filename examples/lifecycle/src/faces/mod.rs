//! The ways in: the command line, and the published sites.

pub mod cli;
pub mod sites;

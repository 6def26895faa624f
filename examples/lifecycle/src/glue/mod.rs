//! Small pieces that join two ports: written to be copied.

pub mod approver;
pub mod build_nodes;
pub mod launch;
pub mod routing;
pub mod signals;

//! Small pieces that join two ports: written to be copied.

pub mod address;
pub mod approver;
pub mod build_nodes;
pub mod checks;
pub mod for_sale;
pub mod launch;
mod owner;
pub mod progress;
pub mod proof;
pub mod routing;
pub mod signals;
pub mod storefront;
pub mod tasks;

pub use owner::Owner;

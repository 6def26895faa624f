//! Small pieces that join two ports: written to be copied.

pub mod address;
pub mod agent;
pub mod agent_build;
pub mod agents_here;
pub mod analyst;
pub mod analysts;
pub mod approver;
pub mod author;
pub mod build_nodes;
pub mod call_budget;
pub mod checks;
pub mod decision;
pub mod for_sale;
pub mod hosted;
pub mod hosting;
pub mod kit_prompt;
pub mod kit_room;
pub mod launch;
pub mod launch_text;
pub mod meter;
pub mod missed;
pub mod notice;
mod owner;
pub mod progress;
pub mod proof;
pub mod routing;
pub mod signals;
pub mod site_env;
pub mod storefront;
pub mod tasks;

pub use owner::Owner;

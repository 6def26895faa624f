//! A server in a thread of its own: a handler, a log of requests, a plan of faults.

mod faults;
mod message;
mod serve;

pub use faults::{Fault, Faults};
pub use message::{Reply, Seen};
pub use serve::{Handler, Server};

//! The use cases, without a transport.

mod report;

pub use self::report::{RunReport, Spent, Waiting};

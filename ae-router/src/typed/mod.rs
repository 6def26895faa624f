//! Answers as values of the caller's own types.

mod call;
mod parse;
mod schema;

pub use self::call::{Typed, TypedError};

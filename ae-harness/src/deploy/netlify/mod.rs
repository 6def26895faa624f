//! Netlify: sites of an account.

mod answer;
mod client;
mod flow;
mod request;

pub use self::client::{Netlify, NetlifyConfig};

/// The name of the backend in errors.
const NAME: &str = "netlify";

//! Domain names at Porkbun.

mod answer;
mod client;
mod dns;
mod request;

pub use self::client::{PorkbunConfig, PorkbunRegistrar};

/// The name of this registrar in errors.
const NAME: &str = "porkbun";

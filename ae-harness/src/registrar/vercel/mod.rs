//! Domain names at Vercel.

mod answer;
mod client;
mod request;

pub use self::client::{VercelRegistrar, VercelRegistrarConfig};

/// The name of this registrar in errors.
const NAME: &str = "vercel";

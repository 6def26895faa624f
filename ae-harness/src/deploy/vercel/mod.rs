//! Vercel: sites as projects of a team.

mod answer;
mod client;
mod deployer;
mod flow;
mod request;
mod settings;

pub use self::client::{Vercel, VercelConfig};

/// The name of the backend in errors.
const NAME: &str = "vercel";
/// The variable that marks a project as one of this program: another one is never published into, nor removed.
const OWN_MARK: &str = "AE_SITE";

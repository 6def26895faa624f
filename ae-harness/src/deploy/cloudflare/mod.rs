//! Sites at Cloudflare: Workers with static assets.

mod answer;
mod client;
mod deployer;
mod files;
mod flow;
mod multipart;
mod request;
mod worker;

pub use self::client::{Cloudflare, CloudflareConfig};

/// The name of this deployer.
const NAME: &str = "cloudflare";
/// The tag of the Workers that this program made.
const OWN_TAG: &str = "ae-site";

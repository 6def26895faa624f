//! Publishing: bundles, plans, releases, and the port that makes them live.

mod address;
mod bundle;
#[cfg(feature = "cloudflare")]
mod cloudflare;
#[cfg(feature = "conformance")]
pub mod conformance;
mod domain;
mod env;
mod forbidden;
mod function;
mod info;
#[cfg(feature = "local")]
mod local;
#[cfg(any(feature = "vercel", feature = "netlify"))]
mod manifest;
mod memory;
mod names;
#[cfg(feature = "netlify")]
mod netlify;
mod port;
#[cfg(feature = "ready")]
mod ready;
mod release;
mod releases;
mod store;
mod types;
#[cfg(any(feature = "vercel", feature = "netlify"))]
mod upload;
#[cfg(feature = "vercel")]
mod vercel;

#[cfg(feature = "cloudflare")]
pub use self::cloudflare::{Cloudflare, CloudflareConfig};
#[cfg(feature = "local")]
pub use self::local::{LocalDeployer, ReleaseCheck};
#[cfg(feature = "netlify")]
pub use self::netlify::{Netlify, NetlifyConfig};
#[cfg(feature = "mock")]
pub use self::port::MockDeployer;
#[cfg(feature = "ready")]
pub use self::ready::ReadyWait;
#[cfg(feature = "site")]
pub(crate) use self::store::{candidates, is_served};
#[cfg(feature = "vercel")]
pub use self::vercel::{Vercel, VercelConfig};
pub use self::{
    bundle::{Bundle, BundleFile},
    domain::{DnsRecord, DomainStatus},
    env::{EnvValue, EnvVar, SecretHandle, SecretReader},
    function::Function,
    info::{CommercialUse, DeployerInfo},
    memory::MemoryDeployer,
    port::Deployer,
    releases::Releases,
    store::ReleaseStore,
    types::{
        DeployPlan, DeploySpec, DeployTarget, Deployment, DeploymentId, DeploymentReport, DeploymentStatus,
        NewSite, PlannedFunction, ReleaseId, Site, SiteId,
    },
};

//! Publishing: bundles, plans, releases, and the port that makes them live.

mod bundle;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "local")]
mod local;
mod memory;
mod port;
mod store;
mod types;

#[cfg(feature = "local")]
pub use self::local::{LocalDeployer, ReleaseCheck};
pub(crate) use self::store::{candidates, is_served};
pub use self::{
    bundle::{Bundle, BundleFile, BundleLimits},
    memory::MemoryDeployer,
    port::Deployer,
    store::ReleaseStore,
    types::{DeployPlan, DeploySpec, DeployerInfo, Deployment, DeploymentId, DeploymentStatus, SiteId},
};

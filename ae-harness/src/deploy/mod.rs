//! Publishing: bundles, plans, releases, and the port that makes them live.

mod bundle;
#[cfg(feature = "conformance")]
pub mod conformance;
mod forbidden;
#[cfg(feature = "local")]
mod local;
mod memory;
mod port;
mod release;
mod releases;
mod store;
mod types;

#[cfg(feature = "local")]
pub use self::local::{LocalDeployer, ReleaseCheck};
#[cfg(feature = "mock")]
pub use self::port::MockDeployer;
#[cfg(feature = "site")]
pub(crate) use self::store::{candidates, is_served};
pub use self::{
    bundle::{Bundle, BundleFile},
    memory::MemoryDeployer,
    port::Deployer,
    releases::Releases,
    store::ReleaseStore,
    types::{DeployPlan, DeploySpec, DeployerInfo, Deployment, DeploymentId, DeploymentStatus, SiteId},
};

#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acceptance;
mod agent;
mod atomic;
mod deploy;
mod living;
mod paths;
#[cfg(feature = "site")]
mod phrase;
mod registrar;
mod sandbox;
#[cfg(feature = "site")]
mod site;
mod text;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use acceptance::{AcceptancePlan, Assertion, Check, CheckOutcome, TierPrice};
pub use agent::{
    AgentReport, AgentRequest, CliProvider, MemoryProvider, ProviderInfo, ScriptedRun, SiteContext, Snapshot,
};
pub use deploy::{
    Bundle, BundleFile, BundleLimits, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment,
    DeploymentId, DeploymentStatus, MemoryDeployer, ReleaseStore, SiteId,
};
#[cfg(feature = "local")]
pub use deploy::{LocalDeployer, ReleaseCheck};
pub use living::{ErrorEntry, LivingSpec, LogEntry};
pub use registrar::{Availability, Domain, MemoryRegistrar, Order, OrderState, Quote, Registrar};
pub use sandbox::{CommandOutput, MemorySandbox, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxSpec};
#[cfg(feature = "site")]
pub use site::SiteBuilder;

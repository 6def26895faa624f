#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod acceptance;
pub mod agent;
mod atomic;
pub mod deploy;
pub mod living;
mod paths;
mod phrase;
mod pricing;
pub mod registrar;
pub mod sandbox;
pub mod site;
mod text;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use acceptance::{AcceptancePlan, Check, CheckKind, CheckOutcome, TierPrice};
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
pub use site::SiteBuilder;

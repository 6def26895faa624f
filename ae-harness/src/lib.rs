#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acceptance;
mod agent;
mod atomic;
#[cfg(feature = "behaviour")]
mod behaviour;
mod checked;
mod context;
mod deploy;
#[cfg(feature = "site")]
mod kit;
mod licence;
mod living;
mod paths;
#[cfg(feature = "site")]
mod phrase;
mod policy;
mod registrar;
mod sandbox;
#[cfg(feature = "site")]
mod site;
#[cfg(feature = "behaviour")]
mod supervise;
mod text;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The pieces that a deployer of one's own is made of.
pub mod host {
    pub use crate::deploy::Releases;
}

/// Mocks of the ports, made by `mockall`.
#[cfg(feature = "mock")]
pub mod mock {
    pub use crate::{
        agent::MockCliProvider, deploy::MockDeployer, registrar::MockRegistrar, sandbox::MockSandbox,
    };
}

pub use acceptance::{AcceptancePlan, Assertion, Check, CheckOutcome, TierPrice};
pub use ae_core as core;
pub use agent::{
    AgentReport, AgentRequest, CliProvider, MemoryProvider, ProviderInfo, ScriptedRun, Snapshot, StopReason,
};
#[cfg(feature = "behaviour")]
pub use behaviour::{
    BehaviourLimits, BehaviourOutcome, BehaviourRunner, CaseVerdict, Launcher, Modules, Verdict,
    behaviour_child,
};
pub use context::SiteContext;
pub use deploy::{
    Bundle, BundleFile, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentId,
    DeploymentStatus, MemoryDeployer, ReleaseStore, SiteId,
};
#[cfg(feature = "local")]
pub use deploy::{LocalDeployer, ReleaseCheck};
#[cfg(feature = "site")]
pub use kit::{Kit, KitErrors};
pub use living::{ErrorEntry, LivingSpec, LogEntry};
pub use registrar::{
    Availability, Domain, MemoryRegistrar, Order, OrderState, Quote, Registrar, RegistrarInfo,
};
pub use sandbox::{CommandOutput, MemorySandbox, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxSpec};
#[cfg(feature = "site")]
pub use site::SiteBuilder;

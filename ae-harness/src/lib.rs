#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acceptance;
mod agent;
mod atomic;
#[cfg(feature = "behaviour")]
mod behaviour;
mod checked;
#[cfg(unix)]
mod choose;
mod context;
mod deploy;
#[cfg(feature = "agents")]
mod dialect;
#[cfg(feature = "site")]
mod kit;
mod licence;
mod living;
mod meter;
mod parallel;
mod paths;
#[cfg(feature = "site")]
mod phrase;
mod policy;
mod registrar;
mod sandbox;
#[cfg(any(feature = "behaviour", feature = "site"))]
mod script;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "site")]
mod site;
#[cfg(any(feature = "behaviour", feature = "agents", feature = "process", feature = "sandbox"))]
mod supervise;
mod text;
mod workspace;

#[cfg(feature = "conformance")]
pub mod conformance;

/// The pieces that a deployer or the dialect of a coding agent of one's own is made of.
pub mod host {
    pub use crate::deploy::Releases;
    #[cfg(feature = "agents")]
    pub use crate::dialect::{
        AgentExit, Decoder, Dialect, Endpoint, Interrupt, LaunchPlan, LaunchSite, Outbox, OutputMode,
        SessionTotals,
    };
    #[cfg(feature = "sandbox")]
    pub use crate::sandbox::{
        Confinement, Egress, LocalProbe, ProgramToStart, SandboxKind, confine, probe_local, shown_for,
    };
    #[cfg(feature = "serve")]
    pub use crate::serve::{Accept, serve_connections};
}

/// Mocks of the ports, made by `mockall`.
#[cfg(feature = "mock")]
pub mod mock {
    pub use crate::{
        agent::MockCliProvider, deploy::MockDeployer, meter::MockMeter, registrar::MockRegistrar,
        sandbox::MockSandbox,
    };
}

#[cfg(unix)]
pub use acceptance::TestBench;
pub use acceptance::{
    AcceptancePlan, Assertion, Check, CheckOutcome, SealedTests, TestFiles, TestRunner, TierPrice,
};
pub use ae_core as core;
#[cfg(feature = "meter")]
pub use ae_core_wire as wire;
pub use agent::{
    Abilities, AgentEvent, AgentFailure, AgentLimits, AgentReport, AgentRequest, AgentSession, AgentSink,
    CliProvider, FailureKind, MemoryProvider, Permission, ProviderInfo, SandboxUse, ScriptedRun, StopReason,
    Timer,
};
#[cfg(all(feature = "agents", unix))]
pub use agent::{CliAgent, Detected, HostEnv};
#[cfg(feature = "behaviour")]
pub use behaviour::{
    BehaviourLimits, BehaviourOutcome, BehaviourRunner, CaseVerdict, Launcher, Modules, Mutant, MutantReport,
    MutantRules, Verdict, behaviour_child, mutants,
};
#[cfg(unix)]
pub use choose::{
    Candidate, Choice, Harness, Health, History, Judge, Judgement, RaceReport, Tiers, Tried, TryEnd,
};
pub use context::SiteContext;
#[cfg(feature = "ready")]
pub use deploy::ReadyWait;
pub use deploy::{
    Bundle, BundleFile, CommercialUse, DeployPlan, DeploySpec, DeployTarget, Deployer, DeployerInfo,
    Deployment, DeploymentId, DeploymentReport, DeploymentStatus, DnsRecord, DomainStatus, EnvValue, EnvVar,
    Function, MemoryDeployer, NewSite, PlannedFunction, ReleaseId, ReleaseStore, SecretHandle, SecretReader,
    Site, SiteId,
};
#[cfg(feature = "cloudflare")]
pub use deploy::{Cloudflare, CloudflareConfig};
#[cfg(feature = "local")]
pub use deploy::{LocalDeployer, ReleaseCheck};
#[cfg(feature = "netlify")]
pub use deploy::{Netlify, NetlifyConfig};
#[cfg(feature = "vercel")]
pub use deploy::{Vercel, VercelConfig};
#[cfg(feature = "acp")]
pub use dialect::Acp;
#[cfg(feature = "claude")]
pub use dialect::Claude;
#[cfg(feature = "codex")]
pub use dialect::Codex;
#[cfg(feature = "gemini")]
pub use dialect::Gemini;
#[cfg(feature = "site")]
pub use kit::{Kit, KitDraft, KitErrors};
pub use living::{ErrorEntry, LivingSpec, LogEntry};
pub use meter::{BudgetMeter, CallAnswer, Meter, ModelCall, ModelPrice};
#[cfg(feature = "meter")]
pub use meter::{MeterProxy, ProxyOptions, ProxySession, SessionPlan, SessionSpend};
pub use registrar::{
    Availability, Contact, Domain, DomainAdvice, FileOrderJournal, MemoryOrderJournal, MemoryRegistrar,
    Order, OrderEntry, OrderJournal, OrderState, Purchase, Quote, Registrar, RegistrarInfo, advise,
};
#[cfg(feature = "porkbun")]
pub use registrar::{PorkbunConfig, PorkbunRegistrar};
#[cfg(feature = "rdap")]
pub use registrar::{RdapBootstrap, RdapRegistrar};
#[cfg(feature = "vercel")]
pub use registrar::{VercelRegistrar, VercelRegistrarConfig};
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub use sandbox::LocalSandbox;
#[cfg(feature = "sandbox")]
pub use sandbox::confined_child;
pub use sandbox::{
    CommandEnd, CommandOutput, CommandSignal, Enforced, MemorySandbox, NetworkPolicy, OutputChunk,
    RunCommand, Sandbox, SandboxExt, SandboxId, SandboxInfo, SandboxLimits, SandboxProcess, SandboxReport,
    SandboxSpec,
};
#[cfg(feature = "e2b")]
pub use sandbox::{E2bConfig, E2bSandbox};
#[cfg(feature = "acme")]
pub use serve::{AcmeOptions, Certificates, TlsListener};
#[cfg(all(feature = "process", unix))]
pub use serve::{AppLimits, AppRelease, ProcessApp};
#[cfg(feature = "serve")]
pub use serve::{ConnectionLimits, ServeOptions, serve_releases};
#[cfg(feature = "site")]
pub use site::SiteBuilder;
pub use workspace::{Changes, Snapshot};
#[cfg(unix)]
pub use workspace::{Checkpoint, CheckpointRules};

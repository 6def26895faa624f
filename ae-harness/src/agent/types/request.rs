//! The request of a builder, and its account of itself.

use std::{collections::BTreeMap, fs, path::PathBuf};

use ae_core::{BackendError, Currency, Effect, ErrorKind, Isolation, Money, Task};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Abilities, AgentLimits, AgentReport, StopReason};
use crate::{
    atomic::{io_error, write_if_changed},
    paths::path_problem,
    sandbox::NetworkPolicy,
};

ae_core::wire_enum! {
    /// The acts that a builder may do without being asked.
    #[non_exhaustive]
    pub enum Permission {
        /// Reading the workspace.
        ReadOnly = "read_only",
        /// Writing files in the workspace, and the tools that the request allows by name.
        Edit = "edit",
        /// Any tool: commands as well. Give it inside a sandbox only.
        Full = "full",
    }
}

ae_core::wire_enum! {
    /// Whether a builder that runs foreign code has to run in a sandbox.
    #[non_exhaustive]
    pub enum SandboxUse {
        /// A run without one is refused.
        Required = "required",
        /// It runs in one where there is one.
        IfAvailable = "if_available",
        /// It runs as the caller does, with all that the caller may do.
        Off = "off",
    }
}

/// The conversation that a request belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AgentSession {
    /// A new one.
    New,
    /// An earlier one, by the session of its report.
    Resume(String),
}

/// The work of one attempt, and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentRequest {
    /// An absolute path of a folder that exists and belongs to this run alone. It is left out of the written form, and so
    /// of every digest: an approval holds on each host that has the run's files.
    #[serde(skip)]
    pub workspace: PathBuf,
    /// The instructions. A builder made for one product may work from what it was made with instead.
    pub prompt: String,
    /// The task of the spec that it works on, with the criteria that the task serves; `None` for the whole product.
    #[serde(default)]
    pub task: Option<Task>,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The verdict of the sealed checks on the attempt before.
    pub diagnosis: Option<String>,
    /// Text for the system prompt, in addition to the agent's own.
    #[serde(default)]
    pub system: Option<String>,
    /// The model, by the vendor's name; `None` for the builder's default.
    #[serde(default)]
    pub model: Option<String>,
    /// The conversation that it belongs to.
    #[serde(default = "new_session")]
    pub session: AgentSession,
    /// The acts that the builder may do.
    #[serde(default = "edit")]
    pub permission: Permission,
    /// Tools that it may use in addition to what the permission covers, by the agent's own names, for example
    /// `Bash(node:*)`.
    #[serde(default)]
    pub allowed_tools: Vec<String>,
    /// The JSON Schema of its answer, for [`AgentReport::structured`].
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// The limits of the run.
    #[serde(default)]
    pub limits: AgentLimits,
    /// The names of the host's environment variables that it may see. Everything else is hidden from it.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Whether it has to run in a sandbox.
    #[serde(default = "required")]
    pub sandbox: SandboxUse,
    /// The network that its sandbox has; the way to its model is always open.
    #[serde(default)]
    pub network: NetworkPolicy,
}

const fn new_session() -> AgentSession {
    AgentSession::New
}

const fn edit() -> Permission {
    Permission::Edit
}

const fn required() -> SandboxUse {
    SandboxUse::Required
}

impl AgentRequest {
    /// The first attempt at `prompt` in a new session: files may be written, no commands run but in a sandbox, which is
    /// required and has no network; the limits are those of [`AgentLimits::new`].
    pub fn new(workspace: impl Into<PathBuf>, prompt: impl Into<String>) -> Self {
        Self {
            workspace: workspace.into(),
            prompt: prompt.into(),
            task: None,
            attempt: 1,
            diagnosis: None,
            system: None,
            model: None,
            session: AgentSession::New,
            permission: Permission::Edit,
            allowed_tools: Vec::new(),
            output_schema: None,
            limits: AgentLimits::new(),
            environment: Vec::new(),
            sandbox: SandboxUse::Required,
            network: NetworkPolicy::None,
        }
    }

    /// Refuses attempt 0 and a workspace that is relative, missing, a link or a file: clauses C2 and C3, for
    /// implementations.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, not applied.
    pub fn check(&self, backend: &'static str) -> Result<(), BackendError> {
        let refuse =
            |message: String| BackendError::new(ErrorKind::InvalidInput, backend, "execute", message);
        if self.attempt == 0 {
            return Err(refuse("attempts count from 1".to_owned()));
        }
        let workspace = |why: &str| Err(refuse(format!("the workspace {} {why}", self.workspace.display())));
        if !self.workspace.is_absolute() {
            return workspace("is relative: pass an absolute path");
        }
        match fs::symlink_metadata(&self.workspace) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => workspace("is not a folder: pass one that belongs to this run"),
            Err(_) => workspace("can't be read: create it first"),
        }
    }

    /// Refuses what a builder with `abilities` can't do, and foreign code without the sandbox that the request asks for:
    /// clause C9, for implementations.
    ///
    /// # Errors
    ///
    /// `Unsupported` for an ability that is missing, `PermissionDenied` for a missing sandbox; not applied.
    pub fn check_abilities(
        &self,
        backend: &'static str,
        abilities: Abilities,
        isolation: Isolation,
    ) -> Result<(), BackendError> {
        let wants = [
            (matches!(self.session, AgentSession::Resume(_)), abilities.resume, "go on with a session"),
            (self.output_schema.is_some(), abilities.output_schema, "answer in the form of a schema"),
            (self.limits.turns.is_some(), abilities.turns, "keep to a number of turns"),
        ];
        if let Some((_, _, what)) = wants.iter().find(|(wanted, able, _)| *wanted && !able) {
            let message = format!("this builder can't {what}: leave it out, or use another builder");
            return Err(BackendError::new(ErrorKind::Unsupported, backend, "execute", message));
        }
        if self.sandbox == SandboxUse::Required && isolation == Isolation::None {
            let message =
                "a sandbox is required and this builder has none: give it one, or allow runs without";
            return Err(BackendError::new(ErrorKind::PermissionDenied, backend, "execute", message));
        }
        Ok(())
    }

    /// Writes `files`, by their path relative to the workspace, each whole or not at all, and returns the paths that
    /// changed: clauses C2 and C4, for implementations. All paths are checked before the first is written.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a path that is not plain or leads through a link, or the reason why a file can't be written.
    pub fn write_files(
        &self,
        backend: &'static str,
        files: &BTreeMap<String, impl AsRef<[u8]>>,
    ) -> Result<Vec<String>, BackendError> {
        for path in files.keys() {
            if let Some(why) = path_problem(path).or_else(|| self.link_on(path)) {
                let message = format!("the file {path:?} is refused: {why}");
                return Err(BackendError::new(ErrorKind::InvalidInput, backend, "execute", message));
            }
        }
        let mut changed = Vec::new();
        for (path, content) in files {
            let target = self.workspace.join(path);
            let written = target
                .parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| write_if_changed(&target, content.as_ref()));
            // What was written before stays: a repeat completes it.
            if written.map_err(|cause| {
                io_error(backend, "execute", "write", &target, cause).with_effect(Effect::Unknown)
            })? {
                changed.push(path.clone());
            }
        }
        Ok(changed)
    }

    /// The report of a builder that costs nothing, in the currency of its limit.
    pub fn free_report(&self, stop: StopReason, summary: impl Into<String>) -> AgentReport {
        let currency = self.limits.cost.map_or(Currency::USD, |most| most.currency());
        AgentReport::new(stop, summary).with_cost(Some(Money::zero(currency)))
    }

    fn link_on(&self, path: &str) -> Option<&'static str> {
        let mut full = self.workspace.clone();
        path.split('/')
            .any(|part| {
                full.push(part);
                fs::symlink_metadata(&full).is_ok_and(|meta| meta.is_symlink())
            })
            .then_some("a part of it is a link")
    }
}

ae_core::setters! { AgentRequest {
    /// Sets the task of the spec.
    fn with_task(task: some Task);
    /// Sets the number of the attempt, from 1.
    fn with_attempt(attempt: u32);
    /// Adds the verdict on the attempt before.
    fn with_diagnosis(diagnosis: some into String);
    /// Sets the text for the system prompt.
    fn with_system(system: some into String);
    /// Sets the model.
    fn with_model(model: some into String);
    /// Sets the conversation that it belongs to.
    fn with_session(session: AgentSession);
    /// Sets the acts that the builder may do.
    fn with_permission(permission: Permission);
    /// Sets the tools that it may use besides.
    fn with_allowed_tools(allowed_tools: Vec<String>);
    /// Sets the JSON Schema of its answer.
    fn with_output_schema(output_schema: some Value);
    /// Sets the limits of the run.
    fn with_limits(limits: AgentLimits);
    /// Sets the names of the environment variables that it may see.
    fn with_environment(environment: Vec<String>);
    /// Sets whether it has to run in a sandbox.
    fn with_sandbox(sandbox: SandboxUse);
    /// Sets the network that its sandbox has.
    fn with_network(network: NetworkPolicy);
} }

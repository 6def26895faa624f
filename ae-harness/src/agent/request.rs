//! What a builder is asked for and what it reports.

use std::{fs, path::PathBuf, time::Duration};

use ae_core::{BackendError, ErrorKind, Isolation, Money, ProductSpec, Timestamp, TokenUsage};
use serde::{Deserialize, Serialize};

/// How long one attempt may take unless said otherwise: the write step's 300 seconds.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);

/// Where the site will answer, which pages with absolute addresses have to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteContext {
    /// The absolute `http` or `https` address of the site; ends with `/`.
    pub base_url: String,
    /// The path of the checkout below the address, for example `checkout`. It is answered by the host, not by a file.
    pub checkout_path: String,
    /// The date that the pages carry.
    pub generated_on: Timestamp,
}

/// What is to be built, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentRequest {
    /// An absolute path of a folder that exists and belongs to this run alone.
    pub workspace: PathBuf,
    /// What an agent is told. The built-in builder works from `spec` and does not read it.
    pub prompt: String,
    /// What is to be built.
    pub spec: ProductSpec,
    /// Where it will answer.
    pub site: SiteContext,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What the sealed checks said of the attempt before.
    pub diagnosis: Option<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// The most it may cost; `None` when nobody set a limit.
    pub cost_ceiling: Option<Money>,
}

impl AgentRequest {
    /// The first attempt, without prompt or cost ceiling, for at most 300 seconds.
    #[must_use]
    pub fn new(workspace: impl Into<PathBuf>, spec: ProductSpec, site: SiteContext) -> Self {
        Self {
            workspace: workspace.into(),
            prompt: String::new(),
            spec,
            site,
            attempt: 1,
            diagnosis: None,
            timeout: TIMEOUT_DEFAULT,
            cost_ceiling: None,
        }
    }

    /// Says what an agent is told.
    #[must_use]
    pub fn with_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.prompt = prompt.into();
        self
    }

    /// Says which attempt this is, from 1.
    #[must_use]
    pub const fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Hands over what the checks said of the attempt before.
    #[must_use]
    pub fn with_diagnosis(mut self, diagnosis: impl Into<String>) -> Self {
        self.diagnosis = Some(diagnosis.into());
        self
    }

    /// Says how long it may take.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Says what it may cost at most.
    #[must_use]
    pub const fn with_cost_ceiling(mut self, most: Money) -> Self {
        self.cost_ceiling = Some(most);
        self
    }

    /// Refuses a workspace that is relative, missing, a link or no folder: clause C2, for implementations.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, not applied.
    pub fn check_workspace(&self, backend: &'static str) -> Result<(), BackendError> {
        let refuse = |why: &str| {
            let message = format!("the workspace {} {why}", self.workspace.display());
            Err(BackendError::new(ErrorKind::InvalidInput, backend, "execute", message))
        };
        if !self.workspace.is_absolute() {
            return refuse("is relative: pass an absolute path");
        }
        match fs::symlink_metadata(&self.workspace) {
            Ok(meta) if meta.is_dir() => Ok(()),
            Ok(_) => refuse("is no folder: pass one that belongs to this run"),
            Err(_) => refuse("can't be read: create it first"),
        }
    }
}

/// What a builder did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentReport {
    /// Whether the builder ended well; whether the product is right is another question.
    pub success: bool,
    /// What it says it did.
    pub summary: String,
    /// The files that really changed, relative, sorted.
    pub files_changed: Vec<String>,
    /// What it cost: `None` means not measured, free is zero.
    pub cost: Option<Money>,
    /// The tokens it used, if it counts them.
    pub usage: Option<TokenUsage>,
}

/// Who a builder is and what it attests about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// Its name, for example `site`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What separates the code it runs from the host.
    pub isolation: Isolation,
    /// Whether a call may cost money.
    pub metered: bool,
}

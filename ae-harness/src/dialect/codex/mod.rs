//! Codex.

mod decode;
mod plan;

use ae_core::BackendError;

use super::{Decoder, Dialect, LaunchPlan, LaunchSite};
use crate::agent::{Abilities, AgentRequest};

const NAME: &str = "codex";

/// Codex, by its command `exec` with JSON lines.
///
/// The permissions of a request become its sandbox modes: `ReadOnly` its mode for reading, `Edit` its mode in which
/// commands may write in the workspace, `Full` its mode without checks. Its sandbox does not work within another one:
/// there, `Edit` runs without checks of its own, and `ReadOnly` is refused. It has no list of allowed tools and no
/// limits of turns or cost: a metering proxy stops it, and knows its cost.
#[derive(Debug, Clone)]
pub struct Codex {
    programs: Vec<String>,
}

impl Codex {
    /// The program `codex`.
    pub fn new() -> Self {
        Self { programs: vec![NAME.to_owned()] }
    }
}

impl Default for Codex {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for Codex {
    fn name(&self) -> &str {
        NAME
    }

    fn programs(&self) -> &[String] {
        &self.programs
    }

    fn install_hint(&self) -> &str {
        "npm install -g @openai/codex"
    }

    fn oldest_version(&self) -> &str {
        "0.160.1"
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true).with_output_schema(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        plan::plan(request, site)
    }

    fn decoder(&self, request: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(decode::CodexDecoder::new(request, site))
    }
}

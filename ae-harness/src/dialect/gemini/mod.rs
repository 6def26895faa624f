//! Gemini CLI.

mod answer;
mod decode;
mod plan;

use ae_core::BackendError;

use super::{Decoder, Dialect, LaunchPlan, LaunchSite};
use crate::agent::{Abilities, AgentRequest};

const NAME: &str = "gemini";

/// Gemini CLI, by its command line with JSON lines.
///
/// The permissions of a request become its approval modes: `ReadOnly` the default one, in which it has no tools that
/// write, `Edit` the one that edits files, `Full` the one that approves all in a sandbox, and edits and commands by
/// name outside of one. Web tools are left out unless the request's network is open to all. It has no answers by schema
/// and no limit of cost.
#[derive(Debug, Clone)]
pub struct Gemini {
    programs: Vec<String>,
}

impl Gemini {
    /// The program `gemini`.
    pub fn new() -> Self {
        Self { programs: vec![NAME.to_owned()] }
    }
}

impl Default for Gemini {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for Gemini {
    fn name(&self) -> &str {
        NAME
    }

    fn programs(&self) -> &[String] {
        &self.programs
    }

    fn install_hint(&self) -> &str {
        "npm install -g @google/gemini-cli"
    }

    fn oldest_version(&self) -> &str {
        "0.56.0"
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true).with_turns(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        plan::plan(request, site)
    }

    fn decoder(&self, request: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(decode::GeminiDecoder::new(request, site))
    }
}

//! Claude Code.

mod decode;
mod line;
mod outcome;
mod plan;

use ae_core::BackendError;

use super::{Decoder, Dialect, LaunchPlan, LaunchSite};
use crate::agent::{Abilities, AgentRequest};

const NAME: &str = "claude";

/// Claude Code, by its command line in print mode with JSON lines.
///
/// The permissions of a request become: `ReadOnly` and `Edit` its mode in which what is not allowed by name is denied,
/// `Full` its mode without checks in a sandbox, and its commands and file tools by name outside of one. Web tools are
/// denied unless the request's network is open to all.
///
/// Its cost is by the vendor's list prices, and so is [`AgentLimits::cost`](crate::AgentLimits::cost), which it checks
/// after each answer only: a metering proxy stops before.
#[derive(Debug, Clone)]
pub struct Claude {
    programs: Vec<String>,
}

impl Claude {
    /// The program `claude`.
    pub fn new() -> Self {
        Self { programs: vec![NAME.to_owned()] }
    }
}

impl Default for Claude {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect for Claude {
    fn name(&self) -> &str {
        NAME
    }

    fn programs(&self) -> &[String] {
        &self.programs
    }

    fn install_hint(&self) -> &str {
        "npm install -g @anthropic-ai/claude-code"
    }

    fn oldest_version(&self) -> &str {
        "2.1.197"
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true).with_output_schema(true).with_turns(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        plan::plan(request, site)
    }

    fn decoder(&self, request: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(decode::ClaudeDecoder::new(request, site))
    }
}

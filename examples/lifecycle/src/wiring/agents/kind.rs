//! The coding agents that are known, each with the vendor of its model.

use std::{collections::BTreeMap, path::PathBuf};

use ae_core::{ErrorKind, Runtime};
use ae_harness::{Acp, Claude, CliAgent, Codex, Gemini};

use crate::{
    error::{Error, Result},
    wiring::{env::host, vendor::Vendor},
};

/// The beginning of the name of an agent that speaks the Agent Client Protocol; its command follows.
const ACP: &str = "acp:";

/// An agent with its vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    /// `claude`, `codex`, `gemini` or `acp:COMMAND`.
    pub(super) name: String,
    pub(super) vendor: Vendor,
}

impl Kind {
    /// The agents that `auto` chooses from, in its order.
    pub(super) fn all() -> [Self; 3] {
        [("claude", Vendor::Anthropic), ("codex", Vendor::OpenAi), ("gemini", Vendor::Google)]
            .map(|(name, vendor)| Self { name: name.to_owned(), vendor })
    }

    /// The agent of that name. One that speaks the protocol uses the first vendor whose key is set.
    pub(super) fn named(name: &str) -> Result<Self> {
        if name.starts_with(ACP) {
            let vendor = Vendor::ALL.into_iter().find(|vendor| vendor.secret().is_some());
            return Ok(Self { name: name.to_owned(), vendor: vendor.unwrap_or(Vendor::Anthropic) });
        }
        Self::all().into_iter().find(|kind| kind.name == name).ok_or_else(|| {
            let message =
                format!("there is no builder {name:?}: use site, claude, codex, gemini, acp:COMMAND or auto");
            Error::new(ErrorKind::Unsupported, message)
        })
    }

    /// The model that it uses unless another is named: one that it knows, and that has a price. Of a command it is not known
    /// which models it has, so it chooses.
    pub(super) fn model(&self) -> Option<&'static str> {
        let model = match self.vendor {
            Vendor::Anthropic => "claude-sonnet-4-6",
            Vendor::OpenAi => "gpt-6-sol",
            Vendor::Google => "gemini-3.1-pro-preview",
        };
        Some(model).filter(|_| !self.name.starts_with(ACP))
    }

    /// The agent itself, with its private files in `state`.
    pub(super) fn cli(&self, state: PathBuf, runtime: Runtime) -> CliAgent {
        match (self.name.as_str(), self.name.strip_prefix(ACP)) {
            (_, Some(command)) => {
                let (name, value) = self.vendor.address();
                let address = BTreeMap::from([(name.to_owned(), value.to_owned())]);
                let agent = Acp::new(command.split_whitespace()).with_key_variable(self.vendor.key());
                CliAgent::new(agent.with_environment(address), host(), state, runtime)
            }
            ("codex", _) => CliAgent::new(Codex::new(), host(), state, runtime),
            ("gemini", _) => CliAgent::new(Gemini::new(), host(), state, runtime),
            _ => CliAgent::new(Claude::new(), host(), state, runtime),
        }
    }
}

//! One row of the list of runs.

use std::fmt;

use ae_core::{Digest, Intent, Mode, Outcome, ProjectId, RunId, Timestamp};
use ae_harness::Domain;
use serde::{Deserialize, Serialize};

use super::RunStatus;

/// The options of a run, fixed when it starts, so that a resumed run does the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunSettings {
    /// The sources of demand signals, in the order given; empty means the live sources.
    pub signals: Vec<SignalsFrom>,
    /// The builder: `site` for the built-in one, else a coding agent by its name.
    pub agent: String,
    /// The model that the coding agent is to use, by the vendor's name.
    #[serde(default)]
    pub model: Option<String>,
    /// Whether a model of the agent's vendor is chosen for each attempt at a task.
    #[serde(default)]
    pub by_tier: bool,
    /// Who writes niches and spec: `rules` or `model`; `auto` is decided when the run starts.
    #[serde(default = "rules")]
    pub analyst: String,
    /// Kits of one's own, besides those that are built in.
    #[serde(default)]
    pub kits: Vec<KitFrom>,
    /// The address that the product's URLs are made of, for example `http://127.0.0.1:4180`.
    pub base_url: String,
    /// Whom to ask about a product, for its pages.
    #[serde(default)]
    pub contact: Option<String>,
    /// The host, by its name.
    #[serde(default = "local")]
    pub deploy: String,
    /// The payment provider, by its name.
    #[serde(default = "ledger")]
    pub pay: String,
    /// Whether money may move: the payment provider is used in its live mode, else in its test mode.
    #[serde(default)]
    pub live: bool,
    /// The domain that the site gets in addition to its host's own address.
    #[serde(default)]
    pub domain: Option<Domain>,
    /// Where the payment provider sends its events.
    #[serde(default)]
    pub webhook_url: Option<String>,
}

impl RunSettings {
    /// The mode in which it sells.
    pub fn mode(&self) -> Mode {
        match (self.pay.as_str(), self.live) {
            (Self::LEDGER, _) => Mode::Offline,
            (_, true) => Mode::Live,
            (_, false) => Mode::Test,
        }
    }

    /// The name of the built-in builder.
    pub const SITE: &'static str = "site";

    /// The name of the analyst that works by rules, without a model.
    pub const RULES: &'static str = "rules";
    /// The name of the analyst whose words are models'.
    pub const MODEL: &'static str = "model";
    /// Asks for the first of a choice that can work here.
    pub const AUTO: &'static str = "auto";

    /// The name of the host that is this machine.
    pub const LOCAL: &'static str = "local";
    /// The name of the payment provider that is this machine's own ledger.
    pub const LEDGER: &'static str = "ledger";

    /// The built-in builder and the rules for products at `base_url`, with demand signals from `signals`.
    #[must_use]
    pub fn new(base_url: impl Into<String>, signals: Vec<SignalsFrom>) -> Self {
        let (agent, base_url) = (Self::SITE.to_owned(), base_url.into());
        Self {
            signals,
            agent,
            model: None,
            by_tier: false,
            analyst: rules(),
            kits: Vec::new(),
            base_url,
            contact: None,
            deploy: local(),
            pay: ledger(),
            live: false,
            domain: None,
            webhook_url: None,
        }
    }
}

fn local() -> String {
    RunSettings::LOCAL.to_owned()
}

fn ledger() -> String {
    RunSettings::LEDGER.to_owned()
}

fn rules() -> String {
    RunSettings::RULES.to_owned()
}

/// A kit in a folder, as it was when the run started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitFrom {
    /// The folder, by absolute path without links.
    pub folder: String,
    /// The kit's own name.
    pub name: String,
    /// The digest of all its files: a kit that changed since is refused.
    pub digest: Digest,
}

/// One source of demand signals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalsFrom {
    /// A file, by absolute path.
    File(String),
    /// Standard input of the command that started the run.
    StandardInput,
    /// The bundled sample.
    Sample,
}

impl fmt::Display for SignalsFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(path) => path,
            Self::StandardInput => "-",
            Self::Sample => "sample",
        })
    }
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RunRow {
    /// The run's id.
    pub run_id: RunId,
    /// The project it belongs to.
    pub project_id: ProjectId,
    /// The intent.
    pub intent: Intent,
    /// The options.
    pub settings: RunSettings,
    /// The label of its site, known once the spec is written.
    pub site: Option<String>,
    /// Where it stands.
    pub status: RunStatus,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it ended so, or what it waits for.
    pub reason: Option<String>,
    /// Whether it is to be cancelled.
    pub cancel_requested: bool,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

impl RunRow {
    /// A run that has not begun.
    #[must_use]
    pub const fn new(
        run_id: RunId,
        project_id: ProjectId,
        intent: Intent,
        settings: RunSettings,
        now: Timestamp,
    ) -> Self {
        Self {
            run_id,
            project_id,
            intent,
            settings,
            site: None,
            status: RunStatus::Pending,
            outcome: None,
            reason: None,
            cancel_requested: false,
            created_at: now,
            updated_at: now,
        }
    }
}

//! The start of a coding agent, as data.

use std::{collections::BTreeMap, path::PathBuf};

use ae_core::{Money, Secret, TokenUsage};

/// The way to the model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// The base address, without a slash at its end and without the version of the vendor's API: a dialect adds `/v1` where its
    /// agent wants that.
    pub base_url: String,
    /// The key: the vendor's, or a stand-in that a metering proxy takes.
    pub key: Secret<String>,
}

impl Endpoint {
    /// A service at `base_url`.
    pub fn new(base_url: impl Into<String>, key: Secret<String>) -> Self {
        Self { base_url: base_url.into(), key }
    }
}

/// The tokens and the cost of a session before a run, for agents that count from its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionTotals {
    /// The tokens.
    pub usage: Option<TokenUsage>,
    /// The cost.
    pub cost: Option<Money>,
}

/// The surroundings of a run: what was found, and the places that belong to it alone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LaunchSite {
    /// The version that was found.
    pub version: String,
    /// A private folder for settings and sessions, which is kept as long as the session may go on. It exists.
    pub private: PathBuf,
    /// A private folder for temporary files, which is removed after the run. It exists.
    pub temp: PathBuf,
    /// The environment that every agent gets: `PATH`, `HOME` (a private folder), `LANG`, `TMPDIR`, and the variables of the
    /// host that the request names.
    pub environment: BTreeMap<String, String>,
    /// The way to the model; without one the agent uses its own log-in, as far as the private folder has it.
    pub endpoint: Option<Endpoint>,
    /// A fresh UUID, for agents that take the id of a new session.
    pub new_session: String,
    /// The totals of the session that the request goes on with.
    pub before: SessionTotals,
    /// Whether the run is in a real sandbox.
    pub sandboxed: bool,
}

impl LaunchSite {
    /// The surroundings of a first run, with its two private folders.
    pub fn new(version: impl Into<String>, private: impl Into<PathBuf>, temp: impl Into<PathBuf>) -> Self {
        Self {
            version: version.into(),
            private: private.into(),
            temp: temp.into(),
            environment: BTreeMap::new(),
            endpoint: None,
            new_session: String::new(),
            before: SessionTotals::default(),
            sandboxed: false,
        }
    }
}

/// The place of an agent's output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputMode {
    /// A pipe.
    #[default]
    Pipe,
    /// A file that is read while it grows, for agents that lose the end of their output on a pipe.
    File,
}

/// The first step to stop an agent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interrupt {
    /// SIGINT to its main process.
    #[default]
    Main,
    /// SIGINT to its process group.
    Group,
    /// A message of its protocol, which [`Decoder::interrupt`](super::Decoder::interrupt) writes.
    Protocol,
}

/// Everything that starts an agent, besides the program and the folder.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LaunchPlan {
    /// The arguments. No secrets, no prompt.
    pub arguments: Vec<String>,
    /// Its environment in addition to the site's.
    pub environment: BTreeMap<String, String>,
    /// Secret values of its environment.
    pub secrets: BTreeMap<String, Secret<String>>,
    /// Files to be written before the start, by absolute path within the private folders; folders are made.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// Its standard input, mostly the prompt.
    pub input: Vec<u8>,
    /// Whether the input stays open for what the decoder writes; else it ends after `input`.
    pub keeps_input: bool,
    /// The place of its output.
    pub output: OutputMode,
    /// The first step to stop it.
    pub interrupt: Interrupt,
}

impl LaunchPlan {
    /// A start with these arguments and nothing else.
    pub fn new<T: Into<String>>(arguments: impl IntoIterator<Item = T>) -> Self {
        Self { arguments: arguments.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

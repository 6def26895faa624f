//! Any agent that speaks the Agent Client Protocol.

mod consent;
mod decode;
mod message;
mod plan;
mod updates;

use std::collections::BTreeMap;

use ae_core::BackendError;

use super::{Decoder, Dialect, LaunchPlan, LaunchSite};
use crate::agent::{Abilities, AgentRequest};

/// Any agent that speaks the [Agent Client Protocol](https://agentclientprotocol.com), version 1, on its standard input
/// and output.
///
/// Each act that the agent asks for is answered by the permission of the request: `ReadOnly` allows reading and
/// searching, `Edit` changes of files in the workspace as well, `Full` all. A kind of tool in
/// [`AgentRequest::allowed_tools`](crate::AgentRequest::allowed_tools), for example `execute`, is allowed in addition.
/// An agent that does not ask is not held back: run it in a sandbox. The protocol has no answers by schema and no
/// limits of turns or cost.
///
/// Agents differ in how they take the address of the model and the key. Values of [variables](Self::with_environment)
/// and [files](Self::with_files) may hold `{base_url}` and `{private}`, the run's private folder.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use ae_harness::Acp;
///
/// let gemini = Acp::new(["gemini", "--acp"])
///     .with_name("gemini-acp")
///     .with_key_variable("GEMINI_API_KEY")
///     .with_auth_method("gemini-api-key")
///     .with_environment(BTreeMap::from([
///         ("GOOGLE_GEMINI_BASE_URL".to_owned(), "{base_url}".to_owned()),
///         ("GEMINI_CLI_HOME".to_owned(), "{private}".to_owned()),
///         ("GEMINI_CLI_TRUST_WORKSPACE".to_owned(), "true".to_owned()),
///     ]));
/// # let _ = gemini;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Acp {
    /// The name under which it appears, `acp` at first.
    pub name: String,
    /// The arguments that start it, without the program.
    pub arguments: Vec<String>,
    /// The variable that takes the key of the model.
    pub key_variable: Option<String>,
    /// The log-in that is used if the agent offers it, by the id of the agent's list.
    pub auth_method: Option<String>,
    /// More variables, with placeholders.
    pub environment: BTreeMap<String, String>,
    /// Files in the run's private folder, by relative path, with placeholders.
    pub files: BTreeMap<String, String>,
    programs: Vec<String>,
}

impl Acp {
    /// The agent that `command` starts, its program first.
    pub fn new<T: Into<String>>(command: impl IntoIterator<Item = T>) -> Self {
        let mut command = command.into_iter().map(Into::into);
        Self {
            name: "acp".to_owned(),
            programs: command.next().into_iter().collect(),
            arguments: command.collect(),
            key_variable: None,
            auth_method: None,
            environment: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }
}

ae_core::setters! { Acp {
    /// Sets the name under which it appears.
    fn with_name(name: into String);
    /// Sets the variable that takes the key of the model.
    fn with_key_variable(key_variable: some into String);
    /// Sets the log-in that is used if the agent offers it.
    fn with_auth_method(auth_method: some into String);
    /// Sets more variables.
    fn with_environment(environment: BTreeMap<String, String>);
    /// Sets files in the run's private folder.
    fn with_files(files: BTreeMap<String, String>);
} }

impl Dialect for Acp {
    fn name(&self) -> &str {
        &self.name
    }

    fn programs(&self) -> &[String] {
        &self.programs
    }

    fn oldest_version(&self) -> &str {
        ""
    }

    fn abilities(&self, _: &str) -> Abilities {
        Abilities::new().with_resume(true)
    }

    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError> {
        plan::plan(self, request, site)
    }

    fn decoder(&self, request: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder> {
        Box::new(decode::AcpDecoder::new(self, request, site))
    }
}

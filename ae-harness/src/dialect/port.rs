//! The trait of dialects.

use std::fmt::Debug;

use ae_core::BackendError;

use super::{Decoder, LaunchPlan, LaunchSite};
use crate::agent::{Abilities, AgentRequest};

/// A coding agent behind its command line: the way it is started, and the form of its output. Nothing here has an effect;
/// [`CliAgent`](crate::CliAgent) runs it.
pub trait Dialect: Debug + Send + Sync + 'static {
    /// Its name, for example `claude`.
    fn name(&self) -> &str;

    /// The programs that it may be installed as, the best first.
    fn programs(&self) -> &[String];

    /// The way to get it, for the error that says that it is missing: for example `npm install -g NAME`.
    fn install_hint(&self) -> &str {
        "install it, or add its folder to the PATH"
    }

    /// The oldest version that it is known to work with, for example `2.1.0`; older ones are refused. Empty for any.
    fn oldest_version(&self) -> &str;

    /// The optional abilities of this version.
    fn abilities(&self, version: &str) -> Abilities;

    /// The arguments, environment, input and private files of a run.
    ///
    /// # Errors
    ///
    /// `InvalidInput` or `Unsupported` for a request that this agent can't serve.
    fn plan(&self, request: &AgentRequest, site: &LaunchSite) -> Result<LaunchPlan, BackendError>;

    /// The reader of a run's output.
    fn decoder(&self, request: &AgentRequest, site: &LaunchSite) -> Box<dyn Decoder>;
}

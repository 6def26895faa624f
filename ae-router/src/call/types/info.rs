//! The name and nature of a client.

use ae_core::{Mode, Provider};
use serde::{Deserialize, Serialize};

/// The name and nature of a [`ModelClient`](crate::ModelClient).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ModelClientInfo {
    /// Its name, for example `anthropic`, and whether calls go to a vendor and cost money.
    pub provider: Provider,
    /// Whether a simulator answers instead of a model.
    pub simulated: bool,
    /// Whether the same key with the same request gives the same answer again without a second bill, as long as the
    /// client lives.
    pub repeats: bool,
}

impl ModelClientInfo {
    /// A client of real models that makes a new call for a repeated key.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self { provider: Provider::new(name, mode), simulated: false, repeats: false }
    }
}

ae_core::setters! { ModelClientInfo {
    /// Marks the client as a simulator.
    fn with_simulated(simulated = true);
    /// Says that a repeated key gets the same answer.
    fn with_repeats(repeats = true);
} }

//! The plan of a session.

use std::sync::Arc;

use ae_core::{Money, Secret};
use ae_core_wire::Api;

use crate::meter::Meter;

/// The vendor, the key, and the bounds of a session. One plan serves any number of sessions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionPlan {
    /// The meter that is asked before every call.
    pub meter: Arc<dyn Meter>,
    /// The forms of calls that are passed on. Refusals come in the form of the first.
    pub apis: Vec<Api>,
    /// The base address of the vendor, without the version of its API.
    pub base_url: String,
    /// The vendor's key.
    pub key: Secret<String>,
    /// The models that may be called; empty for every model that has a price.
    pub models: Vec<String>,
    /// The most that the session may cost, in addition to the bounds of the meter.
    pub cost_max: Option<Money>,
}

impl SessionPlan {
    /// Calls in the forms `apis`, to the vendor at `base_url`, by `key`, of every model that has a price.
    pub fn new(
        meter: Arc<dyn Meter>,
        apis: impl IntoIterator<Item = Api>,
        base_url: impl Into<String>,
        key: Secret<String>,
    ) -> Self {
        Self {
            meter,
            apis: apis.into_iter().collect(),
            base_url: base_url.into(),
            key,
            models: Vec::new(),
            cost_max: None,
        }
    }
}

ae_core::setters! { SessionPlan {
    /// Sets the models that may be called.
    fn with_models(models: Vec<String>);
    /// Sets the most that the session may cost.
    fn with_cost_max(cost_max: Option<Money>);
} }

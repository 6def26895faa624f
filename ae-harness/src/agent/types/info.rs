//! A builder's account of itself.

use ae_core::{Isolation, Mode, Offer, Provider};
use serde::{Deserialize, Serialize};

/// The optional abilities of a builder. A request that needs a missing one is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Abilities {
    /// It can go on with an earlier session.
    pub resume: bool,
    /// It can answer in the form of a JSON Schema.
    pub output_schema: bool,
    /// It can be held to a number of turns.
    pub turns: bool,
}

impl Abilities {
    /// None of them.
    pub const fn new() -> Self {
        Self { resume: false, output_schema: false, turns: false }
    }
}

ae_core::setters! { Abilities {
    /// Sets whether it can go on with an earlier session.
    fn with_resume(resume: bool);
    /// Sets whether it can answer in the form of a schema.
    fn with_output_schema(output_schema: bool);
    /// Sets whether it can be held to a number of turns.
    fn with_turns(turns: bool);
} }

/// A builder's account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// Its name, for example `site`, and whether it acts on the world.
    pub provider: Provider,
    /// Its version.
    pub version: String,
    /// The separation between the code it runs and the host.
    pub isolation: Isolation,
    /// Whether a call may cost money.
    pub metered: bool,
    /// Its optional abilities.
    #[serde(default)]
    pub abilities: Abilities,
    /// The products that it can make, each with the proof that it works.
    #[serde(default)]
    pub offers: Vec<Offer>,
}

impl ProviderInfo {
    /// A builder that is free, without optional abilities.
    pub fn new(
        name: impl Into<String>,
        mode: Mode,
        version: impl Into<String>,
        isolation: Isolation,
    ) -> Self {
        Self {
            provider: Provider::new(name, mode),
            version: version.into(),
            isolation,
            metered: false,
            abilities: Abilities::new(),
            offers: Vec::new(),
        }
    }
}

ae_core::setters! { ProviderInfo {
    /// Sets whether a call may cost money.
    fn with_metered(metered: bool);
    /// Sets its optional abilities.
    fn with_abilities(abilities: Abilities);
    /// Sets the products that it can make.
    fn with_offers(offers: Vec<Offer>);
} }

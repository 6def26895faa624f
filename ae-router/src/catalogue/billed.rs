//! The billed parts of one call.

use ae_core::TokenUsage;

use crate::ServiceTier;

/// The parts of one call that a vendor bills: tokens, the level of service, searches, the region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Billed {
    /// The tokens of the one call. Context tiers go by its input, so it must not be a sum over several.
    pub usage: TokenUsage,
    /// The level of service that the answer names.
    pub service_tier: ServiceTier,
    /// Searches of the web that the vendor made for the call, in its own unit of billing.
    pub web_searches: u64,
    /// The region that the call was bound to, if the vendor charges for that.
    pub region: Option<String>,
}

impl Billed {
    /// A call at the standard level, without searches, bound to no region.
    pub fn new(usage: TokenUsage) -> Self {
        Self { usage, ..Self::default() }
    }
}

ae_core::setters! { Billed {
    /// Sets the level of service.
    fn with_service_tier(service_tier: ServiceTier);
    /// Sets the number of searches of the web.
    fn with_web_searches(web_searches: u64);
    /// Sets the region that the call was bound to.
    fn with_region(region: some into String);
} }

impl From<TokenUsage> for Billed {
    fn from(usage: TokenUsage) -> Self {
        Self::new(usage)
    }
}

//! The three tiers of work.

use std::str::FromStr;

use ae_core::ParseError;

ae_core::wire_enum! {
    /// The strength of model that a task asks for. The three tiers are a closed scale, the weakest first.
    #[derive(PartialOrd, Ord)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    pub enum Tier {
        /// Formatting, linting, small and fast work.
        Intern = "TIER3",
        /// Implementation, tests, documentation.
        Builder = "TIER2",
        /// Architecture, debugging, security.
        Architect = "TIER1",
    }
}

impl Tier {
    /// The next stronger tier; the strongest stays.
    #[must_use]
    pub const fn stronger(self) -> Self {
        match self {
            Self::Intern => Self::Builder,
            Self::Builder | Self::Architect => Self::Architect,
        }
    }
}

impl FromStr for Tier {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let named = Self::ALL.iter().copied().find(|tier| tier.as_str() == text);
        named.ok_or_else(|| ParseError::new(text, "a tier: use TIER1, TIER2 or TIER3"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_round_trip() {
        for &tier in Tier::ALL {
            assert_eq!(tier.as_str().parse::<Tier>().unwrap(), tier);
            assert_eq!(serde_json::to_value(tier).unwrap(), tier.as_str());
        }
        assert!("tier1".parse::<Tier>().unwrap_err().to_string().contains("TIER1"));
    }
}

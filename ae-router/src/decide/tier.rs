//! The three tiers of work, and the rule that chooses one.

use std::str::FromStr;

use ae_core::ParseError;

use crate::{Complexity, Risk};

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

/// The rule from score to tier: a score of 8 or more, a sensitive task or one that requires security goes to the
/// Architect; 4 or more to the Builder; the rest to the Intern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TierPolicy;

impl TierPolicy {
    /// The least score for the Architect.
    pub const ARCHITECT_SCORE_MIN: u8 = 8;
    /// The least score for the Builder.
    pub const BUILDER_SCORE_MIN: u8 = 4;
    /// The name that decisions carry.
    pub const NAME: &'static str = "tiers";

    /// The tier of a task with this complexity. `requires_security` is the task's own flag, which words can't undo.
    pub const fn tier(complexity: &Complexity, requires_security: bool) -> Tier {
        if requires_security
            || matches!(complexity.risk, Risk::Sensitive)
            || complexity.score >= Self::ARCHITECT_SCORE_MIN
        {
            Tier::Architect
        } else if complexity.score >= Self::BUILDER_SCORE_MIN {
            Tier::Builder
        } else {
            Tier::Intern
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_edges() {
        let tier = |score, risk, secure| TierPolicy::tier(&Complexity::new(score, risk), secure);
        for (score, expected) in [
            (1, Tier::Intern),
            (3, Tier::Intern),
            (4, Tier::Builder),
            (7, Tier::Builder),
            (8, Tier::Architect),
            (10, Tier::Architect),
        ] {
            assert_eq!(tier(score, Risk::Safe, false), expected, "{score}");
            assert_eq!(tier(score, Risk::Moderate, false), expected, "{score}");
            assert_eq!(tier(score, Risk::Sensitive, false), Tier::Architect, "{score}");
            assert_eq!(tier(score, Risk::Safe, true), Tier::Architect, "{score}");
        }
    }

    #[test]
    fn wire_names_round_trip() {
        for &tier in Tier::ALL {
            assert_eq!(tier.as_str().parse::<Tier>().unwrap(), tier);
            assert_eq!(serde_json::to_value(tier).unwrap(), tier.as_str());
        }
        assert!("tier1".parse::<Tier>().unwrap_err().to_string().contains("TIER1"));
    }
}

//! Abilities of a model, each known to be there, known to be missing, or unknown.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

ae_core::wire_enum! {
    /// An ability that a request may need.
    #[derive(PartialOrd, Ord)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum Capability {
        /// Calls tools.
        Tools = "tools",
        /// Keeps to a JSON schema.
        StructuredOutput = "structured_output",
        /// Takes images.
        Vision = "vision",
        /// Takes PDF documents.
        Pdf = "pdf",
        /// Reads prompts from a cache at a lower price.
        PromptCaching = "prompt_caching",
        /// Thinks before it answers.
        Reasoning = "reasoning",
        /// Takes sampling parameters, such as a temperature.
        Sampling = "sampling",
        /// Goes on from the beginning of an answer that the request gives.
        Prefill = "prefill",
    }
}

/// The known abilities of a model. An ability that is in neither list is unknown, and a request that needs it can't
/// count on it.
///
/// As JSON: a list of names, a missing ability with `!` before its name: `["tools", "vision", "!prefill"]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    there: u16,
    missing: u16,
}

impl Capabilities {
    /// No ability is known.
    pub const fn unknown() -> Self {
        Self { there: 0, missing: 0 }
    }

    /// Sets an ability that is there.
    #[must_use]
    pub const fn with(mut self, capability: Capability) -> Self {
        self.there |= bit(capability);
        self.missing &= !bit(capability);
        self
    }

    /// Sets an ability that is missing.
    #[must_use]
    pub const fn without(mut self, capability: Capability) -> Self {
        self.missing |= bit(capability);
        self.there &= !bit(capability);
        self
    }

    /// Whether the model has the ability, or `None` when that is unknown.
    pub const fn get(&self, capability: Capability) -> Option<bool> {
        match (self.there & bit(capability) != 0, self.missing & bit(capability) != 0) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// Whether the ability is known to be there.
    pub const fn has(&self, capability: Capability) -> bool {
        self.there & bit(capability) != 0
    }

    /// Whether nothing is known.
    pub const fn is_unknown(&self) -> bool {
        self.there == 0 && self.missing == 0
    }
}

/// The place of an ability in the sets.
const fn bit(capability: Capability) -> u16 {
    match capability {
        Capability::Tools => 1,
        Capability::StructuredOutput => 1 << 1,
        Capability::Vision => 1 << 2,
        Capability::Pdf => 1 << 3,
        Capability::PromptCaching => 1 << 4,
        Capability::Reasoning => 1 << 5,
        Capability::Sampling => 1 << 6,
        Capability::Prefill => 1 << 7,
    }
}

impl Serialize for Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(Capability::ALL.iter().filter_map(|capability| {
            let no = if self.get(*capability)? { "" } else { "!" };
            Some(format!("{no}{capability}"))
        }))
    }
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut found = Self::unknown();
        for text in Vec::<String>::deserialize(deserializer)? {
            let name = text.strip_prefix('!').unwrap_or(&text);
            let Some(capability) = Capability::ALL.iter().find(|known| known.as_str() == name) else {
                let shown: String = name.chars().take(40).collect();
                let known: Vec<_> = Capability::ALL.iter().map(|known| known.as_str()).collect();
                return Err(de::Error::custom(format!(
                    "unknown capability {shown:?}, expected one of {}",
                    known.join(", ")
                )));
            };
            if found.get(*capability).is_some() {
                return Err(de::Error::custom(format!("capability {name:?} is listed twice")));
            }
            found = if name == text { found.with(*capability) } else { found.without(*capability) };
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ability_is_there_missing_or_unknown() {
        let known = Capabilities::unknown().with(Capability::Tools).without(Capability::Prefill);
        assert_eq!(known.get(Capability::Tools), Some(true));
        assert_eq!(known.get(Capability::Prefill), Some(false));
        assert_eq!(known.get(Capability::Vision), None);
        assert!(
            known.has(Capability::Tools) && !known.has(Capability::Prefill) && !known.has(Capability::Vision)
        );
        assert_eq!(known.with(Capability::Prefill).get(Capability::Prefill), Some(true));
        assert_eq!(known.without(Capability::Tools).get(Capability::Tools), Some(false));
    }

    #[test]
    fn every_ability_has_a_place_of_its_own() {
        let bits: u16 = Capability::ALL.iter().map(|capability| bit(*capability)).sum();
        assert_eq!(bits.count_ones() as usize, Capability::ALL.len());
    }

    #[test]
    fn json_is_a_list_of_names() {
        let known = Capabilities::unknown().with(Capability::Vision).without(Capability::Prefill);
        let json = serde_json::to_string(&known).unwrap();
        assert_eq!(json, r#"["vision","!prefill"]"#);
        assert_eq!(serde_json::from_str::<Capabilities>(&json).unwrap(), known);
        for (bad, why) in
            [(r#"["visoin"]"#, "visoin"), (r#"["vision","!vision"]"#, "twice"), ("{}", "sequence")]
        {
            let error = serde_json::from_str::<Capabilities>(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

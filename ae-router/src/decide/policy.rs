//! The rule from score to tier, and the models of each tier, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::policy_file::{PolicyFile, TierFile};
use crate::{Complexity, Risk, Tier};

/// The longest name of a policy or a model, in bytes.
const NAME_MAX: usize = 200;
/// The most models of a tier.
const MODELS_MAX: usize = 64;

ae_core::wire_enum! {
    /// The order of the models that can do the work.
    #[derive(Default)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum CandidateOrder {
        /// By the expected cost of the call, the least first; unknown costs come after known ones.
        #[default]
        Cost = "cost",
        /// As the policy lists them, those of the tier before those of stronger tiers.
        Preference = "preference",
    }
}

/// A policy that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy can't be used: {0}")]
#[non_exhaustive]
pub struct PolicyError(String);

/// The rule from score to tier, and the models of each tier.
///
/// By default a score of 8 or more, a sensitive task or one that requires security goes to the Architect, 4 or more to the
/// Builder, the rest to the Intern. A model of a stronger tier may do the work of a weaker one, and does so where it costs
/// less: tiers are a scale of difficulty, not of price.
///
/// A policy is data: as JSON it looks as follows, and whatever is left out has its default.
///
/// ```
/// use ae_router::{Tier, TierPolicy};
///
/// let policy = TierPolicy::from_json(
///     r#"{
///         "name": "house",
///         "tiers": {
///             "TIER1": { "score_min": 9, "models": ["claude-opus-5-5"] },
///             "TIER2": { "score_min": 4, "models": ["gpt-6.1-sol", "claude-sonnet-5-5"] },
///             "TIER3": { "models": ["gpt-6-luna"] }
///         },
///         "order": "cost",
///         "stronger_tiers": true,
///         "attempts_per_tier": 2
///     }"#,
/// )?;
/// assert_eq!(policy.score_min(Tier::Architect), 9);
/// assert_eq!(TierPolicy::from_json(&policy.to_json())?, policy);
/// # Ok::<(), ae_router::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PolicyFile", into = "PolicyFile")]
pub struct TierPolicy {
    pub(super) name: String,
    pub(super) tiers: BTreeMap<Tier, TierFile>,
    pub(super) order: CandidateOrder,
    pub(super) stronger_tiers: bool,
    pub(super) attempts_per_tier: u32,
}

impl Default for TierPolicy {
    /// Claude Opus 4.5, GPT-5.2 and Gemini 3 Pro, each with models of the other two providers, so that a key for any one
    /// provider serves all tiers.
    fn default() -> Self {
        let models = [
            (Tier::Architect, 8, ["claude-opus-4-5", "gpt-5.5", "gemini-4-argon"]),
            (Tier::Builder, 4, ["gpt-5.2", "claude-sonnet-4-6", "gemini-3.1-pro-preview"]),
            (Tier::Intern, 1, ["gemini-3-pro-preview", "gpt-5.4-mini", "claude-haiku-4-5"]),
        ];
        let tiers = models.into_iter().map(|(tier, score_min, models)| {
            (tier, TierFile { score_min: Some(score_min), models: Some(models.map(str::to_owned).to_vec()) })
        });
        Self {
            name: Self::NAME.to_owned(),
            tiers: tiers.collect(),
            order: CandidateOrder::Cost,
            stronger_tiers: true,
            attempts_per_tier: 2,
        }
    }
}

impl TierPolicy {
    /// The name of a policy without one of its own.
    pub const NAME: &'static str = "tiers";
    /// The least score of a tier that no score reaches, so that it is for sensitive work alone.
    pub const NO_SCORE: u8 = 11;

    /// Reads a policy from JSON, at most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the problem and its place. A field that is not known is one.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        if text.len() > 1 << 20 {
            return Err(PolicyError(format!("it has {} bytes, 1 MiB at most", text.len())));
        }
        serde_json::from_str(text).map_err(|error| PolicyError(error.to_string()))
    }

    /// Writes the policy as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// The tier of work of this complexity. `requires_security` is the task's own flag, which words can't undo.
    pub fn tier(&self, complexity: &Complexity, requires_security: bool) -> Tier {
        let sensitive = requires_security || complexity.risk == Risk::Sensitive;
        if sensitive || complexity.score >= self.score_min(Tier::Architect) {
            Tier::Architect
        } else if complexity.score >= self.score_min(Tier::Builder) {
            Tier::Builder
        } else {
            Tier::Intern
        }
    }

    /// The name that decisions carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The least score of `tier`.
    pub fn score_min(&self, tier: Tier) -> u8 {
        self.tiers.get(&tier).and_then(|tier| tier.score_min).unwrap_or(1)
    }

    /// The models of `tier`, the preferred one first.
    pub fn models(&self, tier: Tier) -> &[String] {
        self.tiers.get(&tier).and_then(|tier| tier.models.as_deref()).unwrap_or_default()
    }

    /// The order of the models that can do the work.
    pub const fn order(&self) -> CandidateOrder {
        self.order
    }

    /// Whether models of stronger tiers may do the work.
    pub const fn stronger_tiers(&self) -> bool {
        self.stronger_tiers
    }

    /// The attempts on one tier before the next stronger one is used.
    pub const fn attempts_per_tier(&self) -> u32 {
        self.attempts_per_tier
    }

    /// Sets the name.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for an empty name, a long one or one with control characters.
    pub fn with_name(mut self, name: impl Into<String>) -> Result<Self, PolicyError> {
        self.name = name.into();
        self.checked()
    }

    /// Sets the models of `tier`, the preferred one first.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for one that is listed twice, more than 64, an id that can't be one, or no model at all in the
    /// policy.
    pub fn with_models<S: Into<String>>(
        mut self,
        tier: Tier,
        ids: impl IntoIterator<Item = S>,
    ) -> Result<Self, PolicyError> {
        let ids = ids.into_iter().map(Into::into).collect();
        self.tiers.entry(tier).or_default().models = Some(ids);
        self.checked()
    }

    /// Sets the least scores of Builder and Architect.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] unless 1 ≤ `builder` ≤ `architect` ≤ 11 ([`NO_SCORE`](Self::NO_SCORE)).
    pub fn with_score_mins(mut self, builder: u8, architect: u8) -> Result<Self, PolicyError> {
        self.tiers.entry(Tier::Builder).or_default().score_min = Some(builder);
        self.tiers.entry(Tier::Architect).or_default().score_min = Some(architect);
        self.checked()
    }

    /// Sets the attempts on one tier before the next stronger one is used.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for 0.
    pub fn with_attempts_per_tier(mut self, attempts_per_tier: u32) -> Result<Self, PolicyError> {
        self.attempts_per_tier = attempts_per_tier;
        self.checked()
    }

    pub(super) fn checked(self) -> Result<Self, PolicyError> {
        let (builder, architect) = (self.score_min(Tier::Builder), self.score_min(Tier::Architect));
        let problem = if !is_name(&self.name) {
            format!("its name is 1 to {NAME_MAX} bytes without control characters")
        } else if self.score_min(Tier::Intern) != 1 {
            "TIER3 begins at 1: leave its score_min out".to_owned()
        } else if builder < 1 || builder > architect || architect > Self::NO_SCORE {
            format!("TIER2 begins at {builder} and TIER1 at {architect}: use 1 to 11, TIER2 first")
        } else if self.attempts_per_tier == 0 {
            "attempts_per_tier is at least 1".to_owned()
        } else if Tier::ALL.iter().all(|tier| self.models(*tier).is_empty()) {
            "no tier has a model".to_owned()
        } else if let Some(problem) = Tier::ALL.iter().find_map(|tier| self.problem_of(*tier)) {
            problem
        } else {
            return Ok(self);
        };
        Err(PolicyError(problem))
    }

    fn problem_of(&self, tier: Tier) -> Option<String> {
        let models = self.models(tier);
        if models.len() > MODELS_MAX {
            return Some(format!("{tier} has {} models, {MODELS_MAX} at most", models.len()));
        }
        let mut seen = BTreeSet::new();
        let bad = models.iter().find(|id| !is_name(id) || !seen.insert(*id))?;
        let shown: String = bad.chars().take(80).collect();
        Some(format!("{tier} lists {shown:?}, which stands there twice or can't be a model's id"))
    }
}

ae_core::setters! { TierPolicy {
    /// Sets the order of the models that can do the work.
    fn with_order(order: CandidateOrder);
    /// Sets whether models of stronger tiers may do the work.
    fn with_stronger_tiers(stronger_tiers: bool);
} }

fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_edges() {
        let policy = TierPolicy::default();
        let tier = |score, risk, secure| policy.tier(&Complexity::new(score, risk), secure);
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
        let never = policy.with_score_mins(4, TierPolicy::NO_SCORE).unwrap();
        assert_eq!(never.tier(&Complexity::new(10, Risk::Safe), false), Tier::Builder);
        assert_eq!(never.tier(&Complexity::new(1, Risk::Sensitive), false), Tier::Architect);
    }

    #[test]
    fn a_file_gives_what_differs_from_the_default() {
        assert_eq!(TierPolicy::from_json("{}").unwrap(), TierPolicy::default());
        let policy =
            TierPolicy::from_json(r#"{"tiers": {"TIER3": {"models": ["mine"]}}, "order": "preference"}"#);
        let policy = policy.unwrap();
        assert_eq!(
            (policy.models(Tier::Intern), policy.score_min(Tier::Builder)),
            (&["mine".to_owned()][..], 4)
        );
        assert_eq!(policy.order(), CandidateOrder::Preference);
        assert_eq!(policy.models(Tier::Builder), TierPolicy::default().models(Tier::Builder));
        assert_eq!(TierPolicy::from_json(&policy.to_json()).unwrap(), policy);
    }

    #[test]
    fn a_policy_that_contradicts_itself_is_refused() {
        for (bad, why) in [
            (r#"{"tiers": {"TIER1": {"score_min": 3}}}"#, "TIER2 first"),
            (r#"{"tiers": {"TIER1": {"score_min": 12}}}"#, "1 to 11"),
            (r#"{"tiers": {"TIER2": {"score_min": 0}}}"#, "1 to 11"),
            (r#"{"tiers": {"TIER3": {"score_min": 2}}}"#, "TIER3"),
            (r#"{"tiers": {"TIER4": {}}}"#, "TIER4"),
            (r#"{"tiers": {"TIER1": {"models": ["a", "a"]}}}"#, "twice"),
            (r#"{"tiers": {"TIER1": {"models": [""]}}}"#, "id"),
            (
                r#"{"tiers": {"TIER1": {"models": []}, "TIER2": {"models": []}, "TIER3": {"models": []}}}"#,
                "no tier",
            ),
            (r#"{"attempts_per_tier": 0}"#, "at least 1"),
            (r#"{"name": ""}"#, "name"),
            (r#"{"ordr": "cost"}"#, "ordr"),
            (r#"{"order": "dearest"}"#, "dearest"),
            ("[", "EOF"),
        ] {
            let error = TierPolicy::from_json(bad).unwrap_err().to_string();
            assert!(error.contains(why), "{bad}: {error}");
        }
        assert!(TierPolicy::from_json(&" ".repeat((1 << 20) + 1)).unwrap_err().to_string().contains("1 MiB"));
        let many = (0..65).map(|n| format!("m{n}"));
        assert!(TierPolicy::default().with_models(Tier::Intern, many).is_err());
    }
}

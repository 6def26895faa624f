//! The form of a policy's file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CandidateOrder, PolicyError, Tier, TierPolicy};

/// One tier of a policy's file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) score_min: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) models: Option<Vec<String>>,
}

/// The form of a policy's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFile {
    name: Option<String>,
    #[serde(default)]
    tiers: BTreeMap<Tier, TierFile>,
    #[serde(default)]
    order: CandidateOrder,
    stronger_tiers: Option<bool>,
    attempts_per_tier: Option<u32>,
}

impl TryFrom<PolicyFile> for TierPolicy {
    type Error = PolicyError;

    fn try_from(file: PolicyFile) -> Result<Self, PolicyError> {
        let mut policy = Self::default();
        policy.name = file.name.unwrap_or(policy.name);
        for (tier, given) in file.tiers {
            let known = policy.tiers.entry(tier).or_default();
            known.score_min = given.score_min.or(known.score_min);
            known.models = given.models.or_else(|| known.models.take());
        }
        policy.order = file.order;
        policy.stronger_tiers = file.stronger_tiers.unwrap_or(policy.stronger_tiers);
        policy.attempts_per_tier = file.attempts_per_tier.unwrap_or(policy.attempts_per_tier);
        policy.checked()
    }
}

impl From<TierPolicy> for PolicyFile {
    fn from(policy: TierPolicy) -> Self {
        Self {
            name: Some(policy.name),
            tiers: policy.tiers,
            order: policy.order,
            stronger_tiers: Some(policy.stronger_tiers),
            attempts_per_tier: Some(policy.attempts_per_tier),
        }
    }
}

//! The forms that the models fill in. Each has its fields and no others; what may stand in them is checked after that.

use ae_core::{Priority, TaskKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Niches that the posts support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NichesForm {
    /// The niches, the most promising first.
    pub niches: Vec<NicheForm>,
}

/// One niche.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NicheForm {
    /// A name of at most 40 characters.
    pub name: String,
    /// The gap in the market, in one or two sentences.
    pub description: String,
    /// The people who have the pains, in a few words, as after "for".
    pub audience: String,
    /// The benefit of a product for them, in one sentence.
    pub value_proposition: String,
    /// The pains.
    pub pains: Vec<PainForm>,
    /// The ids of all posts behind it.
    pub evidence: Vec<String>,
}

/// A pain, and the posts that speak of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PainForm {
    /// The pain, in one sentence.
    pub text: String,
    /// The ids of the posts that speak of it, at least one.
    pub evidence: Vec<String>,
}

/// The product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductForm {
    /// Its name: at most 40 letters, digits, spaces and hyphens, not the name of another product.
    pub name: String,
    /// One line of at most 90 characters for the top of its page, or empty for the builder's own.
    pub promise: String,
    /// For whom, in a few words, as after "for".
    pub audience: String,
    /// The problem of today, with the ids of posts in square brackets.
    pub problem: String,
    /// The features, the most important first.
    pub features: Vec<FeatureForm>,
    /// Assumptions without evidence.
    pub assumptions: Vec<String>,
    /// Open questions.
    pub unclear: Vec<String>,
}

/// A feature with its story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureForm {
    /// Its title.
    pub title: String,
    /// Its use, in one or two sentences; empty for a feature of the builder, which has its own.
    pub description: String,
    /// The wish of a user, as after "I want to".
    pub wish: String,
    /// Why, as after "so that".
    pub benefit: String,
    /// How much it matters: P0 without it the product is not done, P1 should be there, P2 nice to have, P3 later.
    pub priority: Priority,
    /// The reason for that, in one sentence.
    pub why: String,
    /// The ids of the posts that ask for it; empty if none does.
    pub evidence: Vec<String>,
}

/// A price, for a product without a buyer so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceForm {
    /// The amount with two places, for example 9.00, without a currency.
    pub amount: String,
    /// The reason, in one sentence, without numbers.
    pub why: String,
}

/// The design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignForm {
    /// The work of each behaviour, in words; empty where there is none.
    pub behaviours: Vec<BehaviourForm>,
    /// Which data it takes, what it makes of them, and where they stay: one sentence each.
    pub data: Vec<String>,
    /// Limits besides those that the builder states: one sentence each.
    pub limits: Vec<String>,
    /// Questions of the design that are open.
    pub unclear: Vec<String>,
}

/// A behaviour in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BehaviourForm {
    /// Its id.
    pub id: String,
    /// The condition that has to hold, in one sentence.
    pub rule: String,
}

/// The work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TasksForm {
    /// The tasks, each after those that it depends on.
    pub tasks: Vec<TaskForm>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskForm {
    /// Its id: T-001, T-002 and so on.
    pub id: String,
    /// A few words.
    pub title: String,
    /// The work, in one or two sentences.
    pub description: String,
    /// The kind of work.
    pub kind: TaskKind,
    /// Whether a mistake would be a security problem.
    pub requires_security: bool,
    /// The ids of the tasks that must be done first.
    pub depends_on: Vec<String>,
    /// The ids of the acceptance criteria that it serves.
    pub criteria: Vec<String>,
}

//! The product to build, as roles hand it to each other: typed data, not chat.

use serde::{Deserialize, Serialize};

use crate::{Behaviour, BillingInterval, Deliverable, Digest, Evidence, Money, NicheId, Task};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Priority {
    /// Without it the product is not done.
    P0,
    /// Should be there.
    P1,
    /// Nice to have.
    P2,
    /// Later.
    P3,
}

/// Something the product does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Feature {
    /// A few words.
    pub title: String,
    /// One or two sentences.
    pub description: String,
    /// The ids of the evidence that asks for it; empty when it is an assumption.
    pub evidence: Vec<String>,
    /// The label of the tier that includes it; `None` where it is free of charge, and in a pre-order.
    #[serde(default)]
    pub tier: Option<String>,
    /// The proof that it works. A feature of a product that is delivered has at least one.
    #[serde(default)]
    pub behaviours: Vec<Behaviour>,
}

impl Feature {
    /// A feature that rests on no evidence yet, belongs to no tier and is not proven.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            evidence: Vec::new(),
            tier: None,
            behaviours: Vec::new(),
        }
    }
}

crate::setters! { Feature {
    /// Sets the ids of the evidence that asks for it.
    fn with_evidence(evidence: Vec<String>);
    /// Sets the label of the tier that includes it.
    fn with_tier(tier: some into String);
    /// Sets the proof that it works.
    fn with_behaviours(behaviours: Vec<Behaviour>);
} }

/// A wish of one kind of user, testable on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UserStory {
    /// For example `US-001`.
    pub id: String,
    /// A few words.
    pub title: String,
    /// "As a X, I want Y, so that Z".
    pub description: String,
    /// How much it matters.
    pub priority: Priority,
    /// Why it matters that much.
    pub why_this_priority: String,
    /// The ids of the evidence behind it.
    pub evidence: Vec<String>,
}

impl UserStory {
    /// A story without evidence and without a reason for its priority.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        description: impl Into<String>,
        priority: Priority,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            description: description.into(),
            priority,
            why_this_priority: String::new(),
            evidence: Vec::new(),
        }
    }
}

crate::setters! { UserStory {
    /// Sets the reason for its priority.
    fn with_reason(why_this_priority: into String);
    /// Sets the ids of the evidence behind it.
    fn with_evidence(evidence: Vec<String>);
} }

/// How a criterion is proven on the built product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckKind {
    /// Text that visitors see holds every phrase.
    Phrases {
        /// The phrases; case and white space don't count.
        phrases: Vec<String>,
    },
    /// The price list shows the price of a tier with its name.
    Price {
        /// The id of the tier.
        tier: String,
    },
    /// A link that visitors see leads to the checkout, for every tier.
    Checkout,
    /// A link that visitors see leads to a page that says which data is collected.
    Privacy,
    /// A function of the product does what its cases and laws say.
    Behaviour {
        /// The id of the [`Behaviour`] of a feature.
        id: String,
    },
    /// The page says where visitors see it that the product is not built yet.
    NotBuilt,
    /// A form that visitors see counts that someone is interested, and asks for nothing.
    Interest,
    /// No program can prove it: a person has to look.
    #[default]
    Manual,
}

/// Something that can be checked when the product is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AcceptanceCriterion {
    /// For example `AC-001`.
    pub id: String,
    /// The condition that must hold, for people.
    pub text: String,
    /// How it is proven. A criterion stored without it has to be looked at by a person.
    #[serde(default)]
    pub check: CheckKind,
    /// How much it matters.
    pub priority: Priority,
    /// The story it belongs to, if any.
    pub story: Option<String>,
}

impl AcceptanceCriterion {
    /// A criterion that a person has to look at and that belongs to no story.
    pub fn new(id: impl Into<String>, text: impl Into<String>, priority: Priority) -> Self {
        Self { id: id.into(), text: text.into(), check: CheckKind::Manual, priority, story: None }
    }
}

crate::setters! { AcceptanceCriterion {
    /// Sets how it is proven.
    fn with_check(check: CheckKind);
    /// Sets the story it belongs to.
    fn with_story(story: some into String);
} }

/// One price on the price list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PriceTier {
    /// A plain label within the product, for example `starter`.
    pub id: String,
    /// The name that customers see.
    pub name: String,
    /// How much, in the currency's units.
    pub price: Money,
    /// How often.
    pub interval: BillingInterval,
    /// The things that are included.
    pub includes: Vec<String>,
}

impl PriceTier {
    /// A tier that includes nothing yet.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        price: Money,
        interval: BillingInterval,
    ) -> Self {
        Self { id: id.into(), name: name.into(), price, interval, includes: Vec::new() }
    }
}

crate::setters! { PriceTier {
    /// Sets what is included.
    fn with_includes(includes: Vec<String>);
} }

/// The revenue target in customers: arithmetic, not a forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct MrrArithmetic {
    /// Monthly recurring revenue that the intent asks for.
    pub target: Money,
    /// The monthly price used.
    pub price: Money,
    /// Paying customers needed, rounded up.
    pub customers: u64,
}

impl MrrArithmetic {
    /// The arithmetic of `customers` who pay `price` a month each to reach `target`.
    pub const fn new(target: Money, price: Money, customers: u64) -> Self {
        Self { target, price, customers }
    }
}

/// The outcome of reading one source of demand signals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SourceNote {
    /// The source's name.
    pub name: String,
    /// `ok`, `partial: …`, `skipped: …` or `failed: …`.
    pub outcome: String,
}

impl SourceNote {
    /// The outcome of the source `name`.
    pub fn new(name: impl Into<String>, outcome: impl Into<String>) -> Self {
        Self { name: name.into(), outcome: outcome.into() }
    }
}

/// The product to build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProductSpec {
    /// The version of this schema.
    pub schema_version: u32,
    /// The thing that a customer gets.
    #[serde(default)]
    pub deliverable: Deliverable,
    /// The name of the [`Offer`](crate::Offer) that it is made from; `None` for a pre-order.
    #[serde(default)]
    pub offer: Option<String>,
    /// The niche it serves.
    pub niche: NicheId,
    /// The name that customers use.
    pub product_name: String,
    /// The name as a lower-case label for URLs: letters, digits and single hyphens, at most 48 characters.
    pub slug: String,
    /// One line for the top of the page.
    pub tagline: String,
    /// The problem of today.
    pub problem_statement: String,
    /// For whom.
    pub target_users: Vec<String>,
    /// Its functions.
    pub core_features: Vec<Feature>,
    /// Who wants what, and why.
    pub user_stories: Vec<UserStory>,
    /// The checks before it counts as done.
    pub acceptance_criteria: Vec<AcceptanceCriterion>,
    /// The work, in an order that respects dependencies.
    pub tasks: Vec<Task>,
    /// The price list.
    pub pricing: Vec<PriceTier>,
    /// The revenue target in customers, if the intent names one.
    pub mrr: Option<MrrArithmetic>,
    /// The outside items that support the claims.
    pub evidence: Vec<Evidence>,
    /// The outcome of reading each source.
    pub sources: Vec<SourceNote>,
    /// Statements taken for granted without evidence.
    pub assumptions: Vec<String>,
    /// Open questions.
    pub unclear: Vec<String>,
    /// The things it will not do.
    pub out_of_scope: Vec<String>,
    /// Who wrote it, for example `rule-based`.
    pub analyst: String,
    /// Whether it rests on the bundled sample signals, which are no evidence.
    pub sample: bool,
}

impl ProductSpec {
    /// The version this crate writes.
    pub const SCHEMA_VERSION: u32 = 2;

    /// The spec of a pre-order with names alone; every list is empty.
    pub fn new(
        niche: NicheId,
        product_name: impl Into<String>,
        slug: impl Into<String>,
        tagline: impl Into<String>,
    ) -> Self {
        Self {
            schema_version: Self::SCHEMA_VERSION,
            deliverable: Deliverable::PreOrder,
            offer: None,
            niche,
            product_name: product_name.into(),
            slug: slug.into(),
            tagline: tagline.into(),
            problem_statement: String::new(),
            target_users: Vec::new(),
            core_features: Vec::new(),
            user_stories: Vec::new(),
            acceptance_criteria: Vec::new(),
            tasks: Vec::new(),
            pricing: Vec::new(),
            mrr: None,
            evidence: Vec::new(),
            sources: Vec::new(),
            assumptions: Vec::new(),
            unclear: Vec::new(),
            out_of_scope: Vec::new(),
            analyst: String::new(),
            sample: false,
        }
    }

    /// The digest of the whole spec: one changed byte changes it.
    ///
    /// # Errors
    ///
    /// Never for a spec that was made in code; the type has no map with keys that JSON can't hold.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        Digest::of_json("product-spec", self)
    }
}

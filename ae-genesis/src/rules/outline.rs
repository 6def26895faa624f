//! The parts of niches and specs that an analyst writes; the rules write the rest around them.

use ae_core::{Money, Priority, ProductSpec};

use super::{propose, spec};
use crate::{Niche, NicheBrief, Problem, SpecBrief};

/// A niche in the words of an analyst, before its numbers are known.
///
/// [`niche`](Self::niche) adds what follows from the evidence: which of the cited posts are about the intent, the terms of
/// the score, the figures that are missing. An analyst gives no number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NicheOutline {
    /// A short name.
    pub name: String,
    /// The gap in the market.
    pub description: String,
    /// The people who have the pains. Those that the intent names take their place.
    pub audience: String,
    /// The benefit of a product for them.
    pub value_proposition: String,
    /// The pains, each with the ids of the posts that speak of it.
    pub pains: Vec<(String, Vec<String>)>,
    /// The ids of all posts behind it.
    pub evidence: Vec<String>,
}

impl NicheOutline {
    /// A niche that cites nothing yet.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { name: name.into(), description: description.into(), ..Self::default() }
    }

    /// The niche, with the numbers that follow from the evidence of `brief`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: a text that is not plain, a number that neither the intent nor a cited post has, an
    /// id that is not in the brief, a pain without a post, posts of which none is about the intent.
    pub fn niche(&self, brief: &NicheBrief) -> Result<Niche, Vec<Problem>> {
        propose::outlined(brief, self)
    }
}

ae_core::setters! { NicheOutline {
    /// Sets the people who have the pains.
    fn with_audience(audience: into String);
    /// Sets the benefit of a product for them.
    fn with_value_proposition(value_proposition: into String);
    /// Sets the pains, each with the ids of the posts that speak of it.
    fn with_pains(pains: Vec<(String, Vec<String>)>);
    /// Sets the ids of all posts behind it.
    fn with_evidence(evidence: Vec<String>);
} }

/// A feature in the words of an analyst.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeatureOutline {
    /// The title: of a product that is delivered, one of the offer's.
    pub title: String,
    /// One or two sentences. Of a product that is delivered the offer's own are used, which are proven.
    pub description: String,
    /// The wish of a user, after "I want to".
    pub wish: String,
    /// Why, after "so that".
    pub benefit: String,
    /// How much it matters; `None` follows from its place.
    pub priority: Option<Priority>,
    /// The reason for that.
    pub why: String,
    /// The ids of the posts that ask for it.
    pub evidence: Vec<String>,
}

impl FeatureOutline {
    /// A feature that rests on no evidence yet.
    pub fn new(title: impl Into<String>, description: impl Into<String>) -> Self {
        Self { title: title.into(), description: description.into(), ..Self::default() }
    }
}

ae_core::setters! { FeatureOutline {
    /// Sets what a user wants.
    fn with_wish(wish: into String);
    /// Sets why.
    fn with_benefit(benefit: into String);
    /// Sets how much it matters.
    fn with_priority(priority: some Priority);
    /// Sets the reason for that.
    fn with_why(why: into String);
    /// Sets the ids of the posts that ask for it.
    fn with_evidence(evidence: Vec<String>);
} }

/// A product in the words of an analyst. What it leaves empty is written by the rules of
/// [`RuleAnalyst`](crate::RuleAnalyst).
///
/// [`spec`](Self::spec) adds what no analyst decides: what is delivered, and which offer it is made from, by the words
/// that the offer covers; the features of a delivered product with their proofs, all of them; the criteria; the price that
/// the intent names, or the interval and the range of another one; the arithmetic; the evidence, and the notes on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProductOutline {
    /// The analyst's name.
    pub analyst: String,
    /// The name that customers use.
    pub product_name: Option<String>,
    /// One line for the top of the page. Of a product that is delivered it may say nothing that the offer does not do.
    pub tagline: Option<String>,
    /// For whom. Those that the intent names take their place.
    pub audience: Option<String>,
    /// The problem of today, which cites posts as `[id]`.
    pub problem: Option<String>,
    /// The features, the most important first: those of the offer by their titles, or what is planned.
    pub features: Vec<FeatureOutline>,
    /// The price of the paid plan where the intent names none: an estimate.
    pub price: Option<Money>,
    /// Statements taken for granted without evidence.
    pub assumptions: Vec<String>,
    /// Open questions.
    pub unclear: Vec<String>,
    /// The things that it will not do, besides those of the offer.
    pub out_of_scope: Vec<String>,
}

impl ProductOutline {
    /// A product of which the rules write everything, in the name of `analyst`.
    pub fn new(analyst: impl Into<String>) -> Self {
        Self {
            analyst: analyst.into(),
            product_name: None,
            tagline: None,
            audience: None,
            problem: None,
            features: Vec::new(),
            price: None,
            assumptions: Vec::new(),
            unclear: Vec::new(),
            out_of_scope: Vec::new(),
        }
    }

    /// The spec, in which [`verify_spec`](crate::verify_spec) finds no problem.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: a brief that does not fit together, a text that is not plain, a number in digits that
    /// neither the intent, the offer nor a cited post has, an id that is not the niche's, a promise that the offer does not
    /// cover, a price out of range, and the problems of the spec.
    pub fn spec(&self, brief: &SpecBrief) -> Result<ProductSpec, Vec<Problem>> {
        spec::outlined(brief, self)
    }
}

ae_core::setters! { ProductOutline {
    /// Sets the name that customers use.
    fn with_product_name(product_name: some into String);
    /// Sets the line for the top of the page.
    fn with_tagline(tagline: some into String);
    /// Sets for whom it is.
    fn with_audience(audience: some into String);
    /// Sets the problem of today.
    fn with_problem(problem: some into String);
    /// Sets the features, the most important first.
    fn with_features(features: Vec<FeatureOutline>);
    /// Sets the price of the paid plan.
    fn with_price(price: some Money);
    /// Sets what is taken for granted without evidence.
    fn with_assumptions(assumptions: Vec<String>);
    /// Sets the open questions.
    fn with_unclear(unclear: Vec<String>);
    /// Sets what it will not do.
    fn with_out_of_scope(out_of_scope: Vec<String>);
} }

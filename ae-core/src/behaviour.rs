//! The behaviour of a product, as cases that a program can run.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Feature;

crate::wire_enum! {
    /// The thing that a customer gets.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[derive(Default)]
    #[non_exhaustive]
    pub enum Deliverable {
        /// A tool that works in the visitor's browser.
        WebTool = "web_tool",
        /// A page for a product that is not built yet. Nothing is sold.
        #[default]
        PreOrder = "pre_order",
    }
}

/// One function of a product's ES module, with what must hold of it.
///
/// The function takes one argument, JSON data, and returns JSON data or a promise of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Behaviour {
    /// Its name, unique in the product, for example `repair`.
    pub id: String,
    /// The path of the module within the product, for example `tool/repair.js`.
    pub module: String,
    /// The name under which the module exports the function.
    pub export: String,
    /// The cases: this input, that result.
    #[serde(default)]
    pub cases: Vec<Case>,
    /// Laws that hold for any input, tried on some.
    #[serde(default)]
    pub properties: Vec<Property>,
}

impl Behaviour {
    /// A behaviour that is not pinned down yet.
    pub fn new(id: impl Into<String>, module: impl Into<String>, export: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            module: module.into(),
            export: export.into(),
            cases: Vec::new(),
            properties: Vec::new(),
        }
    }
}

crate::setters! { Behaviour {
    /// Sets the cases.
    fn with_cases(cases: Vec<Case>);
    /// Sets the laws.
    fn with_properties(properties: Vec<Property>);
} }

/// An input and the result that is right for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Case {
    /// A few words, unique in its behaviour.
    pub name: String,
    /// The argument.
    pub given: Value,
    /// The result. Numbers are compared by value, objects without regard to order.
    pub expect: Value,
    /// Texts that may be replaced throughout `given` and `expect` without making the case wrong: a check puts others of
    /// the same shape in their place, so that a module which knows the cases by heart fails.
    #[serde(default)]
    pub vary: Vec<String>,
}

impl Case {
    /// A case in which nothing may be replaced.
    pub fn new(name: impl Into<String>, given: Value, expect: Value) -> Self {
        Self { name: name.into(), given, expect, vary: Vec::new() }
    }
}

crate::setters! { Case {
    /// Sets the texts that may be replaced.
    fn with_vary(vary: Vec<String>);
} }

/// A law with the inputs on which it is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Property {
    /// A few words, unique in its behaviour.
    pub name: String,
    /// The law.
    pub law: Law,
    /// The arguments on which it is tried.
    pub given: Vec<Value>,
    /// Texts of the arguments that may be replaced, as in a [`Case`].
    #[serde(default)]
    pub vary: Vec<String>,
}

impl Property {
    /// A law on some inputs, in which nothing may be replaced.
    pub fn new(name: impl Into<String>, law: Law, given: Vec<Value>) -> Self {
        Self { name: name.into(), law, given, vary: Vec::new() }
    }
}

crate::setters! { Property {
    /// Sets the texts that may be replaced.
    fn with_vary(vary: Vec<String>);
} }

/// A statement on a function `f` that holds for any input. Places within arguments and results are JSON pointers (RFC 6901); the
/// empty one is the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Law {
    /// `back(f(x))` is `x`.
    RoundTrip {
        /// The export of the same module that leads back.
        back: String,
    },
    /// `f(f(x))` is `f(x)`.
    Idempotent,
    /// The array at `to` in the result holds elements of the array at `from` in the argument, in their order there.
    KeepsOrder {
        /// A place in the argument.
        from: String,
        /// A place in the result.
        to: String,
    },
    /// Each element of the arrays at `from` in the argument is in an array at `to` in the result, as many times.
    LosesNothing {
        /// Places in the argument.
        from: Vec<String>,
        /// Places in the result.
        to: Vec<String>,
    },
}

/// A product that a builder can make: its abilities, known before anything is specified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Offer {
    /// Its name, for example `tabular`.
    pub name: String,
    /// The thing that a customer gets.
    pub deliverable: Deliverable,
    /// The nouns for what it works on, for example `csv`: an intent must name one of them.
    pub families: Vec<String>,
    /// The other words that an intent may use for what it does, for example `convert`. An intent with a word that is
    /// neither here nor in the features asks for something else.
    pub words: Vec<String>,
    /// One line for the top of the page.
    pub tagline: String,
    /// Its functions, the most important first.
    pub features: Vec<OfferedFeature>,
    /// The things that it does not do.
    pub limits: Vec<String>,
}

impl Offer {
    /// An offer that covers no intent and does nothing yet.
    pub fn new(name: impl Into<String>, deliverable: Deliverable, tagline: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            deliverable,
            families: Vec::new(),
            words: Vec::new(),
            tagline: tagline.into(),
            features: Vec::new(),
            limits: Vec::new(),
        }
    }
}

crate::setters! { Offer {
    /// Sets the nouns for what it works on.
    fn with_families(families: Vec<String>);
    /// Sets the other words that an intent may use.
    fn with_words(words: Vec<String>);
    /// Sets its functions.
    fn with_features(features: Vec<OfferedFeature>);
    /// Sets the things that it does not do.
    fn with_limits(limits: Vec<String>);
} }

/// A function that a builder can deliver, with the proof that it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OfferedFeature {
    /// The feature with its tier and behaviours; no evidence.
    pub feature: Feature,
    /// The words by which posts and intents speak of it.
    pub words: Vec<String>,
}

impl OfferedFeature {
    /// A feature that goes by `words`.
    pub const fn new(feature: Feature, words: Vec<String>) -> Self {
        Self { feature, words }
    }
}

//! Numbers with their source, and sums of them.

use ae_core::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A number of a report: its value, or the reason why there is none.
///
/// A missing number is `value: None` with a note, never a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Figure {
    /// The number, or `None` for "not measured".
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub value: Option<Decimal>,
    /// The source of the number.
    pub source: String,
    /// The time of reading or computing.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub at: Timestamp,
    /// Whether it is an estimate.
    pub estimated: bool,
    /// The meaning of the number, or the reason why it is missing.
    pub note: String,
}

impl Figure {
    /// A number that was counted or read.
    pub fn measured(value: impl Into<Decimal>, source: impl Into<String>, at: Timestamp) -> Self {
        Self { value: Some(value.into()), source: source.into(), at, estimated: false, note: String::new() }
    }

    /// A number that follows from assumptions, which `note` names.
    pub fn estimated(
        value: impl Into<Decimal>,
        source: impl Into<String>,
        at: Timestamp,
        note: impl Into<String>,
    ) -> Self {
        Self { value: Some(value.into()), source: source.into(), at, estimated: true, note: note.into() }
    }

    /// A number that was not measured, with the reason.
    pub fn unknown(source: impl Into<String>, at: Timestamp, note: impl Into<String>) -> Self {
        Self { value: None, source: source.into(), at, estimated: false, note: note.into() }
    }
}

/// One term of a score, so that the sum can be recomputed from the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScoreTerm {
    /// The property that is scored, for example `pain_clarity`.
    pub name: String,
    /// Points given, or `None` when the input is missing and the term is left out.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub points: Option<Decimal>,
    /// The most points the term can give.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub out_of: Decimal,
    /// The basis of the points, or the reason why there are none.
    pub note: String,
    /// The ids of the evidence behind it.
    pub evidence: Vec<String>,
}

/// A sum of terms; it is not rescaled when terms are missing: `out_of` is the most that can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Score {
    /// The points of all terms that have some.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub total: Decimal,
    /// The most points of those terms.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub out_of: Decimal,
    /// The terms, in a fixed order.
    pub terms: Vec<ScoreTerm>,
}

impl ScoreTerm {
    /// A term with `points` of `out_of`, or one that is left out.
    pub fn new(
        name: impl Into<String>,
        points: Option<Decimal>,
        out_of: Decimal,
        note: impl Into<String>,
        evidence: Vec<String>,
    ) -> Self {
        Self { name: name.into(), points, out_of, note: note.into(), evidence }
    }
}

impl Score {
    /// Sums the terms that have points.
    pub fn from_terms(terms: Vec<ScoreTerm>) -> Self {
        let counted = || terms.iter().filter_map(|term| Some((term.points?, term.out_of)));
        Self {
            total: counted().map(|(points, _)| points).sum(),
            out_of: counted().map(|(_, out_of)| out_of).sum(),
            terms,
        }
    }
}

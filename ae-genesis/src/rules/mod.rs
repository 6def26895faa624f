//! Analyst and validator that work by written rules, with no model.

mod coverage;
mod family;
mod judge;
mod naming;
mod outline;
mod outline_check;
mod plan;
mod pricing;
mod propose;
mod reading;
mod spec;
mod stories;
mod tasks;

use ae_core::{BackendError, IdempotencyKey, Mode, Offer, ProductSpec};
use async_trait::async_trait;
use rust_decimal::Decimal;

pub use self::outline::{FeatureOutline, NicheOutline, ProductOutline};
use crate::{
    Analyst, AnalystInfo, Drafted, Niche, NicheBrief, NicheValidator, ScoreTerm, SignalQuery, SpecBrief,
    ValidationReport, ValidationRequest,
};

/// The name of both rule-based backends.
const NAME: &str = "rule-based";

/// A term of a score with `points` of `out_of`, or one that is left out.
fn term<T: Into<Decimal>>(
    name: &str,
    points: Option<T>,
    out_of: i64,
    note: impl Into<String>,
    evidence: Vec<String>,
) -> ScoreTerm {
    let out_of = Decimal::from(out_of);
    let points = points.map(|points| points.into().clamp(Decimal::ZERO, out_of));
    ScoreTerm::new(name, points, out_of, note, evidence)
}

/// An analyst that follows written rules and a bundled table of product families; no model, no network.
///
/// It is deterministic: the same brief gives the same niches, order and scores, and the same spec, under any key, and a cost
/// of zero. Names, prices,
/// features and criteria come from the intent, the offers and the table, never from outside text, which appears only as
/// evidence.
///
/// The spec is made from the first [offer](SpecBrief::offers) that covers every word of the intent. Otherwise it is a
/// pre-order in the intent's own words, and [`ProductSpec::unclear`] says why. For an intent with a
/// [question](crate::SignalQuery::question) it proposes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleAnalyst;

impl SignalQuery {
    /// The words of the intent that an offer has to cover: without grammar, praise and words for "tool".
    pub fn asked(&self) -> Vec<String> {
        coverage::content(self)
    }

    /// Whether `offer` covers every word of the intent, so that [`RuleAnalyst`] makes a spec from it.
    ///
    /// # Errors
    ///
    /// The reason why it does not, in a few words.
    pub fn covered_by(&self, offer: &Offer) -> Result<(), String> {
        plan::cover(offer, self).map(drop)
    }
}

#[async_trait]
impl Analyst for RuleAnalyst {
    fn info(&self) -> AnalystInfo {
        AnalystInfo::new(NAME, Mode::Offline, env!("CARGO_PKG_VERSION")).with_repeats()
    }

    async fn propose(
        &self,
        _: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> Result<Drafted<Vec<Niche>>, BackendError> {
        Ok(Drafted::free(propose::propose(brief), brief.intent.currency()))
    }

    async fn specify(
        &self,
        _: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> Result<Drafted<ProductSpec>, BackendError> {
        Ok(Drafted::free(spec::specify(brief)?, brief.intent.currency()))
    }
}

/// A validator that adds up points from evidence; no keyword source, no model.
///
/// The sum is out of 100: niche score × 0.30 (30), search volume (20), competition (15), business customers (15), average
/// revenue per customer (10), keyword difficulty (10). A term whose input is missing is left out with a note. The rule is
/// 60 % of the points that could be reached, the whole of the niche score among them, so that less evidence never asks
/// for fewer points.
///
/// [`Verdict::Go`](crate::Verdict::Go) needs at least 3 independent posts of the last three years, two of them a
/// request, a complaint or a willingness to pay, and one of these in the intent's own words; without that it is
/// [`Verdict::NotEnoughEvidence`](crate::Verdict::NotEnoughEvidence). A post without a date is not taken for a recent one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleValidator;

#[async_trait]
impl NicheValidator for RuleValidator {
    fn name(&self) -> &str {
        NAME
    }

    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError> {
        Ok(judge::judge(request))
    }
}

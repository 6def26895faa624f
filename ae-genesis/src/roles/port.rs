//! The port that turns evidence into niches, and a niche into a spec.

use std::fmt;

use ae_core::{BackendError, IdempotencyKey, ProductSpec};
use async_trait::async_trait;

use crate::{AnalystInfo, Drafted, Niche, NicheBrief, SpecBrief};

/// Turns evidence into niches, and a niche into a product spec.
///
/// ```
/// use ae_genesis::core::{Currency, Digest, IdempotencyKey, Intent, Money, RunId};
/// use ae_genesis::{Analyst, NicheBrief, RuleAnalyst};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let intent = Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?;
/// let brief = NicheBrief::new(intent, Vec::new(), "2026-11-24T00:00:00Z".parse()?);
/// let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "validate", "propose", 0);
/// let draft = RuleAnalyst.propose(&key, &brief).await?;
/// assert!(draft.artefact.is_empty(), "without evidence there is no niche");
/// assert_eq!(draft.cost, Some(Money::zero(Currency::USD)), "no model was called");
/// # Ok(()) }
/// ```
///
/// # Contract
///
/// - C1. [`info`](Self::info) does not change, and its name is not empty.
/// - C2. Without evidence, [`propose`](Self::propose) returns nothing, unless the brief says that a person goes on despite that.
/// - C3. At most [`NicheBrief::count`] niches, with distinct ids.
/// - C4. Every piece of evidence of a niche, and every id a score term names, is in the brief.
/// - C5. A niche's score is the sum of its terms, and no term gives more than its maximum.
/// - C6. [`specify`](Self::specify) returns a spec in which [`verify_spec`](crate::verify_spec) finds no problem.
/// - C7. The spec serves the brief's niche, cites only the niche's evidence, and carries the analyst's name.
/// - C8. A spec whose evidence comes from sample signals says so.
/// - C9. Unknown facts and untested assumptions are listed in the spec.
/// - C10. An answer of an analyst that is not metered has a cost of zero, no usage, no model and no repair. The cost of a
///   metered one is the sum of its calls, never below zero, and `None` where one of them was not measured.
/// - C11. An analyst whose [`info`](Self::info) says that it repeats gives the same answer for the same key and brief, and
///   is paid for it once. For other analysts a repeated key is a new answer.
///
/// # Errors
///
/// `InvalidInput` for a brief that does not fit together. A model-backed analyst also returns the errors of its calls,
/// `QuotaExceeded` where its budget does not hold the next one, and `Protocol` where its model gave nothing that can be used;
/// calls that were made are paid all the same. An analyst has no effect but cost.
///
/// # Cancel safety
///
/// Dropping the future loses the answer and nothing else.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Analyst: fmt::Debug + Send + Sync + 'static {
    /// The analyst's name and nature.
    fn info(&self) -> AnalystInfo;

    /// Proposes niches that the evidence supports, best first.
    async fn propose(
        &self,
        key: &IdempotencyKey,
        brief: &NicheBrief,
    ) -> Result<Drafted<Vec<Niche>>, BackendError>;

    /// Specifies a product for one niche.
    async fn specify(
        &self,
        key: &IdempotencyKey,
        brief: &SpecBrief,
    ) -> Result<Drafted<ProductSpec>, BackendError>;
}

ae_core::forward! { Analyst {
    fn info(&self) -> AnalystInfo;
    async fn propose(&self, key: &IdempotencyKey, brief: &NicheBrief) -> Result<Drafted<Vec<Niche>>, BackendError>;
    async fn specify(&self, key: &IdempotencyKey, brief: &SpecBrief) -> Result<Drafted<ProductSpec>, BackendError>;
} }

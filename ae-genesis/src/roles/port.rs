//! The port that turns evidence into niches, and a niche into a spec.

use std::fmt;

use ae_core::{BackendError, ProductSpec};
use async_trait::async_trait;

use crate::{AnalystInfo, Niche, NicheBrief, SpecBrief};

/// Turns evidence into niches, and a niche into a product spec.
///
/// ```
/// use ae_genesis::core::{Currency, Intent, Money};
/// use ae_genesis::{Analyst, NicheBrief, RuleAnalyst};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let intent = Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?;
/// let brief = NicheBrief::new(intent, Vec::new(), "2026-11-24T00:00:00Z".parse()?);
/// assert!(RuleAnalyst.propose(&brief).await?.is_empty(), "without evidence there is no niche");
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
///
/// # Errors
///
/// `InvalidInput` for a brief that does not fit together; a model-backed analyst also returns what its model
/// returned. An analyst has no effect but cost.
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
    async fn propose(&self, brief: &NicheBrief) -> Result<Vec<Niche>, BackendError>;

    /// Specifies a product for one niche.
    async fn specify(&self, brief: &SpecBrief) -> Result<ProductSpec, BackendError>;
}

ae_core::forward! { Analyst {
    fn info(&self) -> AnalystInfo;
    async fn propose(&self, brief: &NicheBrief) -> Result<Vec<Niche>, BackendError>;
    async fn specify(&self, brief: &SpecBrief) -> Result<ProductSpec, BackendError>;
} }

//! The port that judges niches.

use std::fmt;

use ae_core::BackendError;
use async_trait::async_trait;

use crate::{ValidationReport, ValidationRequest};

/// Decides whether a niche is worth building.
///
/// ```
/// use ae_genesis::core::{Currency, Digest, Intent, Money, NicheId};
/// use ae_genesis::{Figure, Niche, NicheValidator, RuleValidator, ValidationRequest, Verdict};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now = "2026-11-24T00:00:00Z".parse()?;
/// let intent = Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?;
/// let id = NicheId::from_digest(&Digest::of_bytes("example", b"csv"));
/// let unknown = || Figure::unknown("search volume", now, "no keyword source configured");
/// let niche = Niche::new(id, "CSV", unknown(), unknown());
/// let report = RuleValidator.validate(&ValidationRequest::new(niche, intent, now)).await?;
/// assert_eq!(report.verdict, Verdict::NotEnoughEvidence);
/// # Ok(()) }
/// ```
///
/// # Contract
///
/// - C1. The report names the request's niche and the validator, and the same request gives the same report.
/// - C2. A niche without evidence is [`Verdict::NotEnoughEvidence`](crate::Verdict::NotEnoughEvidence).
/// - C3. [`Verdict::Go`](crate::Verdict::Go) needs several independent items, at least one of them a request, a complaint or a willingness
///   to pay.
/// - C4. The score is the sum of its terms; a missing input leaves its term out with a note, never a default.
/// - C5. There is at least one reason.
/// - C6. The confidence is between 0 and 1, and marked as an estimate.
/// - C7. Customers needed = target ÷ price, rounded up.
///
/// # Errors
///
/// `InvalidInput` for a request that does not fit together; a validator with paid sources also returns what they
/// returned.
///
/// # Cancel safety
///
/// Dropping the future loses the answer and nothing else.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait NicheValidator: fmt::Debug + Send + Sync + 'static {
    /// The name in reports, for example `rule-based`.
    fn name(&self) -> &str;

    /// Judges one niche.
    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError>;
}

ae_core::forward! { NicheValidator {
    fn name(&self) -> &str;
    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError>;
} }

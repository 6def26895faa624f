//! Who decides whether a niche is worth building.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, Intent, MrrArithmetic, NicheId, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::SignalQuery;
use crate::{Figure, Niche, Score};

/// What to do with a niche.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Build it.
    Go,
    /// Do not build it: the evidence speaks against it.
    NoGo,
    /// Too little is known to decide.
    NotEnoughEvidence,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::NotEnoughEvidence => "not enough evidence",
        })
    }
}

/// A number of a validation under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFigure {
    /// What it counts, for example `search_volume` or `requests`.
    pub name: String,
    /// The number and where it is from, or why there is none.
    pub figure: Figure,
}

/// What to validate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationRequest {
    /// The niche.
    pub niche: Niche,
    /// What is wanted.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl ValidationRequest {
    /// A request for one niche.
    #[must_use]
    pub fn new(niche: Niche, intent: Intent, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { niche, intent, query, now }
    }
}

/// How a niche was judged, with everything the judgement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationReport {
    /// The niche.
    pub niche: NicheId,
    /// What to do with it.
    pub verdict: Verdict,
    /// The sum behind the verdict, with the terms that were left out.
    pub score: Score,
    /// Why, in sentences for a person, the decisive one first.
    pub reasons: Vec<String>,
    /// How sure the judgement is, 0 to 1; follows from the evidence.
    pub confidence: Figure,
    /// What the revenue target means in customers, if the intent names one.
    pub mrr: Option<MrrArithmetic>,
    /// Every number that was used or is missing.
    pub figures: Vec<NamedFigure>,
    /// Who judged, for example `rule-based`.
    pub validated_by: String,
    /// When.
    pub at: Timestamp,
}

impl ValidationReport {
    /// The figure called `name`.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|entry| entry.name == name).map(|entry| &entry.figure)
    }
}

/// Decides whether a niche is worth building.
///
/// ```
/// use ae_core::{Currency, Digest, Intent, Money, NicheId};MOVED{Figure, Niche}
/// use ae_genesis::{NicheValidator, RuleValidator, ValidationRequest, Verdict};
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
/// - C1. The report names the request's niche, and the same request gives the same report.
/// - C2. A niche without evidence is [`Verdict::NotEnoughEvidence`].
/// - C3. [`Verdict::Go`] needs several independent items, at least one of them a request, a complaint or a willingness
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
#[async_trait]
pub trait NicheValidator: fmt::Debug + Send + Sync + 'static {
    /// What reports call it, for example `rule-based`.
    fn name(&self) -> &str;

    /// Judges one niche.
    async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: NicheValidator + ?Sized> NicheValidator for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            async fn validate(&self, request: &ValidationRequest) -> Result<ValidationReport, BackendError> {
                (**self).validate(request).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

const _: Option<&dyn NicheValidator> = None;

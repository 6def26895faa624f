//! Joins sources of signals to the ranking: local ones directly, live ones through the guard.

use ae_core::{Action, ActionKind, BackendError, ErrorKind, Evidence, IdempotencyKey, Spend, Untrusted};
use ae_genesis::{Ranking, Retriever, RetrieverLimits, SignalQuery, SourceReport};
use ae_safety::{ActionEnd, Grant, Redactor, Refusal, request_digest};
use serde::Serialize;

use crate::run::{Ports, Seed};

/// How many signals are kept as evidence.
const EVIDENCE_MAX: usize = 30;

/// What reading the sources gave.
#[derive(Debug)]
pub struct Collected {
    /// The ranking of what concerns the intent.
    pub ranking: Ranking,
    /// What became of each source that answered.
    pub reports: Vec<SourceReport>,
    /// The live sources that could not be reached, each with its reason.
    pub unreachable: Vec<String>,
}

/// The part of a live request that is judged and recorded.
#[derive(Debug, Serialize)]
struct LiveRequest<'a> {
    source: &'a str,
    intent: &'a str,
}

/// Reads every source and ranks what concerns the intent.
///
/// # Errors
///
/// When a local source can't be read, or a gate could not be asked.
pub async fn collect(
    ports: &Ports,
    seed: &Seed,
    query: &SignalQuery,
) -> Result<Result<Collected, Refusal>, BackendError> {
    let mut retriever = Retriever::new(query, RetrieverLimits::default());
    let (mut reports, mut unreachable) = (Vec::new(), Vec::new());
    for source in &ports.local_sources {
        reports.push(source.collect(query, &mut retriever).await?);
    }
    for (sequence, source) in (0_u32..).zip(&ports.live_sources) {
        let request = LiveRequest { source: "live", intent: seed.intent.text() };
        let action = Action::new(
            ActionKind::NetworkAccess,
            "signals/collect",
            "demand signals",
            request_digest(&request)?,
        )
        .with_owner(seed.project, seed.run)
        .with_spend(Spend::Free)
        .with_summary("search public posts for the intent's keywords");
        let key = IdempotencyKey::derive(seed.run, "discover", "collect", sequence);
        let permit = match source.authorize(&key, action, request, &Grant::new("ae")).await? {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let redeemed = match permit.redeem().await? {
            Ok(redeemed) => redeemed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match redeemed.backend().collect(query, &mut retriever).await {
            Ok(report) => {
                redeemed.finish(ActionEnd::done(None)).await?;
                reports.push(report);
            }
            Err(error) => {
                redeemed.finish(ActionEnd::failed(&error)).await?;
                unreachable.push(error.to_string());
            }
        }
    }
    let mut ranking = retriever.finish(ports.runtime.now(), EVIDENCE_MAX);
    for evidence in &mut ranking.evidence {
        redact(&ports.redactor, evidence);
    }
    Ok(Ok(Collected { ranking, reports, unreachable }))
}

/// Evidence is published with the product: a secret that somebody posted by mistake is not spread further.
fn redact(redactor: &Redactor, evidence: &mut Evidence) {
    let title = redactor.redact(evidence.title.as_data()).into_owned();
    evidence.title = Untrusted::new(evidence.title.origin().clone(), title);
    if let Some(url) = &evidence.url {
        let clean = redactor.redact(url).into_owned();
        evidence.url = (clean == *url).then_some(clean);
    }
}

/// Whether an error of a local source means that its input can't be right.
#[must_use]
pub fn is_bad_input(error: &BackendError) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::Unsupported)
}

//! Joins sources of signals to the ranking: local ones directly, live ones through the guard.

use std::sync::Arc;

use ae_core::{
    Action, ActionKind, BackendError, ErrorKind, Evidence, IdempotencyKey, Spend, Timestamp, Untrusted,
};
use ae_genesis::{NicheSource, Ranking, Retriever, SignalQuery, SourceReport, SourceStatus};
use ae_safety::{ActionEnd, Grant, Guarded, Redactor, Refusal, request_digest};
use serde::Serialize;

use super::Owner;

/// How many signals are kept as evidence.
const EVIDENCE_MAX: usize = 30;

/// The sources of one run.
#[derive(Debug)]
pub struct Sources {
    /// On this machine.
    pub local: Vec<Arc<dyn NicheSource>>,
    /// On the network.
    pub live: Vec<Guarded<Arc<dyn NicheSource>>>,
    /// Takes secrets out of what they return.
    pub redactor: Redactor,
}

/// The result of reading the sources.
#[derive(Debug)]
pub struct Collected {
    /// The ranking of what concerns the intent.
    pub ranking: Ranking,
    /// The outcome of each source that answered.
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
pub async fn collect(
    sources: &Sources,
    owner: Owner,
    intent: &str,
    query: &SignalQuery,
    now: Timestamp,
) -> Result<Result<Collected, Refusal>, BackendError> {
    let mut retriever = Retriever::new(query);
    let (mut reports, mut unreachable) = (Vec::new(), Vec::new());
    for source in &sources.local {
        let report = source.collect(query, &mut retriever).await?;
        // Evidence from half a file would pass for evidence from the whole.
        if let SourceStatus::Partial(why) = &report.status {
            let message = format!("{why}; {} signals were read before", report.signals_read);
            return Err(BackendError::new(ErrorKind::InvalidInput, "signals", "collect", message));
        }
        reports.push(report);
    }
    for (sequence, source) in (0_u32..).zip(&sources.live) {
        let request = LiveRequest { source: "live", intent };
        let action = Action::new(
            ActionKind::NetworkAccess,
            "signals/collect",
            "demand signals",
            request_digest(&request)?,
        )
        .with_owner(owner.project, owner.run)
        .with_spend(Spend::Free)
        .with_summary("search public posts for the intent's keywords");
        let key = IdempotencyKey::derive(owner.run, "discover", "collect", sequence);
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
    let mut ranking = retriever.finish(now, EVIDENCE_MAX);
    for evidence in &mut ranking.evidence {
        redact(&sources.redactor, evidence);
    }
    Ok(Ok(Collected { ranking, reports, unreachable }))
}

/// Evidence is published with the product: a secret that was posted by mistake is not spread further.
fn redact(redactor: &Redactor, evidence: &mut Evidence) {
    let title = redactor.redact(evidence.title.as_data()).into_owned();
    evidence.title = Untrusted::new(evidence.title.origin().clone(), title);
    if let Some(url) = &evidence.url {
        let clean = redactor.redact(url).into_owned();
        evidence.url = (clean == *url).then_some(clean);
    }
}

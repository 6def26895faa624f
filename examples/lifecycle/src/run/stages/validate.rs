//! Proposes niches from the evidence and validates them, best first.

use ae_core::Outcome;
use ae_genesis::{NicheBrief, NicheStatus, ValidationRequest, Verdict};
use serde_json::json;

use super::{Halt, Stage};
use crate::run::{Chosen, RunState, RunStateUpdate};

/// How many niches are proposed.
const NICHES: usize = 5;

/// Proposes niches and takes the best one that validates; none is `Blocked` with the reasons.
pub(super) async fn validate(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let mut found = stage.found()?.clone();
    let brief = NicheBrief::new(start.intent.clone(), found.evidence.clone(), start.created_at)
        .with_sources(found.sources.clone())
        .with_count(NICHES);
    let mut niches = stage.ask_analyst("propose", brief, |analyst, _, brief| analyst.propose(brief)).await?;
    let mut chosen: Option<Chosen> = None;
    let mut refusals = Vec::new();
    for niche in &mut niches {
        let request = ValidationRequest::new(niche.clone(), start.intent.clone(), start.created_at);
        let report = stage.ports.validator.validate(&request).await?;
        if report.verdict == Verdict::Go {
            niche.status = NicheStatus::Selected;
            chosen = Some(Chosen { niche: niche.clone(), validation: report });
            break;
        }
        niche.status = NicheStatus::Rejected;
        refusals.push(format!("{}: {}", niche.name, report.reasons.join("; ")));
    }
    found.niches = niches;
    let Some(Chosen { niche, validation }) = &chosen else {
        let why = if refusals.is_empty() {
            "no signal concerns the intent".to_owned()
        } else {
            refusals.join(" | ")
        };
        let reason = format!("not enough evidence for this intent ({why}): add signals with --signals FILE");
        return Ok(stage.end(Outcome::Blocked, reason).found(Some(found)));
    };
    stage.note(&format!(
        "niche {:?}: validated with {} of {} known points, {} pieces of evidence (analyst: {})",
        niche.name,
        validation.score.total,
        validation.score.out_of,
        niche.evidence.len(),
        stage.ports.analyst_info.provider.name
    ));
    stage.audit("niche_selected", json!({ "niche": niche.id, "score": validation.score.total })).await?;
    let line = format!("niche {:?} validated", niche.name);
    found.chosen = chosen;
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).found(Some(found)))
}

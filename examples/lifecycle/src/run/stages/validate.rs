//! Proposes niches from the evidence and validates them, best first.

use ae_core::Outcome;
use ae_genesis::{NicheBrief, ValidationReport, ValidationRequest, Verdict};
use ae_langflow::Stop;
use serde_json::json;

use super::Stage;
use crate::run::{Life, LifeUpdate};
use ae_genesis::{Niche, NicheStatus};

/// How many niches are proposed.
const NICHES: usize = 5;

/// Proposes niches and takes the best one that validates; none is `Blocked` with the reasons.
///
/// # Errors
///
/// When the analyst or the validator breaks.
pub async fn validate(stage: Stage) -> Result<LifeUpdate, Stop> {
    let seed = stage.seed()?;
    let brief = NicheBrief::new(seed.intent.clone(), stage.life.evidence.clone(), seed.created_at)
        .with_sources(stage.life.sources.clone())
        .with_count(NICHES);
    let mut niches = stage.ports.analyst.propose(&brief).await?;
    let mut chosen: Option<(Niche, ValidationReport)> = None;
    let mut refusals = Vec::new();
    for niche in &mut niches {
        let request = ValidationRequest::new(niche.clone(), seed.intent.clone(), seed.created_at);
        let report = stage.ports.validator.validate(&request).await?;
        if report.verdict == Verdict::Go {
            niche.status = NicheStatus::Selected;
            chosen = Some((niche.clone(), report));
            break;
        }
        niche.status = NicheStatus::Rejected;
        refusals.push(format!("{}: {}", niche.name, report.reasons.join("; ")));
    }
    let Some((niche, report)) = chosen else {
        let why = if refusals.is_empty() {
            "no signal concerns the intent".to_owned()
        } else {
            refusals.join(" | ")
        };
        let reason = format!("not enough evidence for this intent ({why}): add signals with --signals FILE");
        return Ok(stage.end(Outcome::Blocked, reason).niches(niches));
    };
    stage.note(&format!(
        "niche {:?}: validated with {} of {} known points, {} pieces of evidence (analyst: {})",
        niche.name,
        report.score.total,
        report.score.out_of,
        niche.evidence.len(),
        stage.ports.analyst.name()
    ));
    stage.audit("niche_selected", json!({ "niche": niche.id, "score": report.score.total })).await?;
    let line = format!("niche {:?} validated", niche.name);
    Ok(Life::update()
        .living(stage.living("planning", "success", &line)?)
        .niches(niches)
        .niche(Some(niche))
        .validation(Some(report)))
}

//! Proposes niches from the evidence and validates them, best first.

use ae_genesis::{Niche, NicheBrief, NicheStatus, ValidationRequest, Verdict};
use serde_json::json;

use super::{Halt, Stage};
use crate::{
    glue::analysts::AnalystWork,
    run::{Chosen, Found, RunState, RunStateUpdate},
};

/// How many niches are proposed.
const NICHES: usize = 5;

/// Proposes niches and takes the best one that validates; where none does, the best one, if there is any: a person then
/// decides about it.
pub(super) async fn validate(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let mut found = stage.found()?.clone();
    let Candidates { niches, chosen, work } = candidates(&stage, &found, false).await?;
    let line = match &chosen {
        Some(best) => in_words(&stage, best),
        None => "no signal is about the intent".to_owned(),
    };
    stage.note(&line);
    if let Some(Chosen { niche, validation, .. }) = &chosen {
        let detail =
            json!({ "niche": niche.id, "score": validation.score.total, "verdict": validation.verdict });
        stage.audit("niche_selected", detail).await?;
    }
    (found.niches, found.chosen) = (niches, chosen);
    found.analyst.push(work);
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).found(Some(found)))
}

/// The niches of the evidence, best first, the one to build, and what it took to write them.
pub(super) struct Candidates {
    pub(super) niches: Vec<Niche>,
    pub(super) chosen: Option<Chosen>,
    pub(super) work: AnalystWork,
}

/// The niches of the evidence; `despite_evidence` asks for one even if nothing
/// supports it.
pub(super) async fn candidates(
    stage: &Stage,
    found: &Found,
    despite_evidence: bool,
) -> Result<Candidates, Halt> {
    let start = stage.start()?;
    let brief = NicheBrief::new(start.intent.clone(), found.evidence.clone(), start.created_at)
        .with_sources(found.sources.clone())
        .with_despite_evidence(despite_evidence)
        .with_count(NICHES);
    let ask = stage.ask_analyst("propose", brief, |analyst, key, brief| analyst.propose(key, brief));
    let (mut niches, work) = ask.await?;
    let mut chosen: Option<Chosen> = None;
    for niche in &mut niches {
        let request = ValidationRequest::new(niche.clone(), start.intent.clone(), start.created_at);
        let validation = stage.ports.validator.validate(&request).await?;
        let good = validation.verdict == Verdict::Go;
        niche.status = if good { NicheStatus::Selected } else { NicheStatus::Rejected };
        if good || chosen.is_none() {
            chosen = Some(Chosen { niche: niche.clone(), validation, despite: None });
        }
        if good {
            break;
        }
    }
    Ok(Candidates { niches, chosen, work })
}

/// A choice on one line.
fn in_words(stage: &Stage, chosen: &Chosen) -> String {
    let Chosen { niche, validation, .. } = chosen;
    format!(
        "niche {:?}: {}, {} of {} known points, {} pieces of evidence (analyst: {})",
        niche.name,
        if chosen.is_validated() { "validated" } else { "not validated" },
        validation.score.total,
        validation.score.out_of,
        niche.evidence.len(),
        stage.ports.analysts.info().provider.name
    )
}

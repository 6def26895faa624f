//! Asks whether the run goes on where the evidence is too weak.

use ae_core::{Digest, Outcome};
use ae_safety::{ApprovalQuery, ApprovalRequest};
use serde_json::json;

use super::{Halt, Stage, approve::ask, validate::candidates};
use crate::{
    glue::approver::{EVIDENCE, topic},
    run::{Chosen, Despite, Found, RunState, RunStateUpdate},
};

/// How much evidence the question shows.
const SHOWN_MAX: usize = 5;

/// Goes on where the evidence is enough. Else a person decides, at the terminal, later or in advance; a run that
/// has no person to ask is blocked.
pub(super) async fn evidence(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let mut found = stage.found()?.clone();
    if found.chosen.as_ref().is_some_and(Chosen::is_validated) {
        return Ok(RunState::update());
    }
    let reasons = reasons(&found);
    let desk = &stage.ports.keeper.desk;
    let questions = desk.list(&ApprovalQuery::new().with_run(start.run)).await?;
    // A question that was asked once stays open for the person who saw it.
    let asked = questions.iter().any(|question| topic(question) == EVIDENCE);
    if !asked && !stage.ports.approver.reaches_a_person() {
        let reason = format!(
            "not enough evidence for this intent ({}): add signals with --signals FILE, or decide yourself to go on with \
             `ae run … --despite-evidence`",
            reasons.join("; ")
        );
        return Ok(stage.end(Outcome::Blocked, reason));
    }
    let approval = desk.get(ask(&stage, question(&stage, &found, &reasons)?).await?).await?;
    let by = approval.decided_by.clone().unwrap_or_default();
    stage.audit("went_on_despite_evidence", json!({ "by": by, "standing": approval.standing })).await?;
    if found.chosen.is_none() {
        let again = candidates(&stage, &found, true).await?;
        (found.niches, found.chosen) = (again.niches, again.chosen);
        found.analyst.push(again.work);
    }
    let Some(chosen) = found.chosen else {
        let reason =
            "the analyst finds no product in this intent: say in other words what it does, and for whom";
        return Ok(stage.end(Outcome::Blocked, reason));
    };
    let line = format!("{by} goes on with {:?} although demand was not validated", chosen.niche.name);
    stage.note(&line);
    let despite = Despite { by, standing: approval.standing, approval: approval.id };
    found.chosen = Some(Chosen { despite: Some(despite), ..chosen });
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).found(Some(found)))
}

/// Why the evidence is too weak.
fn reasons(found: &Found) -> Vec<String> {
    match (&found.chosen, found.evidence.len()) {
        (Some(chosen), _) => chosen.validation.reasons.clone(),
        (None, 0) => vec!["no signal concerns it".to_owned()],
        (None, posts) => vec![format!("{posts} signals share words with it, and none is about it")],
    }
}

fn question(stage: &Stage, found: &Found, reasons: &[String]) -> Result<ApprovalRequest, Halt> {
    let intent = stage.start()?.intent.text();
    let judged = found.chosen.as_ref().map(|chosen| &chosen.validation);
    let subject = Digest::of_json("evidence-approval", &(intent, judged))?;
    let mut text = format!("The evidence is too weak to say that anyone wants this: {intent}\n");
    let mut line = |name: &str, value: &str| {
        // A post can't pass for another line of the question.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("  {name:<10} {value}\n"));
    };
    line("signals", &format!("{} read, {} concern the intent", found.signals_seen, found.evidence.len()));
    if let Some(Chosen { niche, validation, .. }) = &found.chosen {
        let score = &validation.score;
        line("niche", &niche.name);
        line("verdict", &format!("{}, {} of {} known points", validation.verdict, score.total, score.out_of));
        for item in niche.evidence.iter().take(SHOWN_MAX) {
            line("evidence", &format!("[{}] {}", item.id, item.title.one_line(70)));
        }
    }
    for reason in reasons {
        line("why", reason);
    }
    line("to approve", "goes on all the same: spec and page then say that demand was not validated");
    Ok(ApprovalRequest::new(format!("{EVIDENCE} for {intent:?}"), "ae", subject)
        .with_rendering(text)
        .with_covers(vec![subject]))
}

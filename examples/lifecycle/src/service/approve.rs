//! Decides on the question of a parked run.

use ae_core::{ErrorKind, RunId};
use ae_safety::{Approval, Ruling};

use crate::{
    engine::{self, Installation, Question},
    error::{Error, Result},
    glue::approver::topic,
    store::RunStatus,
};

/// The fewest hex digits that name a question.
const DIGEST_DIGITS_MIN: usize = 8;

/// A decision on what a run asks.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The run.
    pub run: RunId,
    /// The name of the approver, for the record.
    pub person: String,
    /// Whether the answer is no.
    pub reject: bool,
    /// Why, for the record.
    pub reason: Option<String>,
    /// The beginning of the digest that the approver saw.
    pub digest: Option<String>,
    /// The stage that the approver means.
    pub stage: Option<String>,
}

/// A recorded decision, or a question that must be asked again first.
#[derive(Debug)]
pub enum Decided {
    /// The decision is recorded.
    Recorded {
        /// The question.
        question: Box<Approval>,
        /// Whether a secret was taken out of the reason.
        redacted: bool,
        /// Whether another process runs the run and goes on with it.
        elsewhere: bool,
    },
    /// The question expired; the run has to ask again before anyone can decide.
    Expired,
}

/// Records `decision` on what the run asks now.
///
/// # Errors
///
/// `Conflict` when the run asks nothing or something else than the approver saw, `InvalidInput` when the decision
/// does not say which question it is for.
pub async fn approve(installation: &Installation, decision: Decision) -> Result<Decided> {
    let run = decision.run;
    let row = installation.runs.get(run).await?;
    if row.status.is_final() || row.cancel_requested {
        let state = if row.cancel_requested { RunStatus::Cancelled } else { row.status };
        let message = format!("run {run} is {state}: there is nothing to decide");
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let question = match engine::question(installation, run).await? {
        Question::Open(question) => question,
        Question::Expired(_) => return Ok(Decided::Expired),
        Question::None => {
            let hint = format!(
                "see where it stands with `ae status {run}`; if it was interrupted: `ae resume {run}`"
            );
            let message = format!("run {run} waits for no approval");
            return Err(Error::new(ErrorKind::Conflict, message).with_hint(hint));
        }
    };
    is_meant(&decision, &question)?;
    let ruling =
        if decision.reject { Ruling::deny(&decision.person) } else { Ruling::approve(&decision.person) };
    let reason = decision.reason.as_deref().map(|reason| installation.keeper.redactor.redact(reason));
    let redacted = reason.as_deref() != decision.reason.as_deref();
    let ruling = reason.into_iter().fold(ruling, |ruling, reason| ruling.with_reason(reason));
    installation.keeper.desk.decide(question.id, ruling).await?;
    let elsewhere = engine::try_lease(installation, run).await?.is_none();
    Ok(Decided::Recorded { question: Box::new(question), redacted, elsewhere })
}

/// Whether `question` is the one that the approver saw.
fn is_meant(decision: &Decision, question: &Approval) -> Result<()> {
    let run = decision.run;
    let digest = question.request.subject.to_string();
    let other = |message: String| {
        let hint = format!("look again: `ae status {run}`; nothing was decided");
        Err(Error::new(ErrorKind::Conflict, message).with_hint(hint))
    };
    if let Some(seen) = &decision.digest {
        if seen.len() < DIGEST_DIGITS_MIN || !seen.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message = format!(
                "--digest {seen:?} names no question: give {DIGEST_DIGITS_MIN} or more hex digits of the digest that \
                 `ae status {run}` shows"
            );
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        if !digest.starts_with(&seen.to_ascii_lowercase()) {
            return other(format!("run {run} now asks for {digest}, not for what you saw"));
        }
    }
    if let Some(stage) = &decision.stage {
        let asked = topic(question);
        if asked != stage {
            return other(format!("run {run} asks about the {asked}, not about the {stage}"));
        }
    }
    Ok(())
}

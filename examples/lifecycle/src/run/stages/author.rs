//! Lets a coding agent specify the product as data, before anything is built.

use std::path::Path;

use ae_core::{BackendError, Deliverable, ErrorKind, Money, Offer, Outcome, TokenUsage};
use ae_genesis::SignalQuery;
use ae_harness::{AgentRequest, KitDraft};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Halt, Stage};
use crate::{
    glue::{
        agent::{Agent, AgentOrder, AgentRoom},
        author::{Assignment, prompt, sense},
    },
    run::{Authored, RunState, RunStateUpdate},
};

/// The part of a run's budget, in percent, that the author may spend before the spec is approved.
const AUTHOR_PERCENT: i128 = 20;
/// How often the author tries.
const ATTEMPTS_MAX: u32 = 3;

/// One attempt of the author.
#[derive(Debug, Serialize, Deserialize)]
enum Tried {
    /// A specification that makes sense.
    Good { draft: Box<KitDraft>, usage: Option<TokenUsage> },
    /// One that does not, or none.
    Bad { problems: Vec<String>, usage: Option<TokenUsage> },
    /// The run ends here.
    Over { outcome: Outcome, reason: String },
}

/// Has the coding agent specify the product: its manifest, and behaviours that are sealed with the spec. With the built-in
/// builder nothing is done. An intent that no tool on a web page can fulfil becomes a pre-order; a specification that makes
/// no sense after three attempts blocks the run.
pub(super) async fn author(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let Some(agent) = &stage.ports.agent else { return Ok(RunState::update()) };
    let start = stage.start()?;
    let (query, budget) = (SignalQuery::from_intent(&start.intent), start.intent.budget());
    let limit = Money::from_pico(budget.pico() * AUTHOR_PERCENT / 100, budget.currency())?;
    let mut authored = Authored {
        draft: None,
        attempts: 0,
        problem: None,
        cost: Money::zero(limit.currency()),
        limit,
        usage: None,
    };
    if let Some(why) = impossible(&query) {
        stage.note(&format!("no tool on a web page can be that: {why}"));
        authored.problem = Some(format!("the coding agent was not asked: {why}"));
        return Ok(RunState::update().authored(Some(authored)));
    }
    agent.recover(start.owner()).await?;
    let mut problems = Vec::new();
    let (mut usages, mut over) = (Vec::new(), None);
    for attempt in 1..=ATTEMPTS_MAX {
        authored.attempts = attempt;
        let once = format!("author/{attempt}");
        match stage.cx.once(&once, try_once(&stage, agent, &query, limit, attempt, &problems)).await? {
            Tried::Good { draft, usage } => {
                usages.push(usage);
                authored.draft = Some(*draft);
                break;
            }
            Tried::Bad { problems: found, usage } => {
                usages.push(usage);
                problems = found;
                for problem in problems.iter().take(3) {
                    stage.note(&format!("the specification makes no sense yet: {problem}"));
                }
            }
            Tried::Over { outcome, reason } => {
                over = Some((outcome, reason));
                break;
            }
        }
    }
    authored.cost = agent.spent(start.owner(), "author").await?;
    authored.usage = usages.into_iter().try_fold(TokenUsage::default(), |sum, usage| sum.checked_add(usage?));
    let detail =
        json!({ "attempts": authored.attempts, "cost": authored.cost, "draft": authored.draft.is_some() });
    stage.audit("product_authored", detail).await?;
    if authored.draft.is_none() {
        let tries = authored.attempts;
        let (outcome, reason) = over.unwrap_or_else(|| {
            let why = problems.join("; ");
            let reason = format!(
                "{} specified nothing that makes sense in {tries} attempts ({why}): start a new run, with another model or \
                 other words in its intent",
                agent.name()
            );
            (Outcome::Blocked, reason)
        });
        authored.problem = Some(reason.clone());
        return Ok(stage.end(outcome, reason).authored(Some(authored)));
    }
    let line = format!(
        "{} specified the product in {} attempts, {} spent of {limit}",
        agent.name(),
        authored.attempts,
        authored.cost
    );
    stage.note(&line);
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).authored(Some(authored)))
}

/// Why no offer at all would cover the intent.
fn impossible(query: &SignalQuery) -> Option<String> {
    let words = query.asked();
    let any = Offer::new("any", Deliverable::WebTool, "any").with_families(words.clone()).with_words(words);
    query.covered_by(&any).err()
}

/// One attempt, from the prompt to the verdict.
async fn try_once(
    stage: &Stage,
    agent: &Agent,
    query: &SignalQuery,
    limit: Money,
    attempt: u32,
    problems: &[String],
) -> Result<Tried, ae_langflow::Stop> {
    let start = stage.start()?;
    let folder = stage.ports.dir.run_folder(start.run, "author")?;
    if attempt == 1 {
        empty(&folder)?;
    }
    let owner = start.owner();
    let spent = agent.spent(owner, "author").await?;
    let left = limit.checked_sub(spent)?;
    let chosen = stage.known(stage.found()?.chosen.as_ref(), "niche")?;
    let assignment = Assignment { intent: &start.intent, query, niche: &chosen.niche };
    let mut request = AgentRequest::new(&folder, prompt(&assignment)).with_attempt(attempt);
    if !problems.is_empty() {
        let list: String = problems.iter().map(|problem| format!("- {problem}\n")).collect();
        request = request.with_diagnosis(format!("The files that you wrote are not right yet:\n{list}"));
    }
    let order = AgentOrder {
        room: AgentRoom {
            owner,
            work: format!("author/{attempt}"),
            private: stage.ports.dir.run_folder(start.run, "agent")?,
        },
        step: "author".to_owned(),
        request,
        model: None,
        limit: left,
        approval: None,
        summary: format!("the specification in attempt {attempt}"),
    };
    let report = match agent.work(order, &stage.ports.progress, &stage.cx.cancel()).await? {
        Ok(report) => report,
        Err(over) => return Ok(Tried::Over { outcome: over.outcome, reason: over.reason }),
    };
    let usage = report.usage;
    let (runner, query) = (stage.ports.runner.clone(), query.clone());
    let judged = tokio::task::spawn_blocking(move || match KitDraft::load(&folder) {
        Ok(draft) => sense(&draft, &query, &runner).map(|problems| (Some(draft), problems)),
        Err(errors) => Ok((None, errors.problems)),
    });
    let broke_off = |error| {
        BackendError::new(ErrorKind::Internal, "lifecycle", "author", "the checks broke off")
            .with_source(error)
    };
    Ok(match judged.await.map_err(broke_off)?? {
        (Some(draft), problems) if problems.is_empty() => Tried::Good { draft: Box::new(draft), usage },
        (_, problems) => Tried::Bad { problems, usage },
    })
}

/// Removes what an attempt left that was lost in a crash.
fn empty(folder: &Path) -> Result<(), BackendError> {
    let failed = |error: std::io::Error| {
        let message = format!("{} can't be emptied: {error}", folder.display());
        BackendError::new(ErrorKind::Internal, "lifecycle", "author", message).with_source(error)
    };
    std::fs::remove_dir_all(folder).and_then(|()| std::fs::create_dir(folder)).map_err(failed)
}

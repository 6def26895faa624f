//! Several builders at once.

use std::{future::Future, path::Path, pin::Pin, sync::Arc, task::Poll};

use ae_core::{BackendError, Cancel, ErrorKind, IdempotencyKey, Money};
use async_trait::async_trait;

use super::{Candidate, Harness, NAME, TryEnd, spend::Spend};
use crate::{
    AgentReport, AgentRequest, AgentSession, AgentSink, Checkpoint,
    atomic::io_error,
    workspace::{
        apart::{kept, put_back, snapshot},
        remove_tree,
    },
};

/// The verdict on one result of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// Whether the result is right. One that is not never wins.
    pub verified: bool,
    /// How good it is; more is better. Of equals the cheaper one wins, then the one that stands first.
    pub score: i64,
}

impl Judgement {
    /// A verdict.
    pub const fn new(verified: bool, score: i64) -> Self {
        Self { verified, score }
    }
}

/// Judges the results of a race: by checks that run, not by what a builder says. Any
/// `Fn(&Path, &AgentReport) -> Result<Judgement, BackendError>` is one.
#[async_trait]
pub trait Judge: Send + Sync {
    /// Judges the files in `workspace`, which `report` is about.
    async fn judge(&self, workspace: &Path, report: &AgentReport) -> Result<Judgement, BackendError>;
}

#[async_trait]
impl<F: Fn(&Path, &AgentReport) -> Result<Judgement, BackendError> + Send + Sync> Judge for F {
    async fn judge(&self, workspace: &Path, report: &AgentReport) -> Result<Judgement, BackendError> {
        self(workspace, report)
    }
}

/// The result of a race.
#[derive(Debug)]
#[non_exhaustive]
pub struct RaceReport {
    /// The place of the winner among the candidates; `None` when no result is right. The workspace has its files, or is as
    /// it was before.
    pub winner: Option<usize>,
    /// The reports of all, in the order of the candidates.
    pub results: Vec<Result<AgentReport, BackendError>>,
    /// The verdicts on those that ended well.
    pub judgements: Vec<Option<Judgement>>,
    /// The cost of all together; `None` when one was not measured.
    pub cost: Option<Money>,
}

impl Harness {
    /// Has every candidate do the same work at the same time, each on a copy of the workspace, and moves the best result
    /// that `judge` finds right into the workspace. The copies lie in the [store](Self::with_store) and are removed.
    ///
    /// A candidate may stand there several times. Each gets an equal share of the limit of cost. A race begins new sessions; the session of the winner can be gone on
    /// with, but knows the path of a copy that is gone. An error after the work has the cost of all.
    ///
    /// # Errors
    ///
    /// `InvalidInput` without a store, without candidates and for a session to go on with, `Unsupported` when a candidate
    /// can't serve the request, `Conflict` when the workspace was changed in the meantime, and the reasons why a copy can't
    /// be made or judged. What a builder returns is not an error.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the builders, and leaves the workspace as it was. The copies are removed by the next race.
    pub async fn race(
        &self,
        key: &IdempotencyKey,
        candidates: &[Candidate],
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
        judge: &dyn Judge,
    ) -> Result<RaceReport, BackendError> {
        request.check(NAME)?;
        let (store, share) = self.entry(candidates, request)?;
        let folder = store.join("race");
        clear(&folder)?;
        let before = Arc::new(kept(&request.workspace, &store.join("before")).await?);
        let mut requests = Vec::new();
        for (number, candidate) in candidates.iter().enumerate() {
            let mut own = self.fitted(candidate, request).ok_or_else(|| unable(candidate))?;
            own.workspace = folder.join(number.to_string());
            own.limits.cost = share;
            put_back(Arc::clone(&before), own.workspace.clone()).await?;
            requests.push(own);
        }
        let runs = (1_u32..).zip(candidates).zip(&requests);
        let runs = runs.map(|((number, candidate), own)| {
            Box::pin(self.attempt((key, number), candidate, own, events, cancel))
        });
        let results = all(runs.collect()).await;
        let mut spend = Spend::default();
        for (candidate, result) in candidates.iter().zip(&results) {
            spend.add(result);
            self.note(candidate, TryEnd::of(result));
        }
        let cost = spend.cost(&request.limits);
        let decided = async {
            let mut judgements = Vec::new();
            for (result, own) in results.iter().zip(&requests) {
                judgements.push(match result {
                    Ok(report) if report.succeeded() => Some(judge.judge(&own.workspace, report).await?),
                    _ => None,
                });
            }
            let winner = best(&results, &judgements);
            if let Some(won) = winner.and_then(|winner| requests.get(winner)) {
                move_in(&won.workspace, &request.workspace, &before, store).await?;
            }
            clear(&folder)?;
            Ok((winner, judgements))
        };
        let (winner, judgements) =
            decided.await.map_err(|error: BackendError| spend.into_error(error, &request.limits))?;
        Ok(RaceReport { winner, results, judgements, cost })
    }

    /// The store and the limit of cost for each.
    fn entry(
        &self,
        candidates: &[Candidate],
        request: &AgentRequest,
    ) -> Result<(&Path, Option<Money>), BackendError> {
        let refuse = |message: &str| BackendError::new(ErrorKind::InvalidInput, NAME, "race", message);
        let store =
            self.store.as_deref().ok_or_else(|| refuse("a race takes a store for the copies: set one"))?;
        if candidates.is_empty() {
            return Err(refuse("a race takes at least one candidate"));
        }
        if request.session != AgentSession::New {
            return Err(refuse(
                "a race can't go on with a session, which belongs to one builder: begin a new one",
            ));
        }
        if let Some(candidate) = candidates.iter().find(|candidate| self.fitted(candidate, request).is_none())
        {
            return Err(unable(candidate));
        }
        let count = i128::try_from(candidates.len()).unwrap_or(i128::MAX);
        let share = |most: Money| Money::from_pico(most.pico() / count, most.currency()).ok();
        Ok((store, request.limits.cost.and_then(share)))
    }
}

/// Gives the workspace the files of the winner.
async fn move_in(from: &Path, to: &Path, before: &Checkpoint, store: &Path) -> Result<(), BackendError> {
    if snapshot(to).await? != *before.snapshot() {
        let message =
            "the workspace was changed while copies of it were worked on: keep others out, and repeat";
        return Err(BackendError::new(ErrorKind::Conflict, NAME, "race", message));
    }
    let result = kept(from, &store.join("result")).await?;
    put_back(Arc::new(result), to.to_path_buf()).await?;
    clear(&store.join("result"))
}

/// The place of the best one: verified, of the highest score, then the cheapest.
fn best(results: &[Result<AgentReport, BackendError>], judgements: &[Option<Judgement>]) -> Option<usize> {
    let cost = |at: usize| {
        let report = results.get(at).and_then(|result| result.as_ref().ok());
        report.and_then(|report| report.cost).map_or(i128::MAX, |cost| cost.pico())
    };
    let verified = judgements.iter().enumerate().filter_map(|(at, judgement)| {
        judgement.filter(|judgement| judgement.verified).map(|judgement| (at, judgement.score))
    });
    verified.min_by_key(|(at, score)| (std::cmp::Reverse(*score), cost(*at), *at)).map(|(at, _)| at)
}

fn unable(candidate: &Candidate) -> BackendError {
    let message = format!("{candidate} can't serve this request: leave it out, or ask for less");
    BackendError::new(ErrorKind::Unsupported, NAME, "race", message)
}

fn clear(folder: &Path) -> Result<(), BackendError> {
    remove_tree(folder).map_err(|cause| io_error(NAME, "race", "remove", folder, cause))
}

/// The outputs of all futures, which run at the same time.
async fn all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            match Pin::new(future).poll(cx) {
                Poll::Ready(output) => *done = Some(output),
                Poll::Pending => waiting = true,
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

//! The thin driver: it runs what the machine says and stores what comes of it.

mod cached;
mod enter;
mod journal;
mod leave;
mod limits;
mod notes;
mod retry;
mod side_by_side;
mod superstep;
mod task;
mod turn;

use std::{collections::BTreeMap, pin::pin, sync::Arc};

use serde_json::Value;

pub(crate) use self::journal::StoreJournal;
pub(crate) use self::notes::Noted;
#[cfg(feature = "temporal")]
pub(crate) use self::retry::{backend_error, pause_before_next};
use self::side_by_side::{First, first};
pub(crate) use self::task::Ended;
#[cfg(feature = "temporal")]
pub(crate) use crate::node::describe;
use crate::{
    App, Change, Ending, Graph, GraphError, GraphRun, Input, NextStep, RunConfig, State, WhenBusy,
    app::{line::Place, log::ThreadLog, stream::Sink, trace},
    node::Host,
};

/// A call before it has its thread.
struct Call<'a, S: State> {
    app: &'a App<S>,
    config: &'a RunConfig,
    sink: Option<&'a Sink<S>>,
    place: Option<&'a Place>,
}

/// A call under way.
pub(crate) struct Drive<'a, S: State> {
    app: &'a App<S>,
    graph: &'a Graph<S>,
    config: &'a RunConfig,
    run: GraphRun<S>,
    log: Option<ThreadLog>,
    journal: Option<Arc<StoreJournal>>,
    host: Arc<Host>,
    /// The stream that follows the call.
    sink: Option<&'a Sink<S>>,
    /// The records of `once` in the superstep under way, by task.
    recorded: Recorded,
    /// The number of failures that were noted in the superstep under way.
    failures: usize,
    /// The superstep under way may have run in an earlier call.
    goes_on: bool,
}

/// The records of [`Cx::once`](crate::Cx::once), by task and key.
pub(crate) type Recorded = BTreeMap<String, BTreeMap<String, Value>>;

pub(crate) async fn invoke<S: State>(
    app: &App<S>,
    input: Input<S>,
    config: &RunConfig,
    sink: Option<&Sink<S>>,
) -> Result<Ending<S>, GraphError> {
    // Large, since it holds states and updates: boxed, so that it takes no room on the stacks of its callers.
    let call = Box::pin(async {
        let urgent = matches!(input, Input::Turn(_)) && config.when_busy.is_urgent();
        let place = app.store.as_ref().map(|_| app.lines.join(&config.thread, urgent));
        if let Some(place) = &place {
            let takes = matches!(input, Input::Turn(_) | Input::Resume(_));
            if takes && config.when_busy == WhenBusy::Reject && !place.is_first() {
                return Err(GraphError::Busy { thread: config.thread.to_string(), stored: false });
            }
            if let First::Other(()) = first(pin!(place.first()), pin!(config.cancel.cancelled())).await {
                return Err(GraphError::Busy { thread: config.thread.to_string(), stored: false });
            }
        }
        let call = Call { app, config, sink, place: place.as_ref() };
        let mut drive = Drive::enter(&call, input).await?;
        drive.run.limit_steps(config.step_limit);
        let Some(place) = &place else { return drive.run_on().await };
        place.follow(drive.journal.clone());
        let ended = match first(pin!(drive.run_on()), pin!(place.overtaken())).await {
            First::One(ended) => ended.map_err(GraphError::after_the_input),
            First::Other(()) => {
                return Err(GraphError::Conflict { thread: config.thread.to_string(), stored: true });
            }
        };
        if !matches!(ended, Err(GraphError::Conflict { .. } | GraphError::Store { .. })) {
            drive.leave().await;
        }
        if drive.run.rests() {
            place.follow(None);
        }
        // Another end may leave the run ahead of what is stored.
        if matches!(
            ended,
            Ok(Ending::Done(_) | Ending::Asked { .. } | Ending::StepLimit(_) | Ending::Drained(_))
        ) {
            drive.remember();
        }
        ended
    });
    trace::run(&config.thread, app.graph.topology().name(), call).await
}

impl<S: State> Drive<'_, S> {
    async fn run_on(&mut self) -> Result<Ending<S>, GraphError> {
        loop {
            if let Some(sink) = self.sink {
                sink.until_read().await;
            }
            match self.run.next_step() {
                NextStep::Done(state) => {
                    self.sink.inspect(|sink| sink.left_out(self.run.open_joins()));
                    return Ok(Ending::Done(state));
                }
                NextStep::Asked(questions) => return Ok(Ending::Asked { state: self.state()?, questions }),
                NextStep::Moved(to) => {
                    return Err(GraphError::Moved { thread: self.config.thread.to_string(), to });
                }
                NextStep::Run(_) if self.config.cancel.is_cancelled() => {
                    return Ok(Ending::Cancelled(self.state()?));
                }
                NextStep::Run(_) if self.app.is_draining() => return Ok(Ending::Drained(self.state()?)),
                NextStep::LimitReached => return Ok(Ending::StepLimit(self.state()?)),
                NextStep::Run(superstep) => {
                    let step = superstep.step;
                    if let Err(error) = trace::step(step, self.superstep(superstep)).await {
                        // A node that stops because it was asked to has not failed.
                        let stopped =
                            self.config.cancel.is_cancelled() && matches!(error, GraphError::Node { .. });
                        return if stopped { Ok(Ending::Cancelled(self.state()?)) } else { Err(error) };
                    }
                }
            }
        }
    }

    pub(crate) fn run(&self) -> &GraphRun<S> {
        &self.run
    }

    /// Keeps the thread in memory for the next call.
    pub(crate) fn remember(self) {
        if let Some(log) = self.log {
            self.app.recent.put(log, self.run);
        }
    }

    fn state(&self) -> Result<Arc<S>, GraphError> {
        Ok(self.run.state_so_far()?)
    }

    /// Stores a change that the run has not folded yet, and folds it.
    pub(crate) async fn commit(&mut self, change: Change<S>) -> Result<(), GraphError> {
        let entry = self.log.as_ref().map(|log| log.encode(&change)).transpose()?;
        let completes = matches!(change, Change::Began | Change::Stepped(..) | Change::Edited { .. });
        // After an error nothing of the run in memory is stored.
        self.run.fold(change)?;
        if let (Some(log), Some(entry)) = (&mut self.log, entry) {
            log.commit(&self.run, entry).await?;
        }
        self.committed(completes);
        Ok(())
    }

    /// Stores a change that the run has folded.
    async fn commit_folded(&mut self, change: &Change<S>) -> Result<(), GraphError> {
        if let Some(log) = &mut self.log {
            let entry = log.encode(change)?;
            log.commit(&self.run, entry).await?;
        }
        self.committed(true);
        Ok(())
    }

    /// Notes that a commit is done.
    fn committed(&mut self, completes_a_step: bool) {
        if let (Some(journal), Some(head)) = (&self.journal, self.log.as_ref().and_then(|log| log.head)) {
            journal.set_head(head);
        }
        if completes_a_step {
            self.recorded.clear();
            self.failures = 0;
            self.goes_on = false;
            if let Some(sink) = self.sink {
                sink.committed(&self.run, self.log.as_ref().and_then(|log| log.head));
            }
        }
    }
}

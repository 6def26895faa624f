//! Checking that a recorded run still runs as it did.

use std::sync::{Arc, Mutex};

use temporalio_client::WorkflowHistory;
use temporalio_common::protos::temporal::api::history::v1::{HistoryEvent, history_event::Attributes};
use temporalio_sdk::workflow_replayer::{WorkflowReplayer, WorkflowReplayerOptions};

use super::{TemporalError, registry::Registry, wire::RunEnd, workflow::GraphWorkflow};
use crate::{Graph, State, node::locked};

/// Runs recorded histories again, without a server and without any node: it notices when this release, a reducer or
/// the order of fields would make a run under way take another turn. Keep a history of every shape that was released.
#[derive(Debug, Default)]
pub struct Replayer {
    registry: Registry,
}

impl Replayer {
    /// It knows no graph yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Knows `graph`.
    #[must_use]
    pub fn graph<S: State>(mut self, graph: &Graph<S>) -> Self {
        self.registry.add(graph);
        self
    }

    /// Replays what [`TemporalClient::history`](super::TemporalClient::history) gave. The future is not `Send`.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Replay`] when the run would take another turn, or is not a history; [`TemporalError::Worker`]
    /// when the replay can't be set up.
    pub async fn replay(&self, history: &[u8]) -> Result<(), TemporalError> {
        let replayed = |reason: String| TemporalError::Replay { reason };
        let broken = |reason: String| TemporalError::Worker { reason };
        let history = WorkflowHistory::from_json(history).map_err(|error| replayed(error.to_string()))?;
        let ended = Arc::<Mutex<_>>::default();
        let registry = Arc::new(Registry { ended: Some(Arc::clone(&ended)), ..self.registry.clone() });
        let options = WorkflowReplayerOptions::new()
            .register_workflow_with_factory::<GraphWorkflow, _>(move || registry.workflow())
            .map_err(|error| broken(error.to_string()))?
            .build();
        let replayer = WorkflowReplayer::new(options).map_err(|error| broken(error.to_string()))?;
        let results = replayer.replay_workflows([history]).await;
        let results = results.map_err(|error| replayed(error.to_string()))?;
        for result in results {
            if let Some(failure) = result.replay_failure {
                return Err(replayed(failure.to_string()));
            }
            let ended = locked(&ended).take();
            match (recorded_end(result.history.events()), ended) {
                (Some(was), Some(is)) if was != is => {
                    return Err(replayed("it ends in another state than it did".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// How the recorded run ended, if it did.
fn recorded_end(events: &[HistoryEvent]) -> Option<RunEnd> {
    match events.last()?.attributes.as_ref()? {
        Attributes::WorkflowExecutionCompletedEventAttributes(completed) => {
            serde_json::from_slice(&completed.result.as_ref()?.payloads.first()?.data).ok()
        }
        _ => None,
    }
}

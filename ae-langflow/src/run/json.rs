//! Runs whose state is known only as JSON.

use std::sync::Arc;

use serde_json::Error;

use super::{GraphRun, position::Position};
use crate::{JsonState, Reducers, State, json};

impl GraphRun<JsonState> {
    /// Says how fields are folded, after the run was read.
    pub fn set_reducers(&mut self, reducers: Reducers) {
        Arc::make_mut(&mut self.position.state).set_reducers(reducers);
    }

    /// The run of the graph whose state this is.
    ///
    /// # Errors
    ///
    /// When the JSON is not an `S`.
    pub fn typed<S: State>(&self) -> Result<GraphRun<S>, Error> {
        let position: Position<S> = serde_json::from_value(serde_json::to_value(&self.position)?)?;
        Ok(self.moved_onto(position))
    }
}

impl<S: State> GraphRun<S> {
    /// The same run with its state as JSON, for a host that drives runs of many graphs.
    ///
    /// # Errors
    ///
    /// When a JSON value can't hold the state: [`State`] has the list, and numbers of more than 64 bits join it.
    pub fn to_json_state(&self) -> Result<GraphRun<JsonState>, Error> {
        let position: Position<JsonState> = serde_json::from_value(json::to_value(&self.position)?)?;
        let mut run = self.moved_onto(position);
        run.set_reducers(Reducers::of::<S>());
        Ok(run)
    }
}

//! A thread on its way to another place.

use super::Drive;
#[cfg(feature = "temporal")]
use super::Recorded;
use crate::{App, Change, GraphError, GraphRun, RunConfig, State};
#[cfg(feature = "temporal")]
use crate::{START, store::record::TaskRecord};

/// The key of the note that a thread has begun to go on where it went. It stands under START, which is not a task.
#[cfg(feature = "temporal")]
const ARRIVED: &str = "arrived";

/// A thread that is about to leave its store, or has left it: there is time to look at it before.
pub(crate) struct Leaving<'a, S: State> {
    drive: Drive<'a, S>,
    to: &'a str,
    #[cfg(feature = "temporal")]
    arrived: bool,
}

impl<S: State> App<S> {
    /// Opens a thread that is to go on at `to`. Nothing has changed yet. One that went there already is given out once
    /// more.
    pub(crate) async fn leaving<'a>(
        &'a self,
        config: &'a RunConfig,
        to: &'a str,
    ) -> Result<Leaving<'a, S>, GraphError> {
        self.store()?;
        let (mut drive, notes) = Drive::open(self, config, None).await?;
        #[cfg(feature = "temporal")]
        let arrived = notes.iter().any(|note| note.task == START && note.key == ARRIVED);
        if drive.run().moved_to() != Some(to) {
            drive.admit()?;
            drive.part().await?;
        }
        // What tasks noted before the move is still there, and belongs to what is given out again too.
        drive.adopt(notes).await?;
        Ok(Leaving {
            drive,
            to,
            #[cfg(feature = "temporal")]
            arrived,
        })
    }
}

impl<S: State> Leaving<'_, S> {
    /// Whether the thread went there already.
    pub(crate) fn has_left(&self) -> bool {
        self.drive.run.moved_to() == Some(self.to)
    }

    /// The run as it goes on there.
    pub(crate) fn run(&self) -> GraphRun<S> {
        self.drive.run.clone().arrived()
    }

    /// Ends the thread's time here, in one commit.
    pub(crate) async fn leave(&mut self) -> Result<(), GraphError> {
        if self.has_left() {
            Ok(())
        } else {
            self.drive.commit(Change::Moved { to: self.to.to_owned() }).await
        }
    }

    /// Whether it was noted that the thread goes on there.
    #[cfg(feature = "temporal")]
    pub(crate) fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// The records of `once` in the superstep under way, by task.
    #[cfg(feature = "temporal")]
    pub(crate) fn recorded(&self) -> &Recorded {
        &self.drive.recorded
    }

    /// Notes that the thread goes on there.
    #[cfg(feature = "temporal")]
    pub(crate) async fn note_arrival(&self) -> Result<(), GraphError> {
        let Some(log) = &self.drive.log else { return Ok(()) };
        log.note(vec![TaskRecord::new(self.drive.run.step(), START, ARRIVED, "true")]).await
    }
}

//! Turns and answers that meet a thread with work to do.

use std::{pin::pin, sync::Arc, time::Duration};

use super::{
    Call, Drive, Noted,
    side_by_side::{First, first},
};
use crate::{
    Answer, Change, GraphError, GraphRun, RunError, START, State, Turn, WhenBusy,
    app::line::Place,
    node::guarded,
    run::Turned,
    store::record::{Head, TaskRecord},
};

/// The pauses between two looks at a thread that another process runs; they double.
const LOOK_MIN: Duration = Duration::from_millis(50);
const LOOK_MAX: Duration = Duration::from_secs(1);

/// How long a thread has not moved.
#[derive(Default)]
struct Silence {
    head: Option<Head>,
    lasts: Duration,
    looks: u32,
}

impl<'a, S: State> Drive<'a, S> {
    /// Takes a turn in, once, when the thread is at rest or as the policy says.
    pub(super) async fn turn(call: &Call<'a, S>, turn: Turn<S>) -> Result<Self, GraphError> {
        let id = turn.name();
        let overrides = matches!(call.config.when_busy, WhenBusy::Interrupt | WhenBusy::RollBack);
        let has_taken = |run: &GraphRun<S>| id.as_ref().is_some_and(|id| run.position.has_taken(id));
        loop {
            let Some((mut drive, notes, taken)) = Self::at_rest(call, overrides, has_taken).await? else {
                let state = guarded(|| {
                    let mut state = (turn.start)();
                    state.apply(turn.update.clone());
                    state
                });
                let state = state.map_err(|panic| RunError::panicked([START], panic))?;
                let turned = Turned { id: id.clone(), from: 0, back_to: None };
                match Self::begin(call, state, Some(turned)).await {
                    Err(GraphError::ThreadExists { .. }) => continue,
                    other => return other,
                }
            };
            let entered =
                if taken { drive.go_on(notes).await } else { drive.take(&turn, id.clone(), notes).await };
            match entered {
                Err(GraphError::Conflict { .. }) => {}
                other => return other.map(|()| drive),
            }
        }
    }

    /// Takes answers in when no task of the thread is at work: what is finished next to them is not to be lost.
    pub(super) async fn answers(call: &Call<'a, S>, answers: Vec<Answer>) -> Result<Self, GraphError> {
        loop {
            let Some((mut drive, notes, _)) = Self::at_rest(call, false, |_| false).await? else {
                return Err(GraphError::ThreadNotFound { thread: call.config.thread.to_string() });
            };
            match drive.answer(&answers, notes).await {
                Err(GraphError::Conflict { .. }) => {}
                other => return other.map(|()| drive),
            }
        }
    }

    /// The thread, if there is one, once no other call is at it; at once if the input `overrides` that. An input that
    /// the thread `has_taken` waits in any case.
    async fn at_rest(
        call: &Call<'a, S>,
        overrides: bool,
        has_taken: impl Fn(&GraphRun<S>) -> bool,
    ) -> Result<Option<(Self, Vec<TaskRecord>, bool)>, GraphError> {
        let mut silence = Silence::default();
        loop {
            let Some((drive, notes)) = Self::find(call.app, call.config, call.sink).await? else {
                return Ok(None);
            };
            drive.refuse_moved()?;
            let taken = has_taken(&drive.run);
            if !drive.is_busy(&notes, call.place, taken)? || (overrides && !taken) {
                return Ok(Some((drive, notes, taken)));
            }
            if !taken && call.config.when_busy == WhenBusy::Reject {
                return Err(drive.busy(false));
            }
            drive.outwait(notes, call.place, taken, &mut silence).await?;
        }
    }

    async fn answer(&mut self, answers: &[Answer], notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        self.admit()?;
        self.run.check_answers(answers)?;
        self.go_on(notes).await?;
        self.run.check_answers(answers)?;
        self.commit(Change::Answered { answers: answers.to_vec() }).await
    }

    /// Makes the turn the next thing to do. The writes of what finished before it are kept.
    async fn take(
        &mut self,
        turn: &Turn<S>,
        id: Option<String>,
        notes: Vec<TaskRecord>,
    ) -> Result<(), GraphError> {
        self.part().await?;
        let back_to = if self.config.when_busy == WhenBusy::RollBack && !self.run.is_finished() {
            Some(self.roll_back(turn.start).await?)
        } else {
            self.adopt_what_fits(notes).await?;
            None
        };
        let from = self.log.as_ref().and_then(|log| log.head).map_or(0, |head| head.seq);
        self.edit(Some(turn.update.clone()), Some(START), Some(Turned { id, from, back_to })).await
    }

    /// [`adopt`](Self::adopt) for a superstep that is abandoned: what can't be folded together is left.
    pub(crate) async fn adopt_what_fits(&mut self, notes: Vec<TaskRecord>) -> Result<(), GraphError> {
        if notes.is_empty() {
            return Ok(());
        }
        let before = self.run.clone();
        match self.adopt(notes).await {
            Err(GraphError::Run(RunError::Panicked { .. })) => self.run = before,
            Err(GraphError::Run(_)) => {}
            other => return other,
        }
        Ok(())
    }

    /// Takes the writes of the last turn back, which has not ended. They are gone with the commit of the turn that comes
    /// now; the record whose state it goes back to.
    async fn roll_back(&mut self, start: fn() -> S) -> Result<u64, GraphError> {
        // A thread that no turn began has its first state from the caller.
        let to = self.run.position.turn_from.unwrap_or(1);
        let state = if to == 0 {
            Arc::new(start())
        } else {
            match self.app.open_at(self.config, Some(to)).await? {
                Some(was) if was.log.head.is_some_and(|head| head.seq == to) => was.run.state_so_far()?,
                _ => {
                    let thread = self.config.thread.to_string();
                    return Err(GraphError::RecordNotFound { thread, seq: to });
                }
            }
        };
        if let Some(log) = &mut self.log {
            // The change does not say the state.
            log.needs_snapshot = true;
        }
        self.run.position.roll_back(state);
        Ok(to)
    }

    /// Whether a call runs the thread elsewhere, as far as can be seen. A call that is to stop takes nothing in then.
    fn is_busy(&self, notes: &[TaskRecord], place: Option<&Place>, taken: bool) -> Result<bool, GraphError> {
        let Some(log) = &self.log else { return Ok(false) };
        if self.run.rests() {
            return Ok(false);
        }
        if self.config.cancel.is_cancelled() || self.app.is_draining() {
            return Err(self.busy(taken));
        }
        // A copy that has not gone its own way was never run.
        let is_copy = self.run.position.thread != *self.config.thread;
        let left_here = place.and_then(Place::left).is_some_and(|left| log.head == Some(left));
        Ok(!is_copy && !left_here && !Noted::read(log, &self.run, notes)?.left)
    }

    fn busy(&self, stored: bool) -> GraphError {
        GraphError::Busy { thread: self.config.thread.to_string(), stored }
    }

    /// Gives the runner of the thread some time. One that has been silent for too long is taken for dead, and what it was
    /// at is done first: should it live after all, the slower of the two fails at its next commit.
    async fn outwait(
        mut self,
        notes: Vec<TaskRecord>,
        place: Option<&Place>,
        stored: bool,
        silence: &mut Silence,
    ) -> Result<(), GraphError> {
        let head = self.log.as_ref().and_then(|log| log.head);
        if silence.head != head {
            *silence = Silence { head, ..Silence::default() };
        }
        let left = self.app.takeover_after.saturating_sub(silence.lasts);
        if !left.is_zero() {
            let pause = LOOK_MIN.saturating_mul(1 << silence.looks.min(5)).min(LOOK_MAX).min(left);
            silence.lasts = silence.lasts.saturating_add(pause);
            silence.looks = silence.looks.saturating_add(1);
            let stopped = async {
                match place {
                    Some(place) => {
                        first(pin!(place.overtaken()), pin!(self.config.cancel.cancelled())).await;
                    }
                    None => self.config.cancel.cancelled().await,
                }
            };
            return match first(self.app.runtime.sleeper.sleep(pause), pin!(stopped)).await {
                First::One(()) => Ok(()),
                First::Other(()) => Err(self.busy(stored)),
            };
        }
        self.sink = None;
        Arc::make_mut(&mut self.host).emitter = None;
        if let Some(place) = place {
            place.follow(self.journal.clone());
        }
        let ended = match self.go_on(notes).await {
            Ok(()) => {
                self.run.limit_steps(self.config.step_limit);
                self.run_on().await.map(drop)
            }
            Err(error) => Err(error),
        };
        self.leave().await;
        match ended {
            Err(error @ GraphError::Store { .. }) => Err(error),
            // A failure is that turn's; this one comes next.
            _ => Ok(()),
        }
    }
}

impl GraphError {
    /// Says that the input was stored before the error came up.
    pub(super) fn after_the_input(self) -> Self {
        match self {
            Self::Conflict { thread, .. } => Self::Conflict { thread, stored: true },
            other => other,
        }
    }
}

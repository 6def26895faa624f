//! Events between the call and its reader.

use std::{
    collections::{BTreeSet, VecDeque},
    error::Error as StdError,
    fmt,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use serde_json::Value;

use super::{Event, Modes};
use crate::{
    Emitter, GraphRun, OpenJoin, State, TaskId, TaskResult,
    app::drive::Ended,
    node::{describe, locked},
    store::record::Head,
};

/// The number of events that may be unread before [`Cx::emit`](crate::Cx::emit) waits.
const UNREAD_MAX: usize = 64;

/// The events that the reader has not read yet.
pub(super) struct Queue<S: State> {
    modes: Modes,
    unread: Mutex<Unread<S>>,
}

struct Unread<S: State> {
    events: VecDeque<Event<S>>,
    /// The reader, while it waits: events come from tasks that nodes started, too.
    reader: Option<Waker>,
    /// The senders that wait until there is room.
    waiting: Vec<Waker>,
    /// The tasks whose present try has sent custom events.
    spoken: BTreeSet<TaskId>,
    /// The reader is gone, or the call has ended.
    closed: bool,
}

/// The sending end, for the driver.
pub(crate) struct Sink<S: State>(Arc<Queue<S>>);

impl<S: State> Queue<S> {
    pub(super) fn new(modes: Modes) -> Self {
        let unread = Unread {
            events: VecDeque::new(),
            reader: None,
            waiting: Vec::new(),
            spoken: BTreeSet::new(),
            closed: false,
        };
        Self { modes, unread: Mutex::new(unread) }
    }

    pub(super) fn modes(&self) -> Modes {
        self.modes
    }

    /// Takes the next event.
    pub(super) fn take(&self) -> Option<Event<S>> {
        let mut unread = locked(&self.unread);
        unread.reader = None;
        let event = unread.events.pop_front()?;
        let has_room = unread.events.len() < UNREAD_MAX;
        let waiting = if has_room { std::mem::take(&mut unread.waiting) } else { Vec::new() };
        drop(unread);
        waiting.into_iter().for_each(Waker::wake);
        Some(event)
    }

    /// Wakes the reader with the next event; `false` when there is one already.
    pub(super) fn wait(&self, cx: &Context<'_>) -> bool {
        let mut unread = locked(&self.unread);
        if unread.events.is_empty() {
            unread.reader = Some(cx.waker().clone());
        }
        unread.events.is_empty()
    }

    /// Takes up the last event, and none after it.
    pub(super) fn close(&self, last: Option<Event<S>>) {
        let mut unread = locked(&self.unread);
        unread.events.extend(last);
        unread.closed = true;
        let waiting = std::mem::take(&mut unread.waiting);
        drop(unread);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn tell(&self, mode: Modes, event: impl FnOnce() -> Event<S>) {
        if self.modes.has(mode) {
            self.push(event());
        }
    }

    /// Adds an event, whatever the modes.
    fn push(&self, event: Event<S>) {
        let mut unread = locked(&self.unread);
        if unread.closed {
            return;
        }
        if let Event::Custom { task, .. } = &event {
            unread.spoken.insert(task.clone());
        }
        unread.events.push_back(event);
        let reader = unread.reader.take();
        drop(unread);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Ends a try; whether it has sent custom events.
    fn end_try(&self, task: &TaskId) -> bool {
        locked(&self.unread).spoken.remove(task)
    }

    /// Waits until fewer than `most` events are unread.
    async fn room(&self, most: usize) {
        std::future::poll_fn(|cx| {
            let mut unread = locked(&self.unread);
            if unread.closed || unread.events.len() < most {
                return Poll::Ready(());
            }
            if !unread.waiting.iter().any(|known| known.will_wake(cx.waker())) {
                unread.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

impl<S: State> Sink<S> {
    pub(super) fn new(queue: Arc<Queue<S>>) -> Self {
        Self(queue)
    }

    pub(crate) fn emitter(&self) -> Arc<dyn Emitter> {
        Arc::new(Sink(Arc::clone(&self.0)))
    }

    /// Waits until all events are read, so that no superstep begins before the reader knows of the last one.
    pub(crate) async fn until_read(&self) {
        self.0.room(1).await;
    }

    pub(crate) fn committed(&self, run: &GraphRun<S>, head: Option<Head>) {
        if let Some(head) = head {
            self.0.tell(Modes::CHECKPOINTS, || Event::Checkpoint { seq: head.seq, step: head.step });
        }
        self.0.tell(Modes::VALUES, || Event::Values { step: run.step(), state: Arc::clone(run.state()) });
    }

    /// A task begins, perhaps `again`: what it sent in an earlier call is void then.
    pub(crate) fn started(&self, task: &TaskId, step: u64, again: bool) {
        if again {
            self.0.tell(Modes::CUSTOM, || Event::Voided { step, task: task.clone() });
        }
        self.0.tell(Modes::TASKS, || Event::TaskStarted { step, task: task.clone() });
    }

    /// The thread is done without these.
    pub(crate) fn left_out(&self, joins: Vec<OpenJoin>) {
        if !joins.is_empty() {
            self.0.push(Event::LeftOut { joins });
        }
    }

    pub(crate) fn ended(&self, task: &TaskId, step: u64, ended: &Ended<S>) {
        if let Ended::Failed(failure) = ended {
            return self.tell_failed(task, step, failure.attempts, failure.message.clone(), false);
        }
        self.0.end_try(task);
        if let Ended::Finished(TaskResult { update: Some(update), .. }) = ended {
            let update = || Event::Update { step, task: task.clone(), update: update.clone() };
            self.0.tell(Modes::UPDATES, update);
        }
        self.0.tell(Modes::TASKS, || Event::TaskEnded { step, task: task.clone() });
    }

    /// A try failed.
    pub(crate) fn failed(
        &self,
        task: &TaskId,
        step: u64,
        attempt: u32,
        error: &(dyn StdError + 'static),
        repeated: bool,
    ) {
        self.tell_failed(task, step, attempt, describe(error), repeated);
    }

    fn tell_failed(&self, task: &TaskId, step: u64, attempt: u32, message: String, repeated: bool) {
        let failed = || Event::TaskFailed { step, task: task.clone(), attempt, message, repeated };
        self.0.tell(Modes::TASKS, failed);
        if self.0.end_try(task) {
            self.0.tell(Modes::CUSTOM, || Event::Voided { step, task: task.clone() });
        }
    }
}

#[async_trait]
impl<S: State> Emitter for Sink<S> {
    async fn emit(&self, task: &TaskId, step: u64, event: Value) {
        if self.0.modes.has(Modes::CUSTOM) {
            self.0.tell(Modes::CUSTOM, || Event::Custom { step, task: task.clone(), event });
            self.0.room(UNREAD_MAX).await;
        }
    }
}

impl<S: State> fmt::Debug for Sink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sink").field(&self.0.modes).finish()
    }
}

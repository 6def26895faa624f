//! What happens in a call, as a stream.

use std::{
    collections::VecDeque,
    fmt,
    ops::BitOr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use futures_core::Stream;
use serde_json::Value;

use crate::{
    App, Emitter, Ending, GraphError, GraphRun, Input, RunConfig, State, TaskId,
    drive::{self, Ended},
    node::BoxFuture,
    record::Head,
};

/// So many events may be unread before [`Cx::emit`](crate::Cx::emit) waits.
const UNREAD_MAX: usize = 64;

/// Which events a stream has. Combine them with `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes(u8);

impl Modes {
    /// [`Event::Values`].
    pub const VALUES: Self = Self(1);
    /// [`Event::Update`].
    pub const UPDATES: Self = Self(2);
    /// [`Event::Custom`].
    pub const CUSTOM: Self = Self(4);
    /// [`Event::TaskStarted`], [`Event::TaskEnded`] and [`Event::TaskFailed`].
    pub const TASKS: Self = Self(8);
    /// [`Event::Checkpoint`].
    pub const CHECKPOINTS: Self = Self(16);
    /// All of them.
    pub const ALL: Self = Self(31);

    fn has(self, mode: Self) -> bool {
        self.0 & mode.0 != 0
    }
}

impl BitOr for Modes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Something that happened in a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Event<S: State> {
    /// A superstep is complete, and this is the state. Step 0 is the input.
    Values {
        /// The superstep.
        step: u64,
        /// The state after it.
        state: Arc<S>,
    },
    /// A task finished. What it wrote is not committed yet.
    Update {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// What it wrote.
        update: S::Update,
    },
    /// A node told something with [`Cx::emit`](crate::Cx::emit).
    Custom {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// What it told.
        event: Value,
    },
    /// A task begins.
    TaskStarted {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
    },
    /// A task finished, or asked.
    TaskEnded {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
    },
    /// A task failed for good.
    TaskFailed {
        /// The superstep.
        step: u64,
        /// The task.
        task: TaskId,
        /// How often it was tried.
        attempts: u32,
        /// Why, on one line.
        message: String,
    },
    /// A superstep is stored.
    Checkpoint {
        /// Where the log ends now.
        head: Head,
    },
    /// How the call ended. It is the last event of a call that did not fail, whatever the modes.
    Ended(Ending<S>),
}

/// The events of one call. Dropping it stops the call where it waits: the thread stands at its last commit, and what
/// had finished beside others is kept.
pub struct GraphStream<S: State> {
    queue: Arc<Queue<S>>,
    call: Option<BoxFuture<'static, Result<Ending<S>, GraphError>>>,
    error: Option<GraphError>,
}

struct Queue<S: State> {
    modes: Modes,
    unread: Mutex<Unread<S>>,
}

struct Unread<S: State> {
    events: VecDeque<Event<S>>,
    /// Who waits until there is room.
    waiting: Vec<Waker>,
    /// Nobody reads any more.
    closed: bool,
}

/// Where the driver tells what happens.
pub(crate) struct Sink<S: State>(Arc<Queue<S>>);

impl<S: State> GraphStream<S> {
    pub(crate) fn new(app: App<S>, input: Input<S>, config: RunConfig, modes: Modes) -> Self {
        let unread = Unread { events: VecDeque::new(), waiting: Vec::new(), closed: false };
        let queue = Arc::new(Queue { modes, unread: Mutex::new(unread) });
        let sink = Sink(Arc::clone(&queue));
        let call = async move { drive::invoke(&app, input, &config, Some(&sink)).await };
        Self { queue, call: Some(Box::pin(call)), error: None }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Event<S>, GraphError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<S: State> Stream for GraphStream<S> {
    type Item = Result<Event<S>, GraphError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.queue.take() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(call) = &mut this.call else {
                return Poll::Ready(this.error.take().map(Err));
            };
            match call.as_mut().poll(cx) {
                Poll::Ready(ended) => {
                    this.call = None;
                    match ended {
                        Ok(ending) => this.queue.unread().events.push_back(Event::Ended(ending)),
                        Err(error) => this.error = Some(error),
                    }
                }
                Poll::Pending if this.queue.unread().events.is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

impl<S: State> Drop for GraphStream<S> {
    fn drop(&mut self) {
        let mut unread = self.queue.unread();
        unread.closed = true;
        let waiting = std::mem::take(&mut unread.waiting);
        drop(unread);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl<S: State> Queue<S> {
    fn unread(&self) -> MutexGuard<'_, Unread<S>> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole events.
        self.unread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, mode: Modes, event: impl FnOnce() -> Event<S>) {
        if self.modes.has(mode) {
            self.unread().events.push_back(event());
        }
    }

    fn take(&self) -> Option<Event<S>> {
        let mut unread = self.unread();
        let event = unread.events.pop_front()?;
        let has_room = unread.events.len() < UNREAD_MAX;
        let waiting = if has_room { std::mem::take(&mut unread.waiting) } else { Vec::new() };
        drop(unread);
        waiting.into_iter().for_each(Waker::wake);
        Some(event)
    }

    /// Waits until fewer than `most` events are unread.
    async fn room(&self, most: usize) {
        std::future::poll_fn(|cx| {
            let mut unread = self.unread();
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
    pub(crate) fn emitter(&self) -> Arc<dyn Emitter> {
        Arc::new(Sink(Arc::clone(&self.0)))
    }

    /// Waits until all events are read, so that no superstep begins before the reader knows of the last one.
    pub(crate) async fn until_read(&self) {
        self.0.room(1).await;
    }

    pub(crate) fn committed(&self, run: &GraphRun<S>, head: Option<Head>) {
        if let Some(head) = head {
            self.0.tell(Modes::CHECKPOINTS, || Event::Checkpoint { head });
        }
        self.0.tell(Modes::VALUES, || Event::Values { step: run.step(), state: Arc::clone(run.state()) });
    }

    pub(crate) fn started(&self, task: &TaskId, step: u64) {
        self.0.tell(Modes::TASKS, || Event::TaskStarted { step, task: task.clone() });
    }

    pub(crate) fn ended(&self, task: &TaskId, step: u64, ended: &Ended<S>) {
        match ended {
            Ended::Finished(result) => {
                if let Some(update) = &result.update {
                    self.0.tell(Modes::UPDATES, || Event::Update {
                        step,
                        task: task.clone(),
                        update: update.clone(),
                    });
                }
                self.0.tell(Modes::TASKS, || Event::TaskEnded { step, task: task.clone() });
            }
            Ended::Asked(_) => self.0.tell(Modes::TASKS, || Event::TaskEnded { step, task: task.clone() }),
            Ended::Failed(failure) => self.failed(task, step, failure.attempts, &failure.message),
        }
    }

    pub(crate) fn failed(&self, task: &TaskId, step: u64, attempts: u32, message: &str) {
        self.0.tell(Modes::TASKS, || Event::TaskFailed {
            step,
            task: task.clone(),
            attempts,
            message: message.to_owned(),
        });
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

impl<S: State> fmt::Debug for GraphStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphStream").field("modes", &self.queue.modes).finish_non_exhaustive()
    }
}

impl<S: State> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, step, task) = match self {
            Self::Values { step, .. } => ("Values", Some(*step), None),
            Self::Update { step, task, .. } => ("Update", Some(*step), Some(task)),
            Self::Custom { step, task, .. } => ("Custom", Some(*step), Some(task)),
            Self::TaskStarted { step, task } => ("TaskStarted", Some(*step), Some(task)),
            Self::TaskEnded { step, task } => ("TaskEnded", Some(*step), Some(task)),
            Self::TaskFailed { step, task, .. } => ("TaskFailed", Some(*step), Some(task)),
            Self::Checkpoint { head } => ("Checkpoint", Some(head.step), None),
            Self::Ended(_) => ("Ended", None, None),
        };
        let mut text = f.debug_struct(name);
        step.map(|step| text.field("step", &step));
        task.map(|task| text.field("task", task));
        text.finish_non_exhaustive()
    }
}

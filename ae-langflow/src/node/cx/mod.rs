//! The context of a node: its place in the run, and the services of its host.

mod host;
mod waits;

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
    time::Duration,
};

use ae_core::{DigestWriter, IdempotencyKey, RunId, Runtime};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub(crate) use self::host::Host;
pub use self::host::{Emitter, Journal};
use self::waits::{Waits, WakeTime};
use crate::{
    Cancel, DueTask, NodeFailure, Question, Stop, TaskId, json,
    node::{Pause, locked},
    store::record::NAME_BYTES_MAX,
};

/// How long the key of [`Cx::once`] may be. Journals put their own marks before it.
const ONCE_KEY_BYTES_MAX: usize = NAME_BYTES_MAX - 64;

/// The context of one run of one node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cx(Arc<Inner>);

type Once = Arc<Mutex<BTreeMap<String, Value>>>;

#[derive(Debug)]
struct Inner {
    host: Arc<Host>,
    step: u64,
    task: TaskId,
    attempt: u32,
    input: Option<Value>,
    /// By question, in the order in which they were given.
    answers: BTreeMap<String, Vec<Value>>,
    /// All tries of a task share what was recorded: one that was given up may still finish its work.
    once: Once,
    asked: Mutex<Vec<Question>>,
    /// How often each question was asked in this run.
    asks: Mutex<BTreeMap<String, u32>>,
    /// The number of heartbeats.
    beats: AtomicU64,
    waits: Waits,
}

impl Cx {
    /// The context of `task` in superstep `step` of `thread`, without answers and records: what a host starts from, and
    /// what calls a node in a test.
    #[must_use]
    pub fn new(thread: impl Into<Arc<str>>, step: u64, task: TaskId) -> Self {
        Self::for_task(thread, step, DueTask { task, input: None, answers: BTreeMap::new() })
    }

    /// The context of a task that is due, with its input and answers: what a host starts from.
    #[must_use]
    pub fn for_task(thread: impl Into<Arc<str>>, step: u64, due: DueTask) -> Self {
        Self::of_due(Arc::new(Host::new(thread.into())), step, due, BTreeMap::new())
    }

    pub(crate) fn of_due(
        host: Arc<Host>,
        step: u64,
        due: DueTask,
        recorded: BTreeMap<String, Value>,
    ) -> Self {
        Self(Arc::new(Inner::new(host, step, due, 1, Arc::new(Mutex::new(recorded)))))
    }

    /// Gives it the answers to questions of this task, by id, each in the order in which they were given.
    #[must_use]
    pub fn with_answers(self, answers: BTreeMap<String, Vec<Value>>) -> Self {
        self.change(|inner| inner.answers = answers)
    }

    /// Gives it the input that was sent to this task.
    #[must_use]
    pub fn with_input(self, input: Option<Value>) -> Self {
        self.change(|inner| inner.input = input)
    }

    /// Says how often the task has been tried, this try included.
    #[must_use]
    pub fn with_attempt(self, attempt: u32) -> Self {
        self.change(|inner| inner.attempt = attempt)
    }

    /// Gives it what [`once`](Self::once) has recorded already.
    #[must_use]
    pub fn with_recorded(self, recorded: BTreeMap<String, Value>) -> Self {
        self.change(|inner| inner.once = Arc::new(Mutex::new(recorded)))
    }

    /// Gives it the journal of [`once`](Self::once).
    #[must_use]
    pub fn with_journal(self, journal: Arc<dyn Journal>) -> Self {
        self.change_host(|host| host.journal = Some(journal))
    }

    /// Says which of the threads of its name it runs on: see [`idempotency_key`](Self::idempotency_key).
    #[must_use]
    pub fn with_incarnation(self, incarnation: impl Into<Arc<str>>) -> Self {
        self.change_host(|host| host.incarnation = incarnation.into())
    }

    /// Gives it the token that stops it.
    #[must_use]
    pub fn with_cancel(self, cancel: Cancel) -> Self {
        self.change_host(|host| host.cancel = cancel)
    }

    /// Sets the receiver of its [events](Self::emit).
    #[must_use]
    pub fn with_emitter(self, emitter: Arc<dyn Emitter>) -> Self {
        self.change_host(|host| host.emitter = Some(emitter))
    }

    /// The thread it runs on.
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.0.host.thread
    }

    /// The number of the superstep, from 1.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.0.step
    }

    /// The node's name.
    #[must_use]
    pub fn node(&self) -> &str {
        self.0.task.node()
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> &TaskId {
        &self.0.task
    }

    /// How often the task has been tried in this call, this try included.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The input that [`Step::send`](crate::Step::send) gave to this task.
    ///
    /// # Errors
    ///
    /// [`Stop::Failed`] when the task was not sent, or its input is not a `T`.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        match &self.0.input {
            Some(input) => Ok(T::deserialize(input)?),
            None => Err(Stop::failed(format!("the task {} was not sent, so it has no input", self.0.task))),
        }
    }

    /// The failure that this node handles, when it was called as an error handler.
    #[must_use]
    pub fn failure(&self) -> Option<NodeFailure> {
        self.0.input.as_ref().and_then(|input| serde_json::from_value(input.clone()).ok())
    }

    /// A name for an effect of this task that is the same in every try, after a crash and on every host: made of the
    /// thread, the superstep, the task and `operation`.
    ///
    /// The same effect is the same operation of the same task in the same superstep of the same thread, whatever the
    /// state is by then: it stays the same when the node runs again after an answer, a failure or a write in no node's
    /// name, and when the thread moves to another host. A thread that was deleted and begun again, one of the same name
    /// in another store, and a fork are other threads.
    #[must_use]
    pub fn idempotency_key(&self, operation: &str) -> IdempotencyKey {
        let host = &self.0.host;
        let thread = DigestWriter::new("ae-langflow thread").field(host.thread.as_bytes());
        let run = RunId::from_digest(&thread.field(host.incarnation.as_bytes()).finish());
        IdempotencyKey::derive(run, &format!("{}/{}", self.0.step, self.0.task), operation, 0)
    }

    /// The token that stops it, to be handed to work that the node starts.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.0.host.cancel.clone()
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.host.cancel.is_cancelled()
    }

    /// Waits until it is asked to stop.
    pub async fn cancelled(&self) {
        self.0.host.cancel.cancelled().await;
    }

    /// Sends a heartbeat, which sets the idle timeout of the node back.
    pub fn beat(&self) {
        self.0.beats.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a custom event to the reader of the stream, and a heartbeat. Nothing is stored. It waits while
    /// too much is unread.
    ///
    /// # Errors
    ///
    /// When `event` can't be written as JSON.
    pub async fn emit<T: Serialize + ?Sized>(&self, event: &T) -> Result<(), Stop> {
        self.beat();
        if let Some(emitter) = &self.0.host.emitter {
            self.of_host(emitter.emit(&self.0.task, self.0.step, serde_json::to_value(event)?)).await;
        }
        Ok(())
    }

    /// Asks a person, and gives back the answer once there is one.
    ///
    /// The first time it parks the thread durably and the node ends here; after the answer the node runs again from
    /// its top, and this call returns the answer. Pass the error on with `?`; a node that discards it is parked all
    /// the same, and what it wrote then is dropped. Ids are unique among the open questions of a superstep; a task that
    /// was sent adds its number, and a node of a subgraph puts the subgraph before it.
    ///
    /// A run of the node that asks one id several times gets one answer after the other, each in its turn, so that
    /// `loop { let age = cx.ask("age", …).await?; if age < 150 { break } }` asks until the answer is good. It must come
    /// to its questions in the same order each time it runs.
    ///
    /// # Errors
    ///
    /// [`Stop::Paused`] while there is no answer that is an `A`; [`Stop::Failed`] when JSON can't hold the question:
    /// [`State`](crate::State) has the list.
    // The signature is async so that a host may fetch the answer itself.
    #[allow(clippy::unused_async)]
    pub async fn ask<Q: Serialize, A: DeserializeOwned>(&self, id: &str, question: &Q) -> Result<A, Stop> {
        let mut asked = Question::new(id, &self.0.task, json::to_value(question)?);
        let mut questions = locked(&self.0.asked);
        if questions.iter().any(|question| question.id == asked.id) {
            return Err(Stop::Paused(Pause(())));
        }
        asked.earlier = {
            let mut asks = locked(&self.0.asks);
            let next = asks.entry(asked.id.clone()).or_default();
            let earlier = *next;
            *next = next.saturating_add(1);
            earlier
        };
        if let Some(answer) = asked.answer_in(&self.0.answers) {
            match A::deserialize(answer) {
                Ok(answer) => return Ok(answer),
                Err(error) => asked.problem = Some(format!("the last answer was not understood: {error}")),
            }
        }
        questions.push(asked);
        Err(Stop::Paused(Pause(())))
    }

    /// Does `work` once per (thread, superstep, task, `key`): its value is recorded durably before it is returned, and
    /// a later run of the node in the same superstep gets the record, also after a write in no node's name. Work that
    /// outlives its superstep, in a task that the node started, can't record any more.
    ///
    /// A crash after the work and before the record repeats the work, so give an outside effect a key that its
    /// receiver recognises as well: [`idempotency_key`](Self::idempotency_key). A key is 1 to 960 bytes long and holds no
    /// NUL character. The value must come back from JSON as it was written.
    ///
    /// # Errors
    ///
    /// A key that no store can keep, before `work` begins; those of `work`, which are not recorded; those of the store;
    /// a value that JSON can't hold, which is not recorded; a record that is not a `T`.
    pub async fn once<T, E>(
        &self,
        key: &str,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned,
        E: Into<Stop>,
    {
        let known = locked(&self.0.once).get(key).cloned();
        if let Some(value) = known {
            return Ok(T::deserialize(&value)?);
        }
        if !(1..=ONCE_KEY_BYTES_MAX).contains(&key.len()) || key.contains('\0') {
            let shown: String = key.chars().take(40).collect();
            let why = format!(
                "{shown:?} can't be a key of once: choose 1 to {ONCE_KEY_BYTES_MAX} bytes without NUL"
            );
            return Err(Stop::failed(why));
        }
        // A record that does not come back would fail every later run.
        let value = json::to_own_value(&work.await.map_err(Into::into)?)?;
        let value = match &self.0.host.journal {
            Some(journal) => self.of_host(journal.record(self.0.step, &self.0.task, key, value)).await?,
            None => value,
        };
        locked(&self.0.once).insert(key.to_owned(), value.clone());
        self.beat();
        Ok(T::deserialize(&value)?)
    }

    /// The context of the next try of the task: what was recorded stays.
    pub(crate) fn next_try(&self) -> Self {
        let mut inner = self.0.copy();
        inner.attempt = inner.attempt.saturating_add(1);
        Self(Arc::new(inner))
    }

    /// The number of heartbeats so far.
    pub(crate) fn beats(&self) -> u64 {
        self.0.beats.load(Ordering::Relaxed)
    }

    /// The time by the clock without the waits of this try for the host.
    pub(crate) fn own_time(&self, runtime: &Runtime) -> Duration {
        let now = runtime.clock.monotonic();
        now.saturating_sub(self.0.waits.total(now))
    }

    /// The host begins to run the try, with the waker that it gives: the one to run the try with.
    pub(crate) fn begin_turn(&self, runtime: &Runtime, host: &Waker) -> Waker {
        self.0.waits.run(runtime.clock.monotonic());
        Waker::from(Arc::new(WakeTime {
            cx: self.clone(),
            clock: Arc::clone(&runtime.clock),
            host: host.clone(),
        }))
    }

    /// Makes a call to the host, which the limits in time leave out.
    async fn of_host<T>(&self, call: impl Future<Output = T>) -> T {
        let _waiting = self.0.host.runtime.as_ref().map(|runtime| self.0.waits.begin(&*runtime.clock));
        call.await
    }

    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    pub(crate) fn raw_input(&self) -> Option<&Value> {
        self.0.input.as_ref()
    }

    /// Takes the questions that were asked so far.
    pub(crate) fn take_questions(&self) -> Vec<Question> {
        std::mem::take(&mut locked(&self.0.asked))
    }

    fn change(self, change: impl FnOnce(&mut Inner)) -> Self {
        // A clone elsewhere stays as it is.
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| shared.copy());
        change(&mut inner);
        Self(Arc::new(inner))
    }

    fn change_host(self, change: impl FnOnce(&mut Host)) -> Self {
        self.change(|inner| change(Arc::make_mut(&mut inner.host)))
    }
}

impl Inner {
    fn new(host: Arc<Host>, step: u64, due: DueTask, attempt: u32, once: Once) -> Self {
        let DueTask { task, input, answers } = due;
        let (asked, asks, beats) = (Mutex::default(), Mutex::default(), AtomicU64::new(0));
        Self { host, step, task, attempt, input, answers, once, asked, asks, beats, waits: Waits::default() }
    }

    /// The same task without its questions, heartbeats and waits. The records are shared until they are replaced.
    fn copy(&self) -> Self {
        let (task, input, answers) = (self.task.clone(), self.input.clone(), self.answers.clone());
        let (due, once) = (DueTask { task, input, answers }, Arc::clone(&self.once));
        Self::new(Arc::clone(&self.host), self.step, due, self.attempt, once)
    }
}

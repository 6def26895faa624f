//! What a node knows of its run, and what it can ask of it.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::BackendError;
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Cancel, Question, Stop, TaskId, node::Pause};

/// Where [`Cx::once`] keeps its records. A host makes one per superstep; nodes never see it.
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Stores `value` under (task, key) durably and returns what is stored there: an earlier value wins.
    ///
    /// # Errors
    ///
    /// Those of the store. Nothing is stored then, unless the error says that it may have been.
    async fn record(&self, task: &TaskId, key: &str, value: Value) -> Result<Value, BackendError>;
}

/// The context of one run of one node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cx(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    thread: Arc<str>,
    step: u64,
    task: TaskId,
    answers: BTreeMap<String, Value>,
    once: Mutex<BTreeMap<String, Value>>,
    asked: Mutex<Vec<Question>>,
    journal: Option<Arc<dyn Journal>>,
    cancel: Cancel,
}

impl Cx {
    /// The context of `task` in superstep `step` of `thread`, without answers and records: what a host starts from, and
    /// what calls a node in a test.
    #[must_use]
    pub fn new(thread: impl Into<Arc<str>>, step: u64, task: TaskId) -> Self {
        Self(Arc::new(Inner {
            thread: thread.into(),
            step,
            task,
            answers: BTreeMap::new(),
            once: Mutex::default(),
            asked: Mutex::default(),
            journal: None,
            cancel: Cancel::default(),
        }))
    }

    /// Gives it the answers to questions of this task, by id.
    #[must_use]
    pub fn with_answers(self, answers: BTreeMap<String, Value>) -> Self {
        self.change(|inner| inner.answers = answers)
    }

    /// Gives it the journal of [`once`](Self::once) and what is already in it.
    #[must_use]
    pub fn with_journal(self, journal: Arc<dyn Journal>, recorded: BTreeMap<String, Value>) -> Self {
        self.change(|inner| {
            inner.journal = Some(journal);
            inner.once = Mutex::new(recorded);
        })
    }

    /// Gives it the token that stops it.
    #[must_use]
    pub fn with_cancel(self, cancel: Cancel) -> Self {
        self.change(|inner| inner.cancel = cancel)
    }

    /// The thread it runs on.
    #[must_use]
    pub fn thread(&self) -> &str {
        &self.0.thread
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

    /// The token that stops it, to be handed to work that the node starts.
    #[must_use]
    pub fn cancel(&self) -> Cancel {
        self.0.cancel.clone()
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancel.is_cancelled()
    }

    /// Waits until it is asked to stop.
    pub async fn cancelled(&self) {
        self.0.cancel.cancelled().await;
    }

    /// Asks a person, and gives back the answer once there is one.
    ///
    /// The first time it parks the thread durably and the node ends here; after the answer the node runs again from
    /// its top, and this call returns the answer. Pass the error on with `?`; a node that discards it is parked all
    /// the same, and what it wrote then is dropped. Ids are unique among the open questions of a superstep.
    ///
    /// # Errors
    ///
    /// [`Stop::Paused`] while there is no answer that is an `A`; [`Stop::Failed`] when the question can't be written
    /// as JSON.
    // The signature is async so that a host may fetch the answer itself.
    #[allow(clippy::unused_async)]
    pub async fn ask<Q: Serialize, A: DeserializeOwned>(&self, id: &str, question: &Q) -> Result<A, Stop> {
        let mut asked = Question::new(id, self.node(), serde_json::to_value(question)?);
        if let Some(answer) = self.0.answers.get(id) {
            match A::deserialize(answer) {
                Ok(answer) => return Ok(answer),
                Err(error) => asked.problem = Some(format!("the last answer was not understood: {error}")),
            }
        }
        let mut questions = locked(&self.0.asked);
        if !questions.iter().any(|question| question.id == id) {
            questions.push(asked);
        }
        Err(Stop::Paused(Pause(())))
    }

    /// Does `work` once per (thread, superstep, node, `key`): its value is recorded durably before it is returned, and
    /// a later run of the node in the same superstep gets the record.
    ///
    /// A crash after the work and before the record repeats the work, so give an outside effect a key that its
    /// receiver recognises as well. The value must come back from JSON as it was written.
    ///
    /// # Errors
    ///
    /// Those of `work`, which are not recorded; those of the store; a value or a record that is not a `T`.
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
        let value = serde_json::to_value(work.await.map_err(Into::into)?)?;
        let value = match &self.0.journal {
            Some(journal) => journal.record(&self.0.task, key, value).await?,
            None => value,
        };
        locked(&self.0.once).insert(key.to_owned(), value.clone());
        Ok(T::deserialize(&value)?)
    }

    /// Takes the questions that were asked so far.
    pub(crate) fn take_questions(&self) -> Vec<Question> {
        std::mem::take(&mut locked(&self.0.asked))
    }

    fn change(self, change: impl FnOnce(&mut Inner)) -> Self {
        // Someone may hold a clone; theirs stays as it is.
        let mut inner = Arc::try_unwrap(self.0).unwrap_or_else(|shared| Inner {
            thread: Arc::clone(&shared.thread),
            step: shared.step,
            task: shared.task.clone(),
            answers: shared.answers.clone(),
            once: Mutex::new(locked(&shared.once).clone()),
            asked: Mutex::default(),
            journal: shared.journal.clone(),
            cancel: shared.cancel.clone(),
        });
        change(&mut inner);
        Self(Arc::new(inner))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks can panic half-way, so a poisoned one still holds whole values.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

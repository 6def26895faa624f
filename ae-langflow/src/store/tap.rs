//! A store whose calls pass through code of the caller.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;

use super::{
    Checkpointer,
    record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
};

/// One call of a [`Checkpointer`], as data.
#[derive(Debug, Clone)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "one lives at a time, and a box would stand in the way of a pattern"
)]
pub enum StoreCall {
    /// [`Checkpointer::commit`].
    Commit {
        /// The thread.
        thread: String,
        /// The head that the record builds on.
        expected: Option<Head>,
        /// The record.
        record: Record,
    },
    /// [`Checkpointer::append_once`].
    AppendOnce {
        /// The thread.
        thread: String,
        /// Its head.
        head: Head,
        /// The notes.
        notes: Vec<TaskRecord>,
    },
    /// [`Checkpointer::notes`].
    Notes {
        /// The thread.
        thread: String,
        /// Its head.
        head: Head,
    },
    /// [`Checkpointer::load`].
    Load {
        /// The thread.
        thread: String,
        /// The last record to read.
        up_to: Option<u64>,
    },
    /// [`Checkpointer::list`].
    List {
        /// The part of the listing.
        page: Page,
    },
    /// [`Checkpointer::copy`].
    Copy {
        /// The thread.
        from: String,
        /// The last record to copy.
        up_to: Option<u64>,
        /// The new thread.
        to: String,
    },
    /// [`Checkpointer::prune`].
    Prune {
        /// The thread.
        thread: String,
        /// The rules.
        prune: Prune,
    },
    /// [`Checkpointer::delete`].
    Delete {
        /// The thread.
        thread: String,
    },
}

/// The result of a [`StoreCall`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreAnswer {
    /// The record is stored.
    Committed,
    /// The notes that are stored.
    Noted(Vec<TaskRecord>),
    /// The notes of the superstep under way, if the head is the one that was named.
    Notes(Option<Vec<TaskRecord>>),
    /// The thread, if there is one.
    Loaded(Option<Box<Loaded>>),
    /// A part of the listing.
    Listed(Vec<ThreadInfo>),
    /// The head of the copy.
    Copied(Head),
    /// The number of records that were removed.
    Pruned(u64),
    /// Whether there was a thread.
    Deleted(bool),
}

impl StoreCall {
    /// Makes the call.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn run(self, store: &dyn Checkpointer) -> Result<StoreAnswer, BackendError> {
        use StoreAnswer::{Committed, Copied, Deleted, Listed, Loaded, Noted, Notes, Pruned};
        match self {
            Self::Commit { thread, expected, record } => {
                store.commit(&thread, expected, record).await.map(|()| Committed)
            }
            Self::AppendOnce { thread, head, notes } => {
                store.append_once(&thread, head, notes).await.map(Noted)
            }
            Self::Notes { thread, head } => store.notes(&thread, head).await.map(Notes),
            Self::Load { thread, up_to } => {
                store.load(&thread, up_to).await.map(|found| Loaded(found.map(Box::new)))
            }
            Self::List { page } => store.list(page).await.map(Listed),
            Self::Copy { from, up_to, to } => store.copy(&from, up_to, &to).await.map(Copied),
            Self::Prune { thread, prune } => store.prune(&thread, prune).await.map(Pruned),
            Self::Delete { thread } => store.delete(&thread).await.map(Deleted),
        }
    }
}

/// A name and a thread, for the messages of tests.
impl fmt::Display for StoreCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit { thread, record, .. } => write!(f, "commit {} of {thread:?}", record.head.seq),
            Self::AppendOnce { thread, notes, .. } => {
                let tasks = notes.iter().map(|note| note.task.as_str());
                write!(f, "notes of {:?} in {thread:?}", tasks.collect::<Vec<_>>())
            }
            Self::Notes { thread, .. } => write!(f, "reading of the notes of {thread:?}"),
            Self::Load { thread, .. } => write!(f, "load of {thread:?}"),
            Self::List { .. } => f.write_str("listing"),
            Self::Copy { from, to, .. } => write!(f, "copy of {from:?} to {to:?}"),
            Self::Prune { thread, .. } => write!(f, "prune of {thread:?}"),
            Self::Delete { thread } => write!(f, "delete of {thread:?}"),
        }
    }
}

/// The code that the calls of a [`Tap`] pass through.
#[async_trait]
pub trait Intercept: fmt::Debug + Send + Sync + 'static {
    /// Takes one call. It [runs](StoreCall::run) it on `store`, before, after or instead of its own work, and may alter
    /// the call and the answer.
    ///
    /// # Errors
    ///
    /// Those that the caller of the store is to get.
    async fn intercept(&self, call: StoreCall, store: &dyn Checkpointer)
    -> Result<StoreAnswer, BackendError>;
}

/// Passes every call of a store through an [`Intercept`]: for tests that count or alter calls, or stop a process at one.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
/// use ae_langflow::{Checkpointer, MemoryCheckpointer, host::{Intercept, StoreAnswer, StoreCall, Tap}};
/// use ae_core::BackendError;
///
/// #[derive(Debug, Default)]
/// struct Commits(AtomicUsize);
///
/// #[async_trait::async_trait]
/// impl Intercept for Commits {
///     async fn intercept(&self, call: StoreCall, store: &dyn Checkpointer) -> Result<StoreAnswer, BackendError> {
///         if matches!(call, StoreCall::Commit { .. }) {
///             self.0.fetch_add(1, Ordering::SeqCst);
///         }
///         call.run(store).await
///     }
/// }
///
/// let counting = Tap::new(Arc::new(MemoryCheckpointer::new()), Commits::default());
/// assert_eq!(counting.intercept().0.load(Ordering::SeqCst), 0);
/// ```
#[derive(Debug)]
pub struct Tap<I> {
    store: Arc<dyn Checkpointer>,
    intercept: I,
}

impl<I: Intercept> Tap<I> {
    /// Passes the calls of `store` through `intercept`.
    #[must_use]
    pub fn new(store: Arc<dyn Checkpointer>, intercept: I) -> Self {
        Self { store, intercept }
    }

    /// The code that the calls pass through.
    #[must_use]
    pub fn intercept(&self) -> &I {
        &self.intercept
    }

    async fn pass<T>(
        &self,
        call: StoreCall,
        read: impl FnOnce(StoreAnswer) -> Result<T, StoreAnswer> + Send,
    ) -> Result<T, BackendError> {
        read(self.intercept.intercept(call, self.store.as_ref()).await?).map_err(|other| {
            let message = format!("the answer is that of another call: {other:?}");
            BackendError::new(ErrorKind::Internal, "tap", "intercept", message)
        })
    }
}

/// Reads one variant of an answer.
macro_rules! only {
    ($pattern:pat => $value:expr) => {
        |answer| match answer {
            $pattern => Ok($value),
            other => Err(other),
        }
    };
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<I: Intercept> Checkpointer for Tap<I> {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        let call = StoreCall::Commit { thread: thread.to_owned(), expected, record };
        self.pass(call, only!(StoreAnswer::Committed => ())).await
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        notes: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        let call = StoreCall::AppendOnce { thread: thread.to_owned(), head, notes };
        self.pass(call, only!(StoreAnswer::Noted(notes) => notes)).await
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        let call = StoreCall::Notes { thread: thread.to_owned(), head };
        self.pass(call, only!(StoreAnswer::Notes(notes) => notes)).await
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        let call = StoreCall::Load { thread: thread.to_owned(), up_to };
        self.pass(call, only!(StoreAnswer::Loaded(found) => found.map(|found| *found))).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.pass(StoreCall::List { page }, only!(StoreAnswer::Listed(lines) => lines)).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        let call = StoreCall::Copy { from: from.to_owned(), up_to, to: to.to_owned() };
        self.pass(call, only!(StoreAnswer::Copied(head) => head)).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        let call = StoreCall::Prune { thread: thread.to_owned(), prune };
        self.pass(call, only!(StoreAnswer::Pruned(records) => records)).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        let call = StoreCall::Delete { thread: thread.to_owned() };
        self.pass(call, only!(StoreAnswer::Deleted(found) => found)).await
    }
}

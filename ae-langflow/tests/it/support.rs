//! Parts that the tests share.

use std::sync::{Arc, Mutex};

use ae_langflow::{
    App, Checkpointer, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, State, host::Tap,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
#[state(version = 1)]
pub struct Log {
    #[reduce(append)]
    pub log: Vec<String>,
    pub last: Option<String>,
    pub text: String,
    pub count: u32,
    #[reduce(max)]
    pub top: f64,
    #[reduce(merge)]
    pub by: std::collections::BTreeMap<u32, String>,
    #[reduce(with = join)]
    pub joined: String,
}

fn join(have: &mut String, new: String) {
    if !have.is_empty() {
        have.push('+');
    }
    have.push_str(&new);
}

/// The nodes that ran, in the order in which it ran.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub fn add(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

pub fn names(log: &str) -> Vec<String> {
    log.split(' ').map(str::to_owned).collect()
}

pub fn stored<S: State>(graph: &Graph<S>) -> App<S> {
    graph.with_store(Arc::new(MemoryCheckpointer::new())).with_snapshots_after(2048)
}

/// The same graph on the same store, as a new process would have it.
pub fn again<S: State>(graph: &Graph<S>, store: &Arc<MemoryCheckpointer>) -> App<S> {
    graph.with_store(Arc::clone(store) as Arc<dyn Checkpointer>).with_snapshots_after(2048)
}

pub async fn run(graph: &Graph<Log>) -> Result<Ending<Log>, GraphError> {
    stored(graph).invoke(Input::start(Log::update()), &RunConfig::thread("t")).await
}

pub fn done<S: std::fmt::Debug + Clone>(ending: Ending<S>) -> S {
    match ending {
        Ending::Done(state) => Arc::unwrap_or_clone(state),
        other => panic!("not done: {other:?}"),
    }
}

pub fn log(entry: &str) -> ae_langflow::Step<Log> {
    ae_langflow::Step::update(Log::update().log(vec![entry.to_owned()]))
}

/// A store that outlives the app on it.
pub struct Place {
    open: Box<dyn Fn() -> Arc<dyn Checkpointer> + Send + Sync>,
    #[cfg(feature = "sqlite")]
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    /// The app as a new process would have it.
    pub fn app<S: State>(&self, graph: &Graph<S>) -> App<S> {
        graph.with_store(self.store()).with_snapshots_after(2048)
    }

    /// The store as a new process would open it.
    pub fn store(&self) -> Arc<dyn Checkpointer> {
        (self.open)()
    }
}

/// A place of each kind.
pub fn places() -> Vec<Place> {
    let memory: Arc<dyn Checkpointer> = Arc::new(MemoryCheckpointer::new());
    let memory = Place {
        open: Box::new(move || Arc::clone(&memory)),
        #[cfg(feature = "sqlite")]
        _folder: None,
    };
    #[cfg(feature = "sqlite")]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let open = move || -> Arc<dyn Checkpointer> {
            let durability = ae_langflow::Durability::Normal;
            let store = ae_langflow::SqliteCheckpointer::open(&path, durability).unwrap();
            Arc::new(Tap::new(Arc::new(store), crate::timer::Counted))
        };
        vec![memory, Place { open: Box::new(open), _folder: Some(folder) }]
    }
    #[cfg(not(feature = "sqlite"))]
    vec![memory]
}

/// A switch that nodes look at.
#[derive(Debug, Clone)]
pub struct Switch(Arc<std::sync::atomic::AtomicBool>);

impl Switch {
    pub fn new(on: bool) -> Self {
        Self(Arc::new(on.into()))
    }

    pub fn set(&self, on: bool) {
        self.0.store(on, std::sync::atomic::Ordering::SeqCst);
    }

    pub fn is_on(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

/// The questions that a call ended with.
pub fn asked<S: std::fmt::Debug>(ending: Ending<S>) -> Vec<ae_langflow::Question> {
    match ending {
        Ending::Asked { questions, .. } => questions,
        other => panic!("nothing asked: {other:?}"),
    }
}

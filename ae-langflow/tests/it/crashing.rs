//! A store under which the process dies at a chosen write, as far as the engine can tell.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ae_core::{BackendError, ErrorKind};
use ae_langflow::{
    Checkpointer,
    host::{Intercept, Record, StoreAnswer, StoreCall, Tap},
};
use async_trait::async_trait;

/// A task of one superstep: its number and the task.
pub type Done = (u64, String);

/// Fails at write number `at` of this process, before it or after it is durable, and at every one from then on.
#[derive(Debug)]
pub struct Crashing {
    at: usize,
    before: bool,
    writes: AtomicUsize,
    /// The tasks whose results became durable.
    durable: Arc<Mutex<BTreeSet<Done>>>,
}

impl Crashing {
    pub fn tap(
        inner: Arc<dyn Checkpointer>,
        at: usize,
        before: bool,
        durable: &Arc<Mutex<BTreeSet<Done>>>,
    ) -> Tap<Self> {
        Tap::new(inner, Self { at, before, writes: AtomicUsize::new(0), durable: Arc::clone(durable) })
    }

    /// Whether this write is the last one.
    fn enter(&self) -> Result<bool, BackendError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if number > self.at || (number == self.at && self.before) {
            Err(dead())
        } else {
            Ok(number == self.at)
        }
    }
}

fn dead() -> BackendError {
    BackendError::new(ErrorKind::Unavailable, "test", "write", "the process is dead")
}

#[async_trait]
impl Intercept for Crashing {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        let ran = match &call {
            StoreCall::Commit { record, .. } => results_of(record),
            StoreCall::AppendOnce { .. } => Vec::new(),
            _ => return call.run(store).await,
        };
        let last = self.enter()?;
        let answer = call.run(store).await?;
        let mut durable = self.durable.lock().unwrap();
        durable.extend(ran);
        if let StoreAnswer::Noted(notes) = &answer {
            let finished = notes.iter().filter(|note| note.key.starts_with("done@"));
            durable.extend(finished.map(|note| (note.step + 1, note.task.clone())));
        }
        if last { Err(dead()) } else { Ok(answer) }
    }
}

/// The tasks whose results a record holds.
fn results_of(record: &Record) -> Vec<Done> {
    let step = record.head.step;
    let change: serde_json::Value = serde_json::from_str(&record.change).unwrap();
    let results = [("/s/0", step), ("/parked/finished", step + 1)];
    let results = results.into_iter().flat_map(|(place, step)| {
        let tasks = change.pointer(place).and_then(|tasks| tasks.as_array()).into_iter().flatten();
        tasks.map(move |task| (step, task[0].as_str().unwrap().to_owned()))
    });
    results.collect()
}

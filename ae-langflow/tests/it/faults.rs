//! The checks of the port can fail: stores with one fault each, and the clause that tells.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, ErrorKind};
use ae_langflow::{
    Checkpointer, MemoryCheckpointer, conformance,
    host::{Intercept, Prune, StoreAnswer, StoreCall, Tap, TaskRecord},
};
use async_trait::async_trait;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    ForgetsHashes,
    ForgetsBlobs,
    LosesTheLoser,
    WantsNoSnapshot,
    Renumbers,
    ReturnsTheNewNote,
    NotesTheFirst,
    TakesLateNotes,
    KeepsNotes,
    DeletesWhatIsNot,
    ListsOneMore,
    ListsBackwards,
    ReadsTheEnd,
    ReadsNotesOfThePast,
    CopiesAll,
    CopiesOver,
    PrunesNothing,
    PrunesAll,
    KeepsBlobs,
    TakesAnyName,
    ReadsLateNotes,
}

/// One fault in front of a store that has none.
#[derive(Debug)]
struct Faulty {
    fault: Fault,
    notes: Mutex<Vec<TaskRecord>>,
}

#[async_trait]
impl Intercept for Faulty {
    async fn intercept(
        &self,
        mut call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        match (self.fault, &mut call) {
            (Fault::ForgetsHashes, StoreCall::Commit { record, .. }) => record.state_hash = None,
            (Fault::WantsNoSnapshot, StoreCall::Commit { expected: None, record, .. }) => {
                _ = record.snapshot.get_or_insert_default();
            }
            (Fault::Renumbers, StoreCall::Commit { expected, record, .. }) => {
                record.head.seq = expected.map_or(1, |head| head.seq + 1);
            }
            (Fault::KeepsBlobs, StoreCall::Commit { thread, record, .. }) if !record.blobs.is_empty() => {
                drop(store.commit(&format!("kept by {thread}"), None, record.clone()).await);
            }
            (Fault::ReadsTheEnd, StoreCall::Load { up_to, .. }) => *up_to = up_to.and(Some(u64::MAX)),
            (Fault::ListsOneMore, StoreCall::List { page }) => page.limit += 1,
            (Fault::CopiesOver, StoreCall::Copy { from, to, .. }) if from != to => {
                _ = store.delete(to).await?;
            }
            (Fault::NotesTheFirst, StoreCall::AppendOnce { notes, .. }) => notes.truncate(1),
            (Fault::CopiesAll, StoreCall::Copy { up_to, .. }) => *up_to = None,
            (Fault::PrunesNothing, StoreCall::Prune { .. }) => return Ok(StoreAnswer::Pruned(0)),
            (Fault::PrunesAll, StoreCall::Prune { prune, .. }) => *prune = Prune::default(),
            _ => {}
        }
        let made = call.clone();
        let answer = call.run(store).await;
        self.alter(&made, answer, store).await
    }
}

impl Faulty {
    async fn alter(
        &self,
        call: &StoreCall,
        answer: Result<StoreAnswer, BackendError>,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        let kind = answer.as_ref().err().map(BackendError::kind);
        let mut answer = match (self.fault, call, kind) {
            (Fault::LosesTheLoser, StoreCall::Commit { .. }, Some(ErrorKind::Conflict)) => {
                StoreAnswer::Committed
            }
            (Fault::TakesAnyName, StoreCall::Commit { thread, .. }, Some(ErrorKind::InvalidInput))
                if thread.is_empty() || thread.contains('\0') =>
            {
                StoreAnswer::Committed
            }
            (Fault::TakesLateNotes, StoreCall::AppendOnce { notes, .. }, Some(ErrorKind::Conflict)) => {
                StoreAnswer::Noted(notes.clone())
            }
            _ => answer?,
        };
        match (self.fault, call, &mut answer) {
            (Fault::ReturnsTheNewNote, StoreCall::AppendOnce { notes, .. }, StoreAnswer::Noted(stored)) => {
                stored.clone_from(notes);
            }
            (Fault::KeepsNotes, StoreCall::AppendOnce { thread, .. }, StoreAnswer::Noted(notes))
                if thread == "c7" =>
            {
                self.notes.lock().unwrap().extend(notes.iter().cloned());
            }
            (Fault::ReadsLateNotes, StoreCall::Notes { thread, .. }, StoreAnswer::Notes(found)) => {
                *found = store.load(thread, None).await?.map(|loaded| loaded.task_records);
            }
            (Fault::KeepsNotes, StoreCall::Load { thread, .. }, StoreAnswer::Loaded(Some(loaded)))
                if thread == "c7" =>
            {
                loaded.task_records.clone_from(&self.notes.lock().unwrap());
            }
            (Fault::ForgetsBlobs, _, StoreAnswer::Loaded(Some(loaded))) => loaded.blobs.clear(),
            (
                Fault::ReadsNotesOfThePast,
                StoreCall::Load { thread, up_to: Some(_) },
                StoreAnswer::Loaded(Some(loaded)),
            ) => {
                let now = store.load(thread, None).await?;
                loaded.task_records = now.map(|now| now.task_records).unwrap_or_default();
            }
            (Fault::ListsBackwards, _, StoreAnswer::Listed(lines)) => lines.reverse(),
            (Fault::DeletesWhatIsNot, _, StoreAnswer::Deleted(found)) => *found = true,
            _ => {}
        }
        Ok(answer)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_caught_by_its_clause() {
    let wrong = [
        ("C1", Fault::ForgetsHashes),
        ("C1", Fault::ForgetsBlobs),
        ("C2", Fault::LosesTheLoser),
        ("C3", Fault::WantsNoSnapshot),
        ("C4", Fault::Renumbers),
        ("C5", Fault::ReturnsTheNewNote),
        ("C5", Fault::NotesTheFirst),
        ("C6", Fault::TakesLateNotes),
        ("C7", Fault::KeepsNotes),
        ("C8", Fault::DeletesWhatIsNot),
        ("C9", Fault::ListsOneMore),
        ("C9", Fault::ListsBackwards),
        ("C10", Fault::ReadsTheEnd),
        ("C10", Fault::ReadsNotesOfThePast),
        ("C11", Fault::CopiesAll),
        ("C11", Fault::CopiesOver),
        ("C12", Fault::PrunesNothing),
        ("C12", Fault::PrunesAll),
        ("C13", Fault::KeepsBlobs),
        ("C14", Fault::TakesAnyName),
        ("C15", Fault::ReadsLateNotes),
    ];
    let mut left = conformance::checkpointer::run_all(Arc::new(MemoryCheckpointer::new())).await.passed;
    for (clause, fault) in wrong {
        let faulty = Faulty { fault, notes: Mutex::default() };
        let store = Arc::new(Tap::new(Arc::new(MemoryCheckpointer::new()), faulty));
        let error = tokio::spawn(conformance::checkpointer::run_all(store)).await.expect_err(clause);
        let words = match error.into_panic().downcast::<String>() {
            Ok(words) => *words,
            Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
        };
        assert!(words.contains(&format!("{clause}:")), "{fault:?}: {words}");
        left.retain(|known| *known != clause);
    }
    assert!(left.is_empty(), "no wrong store breaks {left:?}");
}

//! The checks of the port can fail: stores with one fault each, and the clause that tells.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, ErrorKind};
use ae_langflow::{
    Checkpointer, MemoryCheckpointer, conformance,
    record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
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
}

/// Memory, but for one fault.
#[derive(Debug)]
struct Faulty {
    inner: MemoryCheckpointer,
    fault: Fault,
    notes: Mutex<Vec<TaskRecord>>,
}

fn forgive<T>(result: Result<T, BackendError>, kind: ErrorKind, value: T) -> Result<T, BackendError> {
    match result {
        Err(error) if error.kind() == kind => Ok(value),
        other => other,
    }
}

#[async_trait]
impl Checkpointer for Faulty {
    async fn commit(
        &self,
        thread: &str,
        expected: Option<Head>,
        mut record: Record,
    ) -> Result<(), BackendError> {
        match self.fault {
            Fault::ForgetsHashes => record.state_hash = None,
            Fault::WantsNoSnapshot if expected.is_none() => _ = record.snapshot.get_or_insert_default(),
            Fault::Renumbers => record.head.seq = expected.map_or(1, |head| head.seq + 1),
            Fault::KeepsBlobs if !record.blobs.is_empty() => {
                let hidden = record.clone();
                drop(self.inner.commit(&format!("kept by {thread}"), None, hidden).await);
            }
            _ => {}
        }
        let result = self.inner.commit(thread, expected, record).await;
        match self.fault {
            Fault::LosesTheLoser => forgive(result, ErrorKind::Conflict, ()),
            Fault::TakesAnyName => forgive(result, ErrorKind::InvalidInput, ()),
            _ => result,
        }
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        let result = self.inner.append_once(thread, head, record.clone()).await;
        if result.is_ok() && thread == "c7" {
            self.notes.lock().unwrap().push(record.clone());
        }
        match self.fault {
            Fault::ReturnsTheNewNote => result.map(|_| record),
            Fault::TakesLateNotes => forgive(result, ErrorKind::Conflict, record),
            _ => result,
        }
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        let up_to = if self.fault == Fault::ReadsTheEnd { up_to.and(Some(u64::MAX)) } else { up_to };
        let mut loaded = self.inner.load(thread, up_to).await?;
        if let Some(loaded) = &mut loaded {
            match self.fault {
                Fault::ForgetsBlobs => loaded.blobs.clear(),
                Fault::KeepsNotes if thread == "c7" => {
                    loaded.task_records.clone_from(&self.notes.lock().unwrap());
                }
                Fault::ReadsNotesOfThePast if up_to.is_some() => {
                    let now = self.inner.load(thread, None).await?;
                    loaded.task_records = now.map(|now| now.task_records).unwrap_or_default();
                }
                _ => {}
            }
        }
        Ok(loaded)
    }

    async fn list(&self, mut page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        if self.fault == Fault::ListsOneMore {
            page.limit += 1;
        }
        let mut lines = self.inner.list(page).await?;
        if self.fault == Fault::ListsBackwards {
            lines.reverse();
        }
        Ok(lines)
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        if self.fault == Fault::CopiesOver && from != to {
            self.inner.delete(to).await?;
        }
        let up_to = if self.fault == Fault::CopiesAll { None } else { up_to };
        self.inner.copy(from, up_to, to).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        match self.fault {
            Fault::PrunesNothing => Ok(0),
            Fault::PrunesAll => self.inner.prune(thread, Prune::default()).await,
            _ => self.inner.prune(thread, prune).await,
        }
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        Ok(self.inner.delete(thread).await? || self.fault == Fault::DeletesWhatIsNot)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_by_its_clause() {
    let faults = [
        (Fault::ForgetsHashes, "C1:"),
        (Fault::ForgetsBlobs, "C1:"),
        (Fault::LosesTheLoser, "C2:"),
        (Fault::WantsNoSnapshot, "C3:"),
        (Fault::Renumbers, "C4:"),
        (Fault::ReturnsTheNewNote, "C5:"),
        (Fault::TakesLateNotes, "C6:"),
        (Fault::KeepsNotes, "C7:"),
        (Fault::DeletesWhatIsNot, "C8:"),
        (Fault::ListsOneMore, "C10:"),
        (Fault::ListsBackwards, "C10:"),
        (Fault::ReadsTheEnd, "C11:"),
        (Fault::ReadsNotesOfThePast, "C11:"),
        (Fault::CopiesAll, "C12:"),
        (Fault::CopiesOver, "C12:"),
        (Fault::PrunesNothing, "C13:"),
        (Fault::PrunesAll, "C13:"),
        (Fault::KeepsBlobs, "C14:"),
        (Fault::TakesAnyName, "C3:"),
    ];
    for (fault, clause) in faults {
        let store = Faulty { inner: MemoryCheckpointer::new(), fault, notes: Mutex::default() };
        let error = tokio::spawn(conformance::run_all(Arc::new(store))).await.unwrap_err();
        let words = match error.into_panic().downcast::<String>() {
            Ok(words) => *words,
            Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
        };
        assert!(words.contains(clause), "{fault:?}: {words}");
    }
}

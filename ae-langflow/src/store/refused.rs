//! The refusals of every store, in the same words.

use std::collections::BTreeSet;

use ae_core::{BackendError, ErrorKind};

use crate::store::record::{Head, NAME_BYTES_MAX, Record, TaskRecord};

/// The head is not where the caller believes it to be, or there is no such thread.
pub(crate) fn moved(backend: &'static str, operation: &'static str, thread: &str) -> BackendError {
    let message = format!("the thread {thread:?} is not where it was expected: load it again");
    BackendError::new(ErrorKind::Conflict, backend, operation, message)
}

/// A copy would write over a thread.
pub(crate) fn exists(backend: &'static str, thread: &str) -> BackendError {
    let message = format!("the thread {thread:?} exists: copy to another name, or delete it first");
    BackendError::new(ErrorKind::Conflict, backend, "copy", message)
}

/// A copy of what is not there.
pub(crate) fn missing(backend: &'static str, thread: &str, up_to: Option<u64>) -> BackendError {
    let message = match up_to {
        Some(seq) => format!("the thread {thread:?} has no record {seq}: it never had, or it was pruned"),
        None => format!("there is no thread {thread:?} to copy"),
    };
    BackendError::new(ErrorKind::NotFound, backend, "copy", message)
}

/// Refuses a commit that can't be right whatever is stored.
pub(crate) fn check_record(
    backend: &'static str,
    thread: &str,
    expected: Option<&Head>,
    record: &Record,
) -> Result<(), BackendError> {
    let invalid = |why: &str| {
        let message = format!("the record for the thread {thread:?} {why}");
        Err(BackendError::new(ErrorKind::InvalidInput, backend, "commit", message))
    };
    if record.header.as_ref().is_some_and(|header| header.graph.contains('\0')) {
        return invalid("names a graph with a NUL character, which not every store can keep");
    }
    match expected {
        None => {
            check_name(backend, "commit", "thread", thread)?;
            if record.header.is_none() || record.snapshot.is_none() {
                return invalid("is its first and lacks a header or a snapshot");
            }
            if record.head.seq != 1 {
                return invalid("is its first and has another number than 1");
            }
        }
        Some(before) if Some(record.head.seq) != before.seq.checked_add(1) => {
            return invalid("does not have the number after the expected head");
        }
        Some(_) => {}
    }
    Ok(())
}

/// Refuses notes that can't be right whatever is stored.
pub(crate) fn check_notes(
    backend: &'static str,
    head: &Head,
    records: &[TaskRecord],
) -> Result<(), BackendError> {
    let mut names = BTreeSet::new();
    for TaskRecord { step, task, key, .. } in records {
        check_name(backend, "append_once", "task", task)?;
        check_name(backend, "append_once", "key", key)?;
        let why = match *step == head.step {
            false => "is of another step than the head",
            true if !names.insert((task, key)) => "is there twice",
            true => continue,
        };
        let message = format!("the note {key:?} of {task:?} {why}");
        return Err(BackendError::new(ErrorKind::InvalidInput, backend, "append_once", message));
    }
    Ok(())
}

/// Whether every store can keep this name of a graph, a thread, a task or a note.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains('\0')
}

/// Refuses the name of a new thread, of a task or of a note that not every store can keep.
pub(crate) fn check_name(
    backend: &'static str,
    operation: &'static str,
    what: &str,
    name: &str,
) -> Result<(), BackendError> {
    if is_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    let message =
        format!("{shown:?} can't name a {what}: choose 1 to {NAME_BYTES_MAX} bytes without NUL characters");
    Err(BackendError::new(ErrorKind::InvalidInput, backend, operation, message))
}

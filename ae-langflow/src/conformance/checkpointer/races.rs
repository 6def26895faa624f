//! Several callers at the same time: C2, C5, C11, C13, and calls that are dropped.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use ae_core::{BackendError, ErrorKind};

use super::support::{
    begin, blob, changes, commit, done, first, load, load_at, next_step, note, race, walked, with_snapshot,
};
use crate::Checkpointer;

const WRITERS: usize = 4;
const ROUNDS: u64 = 20;

fn winners<T>(results: &[Result<T, BackendError>], what: &str) -> usize {
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{what}: who loses gets a Conflict: {error}");
    }
    results.iter().filter(|result| result.is_ok()).count()
}

/// C2: of several commits on one head, or on none, one succeeds.
pub async fn c2_one_of_many_writers_wins(store: &Arc<dyn Checkpointer>) {
    let mut head = None;
    for round in 1..=ROUNDS {
        let results = race(store, WRITERS, |store, writer| async move {
            let change = format!("{{\"by\":{writer}}}");
            let record = match head {
                None => first(),
                Some(head) => next_step(head, &change),
            };
            store.commit("c2 race", head, record).await.map(|()| change)
        })
        .await;
        assert_eq!(winners(&results, "C2"), 1, "C2: exactly one of several writers wins");
        let loaded = load(store.as_ref(), "c2 race").await;
        assert_eq!((loaded.head.seq, walked(&loaded)), (round, loaded.head), "C2: one record is stored");
        if round > 1 {
            let winner = results.into_iter().find_map(Result::ok);
            let stored = changes(&loaded).last().map(ToString::to_string);
            assert_eq!(stored, winner, "C2: the record is the winner's");
        }
        head = Some(loaded.head);
    }
}

/// C2: writers that read and try again lose nothing.
pub async fn c2_no_commit_is_lost_among_many_writers(store: &Arc<dyn Checkpointer>) {
    begin(store.as_ref(), "c2 many").await;
    race(store, WRITERS, |store, writer| async move {
        for number in 1..=ROUNDS {
            loop {
                let head = load(store.as_ref(), "c2 many").await.head;
                let record = next_step(head, &format!("[{writer},{number}]"));
                match store.commit("c2 many", Some(head), record).await {
                    Ok(()) => break,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "C2: {error}"),
                }
            }
        }
    })
    .await;
    let loaded = load(store.as_ref(), "c2 many").await;
    assert_eq!(walked(&loaded), loaded.head, "C2: the log is whole");
    for writer in 0..WRITERS {
        let mine = format!("[{writer},");
        let numbers: Vec<_> =
            changes(&loaded).into_iter().filter_map(|change| change.strip_prefix(&mine)).collect();
        let expected: Vec<_> = (1..=ROUNDS).map(|number| format!("{number}]")).collect();
        assert_eq!(numbers, expected, "C2: every commit of a writer is there once, in its order");
    }
}

/// C5: several first notes of one key come to one.
pub async fn c5_one_of_many_notes_stays(store: &Arc<dyn Checkpointer>) {
    let mut head = begin(store.as_ref(), "c5 race").await;
    for _ in 0..ROUNDS {
        let results = race(store, WRITERS, |store, writer| async move {
            let mine = note(head.step, "a", &writer.to_string());
            done(store.append_once("c5 race", head, vec![mine]).await, "C5: a note").remove(0)
        })
        .await;
        let stored = load(store.as_ref(), "c5 race").await.task_records;
        assert_eq!(stored.len(), 1, "C5: one note is stored");
        assert!(
            results.iter().all(|note| Some(note) == stored.first()),
            "C5: everyone gets the one that is stored"
        );
        head = commit(store.as_ref(), "c5 race", Some(head), next_step(head, "{}")).await;
    }
}

/// C11: of several copies to one name one is made, whole.
pub async fn c11_one_of_many_copies_is_made(store: &Arc<dyn Checkpointer>) {
    for writer in 0..WRITERS {
        let from = format!("c11 race {writer}");
        let head = begin(store.as_ref(), &from).await;
        commit(store.as_ref(), &from, Some(head), next_step(head, &writer.to_string())).await;
    }
    let results = race(store, WRITERS, |store, writer| async move {
        store.copy(&format!("c11 race {writer}"), None, "c11 race").await.map(|head| (writer, head))
    })
    .await;
    assert_eq!(winners(&results, "C11"), 1, "C11: one copy is made");
    let (writer, head) = results.into_iter().find_map(Result::ok).expect("C11: one copy is made");
    let loaded = load(store.as_ref(), "c11 race").await;
    assert_eq!((loaded.head, walked(&loaded)), (head, head), "C11: it is whole");
    assert_eq!(changes(&loaded), [writer.to_string()], "C11: it is of one thread");
}

/// C13: a record that comes while the last other one with its blob goes keeps the blob.
pub async fn c13_a_blob_outlives_a_race_with_a_delete(store: &Arc<dyn Checkpointer>) {
    for round in 0..ROUNDS {
        let shared = blob(&format!("\"c13 race {round}\""));
        commit(store.as_ref(), "c13 going", None, first().with_blobs(vec![shared.clone()])).await;
        let coming = shared.clone();
        race(store, WRITERS, |store, writer| {
            let record = first().with_blobs(vec![coming.clone()]);
            async move {
                let thread = format!("c13 coming {writer}");
                if writer == 0 {
                    done(store.delete("c13 going").await, "C13: delete");
                } else {
                    commit(store.as_ref(), &thread, None, record).await;
                }
            }
        })
        .await;
        for writer in 1..WRITERS {
            let thread = format!("c13 coming {writer}");
            let loaded = load(store.as_ref(), &thread).await;
            assert_eq!(loaded.blobs.get(&shared.digest), Some(&shared.text), "C13: the blob is there");
            done(store.delete(&thread).await, "C13: delete");
        }
    }
}

/// Cancel safety: a call that is dropped has its whole effect or none, and the thread goes on.
pub async fn dropped_calls_are_whole_or_not(store: &dyn Checkpointer) {
    let one = begin(store, "dropped").await;
    poll_once(store.append_once("dropped", one, vec![note(0, "a", "1")]));
    poll_once(store.commit("dropped", Some(one), next_step(one, "{\"dropped\":true}")));
    poll_once(store.copy("dropped", None, "dropped copy"));
    poll_once(store.delete("dropped none"));
    poll_once(store.load("dropped", None));
    poll_once(store.notes("dropped", one));
    loop {
        let loaded = load(store, "dropped").await;
        assert_eq!(walked(&loaded), loaded.head, "a dropped commit is in the log as a whole or not at all");
        let mine = with_snapshot(loaded.head, "{\"mine\":true}", "{}");
        match store.commit("dropped", Some(loaded.head), mine).await {
            Ok(()) => break,
            // A dropped commit may arrive a moment later; the fence shows it.
            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "the thread goes on: {error}"),
        }
    }
    if let Some(copy) = load_at(store, "dropped copy", None).await {
        assert_eq!(walked(&copy), copy.head, "a dropped copy is whole or not there");
    }
}

/// Begins a call and drops it.
fn poll_once<T>(call: impl Future<Output = T>) {
    let _ = pin!(call).poll(&mut Context::from_waker(Waker::noop()));
}

//! Several threads: C8, C9, C14.

use ae_core::ErrorKind;

use super::support::{
    append, at, begin, commit, done, first, header, list_after, load, load_at, next_step, note, refused,
};
use crate::{
    Checkpointer,
    store::record::{NAME_BYTES_MAX, Prune, TaskRecord},
};

/// C8: threads do not see each other.
pub async fn c8_threads_are_apart_and_delete_takes_one(store: &dyn Checkpointer) {
    let gone = begin(store, "c8 gone").await;
    let kept = begin(store, "c8 kept").await;
    let mine = note(0, "a", "1");
    append(store, "c8 gone", gone, &mine).await;
    append(store, "c8 kept", kept, &mine).await;
    assert!(done(store.delete("c8 gone").await, "C8: delete"), "C8: delete says that there was a thread");
    assert!(!done(store.delete("c8 gone").await, "C8: delete"), "C8: delete says that there was none");
    assert_eq!(load_at(store, "c8 gone", None).await, None, "C8: a deleted thread is gone");
    assert_eq!(load_at(store, "c8 gone", Some(1)).await, None, "C8: with its records");
    let late = store.commit("c8 gone", Some(gone), next_step(gone, "{}")).await;
    refused(late, ErrorKind::Conflict, "C8: a commit on a deleted thread");
    let other = load(store, "c8 kept").await;
    assert_eq!((other.head, other.task_records), (kept, vec![mine]), "C8: the other thread is untouched");
    begin(store, "c8 gone").await;
    let second = load(store, "c8 gone").await;
    assert!(
        second.task_records.is_empty() && second.deltas.is_empty(),
        "C8: nothing of the old thread comes back"
    );
}

/// C9: threads come in byte order, page by page, each with where it stands.
pub async fn c9_many_threads_are_listed_in_order(store: &dyn Checkpointer) {
    let mut names: Vec<_> = (0..300).map(|number| format!("c9 {}", number * 7 % 1000)).collect();
    names.extend(
        ["c9 B", "c9 a", "c9 a b", "c9 z", "c9 É", "c9 é", "c9 👍", "c9 \u{ffff}"].map(str::to_owned),
    );
    for name in &names {
        begin(store, name).await;
    }
    let head = load(store, "c9 a").await.head;
    let ended = next_step(head, "{}").with_finished(true);
    let ended = commit(store, "c9 a", Some(head), ended).await;
    names.sort();
    let (mut seen, mut after) = (Vec::new(), "c9 ".to_owned());
    loop {
        let page = list_after(store, &after, 7).await;
        assert!(page.len() <= 7, "C9: at most the limit");
        let ours: Vec<_> = page.into_iter().filter(|line| line.thread.starts_with("c9 ")).collect();
        let Some(last) = ours.last() else { break };
        after.clone_from(&last.thread);
        seen.extend(ours);
    }
    let order: Vec<_> = seen.iter().map(|line| line.thread.clone()).collect();
    assert_eq!(order, names, "C9: every thread once, in byte order");
    for line in &seen {
        let expected = if line.thread == "c9 a" {
            (ended.seq, ended.step, at(2), true)
        } else {
            (head.seq, head.step, at(1), false)
        };
        let stands = (line.seq, line.step, line.at, line.finished);
        assert_eq!(stands, expected, "C9: {:?} stands there", line.thread);
        assert_eq!(line.graph, "conformance", "C9: the graph is named");
    }
    assert!(list_after(store, "", 0).await.is_empty(), "C9: a limit of 0 lists nothing");
}

/// C14: names may hold anything but NUL, up to their bound.
pub async fn c14_names_are_bounded_and_otherwise_free(store: &dyn Checkpointer) {
    let (longest, too_long) = ("n".repeat(NAME_BYTES_MAX), "n".repeat(NAME_BYTES_MAX + 1));
    let head = begin(store, "c14").await;
    for name in ["", "c14\0", too_long.as_str()] {
        let result = store.commit(name, None, first()).await;
        refused(result, ErrorKind::InvalidInput, "C14: the name of a new thread");
        let result = store.copy("c14", None, name).await;
        refused(result, ErrorKind::InvalidInput, "C14: the name of a copy");
        for (task, key) in [(name, "k"), ("a", name)] {
            let result = store.append_once("c14", head, vec![TaskRecord::new(0, task, key, "1")]).await;
            refused(result, ErrorKind::InvalidInput, "C14: the names of a note");
        }
        assert_eq!(load_at(store, name, None).await, None, "C14: there is no such thread");
        assert_eq!(done(store.notes(name, head).await, "C14: notes"), None, "C14: it has no notes");
        let result = store.commit(name, Some(head), next_step(head, "{}")).await;
        refused(result, ErrorKind::Conflict, "C14: a commit on no thread");
        let result = store.append_once(name, head, vec![note(0, "a", "1")]).await;
        refused(result, ErrorKind::Conflict, "C14: a note on no thread");
        let result = store.copy(name, None, "c14 copy").await;
        refused(result, ErrorKind::NotFound, "C14: a copy of no thread");
        assert_eq!(done(store.prune(name, Prune::default()).await, "C14: prune"), 0, "C14: nothing to prune");
        let deleted = done(store.delete(name).await, "C14: delete");
        assert!(!deleted, "C14: there is no such thread to delete");
        list_after(store, name, 1).await;
    }
    let mut header = header();
    header.graph.push('\0');
    let result = store.commit("c14 graph", None, first().with_header(header)).await;
    refused(result, ErrorKind::InvalidInput, "C14: the name of a graph");
    for name in
        ["c14 'quoted\"", "c14 a%_\\b", "c14 a/../b", "c14 \n\t", "c14 Ä👍", "c14 {}$1?", longest.as_str()]
    {
        let head = begin(store, name).await;
        let odd = TaskRecord::new(0, name, name, "1");
        assert_eq!(append(store, name, head, &odd).await, odd, "C14: a note may have any name");
        let loaded = load(store, name).await;
        assert_eq!((loaded.head, loaded.task_records), (head, vec![odd]), "C14: {name:?} is a thread");
    }
}

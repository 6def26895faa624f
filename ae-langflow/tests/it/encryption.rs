//! Stores whose values are encrypted: the checks of the port, what the file shows, and the report on data that was
//! changed.

use std::{path::Path, sync::Arc};

use ae_core::{BackendError, Digest, ErrorKind, Secret, Timestamp};
use ae_langflow::{
    Answer, Checkpointer, Cx, Durability, END, Encrypted, EncryptionKeys, Ending, Input, MemoryCheckpointer,
    RunConfig, START, SqliteCheckpointer, StateGraph, Stop, conformance,
    host::{Blob, Head, Header, Record, TaskRecord},
};

use crate::{
    crash,
    support::{Log, done},
    turns::Turns,
};

fn secret(byte: u8) -> Secret<[u8; 32]> {
    Secret::new([byte; 32])
}

fn keys(names: u8, id: &str, key: u8) -> EncryptionKeys {
    EncryptionKeys::new(secret(names), id, secret(key)).unwrap()
}

fn open(path: &Path, keys: EncryptionKeys) -> Encrypted<SqliteCheckpointer> {
    Encrypted::new(SqliteCheckpointer::open(path, Durability::Normal).unwrap(), keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_store_conforms() {
    let memory = Encrypted::new(MemoryCheckpointer::new(), keys(1, "a", 2));
    conformance::checkpointer::run_all(Arc::new(memory)).await;
    let folder = tempfile::tempdir().unwrap();
    conformance::checkpointer::run_all(Arc::new(open(&folder.path().join("threads.db"), keys(1, "a", 2))))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_with_other_writing_keys_share_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let one = keys(1, "a", 2).with_old("b", secret(3)).unwrap();
    let two = keys(1, "b", 3).with_old("a", secret(2)).unwrap();
    let stores: Vec<Arc<dyn Checkpointer>> = vec![Arc::new(open(&path, one)), Arc::new(open(&path, two))];
    conformance::checkpointer::run_all(Arc::new(Turns::tap(stores))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_half_done_when_a_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let place = format!("encrypted:{}", folder.path().join("threads.db").display());
    crash::kill_at_every_call(&place, 50, async || {}).await;
}

const WORDS: [&str; 9] = [
    "the change",
    "the snapshot",
    "the blob",
    "the note",
    "the task",
    "the key",
    "the graph",
    "the field",
    "the reducer",
];

fn first() -> Record {
    let reducers = [("the field".to_owned(), "the reducer".to_owned())].into();
    let header = Header::new("the graph", Digest::of_bytes("shape", b"of it"), 7).with_reducers(reducers);
    Record::with_snapshot(None, Timestamp::UNIX_EPOCH, 0, "\"the change\"", "\"the snapshot\"")
        .with_header(header)
        .with_state_hash(Digest::of_bytes("state", b"of it"))
        .with_blobs(vec![Blob::new("\"the blob\"")])
}

fn next(head: Head, change: &str) -> Record {
    Record::new(Some(&head), Timestamp::UNIX_EPOCH, head.step + 1, change)
}

/// A thread of two records and a note.
async fn fill(store: &dyn Checkpointer, thread: &str) -> Head {
    let (one, two) = (first(), next(first().head, "\"the change to two\""));
    let (begun, head) = (one.head, two.head);
    store.commit(thread, None, one).await.unwrap();
    store.commit(thread, Some(begun), two).await.unwrap();
    let note = TaskRecord::new(head.step, "the task", "the key", "\"the note\"");
    assert_eq!(store.append_once(thread, head, vec![note.clone()]).await.unwrap(), [note]);
    head
}

/// All that is on the disk.
fn bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn the_file_shows_nothing_that_was_stored() {
    let (hidden, plain) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(&hidden.path().join("threads.db"), keys(1, "a", 2));
    fill(&store, "my thread").await;
    let open = SqliteCheckpointer::open(plain.path().join("threads.db"), Durability::Normal).unwrap();
    fill(&open, "my thread").await;
    let (hidden, plain) = (bytes(hidden.path()), bytes(plain.path()));
    assert!(holds(&hidden, b"my thread"), "the names of threads are not hidden");
    for word in WORDS {
        assert!(holds(&plain, word.as_bytes()), "{word:?} is on the disk without encryption");
        assert!(!holds(&hidden, word.as_bytes()), "{word:?} is on the disk");
    }
    let state = Digest::of_bytes("state", b"of it");
    for digest in [first().head.digest, next(first().head, "\"the change to two\"").head.digest, state] {
        assert!(holds(&plain, digest.as_bytes()) && !holds(&hidden, digest.as_bytes()));
    }
    let blob = Blob::digest_of("\"the blob\"");
    assert!(holds(&plain, blob.as_bytes()) && !holds(&hidden, blob.as_bytes()));
}

async fn refusal(path: &Path, keys: EncryptionKeys, thread: &str) -> BackendError {
    open(path, keys).load(thread, None).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_key_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let head = fill(&open(&path, keys(1, "a", 2)), "t").await;
    let unknown = refusal(&path, keys(1, "b", 2), "t").await;
    assert_eq!(unknown.kind(), ErrorKind::Unauthenticated, "{unknown}");
    assert!(unknown.to_string().contains("\"a\""), "{unknown}");
    let other = refusal(&path, keys(1, "a", 3), "t").await;
    assert_eq!(other.kind(), ErrorKind::Protocol, "{other}");
    let names = refusal(&path, keys(9, "a", 2), "t").await;
    assert_eq!(names.kind(), ErrorKind::Protocol, "{names}");
    let error = open(&path, keys(9, "a", 2)).commit("t", Some(head), next(head, "1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "another key of the names never moves a thread: {error}");
    assert_eq!(open(&path, keys(1, "a", 2)).load("t", None).await.unwrap().unwrap().head, head);

    let plain = folder.path().join("plain.db");
    fill(&SqliteCheckpointer::open(&plain, Durability::Normal).unwrap(), "t").await;
    let error = refusal(&plain, keys(1, "a", 2), "t").await;
    assert!(error.kind() == ErrorKind::Protocol && error.to_string().contains("not encrypted"), "{error}");
}

#[tokio::test]
async fn a_key_is_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let head = fill(&open(&path, keys(1, "2026", 2)), "t").await;
    let both = keys(1, "2027", 3).with_old("2026", secret(2)).unwrap();
    let store = open(&path, both.clone());
    let again = store
        .append_once("t", head, vec![TaskRecord::new(head.step, "the task", "the key", "2")])
        .await
        .unwrap();
    assert_eq!(again[0].value, "\"the note\"", "a note of the old key is found");
    let snapshot = Record::with_snapshot(Some(&head), Timestamp::UNIX_EPOCH, 2, "3", "\"new\"");
    let (head, header) = (snapshot.head, first().header.unwrap());
    store
        .commit("t", Some(next(first().head, "\"the change to two\"").head), snapshot.with_header(header))
        .await
        .unwrap();
    assert_eq!(open(&path, both).load("t", Some(2)).await.unwrap().unwrap().deltas.len(), 1);
    let alone = open(&path, keys(1, "2027", 3));
    assert_eq!(
        alone.load("t", None).await.unwrap().unwrap().head,
        head,
        "all that is read is of the new key"
    );
    let error = alone.load("t", Some(2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[test]
fn the_ids_of_keys_are_plain_and_keys_are_not_shown() {
    for id in ["", "a.b", "a\"", "ä", "much-too-long-for-the-id-of-a-key"] {
        let error = EncryptionKeys::new(secret(1), id, secret(2)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id:?}");
    }
    assert!(keys(1, "a", 2).with_old("a", secret(3)).is_err(), "each id once");
    let shown = format!("{:?}", Encrypted::new(MemoryCheckpointer::new(), keys(77, "2026", 88)));
    assert!(shown.contains("2026") && !shown.contains("77") && !shown.contains("88"), "{shown}");
}

/// Changes by a writer of the file who has no keys.
#[tokio::test]
async fn what_was_changed_or_moved_is_told() {
    let flip = |table: &str, column: &str| {
        format!(
            "UPDATE {table} SET {column} =
                 substr({column}, 1, 30) || iif(substr({column}, 31, 1) = 'A', 'B', 'A') || substr({column}, 32)"
        )
    };
    let both = "id IN (SELECT id << 32 | 2 FROM threads)";
    for (what, statement) in [
        ("a change", flip("records", "change")),
        ("a snapshot", flip("snapshots", "position")),
        ("a header", flip("headers", "header")),
        ("a blob", flip("blobs", "text")),
        ("a note", flip("notes", "value")),
        ("a time", "UPDATE records SET at = at + 1".to_owned()),
        ("a number of steps", "UPDATE records SET step = step + 1".to_owned()),
        ("a head", "UPDATE records SET digest = zeroblob(32)".to_owned()),
        ("the end of a log", format!("DELETE FROM records WHERE {both}; UPDATE records SET id = id + 1")),
        (
            "a change of another thread",
            format!(
                "UPDATE records SET change = (SELECT change FROM records WHERE id = 2 << 32 | 2) WHERE {both}"
            ),
        ),
        (
            "a change of another record",
            format!(
                "UPDATE records SET change = (SELECT change FROM records WHERE id = 1 << 32 | 1) WHERE {both}"
            ),
        ),
        (
            "a snapshot of another thread",
            "UPDATE snapshots SET position = (SELECT max(position) FROM snapshots)".into(),
        ),
        (
            "a header of another thread",
            "UPDATE headers SET header = (SELECT max(header) FROM headers)".to_owned(),
        ),
        ("a note of another thread", "UPDATE notes SET value = (SELECT max(value) FROM notes)".to_owned()),
        ("names of threads", "UPDATE threads SET name = iif(name = 'x', 'y', 'x') || '2'".to_owned()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let store = open(&path, keys(1, "a", 2));
        fill(&store, "x").await;
        fill(&store, "y").await;
        rusqlite::Connection::open(&path).unwrap().execute_batch(&statement).unwrap();
        let mut refused = 0;
        for thread in ["x", "y", "x2", "y2"] {
            for store in [&store, &open(&path, keys(1, "a", 2))] {
                if let Err(error) = store.load(thread, None).await {
                    assert_eq!(error.kind(), ErrorKind::Protocol, "{what}: {error}");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 2, "{what} was changed and nothing told it");
    }
}

#[tokio::test]
async fn a_copy_is_proven_and_no_other_thread_passes_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let store = open(&path, keys(1, "a", 2));
    let head = fill(&store, "x").await;
    assert_eq!(store.copy("x", None, "copy").await.unwrap(), head);
    let reopened = open(&path, keys(1, "a", 2));
    assert_eq!(reopened.load("copy", None).await.unwrap().unwrap().head, head);
    assert!(store.delete("copy").await.unwrap());
    // The records of the copy's lineage under its old name: they were copied there by someone without the keys.
    let raw = SqliteCheckpointer::open(&path, Durability::Normal).unwrap();
    raw.copy("x", None, "copy").await.unwrap();
    let error = store.load("copy", None).await.unwrap_err();
    assert!(error.to_string().contains("another thread"), "{error}");
    assert!(store.delete("copy").await.unwrap(), "it can be deleted all the same");
    let reserved = store.commit("\u{1}x", None, first()).await.unwrap_err();
    assert_eq!(reserved.kind(), ErrorKind::InvalidInput, "{reserved}");
}

/// A thread that waits for an answer goes on in another process, under a new key.
#[tokio::test]
async fn a_graph_runs_on_an_encrypted_store() {
    let ask = async |_: Arc<Log>, cx: Cx| {
        let answer: String = cx.ask("which?", &"the question").await?;
        Ok::<_, Stop>(Log::update().text(answer))
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("ask", ask)
        .add_edge(START, "ask")
        .add_edge("ask", END)
        .compile()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let config = RunConfig::thread("t");
    let app = graph.with_store(Arc::new(open(&path, keys(1, "2026", 2))));
    let ending = app.invoke(Input::start(Log::update()), &config).await.unwrap();
    assert!(matches!(ending, Ending::Asked { .. }));
    let rotated = keys(1, "2027", 3).with_old("2026", secret(2)).unwrap();
    let app = graph.with_store(Arc::new(open(&path, rotated)));
    let answer = Answer::new("which?", &"the answer").unwrap();
    assert_eq!(done(app.invoke(Input::resume(vec![answer]), &config).await.unwrap()).text, "the answer");
    assert!(!holds(&bytes(folder.path()), b"the answer") && !holds(&bytes(folder.path()), b"the question"));
}

//! Files, versions, transactions and errors.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::{path::PathBuf, pin::Pin, sync::Arc, task::Poll};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use ae_core_sqlite::{Database, Failure, Options, Schema};

const V1: &str = "CREATE TABLE a (x INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;";
const ONE: Schema<'_> = Schema::new("test-db", "a", &[V1]);
const TWO: Schema<'_> = Schema::new("test-db", "a", &[V1, "ALTER TABLE a ADD COLUMN more TEXT;"]);
const OTHER: Schema<'_> = Schema::new("other-db", "b", &["CREATE TABLE b (x) ;"]);

struct Room {
    folder: tempfile::TempDir,
}

impl Room {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("x #%.db")
    }

    fn create(&self, schema: &Schema<'_>) -> Result<Database, BackendError> {
        Database::open(self.path(), schema, &Options::create())
    }

    fn kind(&self, schema: &Schema<'_>, options: &Options) -> ErrorKind {
        let error = Database::open(self.path(), schema, options).unwrap_err();
        assert!(error.to_string().contains("x #%.db"), "{error}");
        assert_eq!(error.effect(), Effect::NotApplied);
        error.kind()
    }

    /// The names in the folder.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn add(database: &Database, text: &str) -> Result<(), BackendError> {
    database.write_blocking("add", |tx| {
        tx.execute("INSERT INTO a (text) VALUES (?1)", [text])?;
        Ok(())
    })
}

fn count(database: &Database) -> i64 {
    database
        .read_blocking("count", |tx| Ok(tx.query_row("SELECT count(*) FROM a", [], |row| row.get(0))?))
        .unwrap()
}

#[test]
fn stores_share_a_file_and_migrate_forwards() {
    let room = Room::new();
    add(&room.create(&ONE).unwrap(), "old").unwrap();
    room.create(&OTHER).unwrap();
    let two = room.create(&TWO).unwrap();
    assert_eq!(count(&two), 1);
    two.write_blocking("more", |tx| Ok(tx.execute("UPDATE a SET more = 'new'", [])?)).unwrap();
    assert_eq!(room.kind(&ONE, &Options::create()), ErrorKind::Unsupported);
    assert_eq!(room.kind(&ONE, &Options::read_only()), ErrorKind::Unsupported);
    assert!(Database::open(room.path(), &OTHER, &Options::existing()).is_ok());
}

#[test]
fn a_failed_migration_changes_nothing() {
    let room = Room::new();
    add(&room.create(&ONE).unwrap(), "old").unwrap();
    let broken = Schema::new("test-db", "a", &[V1, "DROP TABLE a; CREATE nonsense;"]);
    assert_eq!(room.kind(&broken, &Options::create()), ErrorKind::Internal);
    assert_eq!(count(&room.create(&ONE).unwrap()), 1);
}

#[test]
fn a_missing_store_is_made_only_when_that_is_asked_for() {
    let room = Room::new();
    for options in [Options::existing(), Options::read_only()] {
        assert_eq!(room.kind(&ONE, &options), ErrorKind::NotFound);
        assert_eq!(room.files(), [""; 0]);
    }
    room.create(&OTHER).unwrap();
    for options in [Options::existing(), Options::read_only()] {
        assert_eq!(room.kind(&ONE, &options), ErrorKind::NotFound);
    }
    assert_eq!(
        Database::open(room.folder.path().join("no/x.db"), &ONE, &Options::create()).unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
}

#[test]
fn a_reader_reads_and_does_not_write() {
    let room = Room::new();
    let writer = room.create(&ONE).unwrap();
    add(&writer, "1").unwrap();
    let reader = Database::open(room.path(), &ONE, &Options::read_only()).unwrap();
    assert_eq!(count(&reader), 1);
    assert_eq!(add(&reader, "2").unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(room.kind(&TWO, &Options::read_only()), ErrorKind::Unsupported);
    drop(writer);
    drop(reader);
    let reader = Database::open(room.path(), &ONE, &Options::read_only()).unwrap();
    assert_eq!(count(&reader), 1);
    drop(reader);
    assert_eq!(room.files(), ["x #%.db"], "no log is left behind");
}

#[cfg(unix)]
#[test]
fn a_file_is_read_where_no_log_can_be_made() {
    // A folder in the place of a file keeps SQLite from making it, as a read-only disk does.
    let closed = Room::new();
    add(&closed.create(&ONE).unwrap(), "1").unwrap();
    std::fs::create_dir(closed.folder.path().join("x #%.db-wal")).unwrap();
    let reader = Database::open(closed.path(), &ONE, &Options::read_only()).unwrap();
    assert_eq!(count(&reader), 1);

    let copy = Room::new();
    let writer = copy_with_a_log(&copy);
    std::fs::create_dir(copy.folder.path().join("x #%.db-shm")).unwrap();
    let reader = Database::open(copy.path(), &ONE, &Options::read_only()).unwrap();
    assert_eq!((count(&writer), count(&reader)), (2, 2), "a log with content is read");
}

/// Copies a file with two rows, of which the second is in the log, while its writer lives.
#[cfg(unix)]
fn copy_with_a_log(copy: &Room) -> Database {
    let room = Room::new();
    add(&room.create(&ONE).unwrap(), "1").unwrap();
    let writer = room.create(&ONE).unwrap();
    add(&writer, "2").unwrap();
    for name in ["x #%.db", "x #%.db-wal"] {
        std::fs::copy(room.folder.path().join(name), copy.folder.path().join(name)).unwrap();
    }
    writer
}

#[cfg(unix)]
#[test]
fn a_private_file_and_its_log_are_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::new();
    let database = Database::open(room.path(), &ONE, &Options::create().with_private()).unwrap();
    add(&database, "1").unwrap();
    assert_eq!(room.files().len(), 3, "the file, its log and the log's index");
    for name in room.files() {
        let mode = std::fs::metadata(room.folder.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_of_another_program_or_a_damaged_one_is_left_as_it_is() {
    let room = Room::new();
    let ours = ONE.with_application_id(0x6165_0001);
    room.create(&OTHER).unwrap();
    let before = std::fs::read(room.path()).unwrap();
    assert_eq!(room.kind(&ours, &Options::create()), ErrorKind::Protocol);
    assert_eq!(std::fs::read(room.path()).unwrap(), before);

    let text = b"this is not a database, but it is longer than a hundred bytes, which is the length of the header of \
                 a real one";
    std::fs::write(room.path(), text).unwrap();
    assert_eq!(room.kind(&ONE, &Options::create()), ErrorKind::Protocol);
    assert_eq!(std::fs::read(room.path()).unwrap(), text);
}

#[test]
fn a_small_file_is_checked_as_a_whole() {
    let room = Room::new();
    let database = room.create(&ONE).unwrap();
    for index in 0..200 {
        add(&database, &format!("{index} {}", "x".repeat(200))).unwrap();
    }
    drop(database);
    let mut bytes = std::fs::read(room.path()).unwrap();
    let page = bytes.len() - 4096;
    bytes[page..].fill(0xff);
    std::fs::write(room.path(), &bytes).unwrap();
    let options = Options::create();
    assert!(Database::open(room.path(), &ONE, &options).is_ok());
    assert_eq!(room.kind(&ONE, &options.with_checked_bytes_max(1 << 20)), ErrorKind::Protocol);
    assert_eq!(std::fs::read(room.path()).unwrap(), bytes);
}

#[test]
fn an_error_rolls_back_and_a_failed_commit_is_unknown() {
    let room = Room::new();
    let schema = Schema::new(
        "test-db",
        "a",
        &["CREATE TABLE a (x INTEGER PRIMARY KEY, text TEXT) STRICT;
           CREATE TABLE child (x REFERENCES a (x) DEFERRABLE INITIALLY DEFERRED);"],
    );
    let database = room.create(&schema).unwrap();
    let refused = database.write_blocking("add", |tx| -> Result<(), Failure> {
        tx.execute("INSERT INTO a (text) VALUES ('gone')", [])?;
        Err(Failure::damaged("a part"))
    });
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(count(&database), 0);

    let same = |tx: &rusqlite::Connection| Ok(tx.execute("INSERT INTO a VALUES (1, 'x')", [])?);
    database.write_blocking("add", same).unwrap();
    let conflict = database.write_blocking("add", same).unwrap_err();
    assert_eq!((conflict.kind(), conflict.effect()), (ErrorKind::Conflict, Effect::NotApplied));

    let commit = database
        .write_blocking("link", |tx| Ok(tx.execute("INSERT INTO child VALUES (7)", [])?))
        .unwrap_err();
    assert_eq!((commit.kind(), commit.effect()), (ErrorKind::Conflict, Effect::Unknown));
    add(&database, "the connection is fit for use").unwrap();
    assert_eq!(count(&database), 2);
}

#[test]
fn a_full_disk_and_a_busy_file_say_so() {
    let room = Room::new();
    let database = room.create(&ONE).unwrap();
    database.read_blocking("limit", |tx| Ok(tx.pragma_update(None, "max_page_count", 8)?)).unwrap();
    let full = add(&database, &"x".repeat(1 << 16)).unwrap_err();
    assert_eq!((full.kind(), full.effect()), (ErrorKind::StorageFull, Effect::NotApplied));

    let impatient = Options::create().with_busy_timeout(std::time::Duration::ZERO);
    let other = Database::open(room.path(), &ONE, &impatient).unwrap();
    let busy = database.write_blocking("hold", |_| Ok(add(&other, "x").unwrap_err())).unwrap();
    assert_eq!((busy.kind(), busy.retry()), (ErrorKind::Unavailable, Retry::Backoff));
}

#[test]
fn processes_that_make_a_file_at_once_all_succeed() {
    let room = Room::new();
    std::thread::scope(|scope| {
        for text in ["1", "2", "3", "4", "5", "6", "7", "8"] {
            let room = &room;
            scope.spawn(move || add(&room.create(&TWO).unwrap(), text).unwrap());
        }
    });
    assert_eq!(count(&room.create(&TWO).unwrap()), 8);
}

async fn add_later(database: &Database, text: &'static str) -> Result<(), BackendError> {
    database
        .write("add", move |tx| Ok(tx.execute("INSERT INTO a (text) VALUES (?1)", [text]).map(drop)?))
        .await
}

/// Polls it once.
async fn is_pending(future: &mut (impl Future<Output = Result<(), BackendError>> + Unpin)) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}

#[tokio::test]
async fn a_lock_of_another_process_holds_up_no_task_and_who_left_is_left_out() {
    let room = Room::new();
    let database = room.create(&ONE).unwrap();
    let other = rusqlite::Connection::open(room.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut first = Box::pin(add_later(&database, "first"));
    let mut left = Box::pin(add_later(&database, "left"));
    let mut last = Box::pin(add_later(&database, "last"));
    for call in [&mut first, &mut left, &mut last] {
        assert!(is_pending(call).await, "the task goes on while the file is held");
    }
    drop(left);
    other.execute_batch("COMMIT").unwrap();
    last.await.unwrap();
    first.await.unwrap();
    let texts = database.read("texts", |tx| {
        let mut statement = tx.prepare("SELECT text FROM a ORDER BY x")?;
        let texts = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(texts.collect::<Result<Vec<_>, _>>()?)
    });
    assert_eq!(texts.await.unwrap(), ["first", "last"]);
}

#[tokio::test]
async fn a_panic_reaches_the_caller_and_changes_nothing() {
    let room = Room::new();
    let database = Arc::new(room.create(&ONE).unwrap());
    let broken = {
        let database = Arc::clone(&database);
        tokio::spawn(async move {
            let work = |tx: &rusqlite::Connection| -> Result<(), Failure> {
                tx.execute("INSERT INTO a (text) VALUES ('half')", [])?;
                panic!("broken work")
            };
            database.write("add", work).await
        })
    };
    assert!(broken.await.unwrap_err().is_panic());
    add_later(&database, "whole").await.unwrap();
    assert_eq!(count(&database), 1);
}

#[tokio::test]
async fn dropping_it_closes_the_file_even_under_a_call_that_was_given_up() {
    let room = Room::new();
    let database = room.create(&ONE).unwrap();
    let mut given_up = Box::pin(add_later(&database, "kept"));
    let _ = is_pending(&mut given_up).await;
    drop(given_up);
    drop(database);
    assert_eq!(room.files(), ["x #%.db"], "no log is left behind");
}

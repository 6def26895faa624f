//! The checks of the port on PostgreSQL, and what servers do to connections.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Secret};
use ae_langflow::{
    Checkpointer, Page, PostgresCheckpointer, PostgresOptions, conformance,
    host::{Head, Prune, Record},
};

use crate::{
    crash, kill,
    server::{self, Server},
    turns::Turns,
};

async fn connect(url: &str, options: PostgresOptions) -> Result<PostgresCheckpointer, BackendError> {
    PostgresCheckpointer::connect_with(&Secret::new(url.to_owned()), options).await
}

fn in_schema(schema: &str) -> PostgresOptions {
    PostgresOptions::default().with_schema(schema)
}

/// A connection of the test's own.
async fn session(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Runs `work` with the address of a server and a schema of its own, which is removed after it.
async fn on_server(work: impl AsyncFnOnce(&str, &str)) {
    let Some(url) = server::url() else { return server::skip("a PostgreSQL server") };
    let schema = server::fresh_schema();
    work(&url, &schema).await;
    session(&url).await.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await.unwrap();
}

/// Data that no reader of the port would notice.
async fn check_rows(url: &str, schema: &str) {
    let session = session(url).await;
    for orphans in [
        "blobs WHERE digest NOT IN (SELECT digest FROM {s}.refs)",
        "refs WHERE (thread, seq) NOT IN (SELECT thread, seq FROM {s}.records)",
        "snapshots WHERE (thread, seq) NOT IN (SELECT thread, seq FROM {s}.records)",
        "records WHERE thread NOT IN (SELECT id FROM {s}.threads)",
        "headers WHERE thread NOT IN (SELECT id FROM {s}.threads)",
        "notes WHERE thread NOT IN (SELECT id FROM {s}.threads)",
        "threads WHERE (id, seq, step, digest, at, finished) NOT IN
            (SELECT thread, seq, step, digest, at, finished FROM {s}.records)",
    ] {
        let query = format!("SELECT count(*) FROM {{s}}.{orphans}").replace("{s}", schema);
        assert_eq!(session.query_one(&query, &[]).await.unwrap().get::<_, i64>(0), 0, "{orphans}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_conforms_and_keeps_it_all() {
    on_server(async |url, schema| {
        conformance::checkpointer::run_all(Arc::new(connect(url, in_schema(schema)).await.unwrap())).await;
        check_rows(url, schema).await;
        let again = connect(url, in_schema(schema).with_connections(1)).await.unwrap();
        assert!(again.list(Page::first(1000)).await.unwrap().len() > 300);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_of_several_processes_are_one() {
    on_server(async |url, schema| {
        let mut stores: Vec<Arc<dyn Checkpointer>> = Vec::new();
        for connections in 1..=3 {
            stores
                .push(Arc::new(connect(url, in_schema(schema).with_connections(connections)).await.unwrap()));
        }
        conformance::checkpointer::run_all(Arc::new(Turns::tap(stores))).await;
        check_rows(url, schema).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_half_done_when_a_process_is_killed() {
    on_server(async |url, schema| {
        let session = session(url).await;
        // A call that the server has begun goes on without its client; the server's process ends after it.
        let settle = async || {
            let left = "SELECT FROM pg_stat_activity WHERE application_name = $1";
            while !session.query(left, &[&schema]).await.unwrap().is_empty() {}
        };
        let more = if url.contains("://") {
            format!("&application_name={schema}")
        } else {
            format!(" application_name={schema}")
        };
        crash::kill_at_every_call(&format!("postgres:{schema}@{url}{more}"), 100, settle).await;
        check_rows(url, schema).await;
    })
    .await;
}

#[test]
fn what_became_durable_before_a_kill_never_runs_again() {
    let Some(url) = server::url() else { return server::skip("a PostgreSQL server") };
    let prefix = server::fresh_schema();
    let schema = |name: &str| format!("{prefix}_{}", name.replace(' ', "_"));
    kill::kill_at_every_write(|_, name| format!("postgres:{}@{url}", schema(name)));
    let drop_all = async {
        for name in ["true", "false"] {
            for at in 1..=12 {
                let statement = format!("DROP SCHEMA {} CASCADE", schema(&format!("{name} {at}")));
                session(&url).await.batch_execute(&statement).await.unwrap();
            }
        }
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(drop_all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_schema_can_be_opened_by_many_at_once() {
    on_server(async |url, schema| {
        let connects = (0..8).map(|_| connect(url, in_schema(schema)));
        for opened in futures_util::future::join_all(connects).await {
            opened.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_foreign_newer_or_damaged_schema_is_refused() {
    for (change, words) in [
        ("UPDATE {s}.version SET version = 2", "newer release"),
        ("UPDATE {s}.version SET version = 0", "no version"),
        ("DELETE FROM {s}.version", "other tables"),
        ("DROP TABLE {s}.notes", "lacks some"),
        ("DROP TABLE {s}.version", "other tables"),
        ("CREATE TABLE {s}.mine (a int)", "other tables"),
    ] {
        on_server(async |url, schema| {
            drop(connect(url, in_schema(schema)).await.unwrap());
            session(url).await.batch_execute(&change.replace("{s}", schema)).await.unwrap();
            let error = connect(url, in_schema(schema)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{change}: {error}");
            assert!(error.to_string().contains(words), "{change}: {error}");
        })
        .await;
    }
}

#[tokio::test]
async fn damaged_rows_are_told() {
    for change in [
        "UPDATE {s}.records SET step = -1",
        "UPDATE {s}.records SET digest = '\\x00'",
        "UPDATE {s}.headers SET header = 'no header'",
        "DELETE FROM {s}.headers",
        "DELETE FROM {s}.snapshots",
        "DELETE FROM {s}.records",
        "ALTER TABLE {s}.records ALTER step TYPE text",
    ] {
        on_server(async |url, schema| {
            let store = connect(url, in_schema(schema)).await.unwrap();
            conformance::checkpointer::c4_heads_are_numbered(&store).await;
            session(url).await.batch_execute(&change.replace("{s}", schema)).await.unwrap();
            let store = connect(url, in_schema(schema)).await.unwrap();
            let error = store.load("c4", None).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Protocol, "{change}: {error:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn text_that_the_database_can_not_hold_is_refused() {
    on_server(async |url, schema| {
        let store = connect(url, in_schema(schema)).await.unwrap();
        let head = begin(&store, "t").await;
        let error = store.commit("t", Some(head), next(head, "\"\0\"")).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::InvalidInput, Effect::NotApplied), "{error}");
        store.commit("t", Some(head), next(head, "\"\\u0000\"")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn options_that_can_not_be_are_refused() {
    let here = "host=localhost user=me";
    for options in [
        PostgresOptions::default().with_schema("Ae; drop"),
        PostgresOptions::default().with_connections(0),
        PostgresOptions::default().with_timeout(Duration::ZERO),
    ] {
        assert_eq!(connect(here, options).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn the_server_is_named_and_its_password_is_not() {
    let Some(mut server) = Server::start() else { return server::skip("a PostgreSQL server") };
    let quick = || PostgresOptions::default().with_timeout(Duration::from_secs(5));
    let store = connect(&server.tcp(server::PASSWORD, ""), quick()).await.unwrap();
    assert!(format!("{store:?}").contains("localhost"), "{store:?}");
    let wrong = connect(&server.tcp("a secret guess", ""), quick()).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Unauthenticated, "{wrong:?}");
    let lost = server.url().replace("dbname=postgres", "dbname=elsewhere");
    let lost = connect(&lost, quick()).await.unwrap_err();
    assert_eq!(lost.kind(), ErrorKind::NotFound, "{lost:?}");
    server.crash();
    let down = connect(&server.tcp(server::PASSWORD, ""), quick()).await.unwrap_err();
    assert_eq!((down.kind(), down.effect()), (ErrorKind::Unavailable, Effect::NotApplied), "{down:?}");
    for shown in [format!("{store:?}"), format!("{wrong} {wrong:?}"), format!("{down} {down:?}")] {
        assert!(!shown.contains("secret") && !shown.contains("horse"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_keeps_what_it_acknowledged() {
    let Some(mut server) = Server::start() else { return server::skip("a PostgreSQL server") };
    let store = connect(&server.url(), PostgresOptions::default()).await.unwrap();
    let script = conformance::checkpointer::crash::script(3, 60);
    let mut stored = 0;
    for until in [20, 40, 60] {
        conformance::checkpointer::crash::run(&store, &script[..until], stored, |_| {}).await;
        server.crash();
        let error = store.load("crash 0", None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        server.restart();
        stored = conformance::checkpointer::crash::verify_after_crash(&store, &script[..until], until).await;
    }
    assert_eq!(stored, script.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_is_held_is_waited_for_in_bounds() {
    on_server(async |url, schema| {
        let options = in_schema(schema).with_timeout(Duration::from_millis(300));
        let store = connect(url, options).await.unwrap();
        let head = begin(&store, "t").await;
        let holder = session(url).await;
        let hold = format!("BEGIN; SELECT FROM {schema}.threads FOR UPDATE");
        holder.batch_execute(&hold).await.unwrap();
        let error = store.commit("t", Some(head), next(head, "{}")).await.unwrap_err();
        let kinds = [ErrorKind::Unavailable, ErrorKind::Timeout];
        assert!(kinds.contains(&error.kind()), "{error:?}");
        holder.batch_execute("ROLLBACK").await.unwrap();
        let now = store.load("t", None).await.unwrap().unwrap().head;
        assert!(error.effect() == Effect::Unknown || now == head, "{error:?}");
        store.commit("t", Some(now), next(now, "{}")).await.unwrap();
    })
    .await;
}

/// The server ends the connection under a commit: it is not known whether it was stored, and the error says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_under_a_commit_leaves_it_unknown() {
    on_server(async |url, schema| {
        let store = Arc::new(connect(url, in_schema(schema)).await.unwrap());
        let head = begin(store.as_ref(), "t").await;
        let (holder, other) = (session(url).await, session(url).await);
        let hold = format!("BEGIN; SELECT FROM {schema}.threads FOR UPDATE");
        holder.batch_execute(&hold).await.unwrap();
        let commit = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit("t", Some(head), next(head, "{}")).await })
        };
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE {schema}.threads%'"
        );
        while other.query(&end, &[]).await.unwrap().is_empty() {}
        let error = commit.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown), "{error:?}");
        holder.batch_execute("ROLLBACK").await.unwrap();
        assert_eq!(store.load("t", None).await.unwrap().unwrap().head, head, "this time it was not");
        store.commit("t", Some(head), next(head, "{}")).await.unwrap();
        assert_eq!(store.prune("t", Prune::default()).await.unwrap(), 0);
    })
    .await;
}

#[cfg(feature = "postgres-tls")]
#[tokio::test]
async fn an_encrypted_connection_needs_a_server_that_is_vouched_for() {
    let Some(server) = Server::start() else { return server::skip("a PostgreSQL server") };
    let Some(root) = server.root_certificate() else { return server::skip("OpenSSL") };
    let url = server.tcp(server::PASSWORD, "?sslmode=require");
    let trusting = PostgresOptions::default().with_root_certificates(root);
    let store = connect(&url, trusting.clone()).await.unwrap();
    begin(&store, "t").await;
    let session = session(&server.url()).await;
    let encrypted = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                     WHERE ssl AND application_name = 'ae-langflow'";
    assert!(session.query_one(encrypted, &[]).await.unwrap().get::<_, i64>(0) > 0);

    let strange = connect(&url, PostgresOptions::default()).await.unwrap_err();
    assert_eq!(strange.kind(), ErrorKind::Unavailable, "{strange:?}");
    assert!(format!("{strange:?}").contains("UnknownIssuer"), "{strange:?}");
    let other_name = connect(&url.replace("localhost", "127.0.0.1"), trusting.clone()).await.unwrap_err();
    assert!(format!("{other_name:?}").contains("NotValidForName"), "{other_name:?}");
    let none = connect(&url, trusting.with_root_certificates("no certificate")).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidInput, "{none:?}");
}

async fn begin(store: &dyn Checkpointer, thread: &str) -> Head {
    let ae_langflow::host::StoreCall::Commit { record, .. } =
        conformance::checkpointer::crash::script(1, 1).remove(0)
    else {
        panic!("a script begins with a commit")
    };
    let head = record.head;
    store.commit(thread, None, record).await.unwrap();
    head
}

fn next(head: Head, change: &str) -> Record {
    Record::new(Some(&head), ae_core::Timestamp::UNIX_EPOCH, head.step + 1, change)
}

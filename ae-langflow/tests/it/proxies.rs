//! PostgreSQL behind something else: a pooler, and a network that falls silent.
#![allow(
    clippy::disallowed_methods,
    reason = "a program is looked for on the PATH, and its port is waited for"
)]

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
    time::Duration,
};

use ae_core::{ErrorKind, Secret};
use ae_langflow::{Checkpointer, Page, PostgresCheckpointer, PostgresOptions, conformance};
use tokio::sync::watch;

use crate::server::{self, Server};

/// A pooler that ends with the test.
struct PgBouncer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl PgBouncer {
    /// Pools by session in front of `server`; none when it is not installed.
    fn start(server: &Server) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
        let program = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file())?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users");
        std::fs::write(&users, "\"postgres\" \"\"\n").unwrap();
        let config = folder.path().join("config");
        let text = format!(
            "[databases]\n* = {}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = session\n",
            server.url().replace(" user=postgres dbname=postgres", ""),
            users.display(),
        );
        std::fs::write(&config, text).unwrap();
        // It does not run as root, and the one who runs it reads these.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = server::not_as_root(&[folder.path()]);
        let child = command.arg(program).arg("-q").arg(&config).stdin(Stdio::null()).spawn().unwrap();
        Some(Self { child, port, _folder: folder })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

async fn connect(url: &str, options: PostgresOptions) -> PostgresCheckpointer {
    // The one in between may still be starting.
    loop {
        match PostgresCheckpointer::connect_with(&Secret::new(url.to_owned()), options.clone()).await {
            Ok(store) => return store,
            Err(error) if error.kind() == ErrorKind::Unavailable => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_by_session_conforms() {
    let Some(server) = Server::start() else { return server::skip("a PostgreSQL server") };
    let Some(pooler) = PgBouncer::start(&server) else { return server::skip("PgBouncer") };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", pooler.port);
    let store = connect(&url, PostgresOptions::default()).await;
    conformance::checkpointer::run_all(Arc::new(store)).await;
}

/// Passes on the bytes of connections, until it makes those that stand fall silent.
async fn network(to: String) -> (u16, watch::Sender<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (silence, _) = watch::channel(());
    let silences = silence.clone();
    tokio::spawn(async move {
        loop {
            let mut here = listener.accept().await.unwrap().0;
            let mut there = tokio::net::UnixStream::connect(&to).await.unwrap();
            let mut silenced = silences.subscribe();
            tokio::spawn(async move {
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut here, &mut there) => {}
                    _ = silenced.changed() => std::future::pending().await,
                }
            });
        }
    });
    (port, silence)
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_cost_one_timeout_together() {
    let Some(server) = Server::start() else { return server::skip("a PostgreSQL server") };
    let (port, silence) = network(server.socket()).await;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let options = PostgresOptions::default().with_connections(6).with_timeout(Duration::from_secs(2));
    let store = Arc::new(connect(&url, options).await);
    let session = async || {
        let (session, connection) =
            tokio_postgres::connect(&server.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        session
    };
    let (holder, watcher) = (session().await, session().await);
    // Six calls that wait for one lock need six connections.
    holder.batch_execute("BEGIN; LOCK TABLE ae_langflow.threads").await.unwrap();
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.list(Page::first(1)).await })
        })
        .collect();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 6 {}
    holder.batch_execute("COMMIT").await.unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }

    silence.send(()).unwrap();
    let error = store.list(Page::first(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    for _ in 0..6 {
        store.list(Page::first(1)).await.unwrap();
    }
}

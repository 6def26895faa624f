//! The ledger in a PostgreSQL database: the one that `AE_POSTGRES_URL` names, or a private server.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the tests start a server of what is installed, as the environment says, and say what they leave out"
)]

use std::{
    io::{BufRead as _, BufReader},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use ae_billing::{BillingConfig, PaymentProvider, PostgresBilling};
use ae_core::{ErrorKind, Runtime, Secret};

use crate::{
    ledgers::Ledger,
    world::{BASE, clocked, deliver, open, run, start, usd, wait},
};

/// Makes a server in a folder, says so, and stops it and removes the folder once its input ends: when the tests do,
/// however they end.
const KEEPER: &str = r#"
    bin=$1 dir=$2
    umask 077
    cd "$dir"
    "$bin/initdb" -N -D data -U postgres -A trust -E UTF8 --locale=C >log 2>&1
    options="-F -k $dir -c listen_addresses= -c max_connections=200"
    if "$bin/pg_ctl" -D data -w -l log -o "$options" start >>log 2>&1; then echo ready; else cat log >&2; fi
    cat >/dev/null
    "$bin/pg_ctl" -D data -w -m immediate stop >>log 2>&1
    rm -rf "$dir"
"#;

struct Server {
    folder: PathBuf,
    _input: ChildStdin,
    _keeper: Child,
}

impl Server {
    fn start() -> Option<Self> {
        let bin = binaries()?;
        let folder = tempfile::Builder::new().prefix("ae-pg").tempdir().unwrap().keep();
        let mut keeper = not_as_root(&folder)
            .args(["sh", "-c", KEEPER, "keeper"])
            .args([&bin, &folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Whoever interrupts the tests does not interrupt the cleaning up.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut word = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut word).unwrap();
        assert_eq!(word, "ready\n", "the PostgreSQL server did not start");
        Some(Self { folder, _input: keeper.stdin.take().unwrap(), _keeper: keeper })
    }
}

/// The address of the server that all tests share; none without one.
fn url() -> Option<Secret<String>> {
    static SHARED: LazyLock<Option<Server>> = LazyLock::new(Server::start);
    if let Ok(url) = std::env::var("AE_POSTGRES_URL") {
        return Some(Secret::new(url));
    }
    let url = SHARED
        .as_ref()
        .map(|server| format!("host={} user=postgres dbname=postgres", server.folder.display()));
    if url.is_none() {
        let is_required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!is_required, "install PostgreSQL, or name a server in AE_POSTGRES_URL");
        eprintln!("skipped: PostgreSQL is missing");
    }
    url.map(Secret::new)
}

/// Where `initdb` and the server are.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    // Debian keeps them apart by version.
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut installed: Vec<_> = versions.map(|version| version.unwrap().path().join("bin")).collect();
        installed.sort();
        folders.extend(installed.into_iter().rev());
    }
    folders
        .into_iter()
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file()))
}

/// The beginning of a command that does not run as root, and owns the folder.
fn not_as_root(folder: &Path) -> Command {
    if number("-u", &[]) != Some(0) {
        return Command::new("env");
    }
    let user = if number("-u", &["postgres"]).is_some() { "postgres" } else { "nobody" };
    let (uid, gid) = (number("-u", &[user]).unwrap(), number("-g", &[user]).unwrap());
    chown(folder, Some(uid), Some(gid)).unwrap();
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={uid}"), format!("--regid={gid}")]).arg("--clear-groups");
    command
}

/// The output of `id`.
fn number(what: &str, user: &[&str]) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A schema's name that no other test has.
fn fresh() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("ae_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst))
}

fn connect(schema: &str, runtime: &Runtime, config: &BillingConfig) -> Option<PostgresBilling> {
    static TOKIO: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    });
    let url = url()?;
    Some(TOKIO.block_on(PostgresBilling::connect(&url, schema, runtime.clone(), config.clone())).unwrap())
}

/// A fresh ledger; none without a server.
pub fn ledger(runtime: &Runtime, config: &BillingConfig) -> Option<PostgresBilling> {
    connect(&fresh(), runtime, config)
}

#[test]
fn handles_share_the_books_and_number_without_gaps() {
    let (_, runtime) = clocked();
    let (schema, config) = (fresh(), BillingConfig::new(BASE));
    let Some(first) = connect(&schema, &runtime, &config) else { return };
    std::thread::scope(|scope| {
        for number in 0..4 {
            let other = connect(&schema, &runtime, &config).unwrap();
            scope.spawn(move || {
                let shop = open(&other, run("shared"));
                for payment in 0..5 {
                    shop.paid(&other, &format!("{number} {payment}"), &format!("CUST-{number}"), 0);
                    shop.paid(&other, "common", "CUST-9", 1);
                }
            });
        }
    });
    let ledger: Arc<dyn Ledger> = Arc::new(first);
    deliver(&ledger, start());
    let books = wait(ledger.revenue(run("shared"))).unwrap();
    assert_eq!((books.payments(), books.currencies[0].gross), (21, usd("699.80")));
    let view = wait(ledger.link(&open(&*ledger, run("shared")).link.id)).unwrap().unwrap();
    let mut invoices: Vec<_> = view.paid.into_iter().map(|payment| payment.invoice).collect();
    invoices.sort();
    assert_eq!(invoices, (1..=21).map(|number| format!("INV-{number:06}")).collect::<Vec<_>>());
    wait(ledger.verify_journal(None)).unwrap();
}

#[test]
fn tampering_and_foreign_schemas_are_noticed() {
    let (_, runtime) = clocked();
    let (schema, config) = (fresh(), BillingConfig::new(BASE));
    let Some(ledger) = connect(&schema, &runtime, &config) else { return };
    open(&ledger, run("tamper")).paid(&ledger, "a", "CUST-1", 0);
    let url = url().unwrap();
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sql = |sql: String| {
        tokio.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(url.expose(), tokio_postgres::NoTls).await.unwrap();
            let driver = tokio::spawn(connection);
            let done = client.batch_execute(&sql).await;
            driver.abort();
            done.map_err(|error| error.as_db_error().map(|said| said.message().to_owned()))
        })
    };
    for change in ["UPDATE {s}.billing_journal SET body = ''", "DELETE FROM {s}.billing_journal"] {
        let refused = sql(change.replace("{s}", &schema)).unwrap_err();
        assert_eq!(refused.as_deref(), Some("the journal is append-only"));
    }
    wait(ledger.verify_journal(None)).unwrap();
    sql(format!("UPDATE {schema}.billing_prices SET body = replace(body, '29.99', '0.01')")).unwrap();
    assert_eq!(wait(ledger.verify_journal(None)).unwrap_err().kind(), ErrorKind::Protocol);

    let connect = || tokio.block_on(PostgresBilling::connect(&url, &schema, runtime.clone(), config.clone()));
    sql(format!("UPDATE {schema}.version SET version = 2")).unwrap();
    assert_eq!(connect().unwrap_err().kind(), ErrorKind::Unsupported);
    sql(format!("UPDATE {schema}.version SET version = 1; CREATE TABLE {schema}.mine (x integer)")).unwrap();
    assert_eq!(connect().unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(wait(ledger.find(run("tamper"))).unwrap().len(), 5);
}

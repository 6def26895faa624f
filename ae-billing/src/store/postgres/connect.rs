//! The address, the connections made from it, and the server's errors in the words of the port.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, Retry, Secret};
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode},
};

use crate::store::records::{bad, error};

/// How long a connection, a lock and a statement are waited for.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS: usize = 8;
const SCHEMA_BYTES_MAX: usize = 63;

/// The connections, and where the database is, for people: no user, no password.
pub(super) fn pool(url: &Secret<String>, schema: &str) -> Result<(Pool, String), BackendError> {
    check_schema(schema)?;
    let config = config(url)?;
    let hosts: Vec<_> = config.get_hosts().iter().map(name).collect();
    let place = format!("{}/{}#{schema}", hosts.join(","), config.get_dbname().unwrap_or_default());
    let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let pool = Pool::builder(Manager::from_config(config, NoTls, how))
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(TIMEOUT))
        .create_timeout(Some(TIMEOUT))
        .recycle_timeout(Some(TIMEOUT))
        .build()
        .map_err(|source| {
            error(ErrorKind::Internal, "connect", "no pool of connections").with_source(source)
        })?;
    Ok((pool, place))
}

/// Reads the address. The parser's own error is not passed on, for it may quote a part of the password.
fn config(url: &Secret<String>) -> Result<Config, BackendError> {
    let Ok(mut config) = url.expose().parse::<Config>() else {
        return bad(
            "connect",
            "the address can't be read: write postgres://user:password@host:5432/database, with % escapes",
        );
    };
    let is_here = !config.get_hosts().is_empty() && config.get_hosts().iter().all(is_here);
    match config.get_ssl_mode() {
        SslMode::Disable => {}
        SslMode::Prefer if is_here => drop(config.ssl_mode(SslMode::Disable)),
        SslMode::Prefer => {
            return bad(
                "connect",
                "the server is on another machine and these connections are not encrypted: add sslmode=disable to the \
                 address if the way to it is protected",
            );
        }
        _ => {
            let message = "the address asks for an encrypted connection, which is not to be had here: protect the way to \
                           the server otherwise, and write sslmode=disable";
            return Err(error(ErrorKind::Unsupported, "connect", message));
        }
    }
    config.connect_timeout(TIMEOUT).keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(TIMEOUT);
    if config.get_application_name().is_none() {
        config.application_name("ae-billing");
    }
    let milliseconds = TIMEOUT.as_millis();
    let given = config.get_options().unwrap_or_default().to_owned();
    config.options(format!(
        "-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} \
         -c idle_in_transaction_session_timeout={milliseconds} {given}"
    ));
    Ok(config)
}

/// Only plain names get into a statement.
fn check_schema(schema: &str) -> Result<(), BackendError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_good = schema.len() <= SCHEMA_BYTES_MAX
        && schema.bytes().next().is_some_and(plain)
        && schema.bytes().all(|byte| plain(byte) || byte.is_ascii_digit());
    if is_good {
        return Ok(());
    }
    let message = format!(
        "{schema:?} can't name the schema: choose 1 to {SCHEMA_BYTES_MAX} lower-case letters, digits and _, no digit first"
    );
    bad("connect", message)
}

/// Whether a connection to it stays on this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

/// The error for a statement that failed on the database at `place`; its transaction is rolled back.
pub(super) fn failed(operation: &'static str, place: &str) -> impl Fn(tokio_postgres::Error) -> BackendError {
    move |source| {
        let (kind, message) = meaning(&source);
        let retry = if kind == ErrorKind::Unavailable { Retry::Backoff } else { Retry::Never };
        let built = error(kind, operation, format!("{place}: {message}")).with_retry(retry);
        match source.as_db_error() {
            // Without the details, which may hold values of rows.
            Some(said) => built.with_source(std::io::Error::other(format!(
                "{} {}: {}",
                said.severity(),
                said.code().code(),
                said.message()
            ))),
            None => built.with_source(source),
        }
    }
}

fn meaning(error: &tokio_postgres::Error) -> (ErrorKind, &'static str) {
    let Some(code) = error.code() else {
        return (
            ErrorKind::Unavailable,
            "there is no connection: is the server running and the address right?",
        );
    };
    match code.code() {
        "28000" | "28P01" => (ErrorKind::Unauthenticated, "the user or its password is refused"),
        "3D000" => (ErrorKind::NotFound, "there is no such database: create it"),
        "42501" => (ErrorKind::PermissionDenied, "the user may not do this: grant it the schema"),
        "25006" => (ErrorKind::PermissionDenied, "the server takes no writes: connect to the primary"),
        "53100" => (ErrorKind::StorageFull, "the server's disk is full: make room"),
        "3F000" | "42P01" | "42703" => (
            ErrorKind::Protocol,
            "the tables are not those of this release: restore them, or use another schema",
        ),
        "XX001" | "XX002" => (ErrorKind::Protocol, "the database is damaged: restore it from a backup"),
        "57014" => (ErrorKind::Timeout, "the server stopped a statement that took too long"),
        "40001" | "40P01" | "53000" | "53200" | "53300" | "55P03" | "57P01" | "57P02" | "57P03" => {
            (ErrorKind::Unavailable, "the server is busy or stops: try again")
        }
        _ => (ErrorKind::Internal, "a statement failed"),
    }
}

/// There is no connection to make a call over.
pub(super) fn no_connection(operation: &'static str, place: &str, source: PoolError) -> BackendError {
    match source {
        PoolError::Backend(source) => failed(operation, place)(source),
        other => error(
            ErrorKind::Unavailable,
            operation,
            format!("{place}: no free connection in time: try again"),
        )
        .with_retry(Retry::Backoff)
        .with_source(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Config, BackendError> {
        config(&Secret::new(url.to_owned()))
    }

    #[test]
    fn an_open_way_to_another_machine_has_to_be_wanted() {
        for here in
            ["postgres://u@localhost/d", "postgres://u@127.0.0.1/d", "host=::1", "postgres://u@%2Frun/d"]
        {
            assert_eq!(read(here).unwrap().get_ssl_mode(), SslMode::Disable, "{here}");
        }
        for open in ["postgres://u@db.example/d", "host=localhost,db.example", "dbname=d"] {
            assert_eq!(read(open).unwrap_err().kind(), ErrorKind::InvalidInput, "{open}");
        }
        assert!(read("postgres://u@db.example/d?sslmode=disable").is_ok());
        let encrypted = read("postgres://u@db.example/d?sslmode=require").unwrap_err();
        assert_eq!(encrypted.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn no_error_quotes_the_password_and_only_plain_names_are_schemas() {
        for url in ["postgres://u@localhost:hunter2/d", "host=localhost hunter2=x", "hunter2"] {
            let refused = read(url).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused}");
        }
        assert!(check_schema("ae_billing").is_ok());
        for bad in ["", "1a", "A", "a.b", "a;drop", "a\"", &"s".repeat(64)] {
            assert!(check_schema(bad).is_err(), "{bad}");
        }
    }
}

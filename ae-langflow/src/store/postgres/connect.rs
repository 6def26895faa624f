//! The address, and the connections made from it.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, Secret};
use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime,
};
use tokio_postgres::{
    Config, NoTls,
    config::{Host, SslMode},
};

use super::{PostgresOptions, errors::unusable};

const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Reads the address. The parser's own error is not passed on, for it may quote a part of the password.
pub(super) fn config(url: &Secret<String>, options: &PostgresOptions) -> Result<Config, BackendError> {
    let invalid = |message: &str| unusable(ErrorKind::InvalidInput, message);
    if options.timeout.is_zero() || options.connections == 0 {
        return Err(invalid("the timeout and the number of connections have to be more than 0"));
    }
    let mut config: Config = url.expose().parse().map_err(|_| {
        invalid(
            "the address can't be read: write postgres://user:password@host:5432/database, with % escapes",
        )
    })?;
    if config.get_ssl_mode() == SslMode::Prefer {
        if !config.get_hosts().iter().all(is_here) || config.get_hosts().is_empty() {
            return Err(invalid(
                "the server is on another machine: add sslmode=require to the address, or sslmode=disable if the way \
                 to it is protected",
            ));
        }
        config.ssl_mode(SslMode::Disable);
    }
    // A connection that lies idle and whose other end has gone is noticed within a minute.
    config.keepalives_idle(KEEPALIVE_IDLE).keepalives_interval(KEEPALIVE_INTERVAL).keepalives_retries(3);
    config.connect_timeout(options.timeout).tcp_user_timeout(options.timeout);
    if config.get_application_name().is_none() {
        config.application_name("ae-langflow");
    }
    Ok(config)
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

/// Where the database is, for people: no user, no password.
pub(super) fn place(config: &Config, schema: &str) -> String {
    let hosts: Vec<_> = config.get_hosts().iter().map(name).collect();
    format!("{}/{}#{schema}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

fn name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

pub(super) fn pool(config: Config, options: &PostgresOptions) -> Result<Pool, BackendError> {
    let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match config.get_ssl_mode() {
        SslMode::Disable => Manager::from_config(config, NoTls, how),
        #[cfg(feature = "postgres-tls")]
        _ => Manager::from_config(config, super::tls::connector(options)?, how),
        #[cfg(not(feature = "postgres-tls"))]
        _ => {
            let message = "the address asks for an encrypted connection: turn on the feature postgres-tls";
            return Err(unusable(ErrorKind::Unsupported, message));
        }
    };
    let settings = settings(options);
    let set_up = Hook::async_fn(move |client: &mut ClientWrapper, _| {
        let settings = settings.clone();
        Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
    });
    Pool::builder(manager)
        .max_size(options.connections)
        .post_create(set_up)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(options.timeout))
        .create_timeout(Some(options.timeout))
        .recycle_timeout(Some(options.timeout))
        .build()
        .map_err(|error| unusable(ErrorKind::Internal, "no pool of connections").with_source(error))
}

/// The settings of a new connection. They are sent over it, since PgBouncer refuses most that come with its beginning.
fn settings(options: &PostgresOptions) -> String {
    let milliseconds = options.timeout.as_millis().max(1);
    format!(
        "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; \
         SET idle_in_transaction_session_timeout = {milliseconds}; \
         SET default_transaction_isolation = 'read committed'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Config, BackendError> {
        config(&Secret::new(url.to_owned()), &PostgresOptions::default())
    }

    #[test]
    fn the_way_to_another_machine_is_encrypted_or_said_not_to_be() {
        for here in [
            "postgres://u@localhost/d",
            "postgres://u@127.0.0.1/d",
            "host=::1",
            "host=/run/x",
            "postgres://u@%2Frun/d",
        ] {
            assert_eq!(read(here).unwrap().get_ssl_mode(), SslMode::Disable, "{here}");
        }
        for open in
            ["postgres://u@db.example/d", "postgres://u@10.0.0.1/d", "host=localhost,db.example", "dbname=d"]
        {
            let error = read(open).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{open}");
            assert!(error.to_string().contains("sslmode="), "{error}");
        }
        for (said, mode) in [("require", SslMode::Require), ("disable", SslMode::Disable)] {
            let url = format!("postgres://u@db.example/d?sslmode={said}");
            assert_eq!(read(&url).unwrap().get_ssl_mode(), mode);
        }
    }

    #[test]
    fn no_error_quotes_the_password() {
        for url in
            ["postgres://u@localhost:hunter2/d", "host=localhost hunter2=x", "hunter2", "host='hunter2"]
        {
            let error = read(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_place_names_no_user_and_no_password() {
        let config = read("postgres://me:hunter2@localhost:5433/d").unwrap();
        assert_eq!(place(&config, "s"), "localhost/d#s");
    }
}

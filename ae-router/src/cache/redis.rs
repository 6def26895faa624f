//! A cache in Redis, shared by several processes.

use std::{fmt, time::Duration};

use ae_core::{BackendError, Digest, Effect, ErrorKind, Retry, Secret};
use async_trait::async_trait;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, aio::MultiplexedConnection};
use tokio::sync::Mutex;

use super::AnswerCache;
use crate::Completion;

const BACKEND: &str = "redis";
/// The time to connect, and the time for one command.
const WITHIN: Duration = Duration::from_secs(2);

/// A cache in Redis 6 or later, or a server that speaks its protocol. Clones share one connection; it needs a Tokio runtime.
///
/// The keys begin with `ae-router:answer:`, and go by themselves after their time. The server holds the answers of the models
/// as JSON, and digests of the requests.
#[derive(Clone)]
pub struct RedisCache {
    client: Client,
    connection: std::sync::Arc<Mutex<Option<MultiplexedConnection>>>,
    keep: Duration,
}

impl RedisCache {
    /// The largest answer that is kept, in bytes of JSON. A longer one is passed by.
    pub const ANSWER_BYTES_MAX: usize = 1 << 20;

    /// A cache at `url` (`redis://:password@host:port/db`) that keeps each answer for `keep`, at least a millisecond. It
    /// connects with the first use, and again after an error.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for another kind of address, or a `keep` of zero.
    pub fn new(url: &Secret<String>, keep: Duration) -> Result<Self, BackendError> {
        let invalid = |message| BackendError::new(ErrorKind::InvalidInput, BACKEND, "connect", message);
        if keep.as_millis() == 0 {
            return Err(invalid("answers would be kept for no time: give at least a millisecond"));
        }
        // The error of the driver can quote the address, which holds the password.
        let client = Client::open(url.expose().as_str())
            .map_err(|_| invalid("the address is not one of Redis: write redis://host:port/db"))?;
        Ok(Self { client, connection: std::sync::Arc::default(), keep })
    }

    async fn connected(&self, operation: &'static str) -> Result<MultiplexedConnection, BackendError> {
        let mut connection = self.connection.lock().await;
        if let Some(open) = &*connection {
            return Ok(open.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(WITHIN))
            .set_response_timeout(Some(WITHIN));
        let opened = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let opened = opened.map_err(|source| failed(operation, &source))?;
        Ok(connection.insert(opened).clone())
    }

    async fn ask<T: FromRedisValue>(
        &self,
        operation: &'static str,
        command: &Cmd,
    ) -> Result<T, BackendError> {
        let mut connection = self.connected(operation).await?;
        match command.query_async(&mut connection).await {
            Ok(value) => Ok(value),
            Err(error) => {
                *self.connection.lock().await = None;
                Err(failed(operation, &error))
            }
        }
    }
}

/// Shows no address: it can hold a password.
impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache").field("keep", &self.keep).finish_non_exhaustive()
    }
}

#[async_trait]
impl AnswerCache for RedisCache {
    async fn get(&self, request: &Digest) -> Result<Option<Completion>, BackendError> {
        let json: Option<Vec<u8>> = self.ask("get", Cmd::new().arg("GET").arg(key(request))).await?;
        let Some(json) = json else { return Ok(None) };
        serde_json::from_slice(&json).map(Some).map_err(|source| {
            let message = "a stored answer can't be read: it is of another version";
            BackendError::new(ErrorKind::Protocol, BACKEND, "get", message).with_source(source)
        })
    }

    async fn put(&self, request: &Digest, answer: &Completion) -> Result<(), BackendError> {
        let json = serde_json::to_vec(answer).map_err(|source| {
            let message = "the answer can't be written as JSON";
            BackendError::new(ErrorKind::Internal, BACKEND, "put", message).with_source(source)
        })?;
        if json.len() > Self::ANSWER_BYTES_MAX {
            return Ok(());
        }
        let millis = u64::try_from(self.keep.as_millis()).unwrap_or(u64::MAX);
        let mut command = Cmd::new();
        command.arg("SET").arg(key(request)).arg(json).arg("PX").arg(millis);
        self.ask("put", &command).await
    }
}

fn key(request: &Digest) -> String {
    format!("ae-router:answer:{request}")
}

fn failed(operation: &'static str, source: &RedisError) -> BackendError {
    let (kind, message) = if source.is_timeout() {
        (ErrorKind::Timeout, "the server did not answer in time")
    } else if source.kind() == redis::ErrorKind::AuthenticationFailed {
        (ErrorKind::Unauthenticated, "the server refused the password")
    } else {
        (ErrorKind::Unavailable, "the server can't be reached or refused the command: check that it runs")
    };
    let error = BackendError::new(kind, BACKEND, operation, message)
        .with_retry(Retry::Backoff)
        .with_effect(Effect::Unknown);
    match source.code() {
        Some(code) => error.with_code(code),
        None => error,
    }
}

//! Heartbeats, and with them the records of `once`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use async_trait::async_trait;
use serde_json::Value;
use temporalio_client::{ActivityIdentifier, Client, RpcOptions};
use temporalio_common::protos::TaskToken;
use temporalio_sdk::activities::ActivityContext;
use tokio::task::JoinHandle;

use super::wire::{Records, json_bytes};
use crate::{Cancel, Journal, TaskId, node::locked};

/// The server takes more, but writes it again with every heartbeat.
const RECORDS_BYTES_MAX: u64 = 64 * 1024;

/// Beats until the node ends, and stops the node when the server says so.
pub(crate) struct Heartbeat {
    journal: Arc<HeartbeatJournal>,
    beating: JoinHandle<()>,
}

/// Keeps the records of `once` in the heartbeat details, which the next attempt gets.
struct HeartbeatJournal {
    ctx: ActivityContext,
    client: Client,
    cancel: Cancel,
    records: Mutex<Records>,
}

impl Heartbeat {
    pub(crate) fn begin(ctx: ActivityContext, cancel: Cancel, records: Records) -> Self {
        let client = ctx.client();
        let journal = Arc::new(HeartbeatJournal { ctx, client, cancel, records: Mutex::new(records) });
        // A task of its own: a node that computes for long still sends heartbeats on a runtime with several threads.
        let beating = tokio::spawn(Arc::clone(&journal).beat());
        Self { journal, beating }
    }

    pub(crate) fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal) as Arc<dyn Journal>
    }

    /// Stops, and gives back what was recorded.
    pub(crate) fn end(self) -> Records {
        locked(&self.journal.records).clone()
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.beating.abort();
    }
}

impl HeartbeatJournal {
    async fn beat(self: Arc<Self>) {
        let timeout = self.ctx.info().heartbeat_timeout.filter(|timeout| !timeout.is_zero());
        let pause = timeout.unwrap_or(Duration::from_secs(30)) / 4;
        let mut ticks = tokio::time::interval(pause.max(Duration::from_millis(10)));
        // The first one comes at once, and a node that is soon over needs none.
        ticks.tick().await;
        loop {
            tokio::select! {
                () = self.ctx.cancelled() => {
                    self.cancel.cancel();
                    return;
                }
                _ = ticks.tick() => self.tell_core().await,
            }
        }
    }

    /// The SDK sends it on, now or with the next heartbeat that it sends.
    async fn tell_core(&self) {
        let records = locked(&self.records).clone();
        // It fails only when the records are not JSON, which they are.
        let _ = self.ctx.record_heartbeat(records).await;
    }
}

#[async_trait]
impl Journal for HeartbeatJournal {
    async fn record(&self, _: u64, _: &TaskId, key: &str, value: Value) -> Result<Value, BackendError> {
        let records = {
            let mut records = locked(&self.records);
            if let Some(earlier) = records.get(key) {
                return Ok(earlier.clone());
            }
            let mut grown = records.clone();
            grown.insert(key.to_owned(), value.clone());
            let bytes = json_bytes(&grown).unwrap_or(u64::MAX);
            if bytes > RECORDS_BYTES_MAX {
                let message = format!(
                    "the records of one run of a node would have {bytes} bytes, {RECORDS_BYTES_MAX} are allowed: \
                     record names of large values"
                );
                return Err(BackendError::new(ErrorKind::QuotaExceeded, "temporal", "once", message));
            }
            records.clone_from(&grown);
            grown
        };
        self.tell_core().await;
        // The SDK holds heartbeats back for a while; a record must be with the server before it counts.
        let token = TaskToken::from(self.ctx.info().task_token.clone());
        let handle = self.client.get_async_activity_handle(ActivityIdentifier::TaskToken(token));
        match handle.heartbeat(Some(records), RpcOptions::default()).await {
            Ok(answer) => {
                if answer.cancel_requested {
                    self.cancel.cancel();
                }
                Ok(value)
            }
            Err(error) => {
                locked(&self.records).remove(key);
                Err(BackendError::new(
                    ErrorKind::Unavailable,
                    "temporal",
                    "once",
                    "the record was not stored",
                )
                .with_retry(Retry::Backoff)
                .with_effect(Effect::Unknown)
                .with_source(error))
            }
        }
    }
}

impl std::fmt::Debug for HeartbeatJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeartbeatJournal")
            .field("records", &locked(&self.records).keys())
            .finish_non_exhaustive()
    }
}

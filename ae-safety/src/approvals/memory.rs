//! The desk in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{ApprovalId, BackendError, Digest, IdempotencyKey, Runtime};
use async_trait::async_trait;

use super::{
    Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, Ruling,
    rules::{Record, Rules, expire},
};

const RULES: Rules = Rules { backend: "memory-desk" };

/// An [`ApprovalDesk`] in memory: for tests, and for programs whose questions need not outlive them.
///
/// Clones share their approvals. Time and ids come from the runtime.
#[derive(Debug, Clone)]
pub struct MemoryDesk {
    runtime: Runtime,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of asking.
    records: Vec<Record>,
    by_key: BTreeMap<IdempotencyKey, usize>,
    by_id: BTreeMap<ApprovalId, usize>,
}

impl MemoryDesk {
    /// An empty desk.
    pub fn new(runtime: Runtime) -> Self {
        Self { runtime, state: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies `change` to a copy and keeps it only when it succeeds.
    fn change(
        &self,
        operation: &'static str,
        id: ApprovalId,
        change: impl FnOnce(&mut Record) -> Result<(), BackendError>,
    ) -> Result<Approval, BackendError> {
        let mut state = self.lock();
        let at = state.by_id.get(&id).copied();
        let record = at.and_then(|at| state.records.get_mut(at));
        let record = record.ok_or_else(|| RULES.not_found(operation, id))?;
        expire(record, self.runtime.now());
        let mut next = record.clone();
        change(&mut next)?;
        *record = next;
        Ok(record.approval.clone())
    }
}

#[async_trait]
impl ApprovalDesk for MemoryDesk {
    async fn request(
        &self,
        key: &IdempotencyKey,
        request: ApprovalRequest,
    ) -> Result<Approval, BackendError> {
        RULES.check_request(&request)?;
        let mut state = self.lock();
        let at = state.by_key.get(key).copied();
        if let Some(record) = at.and_then(|at| state.records.get_mut(at)) {
            RULES.repeat(record, &request)?;
            expire(record, self.runtime.now());
            return Ok(record.approval.clone());
        }
        let id = ApprovalId::from_uuid(self.runtime.ids.new_uuid());
        let approval = Approval::pending(id, request, self.runtime.now());
        let at = state.records.len();
        state.by_key.insert(key.clone(), at);
        state.by_id.insert(id, at);
        state.records.push(Record { key: key.clone(), approval: approval.clone(), uses: Vec::new() });
        Ok(approval)
    }

    async fn get(&self, id: ApprovalId) -> Result<Approval, BackendError> {
        self.change("get", id, |_| Ok(()))
    }

    async fn list(&self, query: &ApprovalQuery) -> Result<Vec<Approval>, BackendError> {
        let now = self.runtime.now();
        let mut state = self.lock();
        state.records.iter_mut().for_each(|record| {
            expire(record, now);
        });
        let matching = state.records.iter().rev().map(|record| &record.approval).filter(|approval| {
            query.run.is_none_or(|run| approval.request.run == Some(run))
                && query.status.is_none_or(|status| approval.status == status)
        });
        Ok(matching.take(query.limit).cloned().collect())
    }

    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Approval, BackendError> {
        let now = self.runtime.now();
        self.change("decide", id, |record| RULES.decide(record, ruling, now))
    }

    async fn cancel(&self, id: ApprovalId, reason: &str) -> Result<Approval, BackendError> {
        let now = self.runtime.now();
        self.change("cancel", id, |record| RULES.cancel(record, reason, now))
    }

    async fn consume(
        &self,
        key: &IdempotencyKey,
        id: ApprovalId,
        action: Digest,
    ) -> Result<Approval, BackendError> {
        self.change("consume", id, |record| RULES.consume(record, key, action))
    }
}

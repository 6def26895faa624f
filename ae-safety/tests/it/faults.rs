//! One wrong backend for each clause of a port's contract: the suite has to catch it by the clause's number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use ae_core::{
    ApprovalId, BackendError, Currency, Digest, ErrorKind, IdempotencyKey, ManualClock, Money,
    conformance::{caught, faults},
};
use ae_safety::{
    AccountSpec, AccountStatus, Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus,
    AuditEvent, AuditReceipt, AuditSink, BudgetLedger, Hold, MemoryAudit, MemoryDesk, MemoryLedger, Refund,
    Reserve, Ruling, Scope, conformance,
};
use async_trait::async_trait;

use crate::support::{block_on, clock, runtime};

fn is<T>(answer: &Result<T, BackendError>, kind: ErrorKind) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == kind)
}

/// A desk that breaks one clause.
#[derive(Debug)]
struct WrongDesk {
    desk: MemoryDesk,
    breaks: &'static str,
    asked: Mutex<BTreeMap<IdempotencyKey, ApprovalRequest>>,
}

impl WrongDesk {
    fn new(breaks: &'static str, clock: &ManualClock) -> Self {
        Self { desk: MemoryDesk::new(runtime(clock)), breaks, asked: Mutex::default() }
    }

    fn unexpired(&self, mut approval: Approval) -> Approval {
        if self.breaks == "C4" && approval.status == ApprovalStatus::Expired {
            approval.status = ApprovalStatus::Pending;
        }
        approval
    }
}

#[async_trait]
impl ApprovalDesk for WrongDesk {
    async fn request(
        &self,
        key: &IdempotencyKey,
        request: ApprovalRequest,
    ) -> Result<Approval, BackendError> {
        let answer = self.desk.request(key, request.clone()).await;
        if self.breaks == "C1" && is(&answer, ErrorKind::Conflict) {
            let first = self.asked.lock().unwrap()[key].clone();
            return self.desk.request(key, first).await;
        }
        self.asked.lock().unwrap().entry(key.clone()).or_insert(request);
        answer
    }

    async fn get(&self, id: ApprovalId) -> Result<Approval, BackendError> {
        self.desk.get(id).await.map(|approval| self.unexpired(approval))
    }

    async fn list(&self, query: &ApprovalQuery) -> Result<Vec<Approval>, BackendError> {
        let mut found = self.desk.list(query).await?;
        if self.breaks == "C8" {
            found.reverse();
        }
        Ok(found)
    }

    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Approval, BackendError> {
        let answer = self.desk.decide(id, ruling.clone()).await;
        match self.breaks {
            "C2" if is(&answer, ErrorKind::Conflict) => self.desk.get(id).await,
            "C3" if is(&answer, ErrorKind::PermissionDenied) => {
                let mut other = ruling;
                other.decided_by = "another".into();
                self.desk.decide(id, other).await
            }
            _ => answer,
        }
    }

    async fn cancel(&self, id: ApprovalId, reason: &str) -> Result<Approval, BackendError> {
        let answer = self.desk.cancel(id, reason).await;
        if self.breaks == "C7" && is(&answer, ErrorKind::Conflict) { self.desk.get(id).await } else { answer }
    }

    async fn consume(
        &self,
        key: &IdempotencyKey,
        id: ApprovalId,
        action: Digest,
    ) -> Result<Approval, BackendError> {
        let answer = self.desk.consume(key, id, action).await;
        let now = self.desk.get(id).await;
        let is_approved = now.as_ref().is_ok_and(|approval| approval.status == ApprovalStatus::Approved);
        match self.breaks {
            "C5" if is(&answer, ErrorKind::PermissionDenied) => now,
            "C6" if is_approved && is(&answer, ErrorKind::Conflict) => now,
            _ => answer,
        }
    }
}

#[test]
fn wrong_desks_are_caught() {
    let suite = |breaks| async move {
        let clock = clock();
        conformance::approvals::run_all(&WrongDesk::new(breaks, &clock), &clock).await
    };
    block_on(async {
        let ran = suite("none").await;
        faults(&ran, ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"].map(|clause| (clause, clause)), suite)
            .await;
        let forgets = || Box::new(MemoryDesk::new(runtime(&clock()))) as Box<dyn ApprovalDesk>;
        caught("C9", conformance::approvals::c9_answers_survive_a_restart(forgets)).await;
    });
}

/// The reservation of nothing in dollars that a wrong ledger makes instead.
fn free(reserve: &Reserve) -> Reserve {
    Reserve::new(reserve.scope.clone(), Money::zero(Currency::USD))
}

/// A ledger that breaks one clause.
#[derive(Debug)]
struct WrongLedger {
    ledger: MemoryLedger,
    breaks: &'static str,
}

#[async_trait]
impl BudgetLedger for WrongLedger {
    async fn open(&self, spec: &AccountSpec) -> Result<AccountStatus, BackendError> {
        let answer = self.ledger.open(spec).await;
        if self.breaks == "C1" && is(&answer, ErrorKind::Conflict) {
            return self.ledger.status(&spec.scope).await;
        }
        answer
    }

    async fn reserve(&self, key: &IdempotencyKey, reserve: &Reserve) -> Result<Hold, BackendError> {
        if self.breaks == "C4" {
            // Looks, and then takes: another caller can come in between.
            let before = self.ledger.status(&reserve.scope).await?;
            tokio::task::yield_now().await;
            if self.ledger.status(&reserve.scope).await? != before {
                return self.ledger.reserve(key, &free(reserve)).await;
            }
        }
        let answer = self.ledger.reserve(key, reserve).await;
        match (self.breaks, answer) {
            ("C2", Err(error)) if error.kind() == ErrorKind::QuotaExceeded => {
                Err(BackendError::new(error.kind(), "wrong", "reserve", error.message()))
            }
            ("C3", Err(error)) if error.kind() == ErrorKind::Conflict => self.ledger.hold(key).await,
            ("C9", Err(error)) if error.kind() == ErrorKind::InvalidInput => {
                self.ledger.reserve(key, &free(reserve)).await
            }
            (_, answer) => answer,
        }
    }

    async fn settle(&self, key: &IdempotencyKey, actual: Money) -> Result<Hold, BackendError> {
        if self.breaks == "C6" {
            let hold = self.ledger.hold(key).await?;
            let most = if actual.exceeds(hold.amount).unwrap_or(false) { hold.amount } else { actual };
            return self.ledger.settle(key, most).await;
        }
        let answer = self.ledger.settle(key, actual).await;
        if self.breaks == "C5" && is(&answer, ErrorKind::Conflict) {
            self.ledger.hold(key).await
        } else {
            answer
        }
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        self.ledger.void(key).await
    }

    async fn refund(&self, key: &IdempotencyKey, refund: &Refund) -> Result<Hold, BackendError> {
        let answer = self.ledger.refund(key, refund).await;
        if self.breaks == "C8" && is(&answer, ErrorKind::InvalidInput) {
            return self.ledger.hold(&refund.hold).await;
        }
        answer
    }

    async fn set_limit(&self, scope: &Scope, limit: Option<Money>) -> Result<AccountStatus, BackendError> {
        let answer = self.ledger.set_limit(scope, limit).await;
        if self.breaks == "C7" && is(&answer, ErrorKind::InvalidInput) {
            return self.ledger.status(scope).await;
        }
        answer
    }

    async fn status(&self, scope: &Scope) -> Result<AccountStatus, BackendError> {
        self.ledger.status(scope).await
    }

    async fn hold(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        self.ledger.hold(key).await
    }

    async fn holds(&self, scope: &Scope) -> Result<Vec<Hold>, BackendError> {
        self.ledger.holds(scope).await
    }
}

#[test]
fn wrong_ledgers_are_caught() {
    let suite = |breaks| async move {
        conformance::budget::run_all(&WrongLedger { ledger: MemoryLedger::new(), breaks }).await
    };
    block_on(async {
        let ran = suite("none").await;
        let clauses = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"];
        faults(&ran, clauses.map(|clause| (clause, clause)), suite).await;
        let forgets = || Box::new(MemoryLedger::new()) as Box<dyn BudgetLedger>;
        caught("C10", conformance::budget::c10_money_survives_a_restart(forgets)).await;
    });
}

/// A log that breaks one clause. Its records are also kept where anything can change them.
#[derive(Debug)]
struct WrongAudit {
    audit: MemoryAudit,
    breaks: &'static str,
    seen: Arc<Mutex<Vec<u8>>>,
}

#[async_trait]
impl AuditSink for WrongAudit {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
        let before = self.audit.to_jsonl().into_bytes();
        let is_changed = *self.seen.lock().unwrap() != before;
        if is_changed && !matches!(self.breaks, "C1" | "C3" | "C4") {
            return Err(BackendError::new(ErrorKind::Protocol, "wrong", "append", "tampered"));
        }
        let answer = match self.audit.append(event).await {
            Err(error) if self.breaks == "C5" && error.kind() == ErrorKind::InvalidInput => {
                self.audit.append(&AuditEvent::new("replaced", "wrong")).await
            }
            answer => answer,
        };
        if self.breaks == "C2" {
            self.audit.append(event).await?;
        }
        let mut text = self.audit.to_jsonl();
        match self.breaks {
            // Answered before it is there.
            "C1" => text.truncate(before.len()),
            "C3" => text = text.replace("[REDACTED:", &format!("ghp_{}[REDACTED:", "aB3dE5gH7jK9".repeat(3))),
            _ => {}
        }
        if !(is_changed && self.breaks == "C4") {
            *self.seen.lock().unwrap() = text.into_bytes();
        }
        answer
    }
}

#[test]
fn wrong_logs_are_caught() {
    let suite = |breaks| async move {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let audit =
            WrongAudit { audit: MemoryAudit::new(runtime(&clock())), breaks, seen: Arc::clone(&seen) };
        let change = |bytes: &[u8]| *seen.lock().unwrap() = bytes.to_vec();
        conformance::audit::run_all(&audit, || seen.lock().unwrap().clone(), Some(&change)).await
    };
    block_on(async {
        let ran = suite("none").await;
        faults(&ran, ["C1", "C2", "C3", "C4", "C5"].map(|clause| (clause, clause)), suite).await;
    });
}

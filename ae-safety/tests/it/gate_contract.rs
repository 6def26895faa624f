//! Every gate against the contract, and the contract against gates that break it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ae_core::{Action, ActionKind, BackendError};
use ae_safety::{
    AllOf, AuditEvent, AuditSink, Decision, Gate, GateRow, GateRule, GateTable, MemoryAudit, PolicyGate,
    conformance::gates::{self as conformance, Cases},
};

use crate::support::{block_on, clock, digest, runtime};

const KNOWN: [ActionKind; 3] = [ActionKind::CallModel, ActionKind::Deploy, ActionKind::ExecuteCode];

fn unknown() -> Vec<ActionKind> {
    let other = ActionKind::Other("book_flight".parse().unwrap());
    vec![
        ActionKind::CreateBilling,
        ActionKind::ReadSecret,
        ActionKind::NetworkAccess,
        ActionKind::DeleteFiles,
        ActionKind::WriteFiles,
        other,
    ]
}

fn narrow() -> GateTable {
    let rows = GateTable::default().rows().into_iter().filter(|row| KNOWN.contains(&row.kind));
    GateTable::new(rows).unwrap()
}

fn cases() -> Cases {
    Cases::new().with_unknown(unknown()).with_action(Action::new(
        ActionKind::Deploy,
        "x/y",
        "shop",
        digest("request"),
    ))
}

fn passes(gate: impl PolicyGate, cases: &Cases) {
    block_on(conformance::run_all(&gate, cases, Vec::new));
}

#[test]
fn gate_tables_keep_the_contract() {
    passes(GateTable::default(), &Cases::new());
    passes(narrow(), &cases());
    passes(GateTable::new([]).unwrap(), &cases().with_unknown(KNOWN));
    let json = serde_json::to_string(&narrow()).unwrap();
    passes(serde_json::from_str::<GateTable>(&json).unwrap(), &cases());
    let off = KNOWN.map(|kind| GateRow::new(kind, None, GateRule::Deny));
    passes(GateTable::new(off).unwrap(), &cases());
}

#[test]
fn all_of_keeps_the_contract() {
    passes(AllOf::new(), &cases().with_unknown(KNOWN));
    passes(AllOf::new().with(GateTable::default()), &Cases::new());
    passes(AllOf::new().with(GateTable::default()).with(narrow()), &cases());
    passes(AllOf::new().with(narrow()).with(AllOf::new().with(GateTable::default())), &cases());
}

#[test]
fn pointers_keep_the_contract() {
    let shared: Arc<dyn PolicyGate> = Arc::new(narrow());
    let boxed: Box<dyn PolicyGate> = Box::new(AllOf::new().with(Arc::clone(&shared)));
    passes(shared, &cases());
    passes(boxed, &cases());
}

/// The fault of a broken gate.
#[derive(Debug)]
enum Fault {
    /// Changes its mind with every question.
    Fickle(AtomicUsize),
    /// Allows actions without a rule.
    Open,
    /// Allows the first 30 questions, then nothing.
    UsedUp(AtomicUsize),
    /// Writes its answers down.
    Records(MemoryAudit),
}

#[async_trait::async_trait]
impl PolicyGate for Fault {
    fn name(&self) -> &str {
        "fault"
    }

    async fn decide(&self, _: &Action) -> Result<Decision, BackendError> {
        let allow = Decision::Allow { gate: None };
        let ask = Decision::NeedsApproval { gate: Gate::DeployApproval, reason: "ask".into() };
        let is_allowed = match self {
            Self::Fickle(asked) => asked.fetch_add(1, Ordering::Relaxed) % 2 == 0,
            Self::Open => true,
            Self::UsedUp(asked) => asked.fetch_add(1, Ordering::Relaxed) < 30,
            Self::Records(audit) => audit.append(&AuditEvent::new("asked", "gate")).await.is_ok(),
        };
        Ok(if is_allowed { allow } else { ask })
    }
}

#[test]
#[should_panic(expected = "C1: ")]
fn a_gate_that_changes_its_mind_is_found() {
    let gate = Fault::Fickle(AtomicUsize::new(0));
    block_on(conformance::c1_the_same_action_has_the_same_answer(&gate, &cases()));
}

#[test]
#[should_panic(expected = "C2: ")]
fn a_gate_that_allows_the_unknown_is_found() {
    passes(Fault::Open, &cases());
}

#[test]
#[should_panic(expected = "C3: ")]
fn a_gate_that_is_used_up_is_found() {
    let gate = Fault::UsedUp(AtomicUsize::new(0));
    block_on(conformance::c3_asking_leaves_nothing_behind(&gate, &cases(), Vec::new));
}

#[test]
#[should_panic(expected = "C3: a dropped question left something behind")]
fn a_gate_that_acts_is_found_even_when_dropped() {
    let audit = MemoryAudit::new(runtime(&clock()));
    let gate = Fault::Records(audit.clone());
    let observe = || audit.to_jsonl().into_bytes();
    block_on(conformance::c3_a_dropped_question_has_no_effect(&gate, &Cases::new(), observe));
}

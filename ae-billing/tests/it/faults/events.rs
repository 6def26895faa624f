//! Wrong event stores.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ae_billing::{EventEffect, EventStore, Intake, MemoryLedger, ReceivedEvent, RevenueSummary, conformance};
use ae_core::conformance::faults;
use ae_core::{BackendError, Currency, Money, RunId};
use async_trait::async_trait;

use crate::world::{BASE, clocked, wait};

#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Books a repeat as a new event.
    ForgetsIds,
    /// Books an end only after a payment of the same agreement.
    DropsEarlyEnds,
    BooksQuarantined,
    /// Counts a payment for each event.
    CountsEvents,
    DropsOtherCurrencies,
    DropsRefunds,
    DropsFailures,
    BooksNegativeAsPositive,
    /// Names the first payment as the latest.
    NamesTheFirst,
    /// Forgets the time that was paid for by a payment that went back.
    ForgetsWhatWasBought,
}

#[derive(Debug)]
struct Wrong {
    inner: MemoryLedger,
    fault: Fault,
    paid: Mutex<BTreeSet<(String, String)>>,
    count: AtomicUsize,
}

fn accepted(received: &ReceivedEvent) -> Result<Intake, BackendError> {
    Ok(Intake::Accepted { event: received.event.id.clone() })
}

fn positive(amount: &mut Money) {
    if amount.is_negative() {
        *amount = Money::from_pico(-amount.pico(), amount.currency()).unwrap();
    }
}

#[async_trait]
impl EventStore for Wrong {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError> {
        let mut received = received.clone();
        let provider = received.provider.clone();
        match (self.fault, &mut received.event.effect) {
            (Fault::ForgetsIds, _) => {
                let count = self.count.fetch_add(1, Ordering::Relaxed);
                received.event.id = format!("{}-{count}", received.event.id);
            }
            (Fault::DropsEarlyEnds, Some(EventEffect::Paid(paid))) => {
                self.paid.lock().unwrap().insert((provider, paid.entitlement.clone()));
            }
            (Fault::DropsEarlyEnds, Some(EventEffect::Ended(end)))
                if !self.paid.lock().unwrap().contains(&(provider, end.entitlement.clone())) =>
            {
                return accepted(&received);
            }
            (Fault::BooksQuarantined, _) => received.quarantine = None,
            (Fault::CountsEvents, Some(EventEffect::Paid(paid))) => {
                paid.payment = format!("{}-{}", paid.payment, received.event.id);
            }
            (Fault::DropsOtherCurrencies, Some(EventEffect::Paid(paid)))
                if paid.amount.currency() != Currency::USD =>
            {
                return accepted(&received);
            }
            (Fault::DropsRefunds, Some(EventEffect::Refunded(refund))) if !refund.refunded.is_negative() => {
                return accepted(&received);
            }
            (Fault::DropsFailures, Some(EventEffect::Failed(_))) => return accepted(&received),
            (Fault::BooksNegativeAsPositive, Some(EventEffect::Paid(paid))) => positive(&mut paid.amount),
            (Fault::BooksNegativeAsPositive, Some(EventEffect::Refunded(refund))) => {
                positive(&mut refund.refunded);
            }
            _ => {}
        }
        self.inner.record_event(&received).await
    }

    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError> {
        let mut summary = self.inner.revenue(run).await?;
        for one in &mut summary.entitlements {
            match self.fault {
                Fault::NamesTheFirst => (one.number, one.paid_at) = (1, one.since),
                Fault::ForgetsWhatWasBought => one.bought_until = one.paid_until,
                _ => {}
            }
        }
        Ok(summary)
    }
}

#[test]
fn each_clause_of_the_event_store_catches_a_wrong_one() {
    let ledger = || MemoryLedger::new(clocked().1, BASE);
    let ran = wait(conformance::run_store(&ledger(), "right"));
    let wrong = [
        ("E1", Fault::ForgetsIds),
        ("E2", Fault::DropsEarlyEnds),
        ("E3", Fault::BooksQuarantined),
        ("E4", Fault::CountsEvents),
        ("E5", Fault::DropsOtherCurrencies),
        ("E6", Fault::DropsRefunds),
        ("E7", Fault::DropsFailures),
        ("E8", Fault::BooksNegativeAsPositive),
        ("E9", Fault::NamesTheFirst),
        ("E9", Fault::ForgetsWhatWasBought),
    ]
    .map(|(clause, fault)| {
        let (paid, count) = (Mutex::default(), AtomicUsize::new(0));
        (clause, Wrong { inner: ledger(), fault, paid, count })
    });
    wait(faults(&ran, wrong, |wrong| async move { conformance::run_store(&wrong, "wrong").await }));
}

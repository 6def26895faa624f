//! The contracts of the ports.

use std::sync::Arc;

use ae_billing::{
    MemoryJournal, RequestJournal, SqliteJournal, StoredRequest, Stripe,
    conformance::{Pay, Subject, Subscribe, check_journal, run_all},
};
use ae_core::{BackendError, IdempotencyKey, Timestamp, conformance::faults};
use async_trait::async_trait;
use doubles::stripe::StripeDouble;

use crate::world::{START, config, manual};

#[tokio::test]
async fn the_contract_of_a_provider() {
    let double = Arc::new(StripeDouble::start().unwrap());
    double.stop_clock_at(START);
    let journal = MemoryJournal::new();
    let handle = |seed| Stripe::new(config(&double.url()), journal.clone(), manual(seed)).unwrap();
    let paying = Arc::clone(&double);
    let pay: Pay = Arc::new(move |_, payment| {
        let double = Arc::clone(&paying);
        Box::pin(async move {
            double.pay(payment.link.as_str(), &payment.payer_reference);
            Ok(())
        })
    });
    let subscribing = Arc::clone(&double);
    let subscribe: Subscribe = Arc::new(move |_, payment| {
        let double = Arc::clone(&subscribing);
        Box::pin(async move {
            double.pay(payment.link.as_str(), &payment.payer_reference);
            let newest = double.objects("subscription").pop().unwrap();
            Ok(newest["id"].as_str().unwrap().parse().unwrap())
        })
    });
    let subject = Subject::new(Arc::new(handle(1)), "stripe")
        .with_second(Arc::new(handle(2)))
        .with_pay(pay)
        .with_subscribe(subscribe)
        .with_now(Timestamp::from_second(START).unwrap());
    let ran = run_all(&subject).await;
    assert!(ran.skipped.is_empty(), "{ran:?}");
}

#[tokio::test]
async fn the_contract_of_a_journal() {
    let memory = MemoryJournal::new();
    check_journal(&memory, &memory.clone(), "memory").await;
    let folder = tempfile::tempdir().unwrap();
    let open = || SqliteJournal::open_or_create(folder.path().join("journal.db")).unwrap();
    check_journal(&open(), &open(), "sqlite").await;
}

/// A journal with one fault.
#[derive(Debug)]
struct Wrong(&'static str, MemoryJournal);

impl Wrong {
    /// The scope under which it keeps things: one for all, where that is the fault.
    fn scope<'a>(&self, scope: &'a str) -> &'a str {
        if self.0 == "C5" { "one" } else { scope }
    }

    fn kept(&self, request: &StoredRequest) -> StoredRequest {
        moved(request.clone(), self.scope(&request.scope))
    }
}

fn moved(mut request: StoredRequest, scope: &str) -> StoredRequest {
    scope.clone_into(&mut request.scope);
    request
}

#[async_trait]
impl RequestJournal for Wrong {
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError> {
        if self.0 == "C1" {
            self.1.put(request).await?;
        }
        Ok(moved(self.1.begin(&self.kept(request)).await?, &request.scope))
    }

    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError> {
        let kept = self.1.get(self.scope(scope), key).await?;
        Ok(kept.map(|kept| moved(if self.0 == "C2" { kept.with_sequence(0) } else { kept }, scope)))
    }

    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError> {
        let kept = self.kept(request);
        if self.0 == "C3" { self.1.begin(&kept).await.map(drop) } else { self.1.put(&kept).await }
    }

    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError> {
        if self.0 == "C4" { Ok(()) } else { self.1.remove(self.scope(scope), key).await }
    }
}

#[tokio::test]
async fn every_clause_of_a_journal_can_fail() {
    let suite = |wrong| async move {
        let journal = Wrong(wrong, MemoryJournal::new());
        check_journal(&journal, &journal, "faults").await
    };
    let right = suite("right").await;
    faults(&right, [("C1", "C1"), ("C2", "C2"), ("C3", "C3"), ("C4", "C4"), ("C5", "C5")], suite).await;
}

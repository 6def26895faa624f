//! Any order of the same events, with repeats and restarts in between, leads to the same books.

use std::{sync::Arc, time::Duration};

use ae_billing::{Intake, MemoryLedger, RevenueSummary};
use ae_core::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use crate::{
    ledgers::Ledger,
    world::{BASE, Shop, body, clocked, intake, key, open, receive, run, usd, wait},
};

/// A shop, its events in the order they happened, and the time after the last one.
fn history() -> (Shop, Vec<Vec<u8>>, Timestamp) {
    let (clock, runtime) = clocked();
    let ledger = MemoryLedger::new(runtime.clone(), BASE);
    let shop = open(&ledger, run("order"));
    let step = || clock.advance(Duration::from_secs(3_600));
    let first = shop.paid(&ledger, "a", "CUST-1", 0);
    step();
    let year = shop.paid(&ledger, "b", "CUST-2", 1);
    step();
    wait(ledger.end_entitlement(&key(shop.run, "end a"), &first.id)).unwrap();
    step();
    shop.paid(&ledger, "a2", "CUST-1", 0);
    step();
    let single = shop.paid(&ledger, "c", "CUST-3", 2);
    wait(ledger.end_entitlement(&key(shop.run, "end b"), &year.id)).unwrap();
    step();
    let mut events: Vec<_> =
        wait(ledger.pending_events(100)).unwrap().into_iter().map(|event| event.body.into_bytes()).collect();
    let (run, now) = (shop.run, runtime.now());
    let refund = |id: &str, payment: &ae_billing::Payment, total: &str| {
        let data = json!({ "run": run, "payment": payment.id, "refunded": usd(total), "refunded_at": now });
        body(id, "charge.refunded", &data)
    };
    events.extend([refund("r1", &single, "2"), refund("r2", &single, "5"), refund("r3", &year, "1")]);
    let failed =
        json!({ "run": run, "payment": "in_9", "amount": usd("5"), "customer": "CUST-9", "failed_at": now });
    events.push(body("f1", "invoice.payment_failed", &failed));
    (shop, events, now)
}

fn books_after(order: &[usize], events: &[Vec<u8>], run: ae_core::RunId, now: Timestamp) -> RevenueSummary {
    let (clock, runtime) = clocked();
    clock.set(now);
    let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::new(runtime, BASE));
    let mut seen = std::collections::BTreeSet::new();
    for index in order {
        let taken = receive(&intake(&ledger), &events[*index], now).unwrap();
        assert_eq!(matches!(taken, Intake::Duplicate { .. }), !seen.insert(*index), "{taken:?}");
    }
    wait(ledger.verify_journal(None)).unwrap();
    wait(ledger.revenue(run)).unwrap()
}

#[test]
fn an_end_that_arrives_before_its_beginning_still_ends_it() {
    let (shop, events, now) = history();
    let forward = books_after(&[0, 2], &events, shop.run, now);
    let backward = books_after(&[2, 0], &events, shop.run, now);
    assert_eq!(forward, backward);
    assert!(forward.entitlements[0].ended_at.is_some() && forward.currencies[0].mrr.is_zero());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn the_order_of_arrival_does_not_matter(
        order in Just((0..10_usize).chain(0..10).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (shop, events, now) = history();
        prop_assert_eq!(events.len(), 10);
        let expected = books_after(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], &events, shop.run, now);
        prop_assert_eq!(books_after(&order, &events, shop.run, now), expected);
    }
}

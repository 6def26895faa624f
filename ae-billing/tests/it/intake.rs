//! Webhooks from the wire to the books.

use std::sync::Arc;

use ae_billing::{
    EventKind, EventStore, Intake, MemoryLedger, Mode, ProviderEvent, RAW_BYTES_MAX, ReceivedEvent,
    SIGNATURE_HEADER, sign,
};
use ae_core::{ErrorKind, Origin, Secret, Timestamp, Untrusted};
use http::HeaderMap;

use crate::{
    ledgers::{Ledger, on_each},
    world::{BASE, body, clocked, deliver, intake, open, receive, run, secret, start, sums, usd, wait},
};

fn raw_events(ledger: &Arc<dyn Ledger>) -> Vec<Vec<u8>> {
    wait(ledger.pending_events(100)).unwrap().into_iter().map(|event| event.body.into_bytes()).collect()
}

#[test]
fn a_repeat_does_no_work() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("repeat"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let raw = raw_events(&ledger).remove(0);
        let first = receive(&intake(&ledger), &raw, start()).unwrap();
        assert!(matches!(first, Intake::Accepted { .. }), "{first:?}");
        let (books, journal) = (wait(ledger.revenue(shop.run)), wait(ledger.verify_journal(None)).unwrap());
        for later in [0, 100, 86_400] {
            let now = Timestamp::from_second(start().as_second() + later).unwrap();
            let repeat = receive(&intake(&ledger), &raw, now).unwrap();
            assert!(matches!(repeat, Intake::Duplicate { .. }), "{repeat:?}");
        }
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap(), books.unwrap());
        assert_eq!(wait(ledger.verify_journal(None)).unwrap(), journal);
    });
}

#[test]
fn a_tampered_late_or_foreign_event_changes_nothing() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("tamper"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let raw = raw_events(&ledger).remove(0);
        let journal = wait(ledger.verify_journal(None)).unwrap();
        let good = sign(&secret(), &raw, start());
        let dearer = String::from_utf8(raw.clone()).unwrap().replace("29.99", "9999");
        assert_ne!(dearer.as_bytes(), raw);
        let foreign = sign(&Secret::new("another".into()), &raw, start());
        let late = Timestamp::from_second(start().as_second() + 301).unwrap();
        for (header, body, now) in [
            (Some(&good), dearer.as_bytes(), start()),
            (Some(&good), &raw[..], late),
            (Some(&foreign), &raw[..], start()),
            (None, &raw[..], start()),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(header) = header {
                headers.insert(SIGNATURE_HEADER, header.parse().unwrap());
            }
            let refused = wait(intake(&ledger).receive(&headers, body, now)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Unauthenticated, "{refused}");
        }
        let large = receive(&intake(&ledger), &vec![b' '; RAW_BYTES_MAX + 1], start()).unwrap_err();
        assert_eq!(large.kind(), ErrorKind::InvalidInput);
        assert_eq!(wait(ledger.verify_journal(None)).unwrap(), journal);
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 0);
    });
}

#[test]
fn another_modes_events_are_kept_and_never_booked() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("mode"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let raw = raw_events(&ledger).remove(0);
        let live = intake(&ledger).with_mode(Mode::Live);
        let Intake::Ignored { reason, .. } = receive(&live, &raw, start()).unwrap() else {
            panic!("an offline event was booked as live money");
        };
        assert!(reason.contains("offline") && reason.contains("live"), "{reason}");
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 0);
        // It stays quarantined: the same event is known now.
        let again = receive(&intake(&ledger), &raw, start()).unwrap();
        assert!(matches!(again, Intake::Duplicate { .. }), "{again:?}");
    });
}

/// The data of the payment that is first in the outbox.
fn data_of(ledger: &Arc<dyn Ledger>) -> serde_json::Value {
    let event: serde_json::Value = serde_json::from_slice(&raw_events(ledger)[0]).unwrap();
    event["data"].clone()
}

#[test]
fn unknown_kinds_and_a_second_event_of_a_payment_are_kept_without_effect() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("ignored"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let data = data_of(&ledger);
        deliver(&ledger, start());
        for (id, kind, words) in [
            ("evt_2", "invoice.paid", "booked already"),
            ("evt_3", "charge.seen", "charge.seen"),
            ("evt_4", "checkout.session.completed", "checkout"),
        ] {
            match receive(&intake(&ledger), &body(id, kind, &data), start()).unwrap() {
                Intake::Ignored { reason, .. } => assert!(reason.contains(words), "{reason}"),
                taken => panic!("{id} was {taken:?}"),
            }
        }
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&summary).gross, summary.payments()), (usd("29.99"), 1));
        wait(ledger.verify_journal(None)).unwrap();
    });
}

#[test]
fn money_in_another_currency_is_booked_in_that_currency() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("currencies"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let mut data = data_of(&ledger);
        deliver(&ledger, start());
        for (amount, code, customer) in
            [("12.50", "EUR", "CUST-2"), ("900", "JPY", "CUST-3"), ("5", "ISK", "CUST-4")]
        {
            data["payment"] = format!("pay_{code}").into();
            data["entitlement"] = format!("ent_{code}").into();
            data["customer"] = customer.into();
            data["amount"] = serde_json::json!({ "amount": amount, "currency": code });
            let taken = receive(&intake(&ledger), &body(code, "invoice.paid", &data), start()).unwrap();
            assert!(matches!(taken, Intake::Accepted { .. }), "{taken:?}");
        }
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        let shown: Vec<_> = summary.currencies.iter().map(|sums| sums.gross.to_string()).collect();
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert_eq!(sums(&summary).gross, usd("29.99"), "the run's own currency is first");
        let euro = summary.in_currency("EUR".parse().unwrap());
        assert_eq!(
            (euro.gross.to_string(), euro.mrr, euro.payments),
            ("12.50 EUR".to_owned(), euro.gross, 1)
        );
        assert_eq!(summary.entitlements.len(), 4);
    });
}

#[test]
fn a_trial_a_refund_and_a_failure_reach_the_books() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("kinds"));
        let taken = |id: &str, kind: &str, data: serde_json::Value| {
            receive(&intake(&ledger), &body(id, kind, &data), start()).unwrap()
        };
        let amount = |text: &str| serde_json::json!({ "amount": text, "currency": "USD" });
        let trial = serde_json::json!({
            "payment": "in_1", "entitlement": "sub_1", "run": shop.run, "price": "price_1", "tier": "basic",
            "amount": amount("0"), "interval": "month", "customer": "cus_1", "paid_at": start(),
            "period_end": "2026-12-08T08:00:00Z",
        });
        assert!(matches!(taken("evt_1", "invoice.paid", trial), Intake::Accepted { .. }));
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        let trial = &summary.entitlements[0];
        assert_eq!(
            (trial.paid_until, summary.payments()),
            (Some("2026-12-08T08:00:00Z".parse().unwrap()), 0)
        );

        let failed = serde_json::json!({
            "run": shop.run, "payment": "in_2", "amount": amount("29.99"), "customer": "cus_1", "failed_at": start(),
        });
        assert!(matches!(taken("evt_2", "invoice.payment_failed", failed), Intake::Accepted { .. }));
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().failed[0].amount, usd("29.99"));

        let payment = shop.paid(&*ledger, "a", "CUST-1", 0);
        deliver(&ledger, start());
        let refund = |total: &str| {
            serde_json::json!({
                "run": shop.run, "payment": payment.id, "refunded": amount(total), "refunded_at": start(),
            })
        };
        for (id, total, net, is_active) in [("evt_3", "10", "19.99", true), ("evt_4", "29.99", "0", false)] {
            taken(id, "charge.refunded", refund(total));
            let summary = wait(ledger.revenue(shop.run)).unwrap();
            assert_eq!((sums(&summary).gross, sums(&summary).net), (usd("29.99"), usd(net)));
            let own = summary.entitlements.iter().find(|one| one.customer == "CUST-1").unwrap();
            assert_eq!(own.is_active(start()), is_active);
            assert_eq!(sums(&summary).mrr, if is_active { usd("29.99") } else { usd("0") });
        }
        wait(ledger.verify_journal(None)).unwrap();
    });
}

#[test]
fn amounts_below_zero_or_as_floating_point_are_refused() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("amounts"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let mut data = data_of(&ledger);
        for bad in [serde_json::json!("-1"), serde_json::json!(29.99), serde_json::json!(2999)] {
            data["amount"] = serde_json::json!({ "amount": bad, "currency": "USD" });
            let refused =
                receive(&intake(&ledger), &body("evt_1", "invoice.paid", &data), start()).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
        }
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 0);
    });
}

#[test]
fn two_providers_may_use_the_same_event_id() {
    let (_, runtime) = clocked();
    let ledger = MemoryLedger::new(runtime, BASE);
    let event = |provider: &str| {
        let payload = Untrusted::new(Origin::Webhook(provider.to_owned()), serde_json::json!({}));
        let event =
            ProviderEvent::new("evt_1", EventKind::Other("ping".into()), Mode::Offline, start(), payload);
        ReceivedEvent::new(provider, event, b"{}", start())
    };
    for (provider, is_new) in [("one", true), ("two", true), ("one", false)] {
        let taken = wait(ledger.record_event(&event(provider))).unwrap();
        assert_eq!(matches!(taken, Intake::Ignored { .. }), is_new, "{provider}: {taken:?}");
    }
    let bytes = ReceivedEvent::new("one", event("one").event, &[0xff], start());
    assert!(matches!(wait(ledger.record_event(&bytes)).unwrap(), Intake::Duplicate { .. }));
}

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
    world::{BASE, clocked, deliver, intake, open, receive, run, secret, start, usd, wait},
};

fn raw_events(ledger: &Arc<dyn Ledger>) -> Vec<Vec<u8>> {
    wait(ledger.pending_events(100)).unwrap().into_iter().map(|event| event.body).collect()
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
        let (books, journal) = (wait(ledger.revenue(shop.run)), wait(ledger.verify_journal()).unwrap());
        for later in [0, 100, 86_400] {
            let now = Timestamp::from_second(start().as_second() + later).unwrap();
            let repeat = receive(&intake(&ledger), &raw, now).unwrap();
            assert!(matches!(repeat, Intake::Duplicate { .. }), "{repeat:?}");
        }
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap(), books.unwrap());
        assert_eq!(wait(ledger.verify_journal()).unwrap(), journal);
    });
}

#[test]
fn a_tampered_late_or_foreign_event_changes_nothing() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("tamper"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let raw = raw_events(&ledger).remove(0);
        let journal = wait(ledger.verify_journal()).unwrap();
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
        assert_eq!(wait(ledger.verify_journal()).unwrap(), journal);
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments, 0);
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
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments, 0);
        // It stays quarantined: the same event is known now.
        let again = receive(&intake(&ledger), &raw, start()).unwrap();
        assert!(matches!(again, Intake::Duplicate { .. }), "{again:?}");
    });
}

#[test]
fn unknown_kinds_other_currencies_and_a_second_telling_are_kept_without_effect() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("ignored"));
        shop.paid(&*ledger, "a", "CUST-1", 0);
        let paid = String::from_utf8(raw_events(&ledger).remove(0)).unwrap();
        deliver(&ledger, start());
        let json: serde_json::Value = serde_json::from_str(&paid).unwrap();
        let (id, payment) = (json["id"].as_str().unwrap(), json["data"]["payment"].as_str().unwrap());
        let second = paid.replace(id, "evt_2");
        let cases = [
            (second.clone(), "booked already"),
            (second.replace("evt_2", "evt_3").replace(payment, "pay_3").replace("USD", "EUR"), "EUR"),
            (second.replace("evt_2", "evt_4").replace(payment, "pay_4").replace("29.99", "0"), "above zero"),
            (second.replace("evt_2", "evt_5").replace(payment, "pay_5").replace("29.99", "1.001"), "places"),
            (second.replace("evt_2", "evt_6").replace("invoice.paid", "charge.seen"), "charge.seen"),
            (
                second.replace("evt_2", "evt_7").replace("invoice.paid", "checkout.session.completed"),
                "checkout",
            ),
        ];
        for (raw, words) in cases {
            match receive(&intake(&ledger), raw.as_bytes(), start()).unwrap() {
                Intake::Ignored { reason, .. } => assert!(reason.contains(words), "{reason}"),
                taken => panic!("{raw} was {taken:?}"),
            }
        }
        let summary = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((summary.gross, summary.payments), (usd("29.99"), 1));
        wait(ledger.verify_journal()).unwrap();
    });
}

#[test]
fn two_providers_may_use_the_same_event_id() {
    let (_, runtime) = clocked();
    let ledger = MemoryLedger::new(runtime, BASE);
    let event = |provider: &str| {
        let payload = Untrusted::new(Origin::Webhook(provider.to_owned()), serde_json::json!({}));
        let event =
            ProviderEvent::new("evt_1", EventKind::from_name("ping"), Mode::Offline, start(), payload);
        ReceivedEvent::new(provider, event, b"{}", start())
    };
    for (provider, is_new) in [("one", true), ("two", true), ("one", false)] {
        let taken = wait(ledger.record_event(&event(provider))).unwrap();
        assert_eq!(matches!(taken, Intake::Ignored { .. }), is_new, "{provider}: {taken:?}");
    }
    let bytes = ReceivedEvent::new("one", event("one").event, &[0xff], start());
    assert!(matches!(wait(ledger.record_event(&bytes)).unwrap(), Intake::Duplicate { .. }));
}

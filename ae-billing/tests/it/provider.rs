//! The contract of the provider port, on every ledger, pointer and handle.

use std::sync::Arc;

use ae_billing::{
    BillingConfig, Caps, MemoryLedger, Mode, NewPrice, NewProduct, OfflineVerifier, PaymentProvider,
    SIGNATURE_HEADER,
    conformance::{self, SignedRequest, Subject},
    sign,
};
use ae_core::{BillingInterval, Currency, ErrorKind, Money};

use crate::{
    ledgers::{on_each, on_each_with},
    world::{BASE, clocked, key, open, run, secret, start, usd, wait},
};

#[test]
fn every_ledger_keeps_the_contract() {
    let (_, runtime) = clocked();
    for (seed, currency) in [("dollars", Currency::USD), ("yen", "JPY".parse().unwrap())] {
        on_each(&runtime, |ledger| {
            wait(conformance::run_all(&Subject::new(ledger, seed).with_currency(currency)));
        });
    }
}

#[test]
fn every_ledger_keeps_the_contract_of_the_event_store() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        drop(wait(conformance::run_store(&*ledger, "events")));
        drop(wait(conformance::run_entitlements(&*ledger, &*ledger, "access")));
    });
    let pointers = Arc::new(Box::new(MemoryLedger::new(runtime, BASE)));
    wait(conformance::run_store(&pointers, "pointers"));
}

#[test]
fn the_offline_verifier_keeps_its_contract() {
    let (_, runtime) = clocked();
    let ledger = MemoryLedger::new(runtime, BASE);
    let shop = open(&ledger, run("verifier"));
    wait(ledger.record_payment(&key(shop.run, "a"), shop.pays("CUST-1", 0))).unwrap();
    let raw = wait(ledger.pending_events(1)).unwrap().remove(0).body.into_bytes();
    let mut headers = http::HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, sign(&secret(), &raw, start()).parse().unwrap());
    let verifier = Arc::new(OfflineVerifier::new(secret()).unwrap());
    wait(conformance::run_verifier(&verifier, &SignedRequest::new(headers, raw, start())));
}

#[test]
fn a_second_handle_and_the_pointers_keep_it_too() {
    let (_, runtime) = clocked();
    let ledger = MemoryLedger::new(runtime.clone(), BASE);
    let boxed: Box<dyn PaymentProvider> = Box::new(ledger.clone());
    let subject = Subject::new(Arc::new(boxed), "pointers").with_second(Arc::new(Arc::new(ledger)));
    wait(conformance::run_all(&subject));
}

#[cfg(feature = "sqlite")]
#[test]
fn two_connections_to_one_file_keep_it_too() {
    let (_, runtime) = clocked();
    let folder = tempfile::tempdir().unwrap();
    let handle = || {
        let path = folder.path().join("billing.db");
        Arc::new(
            ae_billing::SqliteBilling::open_or_create(path, runtime.clone(), BillingConfig::new(BASE))
                .unwrap(),
        )
    };
    wait(conformance::run_all(&Subject::new(handle(), "connections").with_second(handle())));
}

#[test]
fn a_ledger_says_that_it_is_offline() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let info = ledger.info();
        assert_eq!((info.provider.name.as_str(), info.provider.mode), ("offline-ledger", Mode::Offline));
        assert!(!info.capabilities.charges && info.capabilities.own_ids && info.capabilities.durable_keys);
    });
}

#[test]
fn the_configured_caps_and_currencies_hold() {
    let (_, runtime) = clocked();
    let caps = Caps::default()
        .with_amount_max(5_000)
        .with_products_per_run_max(1)
        .with_prices_per_run_max(2)
        .with_links_per_run_max(1);
    let config = BillingConfig::new(BASE).with_caps(caps).with_currencies(vec![Currency::EUR]);
    on_each_with(&runtime, &config, |ledger| {
        let run = run("caps");
        let product = NewProduct::new(run, "One", "");
        wait(ledger.ensure_product(&key(run, "p"), &product)).unwrap();
        let second = wait(ledger.ensure_product(&key(run, "p2"), &NewProduct::new(run, "Two", "")));
        assert_eq!(second.unwrap_err().kind(), ErrorKind::QuotaExceeded);
        let price = |name: &str, amount: Money| {
            let spec = NewPrice::new(run, key(run, "p"), name, name, amount, BillingInterval::MONTH);
            wait(ledger.ensure_price(&key(run, name), &spec)).map_err(|error| error.kind())
        };
        let euro = |text| Money::parse(text, Currency::EUR).unwrap();
        assert_eq!(price("dollars", usd("1")).unwrap_err(), ErrorKind::InvalidInput);
        assert_eq!(price("dear", euro("50.01")).unwrap_err(), ErrorKind::QuotaExceeded);
        assert!(price("a", euro("50")).is_ok() && price("b", euro("0.01")).is_ok());
        assert_eq!(price("c", euro("1")).unwrap_err(), ErrorKind::QuotaExceeded);
    });
}

#[test]
fn text_that_could_mislead_is_refused_and_the_key_stays_free() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let run = run("text");
        for bad in [
            NewProduct::new(run, "", ""),
            NewProduct::new(run, "two\nlines", ""),
            NewProduct::new(run, "x".repeat(251), ""),
            NewProduct::new(run, "good", "\u{1b}[31m"),
            NewProduct::new(run, "good", "").with_url("javascript:alert(1)"),
        ] {
            let refused = wait(ledger.ensure_product(&key(run, "p"), &bad)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
        let good = NewProduct::new(run, "good", "");
        assert!(wait(ledger.ensure_product(&key(run, "p"), &good)).unwrap().is_created());
    });
}

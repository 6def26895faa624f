//! A request that will be refused is known before anything is made.

use ae_billing::{
    BillingConfig, Caps, MemoryLedger, NewLink, NewPrice, NewProduct, PaymentProvider, RequestError,
};
use ae_core::{BillingInterval, Currency, ErrorKind, Money};
use proptest::prelude::*;

use crate::{
    ledgers::on_each,
    world::{BASE, clocked, key, run, usd, wait},
};

/// Amounts around every border: places, zero, the cap, currencies that are not taken.
fn amount() -> impl Strategy<Value = Money> {
    let pico = prop_oneof![
        (-3_i128..2_000).prop_map(|cents| cents * 10_000_000_000),
        (-3_i128..2_000_000).prop_map(|micro| micro * 1_000_000),
        (99_999_990_i128..100_000_010).prop_map(|cents| cents * 10_000_000_000),
        -10_i128..10,
    ];
    let code = prop::sample::select(vec!["USD", "EUR", "JPY", "KWD", "ISK", "ZZZ"]);
    (pico, code).prop_map(|(pico, code)| Money::from_pico(pico, code.parse().unwrap()).unwrap())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_-]{0,66}",
        "[ -~\n\t\u{e9}\u{1b}]{0,12}",
        (190_usize..210).prop_map(|length| "x".repeat(length)),
        (240_usize..260).prop_map(|length| "y".repeat(length)),
    ]
}

proptest! {
    #[test]
    fn a_check_foretells_what_the_ledger_does(
        name in text(), description in text(), tier in text(), nickname in text(), amount in amount(),
        interval in prop::sample::select(vec![BillingInterval::OneTime, BillingInterval::MONTH, BillingInterval::YEAR]),
    ) {
        let (_, runtime) = clocked();
        let euros = BillingConfig::new(BASE).with_currencies(vec![Currency::EUR]);
        let few = BillingConfig::new(BASE).with_caps(Caps::default().with_amount_max(500));
        for config in [BillingConfig::new(BASE), euros, few] {
            let ledger = MemoryLedger::with_config(runtime.clone(), config);
            let run = run("check");
            let product = NewProduct::new(run, &name, &description);
            let made = wait(ledger.ensure_product(&key(run, "product"), &product));
            prop_assert_eq!(kind_of(&product.check()), made.map(|_| ()).err().map(|error| error.kind()));

            let product = NewProduct::new(run, "CSV Cleaner", "");
            wait(ledger.ensure_product(&key(run, "good"), &product)).unwrap();
            let price = NewPrice::new(run, key(run, "good"), &tier, &nickname, amount, interval);
            let foretold = price.check(&ledger.info());
            let made = wait(ledger.ensure_price(&key(run, "price"), &price));
            prop_assert_eq!(kind_of(&foretold), made.map(|_| ()).err().map(|error| error.kind()));
        }
    }
}

fn kind_of(checked: &Result<(), RequestError>) -> Option<ErrorKind> {
    checked.as_ref().err().map(RequestError::kind)
}

#[test]
fn a_price_is_checked_before_its_product_exists() {
    let (_, runtime) = clocked();
    let info = MemoryLedger::new(runtime, BASE).info();
    let run = run("early");
    let later = key(run, "product");
    let check = |tier: &str, amount| {
        NewPrice::new(run, later.clone(), tier, "Starter", amount, BillingInterval::MONTH).check(&info)
    };
    assert_eq!(check("starter", usd("15000")), Ok(()));
    for (refused, kind, why) in [
        (check("starter", usd("9.999")), ErrorKind::InvalidInput, "USD has 2 places after the point"),
        (check("starter", usd("1000000")), ErrorKind::QuotaExceeded, "above $999999.99"),
        (check("a tier", usd("1")), ErrorKind::InvalidInput, "the tier must be 1 to 64"),
    ] {
        let refused = refused.unwrap_err();
        assert!(refused.kind() == kind && refused.to_string().contains(why), "{refused}");
    }
}

#[test]
fn a_tier_is_a_plain_label() {
    for good in ["starter", "starter_yearly", "Pro-2", &"x".repeat(64)] {
        assert!(NewPrice::is_tier(good), "{good}");
    }
    for bad in ["", "a b", "é", "a/b", "a&b=c", "a.b", &"x".repeat(65)] {
        assert!(!NewPrice::is_tier(bad), "{bad}");
    }
}

#[test]
fn a_link_is_checked_before_its_prices_exist() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let run = run("lines");
        for count in [0, 1, 20, 21] {
            let prices: Vec<_> = (0..count).map(|at| key(run, &format!("never {at}"))).collect();
            let link = NewLink::choice(run, prices);
            let made = wait(ledger.ensure_payment_link(&key(run, "link"), &link)).unwrap_err().kind();
            let is_good = (1..=20).contains(&count);
            assert_eq!(link.check(&ledger.info()).is_ok(), is_good, "{count}");
            assert_eq!(made, if is_good { ErrorKind::NotFound } else { ErrorKind::InvalidInput }, "{count}");
        }
        let away = NewLink::new(run, key(run, "p")).with_success_url("javascript:1");
        assert!(
            away.check(&ledger.info())
                .unwrap_err()
                .to_string()
                .starts_with("the success URL must be an http")
        );
    });
}

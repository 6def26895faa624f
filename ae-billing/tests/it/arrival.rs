//! Any order of any events leads to the same books, and nothing paid is lost on the way.

use std::collections::{BTreeMap, BTreeSet};

use ae_billing::{
    DisputeState, DisputedPayment, EntitlementEnd, Entitlements, EventEffect, EventKind, EventStore,
    FailedPayment, MemoryLedger, Mode, NewPrice, OnSale, OrderId, PaidInvoice, PaymentAlias, Price,
    ProductId, ProviderEvent, ReceivedEvent, RefundedPayment, SubscriptionChange, SubscriptionState,
};
use ae_core::{BillingInterval, Currency, Money, Origin, RunId, Timestamp, Untrusted};
use proptest::prelude::*;

use crate::world::{BASE, clocked, key, run, wait};

/// Something that arrives: an event, or the announcement of a price.
#[derive(Debug, Clone)]
enum Arrival {
    Event(i64, Vec<EventEffect>),
    Sale(Box<OnSale>),
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn money() -> impl Strategy<Value = Money> {
    (0..4_i64, prop::sample::select(vec!["USD", "EUR", "JPY"]))
        .prop_map(|(minor, code)| Money::from_minor(minor, 0, code.parse().unwrap()).unwrap())
}

/// One of two runs, or none, as most vendors say.
fn of_run() -> impl Strategy<Value = Option<RunId>> {
    prop::sample::select(vec![None, None, None, Some(run("a")), Some(run("b"))])
}

fn name(prefix: &'static str, count: u32) -> impl Strategy<Value = String> {
    (0..count).prop_map(move |number| format!("{prefix}_{number}"))
}

fn some(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::option::of(text).prop_map(Option::unwrap_or_default)
}

fn paid() -> impl Strategy<Value = EventEffect> {
    let ids = (name("in", 5), some(name("sub", 3)), some(name("price", 3)), some(name("link", 3)));
    let rest = (of_run(), money(), 0..4_i64, prop::option::of(10..14_i64), some(name("cus", 2)));
    (ids, rest).prop_map(|((payment, entitlement, price, link), (run, amount, second, end, customer))| {
        let mut invoice = PaidInvoice::new(run, payment, entitlement, amount, at(second))
            .with_price_id(price)
            .with_link(link)
            .with_customer(customer);
        invoice.period_end = end.map(at);
        EventEffect::Paid(invoice)
    })
}

fn effect() -> impl Strategy<Value = EventEffect> {
    let payment = || name("in", 5);
    prop_oneof![
        4 => paid(),
        2 => (payment(), of_run(), money(), 0..4_i64, some(name("re", 2))).prop_map(
            |(payment, run, amount, second, refund)| EventEffect::Refunded(
                RefundedPayment::new(run, payment, amount, at(second)).with_refund(refund),
            ),
        ),
        1 => (payment(), of_run(), money(), 0..4_i64, some(name("sub", 3)), some(name("price", 3))).prop_map(
            |(payment, run, amount, second, sub, price)| EventEffect::Failed(
                FailedPayment::new(run, payment, amount, "cus_0", at(second)).with_entitlement(sub).with_price(price),
            ),
        ),
        1 => (name("dp", 2), payment(), money(), prop::sample::select(DisputeState::ALL), 0..3_i64).prop_map(
            |(dispute, payment, amount, state, second)| EventEffect::Disputed(
                DisputedPayment::new(dispute, payment, amount, state, at(second)),
            ),
        ),
        2 => (
            name("sub", 3),
            prop::sample::select(SubscriptionState::ALL),
            0..3_i64,
            (of_run(), some(name("price", 3)), some(name("cus", 2)), prop::option::of(10..14_i64)),
        )
            .prop_map(|(sub, state, second, (run, price, customer, end))| {
                let mut change =
                    SubscriptionChange::new(sub, state, at(second)).with_price(price).with_customer(customer);
                (change.run, change.period_end) = (run, end.map(at));
                EventEffect::Changed(change)
            }),
        1 => (name("sub", 3), of_run()).prop_map(|(sub, run)| EventEffect::Ended(EntitlementEnd::new(run, sub))),
        1 => (payment(), payment()).prop_map(|(payment, alias)| {
            EventEffect::SamePayment(PaymentAlias::new(payment, alias))
        }),
    ]
}

/// Price 0 is sold by one run at a link of its own; price 1 by the other at a link that offers price 2, too.
fn sales() -> Vec<Arrival> {
    let sale = |run: RunId, number: u32, link: &str| {
        let amount = Money::from_minor(1_500, 2, Currency::USD).unwrap();
        let (product, tier) = (key(run, "product"), format!("tier-{number}"));
        let new = NewPrice::new(run, product.clone(), tier, "T", amount, BillingInterval::MONTH);
        let id = format!("price_{number}").parse().unwrap();
        let price = Price::new(id, ProductId::of_key(&product), new, at(0));
        Arrival::Sale(Box::new(OnSale::new("vendor", price).with_link(link.parse().unwrap())))
    };
    vec![sale(run("a"), 0, "link_0"), sale(run("b"), 1, "link_1"), sale(run("b"), 2, "link_1")]
}

fn arrivals() -> impl Strategy<Value = (Vec<Arrival>, Vec<Arrival>)> {
    let event = (0..4_i64, prop::collection::vec(effect(), 1..4))
        .prop_map(|(second, effects)| Arrival::Event(second, effects));
    (prop::collection::vec(event, 1..14), 0..4_usize).prop_flat_map(|(mut all, sold)| {
        all.extend(sales().into_iter().take(sold));
        (Just(all.clone()), Just(all).prop_shuffle())
    })
}

/// Everything that the books say, as text.
fn books(arrivals: &[Arrival], ids: &BTreeMap<String, usize>) -> (MemoryLedger, String) {
    let ledger = MemoryLedger::new(clocked().1, BASE);
    for arrival in arrivals {
        match arrival {
            Arrival::Sale(sale) => wait(ledger.put_on_sale(sale)).unwrap(),
            Arrival::Event(second, effects) => {
                let payload = Untrusted::new(Origin::Webhook("vendor".into()), serde_json::json!({}));
                let id = format!("evt_{}", ids[&format!("{arrival:?}")]);
                let kind = EventKind::Other("any".into());
                let event = ProviderEvent::new(id, kind, Mode::Test, at(*second), payload)
                    .with_effects(effects.clone());
                wait(ledger.record_event(&ReceivedEvent::new("vendor", event, b"{}", at(0)))).unwrap();
            }
        }
    }
    let mut said = String::new();
    for run in ["a", "b"].map(run) {
        said.push_str(&format!("{:#?}\n", wait(ledger.revenue(run)).unwrap()));
        said.push_str(&format!("{:#?}\n", wait(ledger.of_run(run, None, 100)).unwrap()));
    }
    said.push_str(&format!("{:#?}\n", wait(ledger.unresolved()).unwrap()));
    for customer in ["cus_0", "cus_1"] {
        said.push_str(&format!("{:#?}\n", wait(ledger.of_customer("vendor", customer)).unwrap()));
    }
    for sub in 0..3 {
        let order = OrderId::of_entitlement(&format!("vendor:sub_{sub}"));
        said.push_str(&format!("{:#?}\n", wait(ledger.of_order(&order)).unwrap()));
    }
    (ledger, said)
}

/// The sums by currency that were paid: of each payment, under all its names, the highest amount.
fn all_paid(arrivals: &[Arrival]) -> BTreeMap<Currency, i128> {
    let effects = || {
        arrivals.iter().flat_map(|arrival| match arrival {
            Arrival::Event(_, effects) => effects.as_slice(),
            Arrival::Sale(_) => &[],
        })
    };
    let mut classes: Vec<BTreeSet<&str>> = Vec::new();
    for effect in effects() {
        let names: BTreeSet<&str> = match effect {
            EventEffect::Paid(paid) => [&*paid.payment].into(),
            EventEffect::SamePayment(alias) => [&*alias.payment, &*alias.alias].into(),
            _ => continue,
        };
        let (same, others): (Vec<_>, Vec<_>) =
            classes.into_iter().partition(|class: &BTreeSet<&str>| !class.is_disjoint(&names));
        classes = others;
        classes.push(same.into_iter().flatten().chain(names).collect());
    }
    let mut sums = BTreeMap::new();
    for class in classes {
        let mut highest: BTreeMap<Currency, i128> = BTreeMap::new();
        for effect in effects() {
            if let EventEffect::Paid(paid) = effect {
                if class.contains(&*paid.payment) {
                    let amount = highest.entry(paid.amount.currency()).or_default();
                    *amount = (*amount).max(paid.amount.pico());
                }
            }
        }
        for (currency, amount) in highest {
            *sums.entry(currency).or_default() += amount;
        }
    }
    sums.retain(|_, sum| *sum > 0);
    sums
}

fn all_booked(ledger: &MemoryLedger) -> BTreeMap<Currency, i128> {
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for run in ["a", "b"].map(run) {
        for one in wait(ledger.revenue(run)).unwrap().currencies {
            *sums.entry(one.gross.currency()).or_default() += one.gross.pico();
            assert_eq!(
                one.net.pico(),
                one.gross.pico() - one.refunded.pico() - one.disputed.pico(),
                "the parts of {one:?} are not its whole"
            );
        }
    }
    for left in wait(ledger.unresolved()).unwrap() {
        if let EventEffect::Paid(paid) = left.effect {
            *sums.entry(paid.amount.currency()).or_default() += paid.amount.pico();
        }
    }
    sums.retain(|_, sum| *sum > 0);
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]
    #[test]
    fn any_order_leads_to_the_same_books_and_nothing_paid_is_lost((one, other) in arrivals()) {
        // Equal events are one event, sent twice.
        let ids: BTreeMap<String, usize> =
            one.iter().enumerate().map(|(number, arrival)| (format!("{arrival:?}"), number)).collect();
        let (ledger, first) = books(&one, &ids);
        let (_, second) = books(&other, &ids);
        prop_assert_eq!(&first, &second);
        let twice: Vec<_> = one.iter().chain(&other).cloned().collect();
        prop_assert_eq!(&first, &books(&twice, &ids).1);
        prop_assert_eq!(all_booked(&ledger), all_paid(&one));
        wait(ledger.verify_journal(None)).unwrap();
    }
}

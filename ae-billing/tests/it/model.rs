//! Random histories on both stores, with restarts in between: every answer and the whole journal are the same.

use std::{fmt::Debug, path::Path, sync::Arc, time::Duration};

use ae_billing::{
    BillingConfig, Caps, MemoryLedger, NewLink, NewOrder, NewPayment, NewPrice, NewProduct, NewRefund,
    ObjectRef, OrderId, OrderQuery, PaymentId, SqliteBilling,
};
use ae_core::{BackendError, BillingInterval, ErrorKind, Runtime};
use proptest::prelude::*;

use crate::{
    ledgers::Ledger,
    world::{BASE, clocked, intake, key, receive, run, usd, wait},
};

/// Small numbers name keys and objects, so that repeats, conflicts and missing objects are common.
#[derive(Debug, Clone)]
enum Step {
    Product { key: u8, name: u8 },
    Price { key: u8, product: u8, cents: u8, yearly: bool },
    Link { key: u8, prices: Vec<u8> },
    Deactivate { key: u8, kind: u8, object: u8 },
    Pay { key: u8, link: u8, price: u8, payer: u8 },
    End { key: u8, payment: u8 },
    Order { key: u8, link: u8, price: u8 },
    PayOrder { key: u8, order: u8 },
    Refund { key: u8, payment: u8, cents: u8 },
    Lists { paid: bool, limit: u8 },
    Deliver { events: u8, confirm: bool },
    Wait { days: u8 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..3_u8;
    prop_oneof![
        2 => (n.clone(), n.clone()).prop_map(|(key, name)| Step::Product { key, name }),
        4 => (n.clone(), n.clone(), 0..4_u8, any::<bool>())
            .prop_map(|(key, product, cents, yearly)| Step::Price { key, product, cents, yearly }),
        3 => (n.clone(), prop::collection::vec(0..3_u8, 0..3)).prop_map(|(key, prices)| Step::Link { key, prices }),
        1 => (n.clone(), n.clone(), n.clone())
            .prop_map(|(key, kind, object)| Step::Deactivate { key, kind, object }),
        6 => (0..6_u8, n.clone(), n.clone(), n.clone())
            .prop_map(|(key, link, price, payer)| Step::Pay { key, link, price, payer }),
        1 => (n.clone(), 0..6_u8).prop_map(|(key, payment)| Step::End { key, payment }),
        4 => (n.clone(), n.clone(), n.clone()).prop_map(|(key, link, price)| Step::Order { key, link, price }),
        4 => (0..6_u8, n.clone()).prop_map(|(key, order)| Step::PayOrder { key, order }),
        2 => (n, 0..6_u8, 0..4_u8).prop_map(|(key, payment, cents)| Step::Refund { key, payment, cents }),
        1 => (any::<bool>(), 1..3_u8).prop_map(|(paid, limit)| Step::Lists { paid, limit }),
        3 => (1..4_u8, any::<bool>()).prop_map(|(events, confirm)| Step::Deliver { events, confirm }),
        1 => (1..40_u8).prop_map(|days| Step::Wait { days }),
        2 => Just(Step::Restart),
    ]
}

fn answer<T: Debug>(result: Result<T, BackendError>) -> Result<String, ErrorKind> {
    result.map(|value| format!("{value:?}")).map_err(|error| error.kind())
}

/// The answer of a step. Keys carry their step's name, except that payments and products share theirs.
fn take(ledger: &Arc<dyn Ledger>, runtime: &Runtime, step: &Step) -> Result<String, ErrorKind> {
    let run = run("model");
    let named = |name: &str, number: u8| key(run, &format!("{name} {number}"));
    let product = |number| ae_billing::ProductId::of_key(&named("shared", number));
    let price = |number| ae_billing::PriceId::of_key(&named("price", number));
    let link = |number| ae_billing::LinkId::of_key(&named("link", number));
    match step {
        Step::Product { key, name } => {
            let spec = NewProduct::new(run, format!("P{name}"), "");
            answer(wait(ledger.ensure_product(&named("shared", *key), &spec)))
        }
        Step::Price { key, product: of, cents, yearly } => {
            let interval = if *yearly { BillingInterval::YEAR } else { BillingInterval::MONTH };
            let spec = NewPrice::new(
                run,
                named("shared", *of),
                format!("t{key}"),
                "T",
                usd(&format!("0.{cents}")),
                interval,
            );
            answer(wait(ledger.ensure_price(&named("price", *key), &spec)))
        }
        Step::Link { key, prices } => {
            let spec = NewLink::choice(run, prices.iter().map(|number| named("price", *number)).collect());
            answer(wait(ledger.ensure_payment_link(&named("link", *key), &spec)))
        }
        Step::Deactivate { key, kind, object } => {
            let object = match kind {
                0 => ObjectRef::Product(product(*object)),
                1 => ObjectRef::Price(price(*object)),
                _ => ObjectRef::Link(link(*object)),
            };
            answer(wait(ledger.deactivate(&named("deactivate", *key), &object)))
        }
        Step::Pay { key, link: at, price: of, payer } => {
            let payment = NewPayment::new(link(*at), price(*of), format!("CUST-{payer}"));
            answer(wait(ledger.record_payment(&named("shared", *key), payment)))
        }
        Step::End { key, payment } => {
            let payment = PaymentId::of_key(&named("shared", *payment));
            answer(wait(ledger.end_entitlement(&named("end", *key), &payment)))
        }
        Step::Order { key, link: at, price: of } => {
            let order = NewOrder::new(link(*at), price(*of));
            answer(wait(ledger.place_order(&named("order", *key), order)))
        }
        Step::PayOrder { key, order } => {
            let order = OrderId::of_key(&named("order", *order));
            let Some(view) = wait(ledger.order(&order)).map_err(|error| error.kind())? else {
                return Err(ErrorKind::NotFound);
            };
            let payment = NewPayment::of_order(&view.order);
            let paid = answer(wait(ledger.record_payment(&named("shared", *key), payment)));
            Ok(format!("{paid:?} {:?}", wait(ledger.order(&order))))
        }
        Step::Refund { key, payment, cents } => {
            let payment = PaymentId::of_key(&named("shared", *payment));
            let refund = NewRefund::new(payment, usd(&format!("0.{cents}")));
            answer(wait(ledger.refund(&named("refund", *key), &refund)))
        }
        Step::Lists { paid, limit } => {
            let query = if *paid { OrderQuery::paid() } else { OrderQuery::open() };
            let query = query.with_limit((*limit).into());
            let first = wait(ledger.orders(&query)).map_err(|error| error.kind())?;
            let next = first.next.clone().unwrap_or_else(|| "1".to_owned());
            Ok(format!("{first:?} {:?}", answer(wait(ledger.orders(&query.with_after(next))))))
        }
        Step::Deliver { events, confirm } => {
            let mut answers = Vec::new();
            for event in wait(ledger.pending_events((*events).into())).unwrap() {
                answers.push(answer(receive(&intake(ledger), event.body.as_bytes(), runtime.now())));
                if *confirm {
                    answers.push(answer(wait(ledger.mark_delivered(&event.id))));
                }
            }
            Ok(format!("{answers:?}"))
        }
        Step::Wait { .. } | Step::Restart => Ok(String::new()),
    }
}

fn opened(path: &Path, runtime: &Runtime, config: &BillingConfig) -> Arc<dyn Ledger> {
    Arc::new(SqliteBilling::open_or_create(path, runtime.clone(), config.clone()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn both_stores_give_the_same_answers_and_the_same_journal(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let (clock, runtime) = clocked();
        let config = BillingConfig::new(BASE).with_caps(Caps::default().with_products_per_run_max(2).with_open_orders_per_run_max(2));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("billing.db");
        let memory: Arc<dyn Ledger> = Arc::new(MemoryLedger::with_config(runtime.clone(), config.clone()));
        let mut file = opened(&path, &runtime, &config);
        for step in &steps {
            match step {
                Step::Wait { days } => clock.advance(Duration::from_secs(86_400 * u64::from(*days))),
                Step::Restart => file = opened(&path, &runtime, &config),
                _ => {}
            }
            prop_assert_eq!(take(&memory, &runtime, step), take(&file, &runtime, step), "{:?}", step);
        }
        let head = wait(memory.verify_journal(None)).unwrap();
        prop_assert_eq!(head, wait(file.verify_journal(None)).unwrap());
        let revenue = wait(memory.revenue(run("model"))).unwrap();
        prop_assert_eq!(&revenue, &wait(file.revenue(run("model"))).unwrap());
        prop_assert_eq!(revenue.currencies[0].gross.is_zero(), revenue.payments() == 0);
    }
}

//! Orders: placed by buyers, paid and given back by the operator.

use std::time::Duration;

use ae_billing::{
    BillingConfig, Caps, Ensured, NewOrder, NewPayment, NewRefund, ObjectRef, OrderId, OrderQuery,
    OrderState, PaymentProvider, PriceId,
};
use ae_core::ErrorKind;

use crate::{
    ledgers::{Ledger, on_each, on_each_with},
    world::{BASE, clocked, deliver, give_back, key, open, pay, run, seen, start, sums, usd, wait},
};

const DAY: Duration = Duration::from_secs(86_400);

fn names(ledger: &dyn Ledger, query: &OrderQuery) -> Vec<OrderId> {
    wait(ledger.orders(query)).unwrap().items.into_iter().map(|view| view.order.id).collect()
}

#[test]
fn an_order_is_placed_once_per_form_and_is_no_payment() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("place"));
        let new = NewOrder::new(shop.link.id.clone(), shop.prices[1].id.clone());
        let form = key(shop.run, "form");
        let order = wait(ledger.place_order(&form, new.clone())).unwrap();
        assert!(order.is_created());
        let order = order.into_inner();
        assert_eq!(order.id, OrderId::of_key(&form));
        assert_eq!((&*order.tier, order.amount, order.created_at), ("pro", usd("100"), start()));
        clock.advance(DAY);
        assert_eq!(wait(ledger.place_order(&form, new)).unwrap(), Ensured::Found(order.clone()));
        let other = NewOrder::new(shop.link.id.clone(), shop.prices[0].id.clone());
        assert_eq!(wait(ledger.place_order(&form, other)).unwrap_err().kind(), ErrorKind::Conflict);
        let view = seen(&*ledger, &order.id);
        assert_eq!((view.state(runtime.now()), view.payments.len()), (OrderState::Waiting, 0));
        assert_eq!((&view.product, &view.price, view.entitlement), (&shop.product, &shop.prices[1], None));
        assert!(wait(ledger.pending_events(10)).unwrap().is_empty());
        assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 0);
        let unknown = OrderId::of_key(&key(shop.run, "never placed"));
        assert_eq!(wait(ledger.order(&unknown)).unwrap(), None);
    });
}

#[test]
fn a_payment_of_an_order_counts_when_its_webhook_came_in_and_a_refund_ends_it() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("paid"));
        let order = shop.order(&*ledger, "form", 0);
        let record =
            |number| wait(ledger.record_payment(&order.payment_key(number), NewPayment::of_order(&order)));
        let payment = record(0).unwrap();
        assert_eq!((&payment.order, &*payment.payer_reference), (&Some(order.id.clone()), order.id.as_str()));
        assert_eq!(record(0).unwrap(), payment, "a button that is pressed twice");
        let view = seen(&*ledger, &order.id);
        assert_eq!((view.state(runtime.now()), view.entitlement.is_none()), (OrderState::Paid, true));
        deliver(&ledger, runtime.now());
        let view = seen(&*ledger, &order.id);
        let books = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!(
            view.entitlement.as_ref(),
            books.of_order(&order.id),
            "one order and the whole books agree"
        );
        assert_eq!(view.entitlement.unwrap().order(), order.id);

        clock.advance(DAY);
        give_back(&ledger, &order.id, runtime.now());
        let view = seen(&*ledger, &order.id);
        assert_eq!((view.state(runtime.now()), view.refundable()), (OrderState::Refunded, None));
        let books = wait(ledger.revenue(shop.run)).unwrap();
        assert_eq!((sums(&books).net, sums(&books).mrr), (usd("0"), usd("0")));
        assert_eq!(view.entitlement.as_ref(), books.of_order(&order.id));
        wait(ledger.verify_journal(None)).unwrap();
    });
}

#[test]
fn each_period_is_another_payment_and_the_order_ends_with_the_last() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("periods"));
        let order = shop.order(&*ledger, "form", 0);
        pay(&ledger, &order.id, runtime.now());
        clock.advance(DAY * 20);
        pay(&ledger, &order.id, runtime.now());
        let view = seen(&*ledger, &order.id);
        assert_eq!(view.order.payments.len(), 2);
        let access = view.entitlement.unwrap();
        assert_eq!(access.number, 2);
        assert_eq!(access.paid_until, Some("2027-01-24T08:00:00Z".parse().unwrap()));
        clock.advance(DAY * 60);
        assert_eq!(seen(&*ledger, &order.id).state(runtime.now()), OrderState::Ended);
        pay(&ledger, &order.id, runtime.now());
        let view = seen(&*ledger, &order.id);
        assert_eq!(view.state(runtime.now()), OrderState::Paid);
        // The latest payment is the first to go back; then nothing pays for the present.
        assert_eq!(view.refundable().unwrap().payment, view.payments[2].id);
        give_back(&ledger, &order.id, runtime.now());
        assert_eq!(seen(&*ledger, &order.id).state(runtime.now()), OrderState::Ended);
    });
}

#[test]
fn a_single_purchase_is_paid_once_unless_it_went_back() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("single"));
        let order = shop.order(&*ledger, "form", 2);
        pay(&ledger, &order.id, runtime.now());
        let again =
            |number| wait(ledger.record_payment(&order.payment_key(number), NewPayment::of_order(&order)));
        let refused = again(1).unwrap_err();
        assert!(
            refused.kind() == ErrorKind::Conflict && refused.message().contains("paid already"),
            "{refused}"
        );
        let view = seen(&*ledger, &order.id);
        assert!(!view.takes_payment());
        let part = NewRefund::new(view.payments[0].id.clone(), usd("2"));
        wait(ledger.refund(&order.refund_key(0), &part)).unwrap();
        assert_eq!(again(1).unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(seen(&*ledger, &order.id).refundable().unwrap().amount, usd("3"));
        give_back(&ledger, &order.id, runtime.now());
        assert!(seen(&*ledger, &order.id).takes_payment());
        pay(&ledger, &order.id, runtime.now());
        assert_eq!(seen(&*ledger, &order.id).state(runtime.now()), OrderState::Paid);
    });
}

#[test]
fn what_is_not_sold_is_not_ordered_but_an_order_is_paid_after_the_sale() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let (shop, other) = (open(&*ledger, run("sold")), open(&*ledger, run("sold-2")));
        let order = shop.order(&*ledger, "form", 0);
        let link = &shop.link.id;
        let foreign = NewOrder::new(link.clone(), other.prices[0].id.clone());
        let unknown = NewOrder::new(link.clone(), PriceId::of_key(&key(shop.run, "never made")));
        for new in [foreign, unknown] {
            let refused = wait(ledger.place_order(&key(shop.run, "form 2"), new)).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
        }
        let mut wrong = NewPayment::of_order(&order);
        wrong.price = shop.prices[1].id.clone();
        let refused = wait(ledger.record_payment(&order.payment_key(0), wrong)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
        let end = ObjectRef::Price(shop.prices[0].id.clone());
        wait(ledger.deactivate(&key(shop.run, "end"), &end)).unwrap();
        let late = NewOrder::new(link.clone(), shop.prices[0].id.clone());
        let refused = wait(ledger.place_order(&key(shop.run, "form 2"), late)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
        pay(&ledger, &order.id, runtime.now());
        assert_eq!(seen(&*ledger, &order.id).state(runtime.now()), OrderState::Paid);
    });
}

#[test]
fn open_orders_are_few_and_close_after_30_days() {
    let (clock, runtime) = clocked();
    let config = BillingConfig::new(BASE).with_caps(Caps::default().with_open_orders_per_run_max(2));
    on_each_with(&runtime, &config, |ledger| {
        clock.set(start());
        let (shop, other) = (open(&*ledger, run("few")), open(&*ledger, run("few-2")));
        let first = shop.order(&*ledger, "1", 0);
        clock.advance(DAY * 10);
        let second = shop.order(&*ledger, "2", 0);
        let elsewhere = other.order(&*ledger, "1", 0);
        let third = || {
            let new = NewOrder::new(shop.link.id.clone(), shop.prices[0].id.clone());
            wait(ledger.place_order(&key(shop.run, "3"), new))
        };
        let refused = third().unwrap_err();
        assert!(
            refused.kind() == ErrorKind::QuotaExceeded && refused.message().contains("2 orders"),
            "{refused}"
        );
        let query = OrderQuery::open();
        assert_eq!(names(&*ledger, &query), [&elsewhere, &second, &first].map(|order| order.id.clone()));

        clock.advance(DAY * 20);
        let (now, first) = (runtime.now(), seen(&*ledger, &first.id));
        assert_eq!((first.state(now), first.order.open_until()), (OrderState::Expired, now));
        assert_eq!(names(&*ledger, &query.clone().with_run(shop.run)), std::slice::from_ref(&second.id));
        let third = third().unwrap().into_inner();
        assert_eq!(names(&*ledger, &query.with_run(shop.run)), [third.id, second.id]);
        pay(&ledger, &first.order.id, now);
        assert_eq!(seen(&*ledger, &first.order.id).state(now), OrderState::Paid, "late money is money");
        wait(ledger.verify_journal(None)).unwrap();
    });
}

#[test]
fn lists_give_each_order_once_newest_first() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("lists"));
        let placed: Vec<_> = (0..7).map(|number| shop.order(&*ledger, &format!("{number}"), 0).id).collect();
        for order in &placed[..5] {
            pay(&ledger, order, runtime.now());
        }
        for (query, mut expected) in
            [(OrderQuery::paid(), placed[..5].to_vec()), (OrderQuery::open(), placed[5..].to_vec())]
        {
            expected.reverse();
            let (mut found, mut query) = (Vec::new(), query.with_limit(2));
            loop {
                let page = wait(ledger.orders(&query)).unwrap();
                assert!((1..=2).contains(&page.items.len()));
                found.extend(page.items.into_iter().map(|view| view.order.id));
                match page.next {
                    Some(next) => query = query.with_after(next),
                    None => break,
                }
            }
            assert_eq!(found, expected);
        }
        for wrong in [OrderQuery::open().with_limit(0), OrderQuery::open().with_after("x")] {
            assert_eq!(wait(ledger.orders(&wrong)).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert_eq!(names(&*ledger, &OrderQuery::paid().with_run(run("none"))), Vec::<OrderId>::new());
    });
}

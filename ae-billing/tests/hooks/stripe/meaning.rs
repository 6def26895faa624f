//! The meaning of events.

use ae_billing::{
    DisputeState, DisputedPayment, EntitlementEnd, EventEffect, EventKind, FailedPayment, Mode, PaidInvoice,
    PaymentAlias, RefundedPayment, STRIPE_EVENTS, SubscriptionChange, SubscriptionState, WebhookError,
};
use ae_core::{Currency, Money, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bodies::{
    NOW, at, charge, dispute, event, invoice, invoice_payment, line, refund, run, session, subscribed,
    subscription, verify, with,
};

const MONTH: i64 = 30 * 86_400;

fn effects(kind: &str, object: Value) -> Vec<EventEffect> {
    verify(&event("evt_1", kind, 5, object)).unwrap().effects
}

fn money(text: &str, code: &str) -> Money {
    Money::parse(text, code.parse().unwrap()).unwrap()
}

fn usd(text: &str) -> Money {
    money(text, "USD")
}

fn alias(payment: &str, alias: &str) -> EventEffect {
    EventEffect::SamePayment(PaymentAlias::new(payment, alias))
}

fn paid(payment: &str, entitlement: &str, amount: Money, paid_at: Timestamp) -> PaidInvoice {
    let mut paid = PaidInvoice::new(run(), payment, entitlement, amount, paid_at).with_customer("cus_1");
    paid.tier = "pro".to_owned();
    paid
}

#[test]
fn a_paid_session_is_a_payment_at_its_link() {
    for kind in ["checkout.session.completed", "checkout.session.async_payment_succeeded"] {
        let single = paid("pi_1", "pi_1", usd("29.99"), at(NOW + 5)).with_link("plink_1");
        assert_eq!(effects(kind, session()), [EventEffect::Paid(single)]);
        let first = paid("in_1", "sub_1", usd("29.99"), at(NOW + 5)).with_link("plink_1");
        assert_eq!(effects(kind, subscribed()), [EventEffect::Paid(first)]);
    }
    let invoiced = with(session(), json!({ "invoice": "in_1" }));
    let both = paid("in_1", "in_1", usd("29.99"), at(NOW + 5)).with_link("plink_1");
    let expected = [EventEffect::Paid(both), alias("in_1", "pi_1")];
    assert_eq!(effects("checkout.session.completed", invoiced), expected);
    let unnamed = with(session(), json!({ "metadata": {}, "customer": null, "payment_link": null }));
    let expected = PaidInvoice::new(None, "pi_1", "pi_1", usd("29.99"), at(NOW + 5));
    assert_eq!(effects("checkout.session.completed", unnamed), [EventEffect::Paid(expected)]);
}

#[test]
fn only_money_that_is_there_or_not_due_entitles() {
    let kind = "checkout.session.completed";
    assert_eq!(effects(kind, with(session(), json!({ "payment_status": "unpaid" }))), []);
    assert_eq!(effects(kind, with(session(), json!({ "payment_status": "half_paid" }))), []);
    let setup = json!({ "mode": "setup", "payment_status": "no_payment_required", "payment_intent": null,
        "amount_total": null, "currency": null });
    assert_eq!(effects(kind, with(session(), setup)), []);
    let free = json!({ "payment_status": "no_payment_required", "payment_intent": null, "amount_total": 0 });
    let expected =
        paid("cs_test_1", "cs_test_1", Money::zero(Currency::USD), at(NOW + 5)).with_link("plink_1");
    assert_eq!(effects(kind, with(session(), free)), [EventEffect::Paid(expected)]);
    let failed =
        FailedPayment::new(run(), "pi_1", usd("29.99"), "cus_1", at(NOW + 5)).with_entitlement("pi_1");
    let kind = "checkout.session.async_payment_failed";
    assert_eq!(effects(kind, session()), [EventEffect::Failed(failed)]);
}

#[test]
fn an_invoice_pays_for_its_period() {
    let full = paid("in_1", "sub_1", usd("29.99"), at(NOW + 2)).with_price_id("price_1");
    let full = full.with_period_end(at(NOW + MONTH));
    assert_eq!(effects("invoice.paid", invoice("in_1", NOW, 2999)), [EventEffect::Paid(full.clone())]);

    let mut trial = full.clone();
    trial.amount = usd("0");
    assert_eq!(effects("invoice.paid", invoice("in_1", NOW, 0)), [EventEffect::Paid(trial)]);

    let lines = json!([
        line("price_1", NOW + 9, NOW + MONTH, true),
        line("price_2", NOW, NOW + 2 * MONTH, false),
        line("price_1", NOW + 9, NOW + MONTH, true)
    ]);
    let mut changed = invoice("in_1", NOW, 2999);
    changed["lines"]["data"] = lines;
    let plan = full.clone().with_price_id("price_2").with_period_end(at(NOW + 2 * MONTH));
    assert_eq!(effects("invoice.paid", changed), [EventEffect::Paid(plan)]);

    let mut metered = invoice("in_1", NOW, 2999);
    metered["lines"]["data"] = json!([line("price_1", NOW - MONTH, NOW, false)]);
    let mut used = full;
    used.period_end = None;
    assert_eq!(effects("invoice.paid", metered), [EventEffect::Paid(used)], "a period that is over");

    let mut by_hand = with(invoice("in_9", NOW, 500), json!({ "parent": null, "customer": null }));
    by_hand["lines"]["data"] = json!([]);
    let expected = PaidInvoice::new(None, "in_9", "in_9", usd("5"), at(NOW + 2));
    assert_eq!(effects("invoice.paid", by_hand), [EventEffect::Paid(expected)]);
}

#[test]
fn older_shapes_are_read_too() {
    let older = json!({ "id": "in_1", "object": "invoice", "amount_paid": 2999, "currency": "usd",
        "customer": "cus_1", "subscription": "sub_1", "metadata": {}, "status_transitions": { "paid_at": NOW + 2 },
        "subscription_details": { "metadata": { "ae_run": run().to_string(), "ae_tier": "pro" } },
        "lines": { "data": [{ "type": "subscription", "proration": false, "price": { "id": "price_1" },
            "period": { "start": NOW, "end": NOW + MONTH } }] } });
    assert_eq!(effects("invoice.paid", older), effects("invoice.paid", invoice("in_1", NOW, 2999)));
    let mut older = with(subscription("active", NOW + MONTH), json!({ "current_period_end": NOW + MONTH }));
    older["items"]["data"][0].as_object_mut().unwrap().remove("current_period_end");
    let kind = "customer.subscription.updated";
    assert_eq!(effects(kind, older), effects(kind, subscription("active", NOW + MONTH)));
}

#[test]
fn a_failed_invoice_is_the_one_that_may_be_paid_later() {
    let failed = FailedPayment::new(run(), "in_1", usd("29.99"), "cus_1", at(NOW + 5))
        .with_entitlement("sub_1")
        .with_price("price_1");
    assert_eq!(effects("invoice.payment_failed", invoice("in_1", NOW, 2999)), [EventEffect::Failed(failed)]);
}

#[test]
fn ids_of_one_payment_are_joined() {
    assert_eq!(effects("invoice_payment.paid", invoice_payment()), [alias("in_1", "pi_1")]);
    let by_charge = json!({ "payment": { "type": "charge", "charge": "ch_1", "payment_intent": null } });
    assert_eq!(effects("invoice_payment.paid", with(invoice_payment(), by_charge)), [alias("in_1", "ch_1")]);
    let by_hand = json!({ "payment": { "type": "payment_record", "payment_record": "pr_1" } });
    assert_eq!(effects("invoice_payment.paid", with(invoice_payment(), by_hand)), []);
    assert_eq!(effects("charge.succeeded", charge(0)), [alias("pi_1", "ch_1")]);
    assert_eq!(effects("charge.succeeded", with(charge(0), json!({ "payment_intent": null }))), []);
    let intent = json!({ "id": "pi_1", "object": "payment_intent", "latest_charge": "ch_1" });
    assert_eq!(effects("payment_intent.succeeded", intent.clone()), [alias("pi_1", "ch_1")]);
    let whole = with(intent, json!({ "latest_charge": charge(0) }));
    assert_eq!(effects("payment_intent.succeeded", whole), [alias("pi_1", "ch_1")], "an expanded charge");
}

#[test]
fn charges_state_what_went_back_and_refunds_their_own_part() {
    let refunded = |amount, second| {
        EventEffect::Refunded(RefundedPayment::new(None, "pi_1", usd(amount), at(NOW + second)))
    };
    for (minor, amount) in [(1000, "10"), (2999, "29.99")] {
        let expected = [refunded(amount, 5), alias("pi_1", "ch_1")];
        assert_eq!(effects("charge.refunded", charge(minor)), expected);
    }
    let single = |amount| {
        let refunded = RefundedPayment::new(None, "pi_1", usd(amount), at(NOW + 5)).with_refund("re_1");
        [alias("pi_1", "ch_1"), EventEffect::Refunded(refunded)]
    };
    for kind in ["refund.created", "refund.updated", "refund.failed"] {
        assert_eq!(effects(kind, refund(1000, "succeeded")), single("10"));
        for status in ["failed", "canceled"] {
            assert_eq!(effects(kind, refund(1000, status)), single("0"), "{status}");
        }
        for status in ["pending", "requires_action"] {
            assert_eq!(effects(kind, refund(1000, status)), [alias("pi_1", "ch_1")], "{status}");
        }
    }
}

#[test]
fn disputes_have_four_states() {
    for (status, state) in [
        ("warning_needs_response", DisputeState::Inquiry),
        ("warning_closed", DisputeState::Inquiry),
        ("prevented", DisputeState::Inquiry),
        ("needs_response", DisputeState::Open),
        ("under_review", DisputeState::Open),
        ("appeal_under_review", DisputeState::Open),
        ("of_next_year", DisputeState::Open),
        ("won", DisputeState::Won),
        ("lost", DisputeState::Lost),
    ] {
        let disputed = DisputedPayment::new("du_1", "pi_1", usd("29.99"), state, at(NOW + 5));
        let expected = [EventEffect::Disputed(disputed), alias("pi_1", "ch_1")];
        for kind in STRIPE_EVENTS.iter().filter(|kind| kind.starts_with("charge.dispute.")) {
            assert_eq!(effects(kind, dispute(status)), expected, "{kind} {status}");
        }
    }
}

#[test]
fn subscriptions_have_states_and_the_end_of_their_period() {
    let expected = |state, ends| {
        SubscriptionChange::new("sub_1", state, at(NOW + 5))
            .with_run(run())
            .with_price("price_1")
            .with_customer("cus_1")
            .with_period_end(at(NOW + MONTH))
            .with_ends_with_period(ends)
    };
    for state in SubscriptionState::ALL {
        for kind in STRIPE_EVENTS.iter().filter(|kind| kind.starts_with("customer.subscription.")) {
            let mut all = vec![EventEffect::Changed(expected(*state, false))];
            if state.is_over() {
                all.push(EventEffect::Ended(EntitlementEnd::new(run(), "sub_1")));
            }
            assert_eq!(effects(kind, subscription(state.as_str(), NOW + MONTH)), all, "{kind}");
        }
    }
    for (end, ends) in [
        (json!({ "cancel_at_period_end": true }), true),
        (json!({ "cancel_at": NOW + MONTH }), true),
        (json!({ "cancel_at": NOW + 2 * MONTH }), false),
    ] {
        let object = with(subscription("active", NOW + MONTH), end);
        let change = EventEffect::Changed(expected(SubscriptionState::Active, ends));
        assert_eq!(effects("customer.subscription.updated", object), [change]);
    }
}

#[test]
fn amounts_are_in_stripes_units() {
    for (minor, code, amount) in [
        (2999, "eur", "29.99"),
        (500, "jpy", "500"),
        (5120, "kwd", "5.12"),
        (900, "mga", "900"),
        (700, "isk", "7"),
    ] {
        let object = with(session(), json!({ "amount_total": minor, "currency": code }));
        let [EventEffect::Paid(paid)] = &effects("checkout.session.completed", object)[..] else { panic!() };
        assert_eq!(paid.amount, money(amount, code));
    }
}

#[test]
fn every_announced_type_has_a_meaning_and_others_have_none() {
    for kind in STRIPE_EVENTS {
        let object = match kind.split('.').next().unwrap() {
            "charge" if kind.contains("dispute") => dispute("lost"),
            "charge" => charge(2999),
            "checkout" => session(),
            "customer" => subscription("active", NOW + MONTH),
            "invoice" => invoice("in_1", NOW, 2999),
            "invoice_payment" => invoice_payment(),
            "payment_intent" => json!({ "id": "pi_1", "latest_charge": "ch_1" }),
            _ => refund(1000, "succeeded"),
        };
        assert!(!effects(kind, object).is_empty(), "{kind}");
    }
    assert!(STRIPE_EVENTS.is_sorted());
    let other = verify(&event("evt_1", "product.created", 0, json!({ "id": "prod_1" }))).unwrap();
    assert_eq!((other.effects, other.kind), (Vec::new(), EventKind::Other("product.created".to_owned())));
    let live = with(event("evt_1", "ping", 0, json!({})), json!({ "livemode": true }));
    assert_eq!(verify(&live).unwrap().mode, Mode::Live);
    assert_eq!(verify(&event("evt_1", "ping", 0, json!({}))).unwrap().mode, Mode::Test);
}

#[test]
fn effects_hold_no_address_and_no_card() {
    for (kind, object) in [
        ("checkout.session.completed", session()),
        ("invoice.paid", invoice("in_1", NOW, 2999)),
        ("charge.refunded", charge(2999)),
        ("charge.dispute.created", dispute("lost")),
    ] {
        let shown = format!("{:?}", effects(kind, object));
        assert!(
            !shown.contains("example.com") && !shown.contains("4242") && !shown.contains("Buyer"),
            "{shown}"
        );
    }
}

#[test]
fn an_event_that_lacks_what_it_must_say_is_refused_by_the_place() {
    for (kind, object, place) in [
        ("checkout.session.completed", with(session(), json!({ "currency": "dollars" })), "amount_total"),
        ("checkout.session.completed", with(session(), json!({ "amount_total": 29.99 })), "amount_total"),
        ("checkout.session.completed", with(session(), json!({ "payment_intent": "pi 4242" })), "invoice"),
        ("invoice.paid", json!({ "amount_paid": 1, "currency": "usd" }), "id of invoice.paid"),
        ("charge.refunded", with(charge(1), json!({ "amount_refunded": null })), "amount_refunded"),
        ("charge.dispute.created", with(dispute("lost"), json!({ "status": null })), "status"),
    ] {
        let Err(WebhookError::MalformedEvent(what)) = verify(&event("evt_1", kind, 0, object)) else {
            panic!("{kind} {place}")
        };
        assert!(what.contains(place) && !what.contains("4242"), "{what}");
    }
    // A state that is new here is acknowledged, so that Stripe does not give up the endpoint.
    let new =
        verify(&event("evt_1", "customer.subscription.updated", 0, subscription("sleeping", NOW))).unwrap();
    assert!(new.effects.is_empty());
    for (member, value) in [
        ("livemode", Value::Null),
        ("created", json!("2027-01-15T08:00:00Z")),
        ("type", Value::Null),
        ("object", json!("v2.core.event")),
        ("id", json!("")),
    ] {
        let mut body = event("evt_1", "ping", 0, json!({}));
        body[member] = value;
        assert!(matches!(verify(&body), Err(WebhookError::MalformedEvent(_))), "{member}");
    }
}

/// JSON with the names that are read.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop_oneof![Just("usd"), Just("paid"), Just("active"), Just("pi_1"), Just("succeeded")]
            .prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("id"),
        Just("currency"),
        Just("amount_total"),
        Just("amount_paid"),
        Just("amount_refunded"),
        Just("amount"),
        Just("payment_status"),
        Just("payment_intent"),
        Just("invoice"),
        Just("subscription"),
        Just("status"),
        Just("items"),
        Just("data"),
        Just("lines"),
        Just("period"),
        Just("end"),
        Just("metadata"),
        Just("ae_run"),
        Just("parent"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 48, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name.clone(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_object_breaks_the_reader(object in any_json(), kind in 0..STRIPE_EVENTS.len()) {
        let read = verify(&event("evt_1", STRIPE_EVENTS[kind], 0, object));
        prop_assert!(matches!(read, Ok(_) | Err(WebhookError::MalformedEvent(_))));
    }
}

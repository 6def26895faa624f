//! The ways of a seller, from a product to a refund.

use ae_billing::{
    CancelSubscription, Charge, CheckoutState, MemoryJournal, NewCheckout, NewCustomer, NewEndpoint, NewLink,
    NewMeter, NewPortal, NewPrice, NewRefund, NewUsage, ObjectRef, PaymentProvider, PaymentQuery, Step,
    SubscriptionQuery, SubscriptionState, TierMode,
};
use ae_core::{BillingInterval, Effect, ErrorKind, Money, Secret, Timestamp};

use crate::world::{
    START, config, double, key, launch, link, manual, posts, price, product, provider, provider_with, run,
    usd,
};

#[tokio::test]
async fn a_link_sells_and_the_payment_is_given_back() {
    let double = double();
    let stripe = provider(&double);
    stripe.check().await.unwrap();
    let link = launch(&stripe, BillingInterval::OneTime).await;
    assert_eq!(link.success_url.as_deref(), Some("https://example.com/thanks/?checkout={CHECKOUT}"));
    let kept = &double.objects("payment_link")[0];
    assert_eq!(
        kept["after_completion"]["redirect"]["url"],
        "https://example.com/thanks/?checkout={CHECKOUT_SESSION_ID}"
    );
    assert_eq!(double.objects("price")[0]["unit_amount"], 2999);
    for object in [&double.objects("product")[0], &double.objects("price")[0], kept] {
        assert_eq!(object["metadata"]["ae_run"], run().to_string());
    }
    assert_eq!(kept["payment_intent_data"]["metadata"]["ae_tier"], "pro");

    let checkout = double.pay(link.id.as_str(), "CUST-7");
    let payments = stripe.payments(&PaymentQuery::new(run())).await.unwrap().items;
    let [paid] = payments.as_slice() else { panic!("{payments:?}") };
    assert_eq!(
        (paid.amount, paid.tier.as_str(), paid.payer_reference.as_str()),
        (usd("29.99"), "pro", "CUST-7")
    );
    assert!(paid.id.as_str().starts_with("pi_"));
    let session = stripe.checkout(&checkout.parse().unwrap()).await.unwrap();
    assert!(
        session.paid
            && session.state == CheckoutState::Complete
            && session.payment.as_ref() == Some(&paid.id)
    );

    let part = NewRefund::new(paid.id.clone(), usd("10"));
    let refund = stripe.refund(&key("refund"), &part).await.unwrap();
    assert!(refund.is_created() && refund.as_ref().total == usd("10"));
    let rest = stripe.refund(&key("rest"), &NewRefund::new(paid.id.clone(), usd("19.99"))).await.unwrap();
    assert_eq!(rest.as_ref().total, usd("29.99"));
    let again = stripe.refund(&key("refund"), &part).await.unwrap();
    assert!(!again.is_created() && again.as_ref().total == usd("10"), "the total up to this one");
    for (amount, kind) in [("0.01", ErrorKind::InvalidInput), ("-1", ErrorKind::InvalidInput)] {
        let more = NewRefund::new(paid.id.clone(), usd(amount));
        assert_eq!(stripe.refund(&key("more"), &more).await.unwrap_err().kind(), kind);
    }
    let euros = NewRefund::new(paid.id.clone(), Money::parse("1", "EUR".parse().unwrap()).unwrap());
    assert_eq!(stripe.refund(&key("more"), &euros).await.unwrap_err().kind(), ErrorKind::InvalidInput);

    for object in stripe.find(run()).await.unwrap().into_iter().rev() {
        let name = format!("{object:?}");
        stripe.deactivate(&key(&name), &object).await.unwrap();
        stripe.deactivate(&key(&name), &object).await.unwrap();
    }
    for kind in ["product", "price", "payment_link"] {
        assert_eq!(double.objects(kind)[0]["active"], false, "{kind}");
    }
    let unknown = ObjectRef::Price("price_never".parse().unwrap());
    assert_eq!(stripe.deactivate(&key("x"), &unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn what_others_made_is_left_alone() {
    let double = double();
    let stripe = provider(&double);
    launch(&stripe, BillingInterval::MONTH).await;
    let client = ae_core_http::Client::new("other", &double.url(), ae_core_http::Limits::default()).unwrap();
    let request = ae_core_http::Request::post("other", ["v1", "products"])
        .with_bearer(&Secret::new("sk_test_other".to_owned()))
        .unwrap()
        .with_body("application/x-www-form-urlencoded", "name=Other&id=other")
        .unwrap();
    client.send(&request).await.unwrap().success().unwrap();
    assert_eq!(stripe.find(run()).await.unwrap().len(), 3);
    let other = ObjectRef::Product("other".parse().unwrap());
    assert_eq!(stripe.deactivate(&key("x"), &other).await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_subscription_is_charged_listed_and_ended() {
    let double = double();
    let stripe = provider(&double);
    let plain = launch(&stripe, "3_month".parse().unwrap()).await;
    let trial = NewLink::new(run(), key("price")).with_trial_days(14);
    let trial = stripe.ensure_payment_link(&key("trial"), &trial).await.unwrap().into_inner();
    double.pay(plain.id.as_str(), "");
    double.pay(trial.id.as_str(), "");
    let page = stripe.subscriptions(&SubscriptionQuery::new().with_limit(1)).await.unwrap();
    let newest = page.items[0].clone();
    assert_eq!((newest.state, newest.run), (SubscriptionState::Trialing, Some(run())));
    assert_eq!(newest.period_end, Timestamp::from_second(START + 14 * 86_400).ok());
    let query = SubscriptionQuery::new().with_limit(1).with_after(page.next.unwrap());
    let page = stripe.subscriptions(&query).await.unwrap();
    let active = page.items[0].clone();
    assert_eq!((active.state, page.next), (SubscriptionState::Active, None));

    let payments = || async { stripe.payments(&PaymentQuery::new(run())).await.unwrap().items };
    assert_eq!(payments().await.len(), 1, "a trial is no payment");
    double.control("renew", &[("subscription", active.id.as_str())]);
    double.control("fail_renewal", &[("subscription", active.id.as_str())]);
    let paid = payments().await;
    assert_eq!(paid.len(), 2);
    assert!(
        paid.iter().all(|payment| payment.id.as_str().starts_with("in_") && payment.amount == usd("29.99"))
    );
    let refund = NewRefund::new(paid[0].id.clone(), usd("29.99"));
    assert!(stripe.refund(&key("refund"), &refund).await.unwrap().is_created());
    assert_eq!(stripe.subscription(&active.id).await.unwrap().state, SubscriptionState::PastDue);

    let end = CancelSubscription::new(newest.id.clone());
    for _ in 0..2 {
        assert!(stripe.cancel_subscription(&key("end"), &end).await.unwrap().ends_with_period);
    }
    let now = CancelSubscription::new(active.id.clone()).now();
    for _ in 0..2 {
        let ended = stripe.cancel_subscription(&key("now"), &now).await.unwrap();
        assert_eq!(ended.state, SubscriptionState::Canceled);
    }
    let other = stripe.cancel_subscription(&key("end"), &now).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    let unknown = "sub_never".parse().unwrap();
    assert_eq!(stripe.subscription(&unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn every_kind_of_price_comes_back_as_it_was_asked_for() {
    let double = double();
    let stripe = provider(&double);
    stripe.ensure_product(&key("product"), &product()).await.unwrap();
    let meter = NewMeter::new(run(), "Rows", "rows");
    assert!(stripe.ensure_meter(&key("meter"), &meter).await.unwrap().is_created());
    assert!(!stripe.ensure_meter(&key("meter"), &meter).await.unwrap().is_created());
    let steps = vec![
        Step::new(Some(10), usd("0.0005")),
        Step::new(Some(100), usd("0.10")).with_flat(usd("5")),
        Step::new(None, usd("0.01")),
    ];
    let charges: [(Charge, &str); 5] = [
        (usd("9.99").into(), "one_time"),
        (Charge::Tiered { mode: TierMode::Graduated, steps: steps.clone() }, "month"),
        (Charge::Tiered { mode: TierMode::Volume, steps }, "2_week"),
        (Charge::Metered { meter: key("meter"), unit: usd("0.000123") }, "month"),
        (Money::parse("5.12", "KWD".parse().unwrap()).unwrap().into(), "year"),
    ];
    for (charge, interval) in charges {
        let name = format!("{charge:?}");
        let interval: BillingInterval = interval.parse().unwrap();
        let spec = NewPrice::new(run(), key("product"), "t", "Nick", charge.clone(), interval);
        let made = stripe.ensure_price(&key(&name), &spec).await.unwrap();
        assert!(made.is_created());
        let made = made.into_inner();
        assert_eq!((&made.charge, made.interval), (&charge, interval));
        assert_eq!(stripe.ensure_price(&key(&name), &spec).await.unwrap().into_inner(), made);
        // Another machine, without the journal.
        assert_eq!(provider(&double).ensure_price(&key(&name), &spec).await.unwrap().into_inner(), made);
    }
    let refused = |charge: Charge, interval: &str| {
        let spec = NewPrice::new(run(), key("product"), "t", "Nick", charge, interval.parse().unwrap());
        let stripe = &stripe;
        async move { stripe.ensure_price(&key("refused"), &spec).await.unwrap_err().kind() }
    };
    let kwd = Money::parse("5.124", "KWD".parse().unwrap()).unwrap();
    assert_eq!(refused(kwd.into(), "month").await, ErrorKind::InvalidInput);
    assert_eq!(refused(usd("1").into(), "4_year").await, ErrorKind::InvalidInput);
    let unknown = Charge::Metered { meter: key("never"), unit: usd("1") };
    assert_eq!(refused(unknown, "month").await, ErrorKind::NotFound);
}

#[tokio::test]
async fn customers_pay_single_checkouts_use_the_portal_and_are_metered() {
    let double = double();
    let stripe = provider(&double);
    launch(&stripe, BillingInterval::MONTH).await;
    let email = Secret::new("buyer@example.com".to_owned());
    let customer = NewCustomer::new(run(), "CUST-1").with_email(email);
    let made = stripe.ensure_customer(&key("customer"), &customer).await.unwrap().into_inner();
    assert_eq!(made.reference, "CUST-1");
    assert_eq!(double.objects("customer")[0]["email"], "buyer@example.com");
    assert!(!stripe.ensure_customer(&key("customer"), &customer).await.unwrap().is_created());

    let checkout = NewCheckout::new(run(), key("price"), "https://example.com/ok?c={CHECKOUT}")
        .with_customer(made.id.clone())
        .with_quantity(3)
        .with_cancel_url("https://example.com/no");
    let open = stripe.ensure_checkout(&key("checkout"), &checkout).await.unwrap().into_inner();
    assert!(open.url.is_some() && !open.paid && open.amount == Some(usd("89.97")));
    double.pay(open.id.as_str(), "");
    let paid = stripe.ensure_checkout(&key("checkout"), &checkout).await.unwrap().into_inner();
    assert!(paid.paid && paid.url.is_none() && paid.subscription.is_some());
    assert_eq!((paid.customer.as_ref(), paid.id), (Some(&made.id), open.id));

    for _ in 0..2 {
        let portal = NewPortal::new(made.id.clone(), "https://example.com");
        assert!(stripe.open_portal(&portal).await.unwrap().url.expose().starts_with(&double.url()));
    }
    assert_eq!(double.objects("billing_portal.configuration").len(), 1);
    assert_eq!(double.objects("billing_portal.session").len(), 2);

    let meter = NewMeter::new(run(), "Rows", "rows");
    stripe.ensure_meter(&key("meter"), &meter).await.unwrap();
    let usage = NewUsage::new("rows", made.id.clone(), 25, Timestamp::from_second(START).unwrap());
    for _ in 0..2 {
        stripe.record_usage(&key("usage"), &usage).await.unwrap();
    }
    let [counted] =
        double.objects("billing.meter_event").try_into().unwrap_or_else(|more| panic!("{more:?}"));
    assert_eq!(counted["payload"]["value"], "25");
}

#[tokio::test]
async fn usage_of_an_unknown_outcome_is_not_reported_twice() {
    let double = double();
    let journal = MemoryJournal::new();
    let stripe = provider_with(&double, journal.clone(), manual(1));
    let meter = NewMeter::new(run(), "Rows", "rows");
    stripe.ensure_meter(&key("meter"), &meter).await.unwrap();
    let customer = NewCustomer::new(run(), "CUST-1");
    let customer = stripe.ensure_customer(&key("customer"), &customer).await.unwrap().into_inner();
    let usage = NewUsage::new("rows", customer.id, 25, Timestamp::from_second(START).unwrap());
    double
        .faults()
        .plan(|seen| seen.path.ends_with("meter_events").then_some(doubles::server::Fault::LoseAnswer));
    let lost = stripe.record_usage(&key("usage"), &usage).await.unwrap_err();
    assert_eq!(lost.effect(), Effect::Unknown);
    double.faults().clear();
    let later = ae_core::Runtime::manual(Timestamp::from_second(START + 24 * 3600).unwrap(), 2);
    let before = posts(&double).len();
    let unknown =
        provider_with(&double, journal, later).record_usage(&key("usage"), &usage).await.unwrap_err();
    assert_eq!((unknown.effect(), posts(&double).len()), (Effect::Unknown, before));
}

#[tokio::test]
async fn there_is_one_endpoint_of_each_url() {
    let double = double();
    let stripe = provider(&double);
    let endpoint = NewEndpoint::new("https://example.com/hooks/stripe");
    let made = stripe.ensure_endpoint(&key("endpoint"), &endpoint).await.unwrap();
    assert!(made.is_created() && made.as_ref().secret.is_some());
    for name in ["endpoint", "another run's"] {
        let found = stripe.ensure_endpoint(&key(name), &endpoint).await.unwrap();
        assert!(!found.is_created() && found.as_ref().secret.is_none());
        assert_eq!(found.as_ref().id, made.as_ref().id);
    }
    let more = endpoint.with_events(vec!["payout.paid".to_owned()]);
    let found = stripe.ensure_endpoint(&key("more"), &more).await.unwrap();
    assert_eq!(found.as_ref().id, made.as_ref().id);
    assert_eq!(double.objects("webhook_endpoint")[0]["enabled_events"], serde_json::json!(["payout.paid"]));
}

#[tokio::test]
async fn settings_reach_the_wire() {
    let double = double();
    let config = config(&double.url()).with_account("acct_1").with_test_clock("clock_1");
    let stripe = ae_billing::Stripe::new(config, MemoryJournal::new(), manual(1)).unwrap();
    stripe.ensure_customer(&key("customer"), &NewCustomer::new(run(), "CUST-1")).await.unwrap();
    assert_eq!(double.objects("customer")[0]["test_clock"], "clock_1");
    let [post] = posts(&double).try_into().unwrap_or_else(|more| panic!("{more:?}"));
    assert_eq!(
        (post.header("stripe-account"), post.header("stripe-version")),
        ("acct_1", "2026-10-28.endive")
    );
    assert_eq!(post.header("idempotency-key"), key("customer").as_str());
}

#[tokio::test]
async fn a_trial_of_a_single_charge_and_objects_that_ended_are_refused() {
    let double = double();
    let stripe = provider(&double);
    launch(&stripe, BillingInterval::OneTime).await;
    let trial = link().with_trial_days(14);
    assert_eq!(
        stripe.ensure_payment_link(&key("trial"), &trial).await.unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
    let price_id = double.objects("price")[0]["id"].as_str().unwrap().parse().unwrap();
    stripe.deactivate(&key("end"), &ObjectRef::Price(price_id)).await.unwrap();
    let late = stripe.ensure_payment_link(&key("late"), &link()).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Conflict);
    let ended = stripe.ensure_price(&key("price"), &price(BillingInterval::OneTime)).await.unwrap();
    assert!(!ended.is_created() && !ended.as_ref().active, "found ended, not made again");
    let ended =
        provider(&double).ensure_price(&key("price"), &price(BillingInterval::OneTime)).await.unwrap();
    assert!(!ended.is_created() && !ended.as_ref().active);
}

//! The requests of Stripe's own SDK for the same operations: recorded, and recorded again where it is installed.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use ae_billing::{
    CancelSubscription, Charge, NewCheckout, NewCustomer, NewEndpoint, NewLink, NewMeter, NewPortal,
    NewPrice, NewRefund, NewUsage, ObjectRef, PaymentProvider, PaymentQuery, PriceId, Step, Stripe,
    SubscriptionQuery, TierMode,
};
use ae_core::{BillingInterval, Secret, Timestamp};
use doubles::{server::Seen, stripe::StripeDouble};
use serde_json::{Value, json};

use crate::world::{START, double, key, price, product, provider, run, usd};

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stripe/recorded.json");
const NAMES: [&str; 17] = [
    "product",
    "meter",
    "price",
    "once",
    "tiered",
    "metered",
    "trial",
    "buy",
    "customer",
    "checkout",
    "usage",
    "endpoint",
    "refund",
    "end",
    "off link",
    "off price",
    "off product",
];

async fn prices(stripe: &Stripe) -> [PriceId; 2] {
    let of = |tier: &str, charge: Charge, interval: BillingInterval| {
        NewPrice::new(run(), key("product"), tier, "Pro", charge, interval)
    };
    let steps = vec![Step::new(Some(10), usd("0.0005")), Step::new(None, usd("0.01")).with_flat(usd("5"))];
    let tiered = Charge::Tiered { mode: TierMode::Graduated, steps };
    let metered = Charge::Metered { meter: key("meter"), unit: usd("0.000123") };
    let made = |name: &'static str, spec: NewPrice| async move {
        stripe.ensure_price(&key(name), &spec).await.unwrap().into_inner().id
    };
    let monthly = made("price", price(BillingInterval::MONTH)).await;
    let once = made("once", of("once", usd("5").into(), BillingInterval::OneTime)).await;
    made("tiered", of("steps", tiered, "2_week".parse().unwrap())).await;
    made("metered", of("rows", metered, BillingInterval::MONTH)).await;
    [monthly, once]
}

/// The operations of `official.py`, by our client.
async fn ours(double: &StripeDouble) {
    let stripe = provider(double);
    stripe.check().await.unwrap();
    stripe.ensure_product(&key("product"), &product()).await.unwrap();
    stripe.ensure_meter(&key("meter"), &NewMeter::new(run(), "Rows", "rows")).await.unwrap();
    let [monthly, once] = prices(&stripe).await;
    let url = "https://example.com/thanks/?checkout={CHECKOUT}";
    let trial = NewLink::new(run(), key("price")).with_success_url(url).with_trial_days(14);
    let trial = stripe.ensure_payment_link(&key("trial"), &trial).await.unwrap().into_inner();
    let buy = NewLink::new(run(), key("once")).with_success_url(url);
    let buy = stripe.ensure_payment_link(&key("buy"), &buy).await.unwrap().into_inner();
    let customer = NewCustomer::new(run(), "CUST-1").with_email(Secret::new("buyer@example.com".to_owned()));
    let customer = stripe.ensure_customer(&key("customer"), &customer).await.unwrap().into_inner();
    let checkout = NewCheckout::new(run(), key("price"), "https://example.com/ok?c={CHECKOUT}")
        .with_customer(customer.id.clone())
        .with_quantity(3)
        .with_cancel_url("https://example.com/no");
    let checkout = stripe.ensure_checkout(&key("checkout"), &checkout).await.unwrap().into_inner();
    stripe.checkout(&checkout.id).await.unwrap();
    stripe.open_portal(&NewPortal::new(customer.id.clone(), "https://example.com")).await.unwrap();
    let usage = NewUsage::new("rows", customer.id, 25, Timestamp::from_second(START).unwrap());
    stripe.record_usage(&key("usage"), &usage).await.unwrap();
    let endpoint = NewEndpoint::new("https://example.com/hooks")
        .with_events(vec!["invoice.paid".to_owned(), "charge.refunded".to_owned()]);
    stripe.ensure_endpoint(&key("endpoint"), &endpoint).await.unwrap();
    double.pay(buy.id.as_str(), "");
    double.pay(trial.id.as_str(), "");
    let query = SubscriptionQuery::new().with_limit(2).with_price(monthly);
    let subscription = stripe.subscriptions(&query).await.unwrap().items[0].id.clone();
    stripe.subscription(&subscription).await.unwrap();
    let paid = stripe.payments(&PaymentQuery::new(run())).await.unwrap().items;
    let refund = NewRefund::new(paid[0].id.clone(), usd("2"));
    stripe.refund(&key("refund"), &refund).await.unwrap();
    let cancel = CancelSubscription::new(subscription);
    stripe.cancel_subscription(&key("end"), &cancel).await.unwrap();
    stripe.cancel_subscription(&key("end"), &cancel.now()).await.unwrap_err();
    let now =
        CancelSubscription::new(double.objects("subscription")[0]["id"].as_str().unwrap().parse().unwrap());
    stripe.cancel_subscription(&key("now"), &now.now()).await.unwrap();
    let product = stripe.find(run()).await.unwrap()[0].clone();
    for (name, object) in [
        ("off link", ObjectRef::Link(buy.id)),
        ("off price", ObjectRef::Price(once)),
        ("off product", product),
    ] {
        stripe.deactivate(&key(name), &object).await.unwrap();
    }
}

/// The ids that the simulator gave are of no matter.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('_') {
        let (before, after) = rest.split_at(at + 1);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(before);
        rest = if digits == 14 {
            out.push('#');
            &after[14..]
        } else {
            after
        };
    }
    out + rest
}

/// The requests by the parts that matter, each once.
fn heard(double: &StripeDouble) -> BTreeSet<String> {
    let of = |seen: &Seen| {
        let pairs = if seen.method == "POST" { seen.form() } else { seen.pairs() };
        let pairs: BTreeMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name, without_ids(&value))).collect();
        let mut key = seen.header("idempotency-key").to_owned();
        // Each session of the portal has a key of its own.
        if seen.path.ends_with("billing_portal/sessions") || key.len() == 36 {
            key = format!("one: {}", !key.is_empty());
        }
        let kind = if seen.method == "POST" { seen.header("content-type") } else { "" };
        json!({ "method": seen.method.as_str(), "path": without_ids(&seen.path), "pairs": pairs, "key": key,
            "version": seen.header("stripe-version"), "authorization": seen.header("authorization"), "type": kind })
        .to_string()
    };
    double.seen().iter().filter(|seen| seen.path.starts_with("/v1/")).map(of).collect()
}

/// Runs the SDK against a simulator; `None` where it is not installed.
fn official(ours: &StripeDouble) -> Option<BTreeSet<String>> {
    let found =
        Command::new("python3").args(["-c", "import stripe; assert stripe.VERSION == '16.1.0'"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let message = "python3 does not have the package stripe 16.1.0";
        assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{message}");
        eprintln!("skipped: {message}");
        return None;
    }
    let theirs = double();
    let digests: BTreeMap<String, String> = ours
        .seen()
        .iter()
        .filter_map(|seen| {
            let form: BTreeMap<_, _> = seen.form().into_iter().collect();
            Some((form.get("metadata[ae_key]")?.clone(), form.get("metadata[ae_request]")?.clone()))
        })
        .collect();
    let keys: BTreeMap<&str, String> = NAMES.iter().map(|name| (*name, key(name).to_string())).collect();
    let given = json!({ "url": theirs.url(), "run": run(), "keys": keys, "digests": digests, "now": START,
        "product": ours.objects("product")[0]["id"] });
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stripe/official.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(given.to_string());
    for name in
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "STRIPE_API_KEY"]
    {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(heard(&theirs))
}

fn recorded() -> BTreeSet<String> {
    let lines: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(RECORDED).unwrap()).unwrap();
    lines.iter().map(Value::to_string).collect()
}

fn assert_same(ours: &BTreeSet<String>, theirs: &BTreeSet<String>) {
    let (more, less): (Vec<_>, Vec<_>) =
        (ours.difference(theirs).collect(), theirs.difference(ours).collect());
    assert!(more.is_empty() && less.is_empty(), "ours alone:\n{more:#?}\nthe SDK's alone:\n{less:#?}");
}

#[tokio::test]
async fn requests_are_those_that_the_official_sdk_sends() {
    let double = double();
    ours(&double).await;
    let theirs = official(&double);
    if let (Some(theirs), true) = (&theirs, std::env::var_os("AE_RECORD").is_some()) {
        let lines: Vec<Value> = theirs.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        std::fs::write(RECORDED, serde_json::to_string_pretty(&lines).unwrap() + "\n").unwrap();
    }
    assert_same(&heard(&double), &recorded());
    if let Some(theirs) = theirs {
        assert_same(&recorded(), &theirs);
    }
}

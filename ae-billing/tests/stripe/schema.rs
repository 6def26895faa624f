//! Every request that a valid specification makes, against the description of the API.

use ae_billing::{
    Charge, NewCheckout, NewCustomer, NewLink, NewPrice, NewProduct, PaymentProvider, Step, Stripe,
    StripeCall, TierMode, units,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId};
use doubles::stripe::schema;
use proptest::prelude::*;

use crate::world::{double, key, launch, manual, provider, run};

fn accepted(call: &StripeCall) -> Result<(), TestCaseError> {
    prop_assert!(schema::is_described(call.method(), &call.path()), "{} {}", call.method(), call.path());
    let read = schema::read(call.method(), &call.path(), call.pairs());
    prop_assert!(read.is_ok(), "{:?} of {:?}", read, call.pairs());
    Ok(())
}

fn stripe() -> Stripe {
    let config = crate::world::config("http://127.0.0.1:9");
    Stripe::new(config, ae_billing::MemoryJournal::new(), manual(1)).unwrap()
}

fn amount(minor: i64, currency: Currency) -> Money {
    let places = units::exponent(currency).unwrap();
    Money::from_minor(minor * units::grain(currency).unwrap(), places, currency).unwrap()
}

fn fraction(minor: i64, below: i128, currency: Currency) -> Money {
    Money::from_pico(amount(minor, currency).pico() + below, currency).unwrap()
}

fn interval() -> impl Strategy<Value = BillingInterval> {
    (1_u16..=3, prop::sample::select(vec!["day", "week", "month", "year"]))
        .prop_map(|(count, unit)| if count == 1 { unit.to_owned() } else { format!("{count}_{unit}") })
        .prop_map(|text| text.parse().unwrap())
}

fn charge() -> impl Strategy<Value = (Charge, BillingInterval)> {
    let currency = || prop::sample::select(units::currencies());
    let minor = || 1_i64..900_000;
    let flat = (minor(), currency(), prop::option::of(interval())).prop_map(|(minor, currency, interval)| {
        (amount(minor, currency).into(), interval.unwrap_or(BillingInterval::OneTime))
    });
    let metered = (minor(), 0_i128..1_000_000_000, currency(), interval()).prop_map(
        |(minor, below, currency, interval)| {
            (Charge::Metered { meter: key("meter"), unit: fraction(minor, below, currency) }, interval)
        },
    );
    let steps = prop::collection::vec((minor(), 0_i128..1_000_000_000, prop::option::of(minor())), 1..8);
    let tiered =
        (steps, currency(), any::<bool>(), interval()).prop_map(|(given, currency, volume, interval)| {
            let last = given.len() - 1;
            let steps = given.iter().enumerate().map(|(index, (minor, below, flat))| {
                let end = (index < last).then_some((index as u64 + 1) * 10);
                let step = Step::new(end, fraction(*minor, *below, currency));
                match flat {
                    Some(flat) => step.with_flat(amount(*flat, currency)),
                    None => step,
                }
            });
            let mode = if volume { TierMode::Volume } else { TierMode::Graduated };
            (Charge::Tiered { mode, steps: steps.collect() }, interval)
        });
    prop_oneof![flat, metered, tiered]
}

fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é&=%+\\[\\]{}<>\"',.;:!?-][a-zA-Z0-9é&=%+ ]{0,40}[a-z]"
}

proptest! {
    #[test]
    fn products(name in text(), description in "[a-zé&=\\n ]{0,200}", page in prop::option::of("[a-z0-9/?&=%]{0,40}")) {
        let mut spec = NewProduct::new(run(), name.clone(), description);
        spec.url = page.map(|page| format!("https://example.com/{page}"));
        let call = stripe().plan_product(&key("product"), &spec).unwrap();
        accepted(&call)?;
        let value = |wanted: &str| call.pairs().iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        prop_assert_eq!(value("name"), Some(name));
        // The form says what the pairs say.
        let read: Vec<(String, String)> = form_urlencoded::parse(call.body().as_bytes()).into_owned().collect();
        prop_assert_eq!(&read, call.pairs());
    }

    #[test]
    fn prices((charge, interval) in charge(), nickname in text(), tier in "[a-z0-9_-]{1,64}") {
        let spec = NewPrice::new(run(), key("product"), tier, nickname, charge, interval);
        accepted(&stripe().plan_price(&key("price"), &spec).unwrap())?;
    }

    #[test]
    fn no_price_is_planned_that_the_checks_refuse(minor in -10_i64..10, rest in 0_i128..2) {
        let amount = Money::from_pico(i128::from(minor) * 10_i128.pow(10) + rest, Currency::USD).unwrap();
        let spec = NewPrice::new(run(), key("product"), "t", "N", amount, BillingInterval::MONTH);
        prop_assert_eq!(stripe().plan_price(&key("price"), &spec).is_ok(), minor > 0 && rest == 0);
    }
}

/// Links, checkouts and customers need objects that are there: the simulator refuses what its description does not know.
#[test]
fn links_checkouts_and_customers() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let double = double();
    let stripe = provider(&double);
    runtime.block_on(launch(&stripe, BillingInterval::MONTH));
    let mut config = ProptestConfig::with_cases(40);
    config.failure_persistence = None;
    let number = std::cell::Cell::new(0_u32);
    proptest!(config, |(page in "[a-z0-9/?&=%é+]{0,40}", days in prop::option::of(1_u16..730), quantity in 1_u32..1000, label in text())| {
        number.set(number.get() + 1);
        // A run makes 20 links; each run has its own.
        let run = RunId::from_digest(&Digest::of_bytes("schema", &number.get().to_be_bytes()));
        let key = |name: &str| IdempotencyKey::derive(run, "schema", name, 0);
        runtime.block_on(async {
            stripe.ensure_product(&key("product"), &NewProduct::new(run, "P", "")).await.unwrap();
            let amount = Money::from_minor(500, 2, Currency::USD).unwrap();
            let price = NewPrice::new(run, key("product"), "t", "N", amount, BillingInterval::MONTH);
            stripe.ensure_price(&key("price"), &price).await.unwrap();
            let url = format!("https://example.com/{page}?checkout={{CHECKOUT}}");
            let mut link = NewLink::new(run, key("price")).with_success_url(url.clone());
            link.trial_days = days;
            let made = stripe.ensure_payment_link(&key("link"), &link).await.unwrap().into_inner();
            assert_eq!(made.success_url, Some(url.clone()));
            let customer = stripe.ensure_customer(&key("customer"), &NewCustomer::new(run, label.trim())).await.unwrap();
            let mut checkout = NewCheckout::new(run, key("price"), url)
                .with_customer(customer.into_inner().id)
                .with_quantity(quantity);
            checkout.trial_days = days;
            stripe.ensure_checkout(&key("checkout"), &checkout).await.unwrap();
        });
    });
}

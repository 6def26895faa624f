//! Prints the requests that would make a product and its prices at Stripe. Nothing is sent, and no account is needed.
//!
//! `cargo run -p ae-billing --features stripe --example stripe_plan`
#![allow(clippy::print_stdout, reason = "an example for the terminal")]

use std::error::Error;

use ae_billing::{
    Charge, MemoryJournal, Mode, NewPrice, NewProduct, Step, Stripe, StripeCall, StripeConfig, TierMode,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret};

fn show(key: &IdempotencyKey, call: &StripeCall) {
    println!("{} {}\nIdempotency-Key: {key}", call.method(), call.path());
    for (name, value) in call.pairs() {
        println!("  {name} = {value}");
    }
    println!();
}

fn main() -> Result<(), Box<dyn Error>> {
    // Any text of the right form: a plan uses no key.
    let config = StripeConfig::new(Secret::new("rk_test_for_a_plan".to_owned()), Mode::Test);
    let stripe = Stripe::new(config, MemoryJournal::new(), Runtime::system())?;
    let run = RunId::from_digest(&Digest::of_bytes("example", b"stripe_plan"));
    let key = |name: &str| IdempotencyKey::derive(run, "monetize", name, 0);
    let usd = |text| Money::parse(text, Currency::USD);

    let product =
        NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.").with_url("https://example.com/csv");
    show(&key("product"), &stripe.plan_product(&key("product"), &product)?);
    let steps = vec![Step::new(Some(1_000), usd("0.005")?), Step::new(None, usd("0.002")?)];
    let charges =
        [("pro", Charge::Flat(usd("29.99")?)), ("team", Charge::Tiered { mode: TierMode::Graduated, steps })];
    for (tier, charge) in charges {
        let price = NewPrice::new(run, key("product"), tier, tier, charge, BillingInterval::MONTH);
        show(&key(tier), &stripe.plan_price(&key(tier), &price)?);
    }
    Ok(())
}

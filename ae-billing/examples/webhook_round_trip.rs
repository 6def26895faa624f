//! From a payment that an operator records to revenue that a signed webhook confirms.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use ae_billing::{
    EventStore, Intake, MemoryLedger, NewLink, NewPayment, NewPrice, NewProduct, OfflineVerifier,
    PaymentProvider, SIGNATURE_HEADER, WebhookIntake, sign,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret};
use http::HeaderMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    futures_executor::block_on(round_trip())
}

async fn round_trip() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::system();
    let ledger = MemoryLedger::new(runtime.clone(), "http://127.0.0.1:8080");
    let run = RunId::from_digest(&Digest::of_bytes("example", b"run"));
    let key = |operation| IdempotencyKey::derive(run, "monetize", operation, 0);

    let product = NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.");
    ledger.ensure_product(&key("product"), &product).await?;
    let amount = Money::parse("120", Currency::USD)?;
    let price = NewPrice::new(run, key("product"), "pro", "Pro", amount, BillingInterval::YEAR);
    let price = ledger.ensure_price(&key("price"), &price).await?.into_inner();
    let link = NewLink::new(run, vec![key("price")]);
    let link = ledger.ensure_payment_link(&key("link"), &link).await?.into_inner();
    println!("pay at      {}", link.url);

    let payment = NewPayment::new(link.id, price.id, "CUST-7");
    let payment = ledger.record_payment(&key("payment"), payment).await?;
    println!("recorded    {} {} from {}", payment.invoice, payment.amount, payment.payer_reference);
    println!(
        "revenue     {} before any webhook",
        ledger.revenue(run).await?.in_currency(Currency::USD).gross
    );

    // In production the secret comes from the installation's key file.
    let secret = Secret::new("example secret".to_owned());
    let verifier = OfflineVerifier::new(secret.clone())?;
    let intake = WebhookIntake::new(Arc::new(verifier), Arc::new(ledger.clone()));
    for event in ledger.pending_events(100).await? {
        let now = runtime.now();
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE_HEADER, sign(&secret, event.body.as_bytes(), now).parse()?);
        let first = intake.receive(&headers, event.body.as_bytes(), now).await?;
        let repeat = intake.receive(&headers, event.body.as_bytes(), now).await?;
        println!("delivered   {first:?}, then {repeat:?}");
        assert!(matches!(repeat, Intake::Duplicate { .. }));
        ledger.mark_delivered(&event.id).await?;
    }
    let sums = ledger.revenue(run).await?.in_currency(Currency::USD);
    println!("revenue     {} from {} payment(s), {} a month", sums.gross, sums.payments, sums.mrr);
    println!("journal     {} entries, intact", ledger.verify_journal().await?.entries);
    Ok(())
}

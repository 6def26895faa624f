use std::{fs, sync::Arc};

use ae_billing::{MemoryLedger, NewLink, NewPrice, NewProduct, ObjectRef, PaymentProvider, conformance};
use ae_core::{BillingInterval, Currency, Effect, Money};
use custom_provider::BankTransfer;
use tempfile::TempDir;

use crate::{key, run, runtime};

fn ledger() -> MemoryLedger {
    MemoryLedger::new(runtime(), "http://127.0.0.1")
}

fn provider(folder: &TempDir, ledger: &MemoryLedger) -> BankTransfer<MemoryLedger> {
    BankTransfer::new(ledger.clone(), folder.path().join("slips"), "DE02 1203 0000 0000 2020 51")
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), ledger());
    let subject = conformance::Subject::new(Arc::new(provider(&folder, &ledger)), "bank-transfer")
        .with_second(Arc::new(provider(&folder, &ledger)));
    conformance::run_all(&subject).await;
}

async fn launch(
    provider: &BankTransfer<MemoryLedger>,
) -> Result<ae_billing::PaymentLink, ae_core::BackendError> {
    let product = provider
        .ensure_product(&key("product", 0), &NewProduct::new(run(), "Shop", "Sells."))
        .await?
        .into_inner();
    let amount = Money::parse("9", Currency::USD).unwrap();
    let price = NewPrice::new(run(), product.id, "starter", "Starter", amount, BillingInterval::Month);
    let price = provider.ensure_price(&key("price", 0), &price).await?.into_inner();
    Ok(provider
        .ensure_payment_link(&key("link", 0), &NewLink::new(run(), vec![price.id]))
        .await?
        .into_inner())
}

#[tokio::test]
async fn a_slip_says_what_to_pay_and_goes_with_its_link() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), ledger());
    let provider = provider(&folder, &ledger);
    let link = launch(&provider).await.unwrap();
    let slip = fs::read_to_string(provider.slip(&link.id)).unwrap();
    for part in ["DE02 1203", link.id.as_str(), "Starter: $9.00 every month"] {
        assert!(slip.contains(part), "{part:?} is missing in {slip:?}");
    }
    provider.deactivate(&key("off", 0), &ObjectRef::Link(link.id.clone())).await.unwrap();
    assert!(!provider.slip(&link.id).exists());
    assert!(!launch(&provider).await.unwrap().active, "a repeat finds it deactivated");
    assert!(!provider.slip(&link.id).exists(), "and writes no slip for it");
}

#[tokio::test]
async fn after_a_failed_write_the_same_call_completes_the_slip() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), ledger());
    let provider = provider(&folder, &ledger);
    fs::write(folder.path().join("slips"), "a file where the folder should be").unwrap();
    let error = launch(&provider).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    fs::remove_file(folder.path().join("slips")).unwrap();
    let link = launch(&provider).await.unwrap();
    assert!(provider.slip(&link.id).exists());
}

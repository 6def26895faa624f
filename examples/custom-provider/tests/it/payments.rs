use std::{fs, sync::Arc, thread};

use ae_billing::{
    Caps, Ensured, NewLink, NewPayment, NewPrice, NewProduct, ObjectRef, PaymentLink, PaymentProvider,
    PaymentQuery, Price, Product, conformance,
};
use ae_core::{BackendError, BillingInterval, Currency, Effect, ErrorKind, IdempotencyKey, Money};
use custom_provider::BankTransfer;
use tempfile::TempDir;

use crate::{key, run, runtime};

fn provider(folder: &TempDir) -> BankTransfer {
    BankTransfer::new(folder.path(), "http://127.0.0.1/slips/", "DE02 1203 0000 0000 2020 51", runtime())
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let subject = |seed| {
        let desk = Arc::new(provider(&folder));
        let pay: conformance::Pay = Arc::new(move |key, payment| {
            let desk = Arc::clone(&desk);
            Box::pin(async move { desk.record_transfer(&key, &payment).map(|_| ()) })
        });
        conformance::Subject::new(Arc::new(provider(&folder)), seed)
            .with_second(Arc::new(provider(&folder)))
            .with_pay(pay)
    };
    let ran = conformance::run_all(&subject("dollars")).await;
    assert_eq!(ran.skipped, ["C12", "C13", "C14", "C15", "C16", "C17", "C18", "C19"], "{ran:?}");
    conformance::run_all(&subject("yen").with_currency("JPY".parse().unwrap())).await;
}

struct Launch {
    product: Ensured<Product>,
    prices: Vec<Ensured<Price>>,
    link: Ensured<PaymentLink>,
}

async fn launch(provider: &BankTransfer) -> Result<Launch, BackendError> {
    let request = NewProduct::new(run(), "Shop", "Sells.");
    let product = provider.ensure_product(&key("product", 0), &request).await?;
    let mut prices = Vec::new();
    for (at, (tier, name, amount)) in (0..).zip([("starter", "Starter", "9"), ("team", "Team", "29")]) {
        let amount = Money::parse(amount, Currency::USD).unwrap();
        let price = NewPrice::new(run(), key("product", 0), tier, name, amount, BillingInterval::MONTH);
        prices.push(provider.ensure_price(&key("price", at), &price).await?);
    }
    let lines = vec![key("price", 0), key("price", 1)];
    let link = provider.ensure_payment_link(&key("link", 0), &NewLink::choice(run(), lines)).await?;
    Ok(Launch { product, prices, link })
}

#[tokio::test]
async fn what_was_made_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let made = launch(&provider(&folder)).await.unwrap();
    let again = launch(&provider(&folder)).await.unwrap();
    assert!(made.product.is_created() && made.link.is_created());
    assert!(!again.product.is_created() && !again.link.is_created());
    assert_eq!(again.link.as_ref(), made.link.as_ref());
    assert_eq!(again.prices.len(), 2);
    assert_eq!(provider(&folder).find(run()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_slip_says_what_to_pay_and_follows_what_is_on_sale() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(&folder);
    let made = launch(&provider).await.unwrap();
    let link = made.link.as_ref();
    assert_eq!(link.url, format!("http://127.0.0.1/slips/{}.txt", link.id));
    let slip = || fs::read_to_string(provider.slip(&link.id)).unwrap();
    for part in ["DE02 1203", link.id.as_str(), "Starter: $9.00 per month", "Team: $29.00 per month"] {
        assert!(slip().contains(part), "{part:?} is missing in {:?}", slip());
    }
    let starter = ObjectRef::Price(made.prices[0].as_ref().id.clone());
    provider.deactivate(&key("off", 0), &starter).await.unwrap();
    assert!(!slip().contains("Starter") && slip().contains("Team"));
    provider.deactivate(&key("off", 1), &ObjectRef::Link(link.id.clone())).await.unwrap();
    assert!(!provider.slip(&link.id).exists());
    assert!(!launch(&provider).await.unwrap().link.as_ref().active, "a repeat finds it deactivated");
    assert!(!provider.slip(&link.id).exists(), "and writes no slip for it");
}

#[tokio::test]
async fn after_a_failed_write_the_same_call_completes_the_slip() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(&folder);
    fs::write(folder.path().join("slips"), "a file where the folder should be").unwrap();
    let error = launch(&provider).await.err().unwrap();
    assert_eq!(error.effect(), Effect::Unknown);
    fs::remove_file(folder.path().join("slips")).unwrap();
    let made = launch(&provider).await.unwrap();
    assert!(!made.link.is_created(), "the book had it already");
    assert!(provider.slip(&made.link.as_ref().id).exists());
}

#[tokio::test]
async fn a_damaged_book_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book.json");
    for damaged in ["{\"products\": [", "{}", "{\"version\": 2}"] {
        fs::write(&book, damaged).unwrap();
        let provider = provider(&folder);
        assert_eq!(provider.check().await.unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(launch(&provider).await.err().unwrap().kind(), ErrorKind::Protocol);
        assert_eq!(fs::read_to_string(&book).unwrap(), damaged);
    }
}

#[tokio::test]
async fn a_request_that_could_forge_a_slip_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(&folder);
    launch(&provider).await.unwrap();
    let before = fs::read(folder.path().join("book.json")).unwrap();
    let amount = Money::parse("1", Currency::USD).unwrap();
    let name = "Basic\nTransfer to somebody else";
    let forged = NewPrice::new(run(), key("product", 0), "basic", name, amount, BillingInterval::OneTime);
    let refused = provider.ensure_price(&key("forged", 0), &forged).await.unwrap_err();
    assert_eq!((refused.kind(), refused.effect()), (ErrorKind::InvalidInput, Effect::NotApplied));
    assert_eq!(fs::read(folder.path().join("book.json")).unwrap(), before);
}

#[tokio::test]
async fn transfers_are_recorded_once_and_listed_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let provider = provider(&folder);
    let made = launch(&provider).await.unwrap();
    let (link, price) = (made.link.as_ref().id.clone(), made.prices[1].as_ref().id.clone());
    let paid = |payer: &str| NewPayment::new(link.clone(), price.clone(), payer);
    let mut recorded = Vec::new();
    for number in 0..5 {
        let payment = provider.record_transfer(&key("paid", number), &paid("CUST-7")).unwrap();
        assert_eq!(provider.record_transfer(&key("paid", number), &paid("CUST-7")).unwrap(), payment);
        recorded.push(payment);
    }
    assert_eq!((recorded[0].invoice.as_str(), recorded[4].invoice.as_str()), ("INV-000001", "INV-000005"));
    let (mut listed, mut query) = (Vec::new(), PaymentQuery::new(run()).with_limit(2));
    loop {
        let page = provider.payments(&query).await.unwrap();
        listed.extend(page.items);
        let Some(next) = page.next else { break };
        query = query.with_after(next);
    }
    assert_eq!(listed, recorded);
    let refused = |key: IdempotencyKey, payment| provider.record_transfer(&key, &payment).unwrap_err().kind();
    assert_eq!(refused(key("paid", 0), paid("CUST-8")), ErrorKind::Conflict);
    assert_eq!(refused(key("new", 0), paid("ada@example.com")), ErrorKind::InvalidInput);
    let unknown = provider.payments(&PaymentQuery::new(run()).with_after("pay_unknown")).await;
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::InvalidInput);

    provider.deactivate(&key("off", 0), &ObjectRef::Link(link.clone())).await.unwrap();
    provider.record_transfer(&key("late", 0), &paid("CUST-9")).unwrap();
    let all = provider.payments(&PaymentQuery::new(run()).with_link(link.clone())).await.unwrap();
    assert_eq!(all.items.len(), 6);
}

#[test]
fn handles_on_one_folder_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let caps = Caps::default().with_products_per_run_max(40);
    thread::scope(|scope| {
        for worker in 0..4 {
            let provider = provider(&folder).with_caps(caps);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for number in 0..10 {
                    let key = key("product", worker * 10 + number);
                    let request = NewProduct::new(run(), "Shop", "");
                    let made = provider.ensure_product(&key, &request);
                    assert!(runtime.block_on(made).unwrap().is_created());
                }
            });
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(provider(&folder).find(run())).unwrap().len(), 40);
}

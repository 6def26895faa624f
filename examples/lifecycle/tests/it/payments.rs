//! The way to the payment form and what it books, over the routes, with a clock of the test's own.

use std::{sync::Arc, time::Duration};

use ae_billing::{EventStore, LinkId, NewLink, NewPrice, NewProduct, PaymentProvider};
use ae_core::{
    BillingInterval, Currency, Digest, IdempotencyKey, ManualClock, ManualSleeper, Money, RunId, Runtime,
    SeededIds,
};
use axum::body::Body;
use http::{Method, Request, StatusCode};
use lifecycle::{
    faces::sites::{self, Hosts},
    service::{Installation, RunSettings, Sale, SignalsFrom},
    setup::DataDir,
    wiring,
};
use tempfile::TempDir;
use tower::ServiceExt;

use super::inside::{intent, record};

const CALM: &str = "2026-11-24T12:00:00Z";
const ADDRESS: &str = "http://127.0.0.1:4180";

/// Two products with two tiers and a link each, served without a socket.
struct Shop {
    _folder: TempDir,
    clock: ManualClock,
    installation: Installation,
    sale: sites::Shared,
    code: String,
    links: Vec<(LinkId, Vec<String>)>,
    runs: Vec<RunId>,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(CALM.parse().unwrap());
        let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock.clone()), SeededIds::new(1));
        let installation = wiring::open(DataDir::open(folder.path()).unwrap(), runtime).unwrap();
        let ledger = wiring::ledger(&installation, ADDRESS).unwrap();
        let (mut links, mut runs) = (Vec::new(), Vec::new());
        for name in ["one", "two"] {
            let run = RunId::from_digest(&Digest::of_bytes("test", name.as_bytes()));
            let key = |operation: &str| IdempotencyKey::derive(run, "test", operation, 0);
            let product = NewProduct::new(run, name, "");
            ledger.ensure_product(&key("product"), &product).await.unwrap();
            let mut prices = Vec::new();
            for (tier, amount) in [("starter", "9"), ("starter_yearly", "90")] {
                let amount = Money::parse(amount, Currency::USD).unwrap();
                let price = NewPrice::new(run, key("product"), tier, tier, amount, BillingInterval::MONTH);
                prices.push(ledger.ensure_price(&key(tier), &price).await.unwrap().into_inner().id);
            }
            let link = NewLink::new(run, vec![key("starter"), key("starter_yearly")]);
            let link = ledger.ensure_payment_link(&key("link"), &link).await.unwrap().into_inner();
            record(
                &installation,
                run,
                intent("CSV tool", "0"),
                RunSettings::new(ADDRESS, vec![SignalsFrom::Sample]),
            )
            .await;
            installation.runs.set_site(run, &format!("site-{name}")).await.unwrap();
            links.push((link.id, prices.iter().map(ToString::to_string).collect()));
            runs.push(run);
        }
        let sale = Arc::new(Sale::open(&installation, ADDRESS).await.unwrap());
        let code = std::fs::read_to_string(folder.path().join("keys/operator")).unwrap().trim().to_owned();
        Self { _folder: folder, clock, installation, sale, code, links, runs }
    }

    /// The status, and the page or the address that it leads to.
    async fn send(&self, method: Method, path: &str, body: String) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .header("host", "127.0.0.1:4180")
            .uri(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let hosts = Hosts::new("127.0.0.1:4180".parse().unwrap(), &[]);
        let answer = sites::app(Arc::clone(&self.sale), hosts).oneshot(request).await.unwrap();
        let status = answer.status();
        if let Some(location) = answer.headers().get("location") {
            return (status, location.to_str().unwrap().to_owned());
        }
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// Opens the payment page of a link, and gives the id of the form on it.
    async fn form(&self, link: usize) -> String {
        let (status, page) =
            self.send(Method::GET, &format!("/pay/{}", self.links[link].0), String::new()).await;
        assert_eq!(status, StatusCode::OK);
        page.split("name=\"form_id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// Sends a form: what stands before the operator code, and for which price of which link.
    async fn pay(&self, form: &str, (link, price): (usize, usize), payer: &str) -> (StatusCode, String) {
        let (link, prices) = &self.links[link];
        let body =
            format!("{form}price={}&payer_reference={payer}&operator_code={}", prices[price], self.code);
        self.send(Method::POST, &format!("/pay/{link}/paid"), body).await
    }

    /// The payments in the audit log, oldest first.
    fn payment_events(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.installation.dir.audit_log()).unwrap();
        let kinds = log.split('"').filter(|word| word.starts_with("payment_"));
        kinds.map(str::to_owned).collect()
    }

    async fn payments(&self) -> Vec<u64> {
        let ledger = wiring::ledger(&self.installation, ADDRESS).unwrap();
        let mut all = Vec::new();
        for run in &self.runs {
            all.push(ledger.revenue(*run).await.unwrap().payments());
        }
        all
    }
}

#[tokio::test]
async fn the_checkout_keeps_every_tier_that_a_price_may_have_and_nothing_else() {
    let shop = Shop::open().await;
    let pay = format!("/pay/{}", shop.links[1].0);
    let long = "x".repeat(64);
    for tier in ["starter", "starter_yearly", "Pro-2", &long] {
        let (status, to) =
            shop.send(Method::GET, &format!("/p/site-two/checkout?tier={tier}"), String::new()).await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("{pay}?tier={tier}")));
    }
    for other in ["", "?tier=", "?tier=a%20b", "?tier=a%26b%3Dc", "?tier=%C3%A9", &format!("?tier={long}x")] {
        let (status, to) =
            shop.send(Method::GET, &format!("/p/site-two/checkout{other}"), String::new()).await;
        assert_eq!((status, &to), (StatusCode::SEE_OTHER, &pay), "{other}");
    }
    let (_, page) = shop.send(Method::GET, &format!("{pay}?tier=starter_yearly"), String::new()).await;
    let chosen = format!("value=\"{}\" required checked", shop.links[1].1[1]);
    assert!(page.contains(&chosen) && page.matches(" checked").count() == 1, "{page}");
}

#[tokio::test]
async fn a_form_that_is_sent_again_books_once_even_across_midnight() {
    let shop = Shop::open().await;
    shop.clock.set("2026-11-24T23:59:59Z".parse().unwrap());
    let form = format!("form_id={}&", shop.form(0).await);
    let (status, receipt) = shop.pay(&form, (0, 0), "CUST-7").await;
    assert!(status == StatusCode::OK && receipt.contains("INV-000001"), "{status} {receipt}");
    for later in [2, 86_400, 400 * 86_400] {
        shop.clock.advance(Duration::from_secs(later));
        assert_eq!(shop.pay(&form, (0, 0), "CUST-7").await, (StatusCode::OK, receipt.clone()));
    }
    assert_eq!(shop.payments().await, [1, 0]);
}

#[tokio::test]
async fn a_form_that_is_not_complete_gets_a_page_and_books_nothing() {
    let shop = Shop::open().await;
    let pay = format!("/pay/{}/paid", shop.links[0].0);
    for body in ["", "price=x", "%%%=%zz"] {
        let (status, page) = shop.send(Method::POST, &pay, body.to_owned()).await;
        assert!(status.is_client_error() && page.contains("<h1>Refused</h1>"), "{status} {page}");
        assert!(page.contains("nothing was recorded"), "{page}");
    }
    assert_eq!(shop.payments().await, [0, 0]);
}

#[tokio::test]
async fn two_payments_of_one_payer_and_price_on_one_day_are_two() {
    let shop = Shop::open().await;
    for _ in 0..2 {
        let form = format!("form_id={}&", shop.form(0).await);
        assert_eq!(shop.pay(&form, (0, 0), "CUST-7").await.0, StatusCode::OK);
    }
    assert_eq!(shop.payments().await, [2, 0]);
}

#[tokio::test]
async fn a_form_that_was_used_books_nothing_else() {
    let shop = Shop::open().await;
    let form = format!("form_id={}&", shop.form(0).await);
    assert_eq!(shop.pay(&form, (0, 0), "CUST-7").await.0, StatusCode::OK);
    for (what, payer) in [((0, 1), "CUST-7"), ((0, 0), "CUST-8"), ((1, 0), "CUST-7")] {
        let (status, page) = shop.pay(&form, what, payer).await;
        assert_eq!(status, StatusCode::CONFLICT, "{what:?} {payer}");
        assert!(page.contains("open the payment page again") && !page.contains("ae1_"), "{page}");
    }
    assert_eq!(shop.payments().await, [1, 0]);
}

#[tokio::test]
async fn the_log_says_what_became_of_a_reported_payment() {
    let shop = Shop::open().await;
    let form = format!("form_id={}&", shop.form(0).await);
    for (payer, events) in [
        ("a%40example.com", ["payment_reported", "payment_not_recorded"]),
        ("CUST-7", ["payment_reported", "payment_recorded"]),
        ("CUST-7", ["payment_reported", "payment_recorded"]),
        ("CUST-8", ["payment_reported", "payment_not_recorded"]),
    ] {
        let before = shop.payment_events();
        shop.pay(&form, (0, 0), payer).await;
        assert_eq!(shop.payment_events()[before.len()..], events, "{payer}");
    }
}

#[tokio::test]
async fn a_form_without_an_id_of_ours_records_nothing() {
    let shop = Shop::open().await;
    let form = shop.form(0).await;
    for forged in [
        String::new(),
        "form_id=&".to_owned(),
        format!("form_id={}&", &form[1..]),
        format!("form_id={}&", form.replace(|digit: char| digit.is_ascii_alphabetic(), "G")),
        format!("form_id={form}%20&"),
        format!("form_id={}&", "a".repeat(10_000)),
    ] {
        let (status, page) = shop.pay(&forged, (0, 0), "CUST-7").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{forged}");
        assert!(page.contains("open the payment page again") && page.len() < 2_000, "{page}");
    }
    assert_eq!(shop.payments().await, [0, 0]);
    let wrong = shop.pay(&format!("form_id={form}&"), (0, 0), "a%40example.com").await;
    assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY, "a refused payment does not use the form up");
    assert_eq!(shop.pay(&format!("form_id={form}&"), (0, 0), "CUST-7").await.0, StatusCode::OK);
}

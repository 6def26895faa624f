//! Licences: from the confirmed payment to the end of what was paid.

use std::time::Duration;

use ae_billing::{EndedList, LicenceCheck, LicenceClaims, LicenceRefusal};
use ae_core::Timestamp;
use http::StatusCode;

use super::shop::{MONTHLY, ONCE, ONE, SHOP, Shop, TWO};

const DAY: Duration = Duration::from_secs(86_400);

impl Shop {
    fn now(&self) -> Timestamp {
        self.installation.runtime.now()
    }

    /// The verdict of a product's page on `token`, given the list of ended orders as it is now.
    async fn verdict(&self, token: &str) -> Result<LicenceClaims, LicenceRefusal> {
        let (keys, tiers) = ([self.licence_key()], ["pro".to_owned(), "pro_once".to_owned()]);
        let list = self.get(ONE, "/ended.json").await.body;
        let ended = EndedList::verify(&list, &keys, self.project(0)).unwrap();
        LicenceCheck::new(&keys, self.project(0), &tiers, self.now()).with_ended(&ended).verify(token)
    }

    async fn paid_order(&self, price: usize) -> String {
        let order = self.order(price).await;
        assert_eq!(self.press(&format!("paid {order} 0")).await.status, StatusCode::OK);
        order
    }
}

#[tokio::test]
async fn a_paid_order_has_a_licence_for_its_product_until_the_period_is_over() {
    let shop = Shop::open().await;
    let order = shop.paid_order(MONTHLY).await;
    let page = shop.order_page(&order).await;
    assert!(page.contains(&format!("href=\"http://{ONE}/#licence=")), "the way to the product: {page}");
    let licence = shop.licence(&order).await.unwrap();
    let claims = shop.verdict(&licence).await.unwrap();
    assert_eq!((claims.order.as_str(), &*claims.tier, claims.number), (&*order, "pro", 1));
    let other = LicenceCheck::new(&[shop.licence_key()], shop.project(1), &["pro".to_owned()], shop.now())
        .verify(&licence);
    assert_eq!(other.unwrap_err(), LicenceRefusal::OtherProduct);

    shop.clock.advance(DAY * 20);
    assert_eq!(shop.licence(&order).await.unwrap(), licence, "issued again it is the same");
    shop.clock.advance(DAY * 20);
    assert!(matches!(shop.verdict(&licence).await, Err(LicenceRefusal::Expired(_))));
    let page = shop.order_page(&order).await;
    assert!(page.contains("The paid time is over") && !page.contains("#licence="), "{page}");
    assert!(page.contains("Transfer to DE00"), "and how the next period is paid: {page}");

    assert_eq!(shop.press(&format!("paid {order} 1")).await.status, StatusCode::OK);
    let renewed = shop.licence(&order).await.unwrap();
    assert_eq!(shop.verdict(&renewed).await.unwrap().number, 2);
}

#[tokio::test]
async fn a_refund_ends_the_licence_where_the_list_can_be_reached() {
    let shop = Shop::open().await;
    for price in [MONTHLY, ONCE] {
        let (order, kept) = (shop.paid_order(price).await, shop.paid_order(price).await);
        let (licence, other) = (shop.licence(&order).await.unwrap(), shop.licence(&kept).await.unwrap());
        shop.verdict(&licence).await.unwrap();
        let before = shop.sale_events().len();
        for _ in 0..2 {
            let pressed = shop.press(&format!("refund {order} 0")).await;
            assert!(
                pressed.status == StatusCode::OK && pressed.body.contains("given back"),
                "{}",
                pressed.body
            );
        }
        assert_eq!(
            shop.sale_events()[before..],
            ["refund_reported", "refund_recorded"],
            "it is recorded once"
        );
        assert_eq!(shop.verdict(&licence).await.unwrap_err(), LicenceRefusal::Ended);
        let page = shop.order_page(&order).await;
        assert!(page.contains("Your payment was given back") && !page.contains("#licence="), "{page}");
        shop.verdict(&other).await.expect("another order goes on");
    }
    assert_eq!(shop.get(TWO, "/ended.json").await.status, StatusCode::OK);
    assert_eq!(shop.get("site-three.localhost:4180", "/ended.json").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_payment_without_its_webhook_gives_no_licence() {
    let shop = Shop::open().await;
    let order = shop.order(MONTHLY).await;
    let view = shop.sale.named_order(&order).await.unwrap();
    let ledger = lifecycle::wiring::ledger(&shop.installation, &format!("http://{SHOP}")).unwrap();
    let payment = ae_billing::NewPayment::of_order(&view.order);
    ledger.record_payment(&view.order.payment_key(0), payment).await.unwrap();
    assert_eq!(shop.licence(&order).await, None);
    assert!(shop.order_page(&order).await.contains("It is being confirmed"));
    shop.sale.deliver_pending().await.unwrap();
    assert!(shop.licence(&order).await.is_some());
}

#[tokio::test]
async fn the_key_stays_and_is_its_owners_alone() {
    let shop = Shop::open().await;
    let order = shop.paid_order(ONCE).await;
    let licence = shop.licence(&order).await;
    let again = lifecycle::service::Sale::open(&shop.installation, &format!("http://{SHOP}")).await.unwrap();
    let view = again.named_order(&order).await.unwrap();
    assert_eq!(again.licence(&view).await.unwrap(), licence);
    let path = shop.installation.dir.path().join("keys/licence");
    let log = std::fs::read_to_string(shop.installation.dir.audit_log()).unwrap();
    assert!(!log.contains(std::fs::read_to_string(&path).unwrap().trim()), "the key is not in the log");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
    }
    std::fs::write(&path, "0".repeat(64)).unwrap();
    let error = lifecycle::service::Sale::open(&shop.installation, "http://x").await.unwrap_err();
    assert!(error.to_string().contains("licence key is damaged"), "{error}");
}

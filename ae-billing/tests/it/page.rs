//! The pay page and the receipt.

use ae_billing::{
    LinkView, NewLink, NewPrice, NewProduct, ObjectRef, PayPageContext, PaymentProvider, new_form, pay_page,
    receipt_page,
};
use ae_core::{BillingInterval, SeededIds};

use crate::{
    ledgers::{Ledger, on_each},
    world::{clocked, key, open, run, usd, wait},
};

const HOSTILE: &str = "\"><script>alert('x')</script>&<b>";

fn context(site_url: &str) -> PayPageContext {
    PayPageContext::new(site_url, new_form(&SeededIds::new(7)))
}

fn view(ledger: &dyn Ledger, link: &ae_billing::LinkId) -> LinkView {
    wait(ledger.link(link)).unwrap().unwrap()
}

#[test]
fn the_page_offers_the_tiers_and_says_that_nothing_is_charged() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("page"));
        let view = view(&*ledger, shop.link_id());
        let page = pay_page(&view, &context("https://example.com/csv").with_selected_tier("pro"));
        for part in [
            "<!DOCTYPE html>",
            "<html lang=\"en\">",
            "<title>Pay for CSV Cleaner</title>",
            "no card is charged; the operator records the payment",
            "$29.99 per month",
            "$100.00 per year",
            "$5.00 once",
            "method=\"post\"",
            "name=\"payer_reference\"",
            "type=\"password\" name=\"operator_code\"",
            "href=\"https://example.com/csv\"",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
        assert!(page.contains(&format!("action=\"{}/paid\"", shop.link.id)));
        let form = new_form(&SeededIds::new(7));
        assert!(page.contains(&format!("type=\"hidden\" name=\"form_id\" value=\"{form}\"")), "{page}");
        let checked = format!("value=\"{}\" required checked", shop.prices[1].id);
        assert!(page.contains(&checked) && page.matches(" checked").count() == 1, "{page}");
        let plain = pay_page(&view, &context("/").with_selected_tier("none such"));
        assert!(plain.contains(&format!("value=\"{}\" required checked", shop.prices[0].id)));
        assert!(!plain.contains("sample"));
        assert!(pay_page(&view, &context("/").with_sample(true)).contains("sample signals"));
    });
}

#[test]
fn the_pages_run_no_script_and_ask_nobody() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let run = run("hostile");
        let spec = NewProduct::new(run, HOSTILE, HOSTILE);
        wait(ledger.ensure_product(&key(run, "p"), &spec)).unwrap();
        let spec = NewPrice::new(run, key(run, "p"), "t", HOSTILE, usd("1"), BillingInterval::OneTime);
        let price = wait(ledger.ensure_price(&key(run, "q"), &spec)).unwrap().into_inner();
        let spec = NewLink::new(run, vec![key(run, "q")]);
        let link = wait(ledger.ensure_payment_link(&key(run, "l"), &spec)).unwrap().into_inner();
        let new = ae_billing::NewPayment::new(link.id.clone(), price.id, HOSTILE);
        let payment = wait(ledger.record_payment(&key(run, "pay"), new)).unwrap();
        let view = view(&*ledger, &link.id);
        let hostile = context("javascript:alert(1)").with_note(HOSTILE).with_selected_tier(HOSTILE);
        for page in [pay_page(&view, &hostile), receipt_page(&payment, &view)] {
            for banned in ["<script", "<b>", "javascript:", "src=", "@import", "url(", "<link", "onload"] {
                assert!(!page.contains(banned), "{banned} in {page}");
            }
            assert!(page.contains("&lt;script&gt;"), "{page}");
        }
        for elsewhere in ["//evil.example", "/\\evil.example", "data:text/html,x"] {
            assert!(!pay_page(&view, &context(elsewhere)).contains("<a "), "{elsewhere}");
        }
    });
}

#[test]
fn every_field_has_a_label() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("labels"));
        let page = pay_page(&view(&*ledger, shop.link_id()), &context("/"));
        for id in ["payer_reference", "operator_code"] {
            assert!(
                page.contains(&format!("<label for=\"{id}\">")) && page.contains(&format!("id=\"{id}\""))
            );
        }
        assert_eq!(page.matches("<label class=\"tier\">").count(), 3);
        assert_eq!((page.matches("<main>").count(), page.matches("<h1>").count()), (1, 1));
        assert_eq!(page.matches("<legend>").count(), page.matches("<fieldset>").count());
    });
}

#[test]
fn what_is_off_sale_has_no_form() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("off"));
        let end = |object| wait(ledger.deactivate(&key(shop.run, &format!("{object:?}")), &object)).unwrap();
        end(ObjectRef::Price(shop.prices[0].id.clone()));
        let page = pay_page(&view(&*ledger, shop.link_id()), &context("/"));
        assert!(page.contains("<form") && !page.contains("29.99"));
        end(ObjectRef::Link(shop.link.id.clone()));
        let page = pay_page(&view(&*ledger, shop.link_id()), &context("/"));
        assert!(!page.contains("<form") && page.contains("not on sale"));
    });
}

#[test]
fn the_receipt_names_the_invoice_and_claims_no_charge() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("receipt"));
        let payment = shop.paid(&*ledger, "a", "CUST-7", 1);
        let page = receipt_page(&payment, &view(&*ledger, shop.link_id()));
        for part in [
            "INV-000001",
            "CUST-7",
            "$100.00 per year",
            "PRO",
            "No card was charged",
            "https://example.com/csv",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
    });
}

//! The pages: what buyers and the operator read, and what hostile text can't do.

use std::time::Duration;

use ae_billing::{
    LinkView, NewLink, NewPayment, NewPrice, NewProduct, ObjectRef, OperatorAction, OperatorPageContext,
    OrderId, OrderPageContext, OrderQuery, PayPageContext, new_form, operator_page, order_page, pay_page,
};
use ae_core::{BillingInterval, SeededIds};

use crate::{
    ledgers::{Ledger, on_each},
    world::{clocked, deliver, give_back, key, open, pay, run, seen, start, usd, wait},
};

const HOSTILE: &str = "\"><script>alert('x')</script>&<b>";
const SITE: &str = "http://csv.localhost:8080/";
const HOW: &str = "Transfer to Example Bank.\nName the reference.";
const DAY: Duration = Duration::from_secs(86_400);

fn context(site_url: &str) -> PayPageContext {
    PayPageContext::new(site_url, new_form(&SeededIds::new(7))).with_instructions(HOW)
}

fn view(ledger: &dyn Ledger, link: &ae_billing::LinkId) -> LinkView {
    wait(ledger.link(link)).unwrap().unwrap()
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
}

fn has_not(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(!page.contains(part), "{part} is in {page}");
    }
}

#[test]
fn the_pay_page_speaks_to_a_buyer() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("page"));
        let view = view(&*ledger, shop.link_id());
        let page = pay_page(&view, &context(SITE).with_selected_tier("pro"));
        let form = new_form(&SeededIds::new(7));
        has(
            &page,
            &[
                "<!DOCTYPE html>",
                "<html lang=\"en\">",
                "<title>Buy CSV Cleaner</title>",
                "$29.99 per month",
                "$100.00 per year",
                "$5.00 once",
                &format!("<form method=\"post\" action=\"{}/order\">", shop.link.id),
                &format!("type=\"hidden\" name=\"form_id\" value=\"{form}\""),
                "<p class=\"lines\">Transfer to Example Bank.\nName the reference.</p>",
                "<button type=\"submit\">Order</button>",
                &format!("<a href=\"{SITE}\">Back to CSV Cleaner</a>"),
            ],
        );
        has_not(
            &page,
            &["perator", "type=\"text\"", "type=\"email\"", "type=\"password\"", "ledger", "sample"],
        );
        let checked = format!("value=\"{}\" required checked", shop.prices[1].id);
        assert!(page.contains(&checked) && page.matches(" checked").count() == 1, "{page}");
        let plain = pay_page(&view, &context("/").with_selected_tier("none such"));
        has(&plain, &[&format!("value=\"{}\" required checked", shop.prices[0].id)]);
        has(&pay_page(&view, &context("/").with_sample(true)), &["sample signals"]);
    });
}

#[test]
fn without_instructions_nothing_can_be_ordered() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("how"));
        let view = view(&*ledger, shop.link_id());
        let none = PayPageContext::new(SITE, new_form(&SeededIds::new(7)));
        for context in [none.clone(), none.with_instructions(" \n ")] {
            let page = pay_page(&view, &context);
            has(&page, &["Payment is not possible yet.", "$29.99 per month"]);
            has_not(&page, &["<form", "<button", "How you pay"]);
        }
        let order = shop.order(&*ledger, "form", 0);
        let page = order_page(&seen(&*ledger, &order.id), &OrderPageContext::new(start(), SITE));
        has(&page, &["Payment is not possible yet."]);
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
fn an_order_shows_how_to_pay_it_and_then_its_licence() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("order"));
        let order = shop.order(&*ledger, "form", 0).id;
        let page = |licence: Option<&str>| {
            let context = OrderPageContext::new(runtime.now(), SITE).with_instructions(HOW);
            let context = licence.into_iter().fold(context, OrderPageContext::with_licence);
            order_page(&seen(&*ledger, &order), &context)
        };
        let licence = [
            "Your licence",
            "<textarea id=\"licence_text\" readonly",
            ">a.b.c</textarea>",
            "<a class=\"button\" href=\"http://csv.localhost:8080/#licence=a.b.c\">Open CSV Cleaner with your licence</a>",
        ];
        let waiting = page(Some("a.b.c"));
        has(&waiting, &["Waiting for your payment.", "24 December 2026", "How to pay", "$29.99 per month"]);
        has(&waiting, &["Transfer to Example Bank.\nName the reference.", "Go on to CSV Cleaner"]);
        assert!(waiting.matches(order.as_str()).count() >= 3, "the reference: {waiting}");
        has_not(&waiting, &["Your licence</h2>", "a.b.c", "<form", "perator"]);

        let recorded = seen(&*ledger, &order).order;
        wait(ledger.record_payment(&recorded.payment_key(0), NewPayment::of_order(&recorded))).unwrap();
        has(&page(None), &["Paid. Thank you.", "It is being confirmed"]);
        deliver(&ledger, runtime.now());
        has_not(&page(None), &["licence", "being confirmed"]);
        let paid = page(Some("a.b.c"));
        has(&paid, &["Paid. Thank you.", "Paid until", "INV-000001", "To pay the next period"]);
        has(&paid, &licence);

        clock.advance(DAY * 31);
        let over = page(Some("a.b.c"));
        has(&over, &["The paid time is over.", "still works for a few days", "To pay the next period"]);
        has(&over, &licence);
        has_not(&page(None), &["still works", "a.b.c"]);

        pay(&ledger, &order, runtime.now());
        let payments = seen(&*ledger, &order).payments;
        wait(ledger.end_entitlement(&key(shop.run, "end"), &payments[1].id)).unwrap();
        deliver(&ledger, runtime.now());
        let ended = page(None);
        has(&ended, &["This order has ended.", "It gives no access since", "25 December 2026"]);
        has_not(&ended, &["paid until", "paid time"]);

        give_back(&ledger, &order, runtime.now());
        give_back(&ledger, &order, runtime.now());
        let back = page(Some("a.b.c"));
        has(&back, &["Your payment was given back.", "Given back", "no longer gives access"]);
        has_not(&back, &["a.b.c", "How to pay", "To pay the next period"]);
    });
}

#[test]
fn an_order_that_was_not_paid_in_time_says_so() {
    let (clock, runtime) = clocked();
    on_each(&runtime, |ledger| {
        clock.set(start());
        let shop = open(&*ledger, run("late"));
        let order = shop.order(&*ledger, "form", 2).id;
        clock.advance(DAY * 30);
        let context = OrderPageContext::new(runtime.now(), SITE).with_instructions(HOW).with_licence("a.b.c");
        let page = order_page(&seen(&*ledger, &order), &context);
        has(&page, &["was not paid in time"]);
        has_not(&page, &["How to pay", "a.b.c"]);
    });
}

#[test]
fn the_operator_records_payments_and_refunds_by_one_press_each() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("operator"));
        let (waiting, monthly, single) = (
            shop.order(&*ledger, "a", 0).id,
            shop.order(&*ledger, "b", 0).id,
            shop.order(&*ledger, "c", 2).id,
        );
        for order in [&monthly, &single] {
            pay(&ledger, order, runtime.now());
        }
        let page = || {
            let open = wait(ledger.orders(&OrderQuery::open())).unwrap();
            let paid = wait(ledger.orders(&OrderQuery::paid().with_limit(1))).unwrap();
            let context = OperatorPageContext::new(runtime.now(), "http://localhost:8080/order/");
            operator_page(&open, &paid, &context.with_message("Recorded INV-000002."))
        };
        let first = page();
        has(
            &first,
            &[
                "Recorded INV-000002.",
                "<label class=\"name\" for=\"operator_code\">Operator code</label>",
                &format!("value=\"paid {waiting} 0\""),
                &format!("Record $29.99 of {waiting}"),
                &format!("value=\"refund {single} 0\""),
                &format!("Refund $5.00 of {single}"),
                &format!("href=\"http://localhost:8080/order/{waiting}\""),
                "href=\"?paid=",
            ],
        );
        has_not(&first, &[&format!("paid {single} 1"), monthly.as_str(), "href=\"?open="]);
        // The Enter key presses the first button of a form: that one must record nothing.
        assert!(
            first.find("<button type=\"submit\" disabled hidden>") < first.find("name=\"action\""),
            "{first}"
        );

        let action: OperatorAction = format!("refund {single} 0").parse().unwrap();
        let view = seen(&*ledger, action.order());
        for _ in 0..2 {
            wait(ledger.refund(&action.key(&view.order), &view.refundable().unwrap())).unwrap();
        }
        deliver(&ledger, runtime.now());
        has(&page(), &[&format!("value=\"paid {single} 1\""), "<dd>refunded</dd>"]);
    });
}

#[test]
fn an_action_is_read_as_it_was_written_and_nothing_else_is() {
    let order = OrderId::of_entitlement("x");
    for text in [format!("paid {order} 0"), format!("refund {order} 7")] {
        assert_eq!(text.parse::<OperatorAction>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "paid",
        &format!("paid {order}"),
        &format!("end {order} 0"),
        &format!("paid {order} 0 1"),
        "paid x 0",
    ] {
        assert!(text.parse::<OperatorAction>().is_err(), "{text}");
    }
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
        let spec = NewLink::new(run, key(run, "q"));
        let link = wait(ledger.ensure_payment_link(&key(run, "l"), &spec)).unwrap().into_inner();
        let new = NewPayment::new(link.id.clone(), price.id.clone(), HOSTILE);
        wait(ledger.record_payment(&key(run, "pay"), new)).unwrap();
        let new = ae_billing::NewOrder::new(link.id.clone(), price.id);
        let order = wait(ledger.place_order(&key(run, "order"), new)).unwrap().into_inner().id;
        let waiting = seen(&*ledger, &order);
        pay(&ledger, &order, runtime.now());
        let orders = wait(ledger.orders(&OrderQuery::paid())).unwrap();
        let view = view(&*ledger, &link.id);
        let script = "javascript:alert(1)";
        let hostile = context(script).with_instructions(HOSTILE).with_selected_tier(HOSTILE);
        let order_context = OrderPageContext::new(runtime.now(), script).with_instructions(HOSTILE);
        let paid_context = OrderPageContext::new(runtime.now(), SITE).with_licence(HOSTILE);
        let operator = OperatorPageContext::new(runtime.now(), script).with_message(HOSTILE);
        for page in [
            pay_page(&view, &hostile),
            order_page(&waiting, &order_context),
            order_page(&seen(&*ledger, &order), &paid_context),
            operator_page(&orders, &orders, &operator),
        ] {
            for banned in [
                "<script",
                "<b>",
                "javascript:",
                "src=",
                "@import",
                "url(",
                "<link",
                "onload",
                " style=",
                "alert('x')\"",
            ] {
                assert!(!page.contains(banned), "{banned} in {page}");
            }
            assert!(page.contains("&lt;script&gt;"), "{page}");
        }
        for elsewhere in ["//evil.example", "/\\evil.example", "data:text/html,x", ""] {
            has_not(&pay_page(&view, &context(elsewhere)), &["<a "]);
            let licence = OrderPageContext::new(runtime.now(), elsewhere).with_licence("a.b.c");
            has_not(&order_page(&seen(&*ledger, &order), &licence), &["#licence="]);
        }
    });
}

#[test]
fn every_field_and_section_has_a_name() {
    let (_, runtime) = clocked();
    on_each(&runtime, |ledger| {
        let shop = open(&*ledger, run("labels"));
        let order = shop.order(&*ledger, "form", 0).id;
        pay(&ledger, &order, runtime.now());
        let orders = wait(ledger.orders(&OrderQuery::paid())).unwrap();
        let licence = OrderPageContext::new(runtime.now(), SITE).with_instructions(HOW).with_licence("a.b.c");
        let page = pay_page(&view(&*ledger, shop.link_id()), &context("/"));
        assert_eq!(page.matches("<label class=\"tier\">").count(), 3);
        for page in [
            page,
            order_page(&seen(&*ledger, &order), &licence),
            operator_page(&orders, &orders, &OperatorPageContext::new(runtime.now(), "/order/")),
        ] {
            assert_eq!((page.matches("<main>").count(), page.matches("<h1>").count()), (1, 1));
            assert_eq!(page.matches("<legend>").count(), page.matches("<fieldset>").count());
            for part in page.split("aria-labelledby=\"").skip(1) {
                let id = part.split('"').next().unwrap();
                assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id} in {page}");
            }
            for part in page.split("<textarea id=\"").chain(page.split("<input id=\"")).skip(1) {
                let id = part.split('"').next().unwrap();
                let is_field = page.contains(&format!("<textarea id=\"{id}\""))
                    || page.contains(&format!("<input id=\"{id}\""));
                assert!(!is_field || page.contains(&format!("for=\"{id}\"")), "{id} in {page}");
            }
            assert!(page.contains("prefers-color-scheme:dark") && page.contains("width=device-width"));
        }
    });
}

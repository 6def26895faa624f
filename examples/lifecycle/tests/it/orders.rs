//! From the checkout button to an order, over the routes.

use std::time::Duration;

use http::{Method, StatusCode};

use super::shop::{MONTHLY, ONCE, ONE, OPERATOR, SHOP, Shop, TWO, ask};

#[tokio::test]
async fn the_checkout_keeps_every_tier_that_a_price_may_have_and_nothing_else() {
    let shop = Shop::open().await;
    let pay = format!("http://{SHOP}/pay/{}", shop.links[1].0);
    let long = "x".repeat(64);
    for tier in ["starter", "starter_yearly", "Pro-2", &long] {
        let answer = shop.get(TWO, &format!("/checkout?tier={tier}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), format!("{pay}?tier={tier}"));
    }
    for other in ["", "?tier=", "?tier=a%20b", "?tier=a%26b%3Dc", "?tier=%C3%A9", &format!("?tier={long}x")] {
        let answer = shop.get(TWO, &format!("/checkout{other}")).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, &*pay), "{other}");
    }
    let page = shop.get(SHOP, &format!("/pay/{}?tier=pro_yearly", shop.links[1].0)).await.body;
    let chosen = format!("value=\"{}\" required checked", shop.links[1].1[1]);
    assert!(page.contains(&chosen) && page.matches(" checked").count() == 1, "{page}");
    assert!(page.contains(&format!("href=\"http://{TWO}/\"")), "and leads back to the product: {page}");
}

#[tokio::test]
async fn a_form_that_is_sent_again_leads_to_the_same_order() {
    let shop = Shop::open().await;
    let form = format!("form_id={}&", shop.form(0).await);
    let first = shop.send_order(&form, (0, MONTHLY)).await.header("location").to_owned();
    for later in [2, 86_400, 400 * 86_400] {
        shop.clock.advance(Duration::from_secs(later));
        assert_eq!(shop.send_order(&form, (0, MONTHLY)).await.header("location"), first);
    }
    for other in [(0, ONCE), (1, MONTHLY)] {
        let refused = shop.send_order(&form, other).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{other:?}");
        assert!(
            refused.body.contains("Nothing was ordered") && !refused.body.contains("ae1_"),
            "{}",
            refused.body
        );
    }
    assert_ne!(
        shop.order(MONTHLY).await,
        first.trim_start_matches("/order/"),
        "another copy is another order"
    );
    let page = shop.order_page(first.trim_start_matches("/order/")).await;
    assert!(page.contains("was not paid in time"), "an order is not open without an end: {page}");
}

#[tokio::test]
async fn a_form_that_is_not_complete_or_not_ours_orders_nothing() {
    let shop = Shop::open().await;
    let form = shop.form(0).await;
    for bad in [
        String::new(),
        "form_id=&".to_owned(),
        format!("form_id={}&", &form[1..]),
        format!("form_id={}&", form.replace(|digit: char| digit.is_ascii_alphabetic(), "G")),
        format!("form_id={form}%20&"),
        format!("form_id={}&", "a".repeat(10_000)),
    ] {
        let refused = shop.send_order(&bad, (0, MONTHLY)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
        assert!(
            refused.body.contains("Nothing was ordered") && refused.body.len() < 4_000,
            "{}",
            refused.body
        );
    }
    let path = format!("/pay/{}/order", shop.links[0].0);
    let good = format!("form_id={form}&price={}", shop.links[0].1[MONTHLY]);
    for body in ["", "price=x", "%%%=%zz", &format!("form_id={form}&price=price_none")] {
        assert!(shop.post(SHOP, &path, &[], body).await.status.is_client_error(), "{body}");
    }
    for elsewhere in [
        [("origin", "http://evil.example")],
        [("origin", &*format!("http://{ONE}"))],
        [("origin", "null")],
        [("sec-fetch-site", "same-site")],
        [("sec-fetch-site", "cross-site")],
    ] {
        let refused = shop.post(SHOP, &path, &elsewhere, &good).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{elsewhere:?}");
    }
    let (open, paid) = shop.sale.orders(None, None).await.unwrap();
    assert!(open.items.is_empty() && paid.items.is_empty());
    let own = [("origin", "null"), ("sec-fetch-site", "same-origin")];
    assert_eq!(shop.post(SHOP, &path, &own, &good).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_instructions_no_payment_is_possible_and_the_pages_say_so() {
    let shop = Shop::open().await;
    let order = shop.order(MONTHLY).await;
    let page = shop.order_page(&order).await;
    assert!(page.contains("Transfer to DE00 &lt;b&gt;or&lt;/b&gt; cash.") && page.contains(&order), "{page}");
    std::fs::remove_file(shop.installation.dir.path().join("pay-instructions.txt")).unwrap();
    let pay = shop.get(SHOP, &format!("/pay/{}", shop.links[0].0)).await.body;
    assert!(pay.contains("Payment is not possible yet") && !pay.contains("<form"), "{pay}");
    assert!(shop.order_page(&order).await.contains("Payment is not possible yet"));
}

#[tokio::test]
async fn the_operator_alone_records_a_payment_and_once() {
    let shop = Shop::open().await;
    let order = shop.order(MONTHLY).await;
    let page = ask(shop.operator(), (Method::GET, OPERATOR, "/"), &[], String::new()).await.body;
    assert!(
        page.contains("Operator code") && !page.contains(&order),
        "without the code there is no order: {page}"
    );
    let action = format!("paid+{order}+0");
    for (code, headers, status) in [
        ("guess", [("origin", "http://127.0.0.1:4181")], StatusCode::UNAUTHORIZED),
        (&*shop.code, [("origin", "http://127.0.0.1:4180")], StatusCode::FORBIDDEN),
        (&*shop.code, [("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
    ] {
        let body = format!("operator_code={code}&action={action}");
        let refused = ask(shop.operator(), (Method::POST, OPERATOR, "/"), &headers, body).await;
        assert_eq!(refused.status, status);
        assert!(!refused.body.contains(&order));
    }
    for bad in [
        format!("paid {order} 1"),
        format!("paid {order}"),
        format!("steal {order} 0"),
        format!("refund {order} 0"),
        format!("paid ord_{} 0", "0".repeat(26)),
    ] {
        assert!(shop.press(&bad).await.status.is_client_error(), "{bad}");
    }
    assert_eq!(shop.payments().await, [0, 0], "nothing was recorded so far");
    assert_eq!(shop.licence(&order).await, None);

    let before = shop.sale_events();
    for _ in 0..2 {
        let pressed = shop.press(&format!("paid {order} 0")).await;
        assert!(pressed.status == StatusCode::OK && pressed.body.contains("INV-000001"), "{}", pressed.body);
    }
    assert_eq!(shop.payments().await, [1, 0]);
    assert_eq!(shop.sale_events()[before.len()..][..2], ["payment_reported", "payment_recorded"]);
    assert!(shop.licence(&order).await.is_some());
}

#[tokio::test]
async fn a_single_purchase_is_paid_once() {
    let shop = Shop::open().await;
    let order = shop.order(ONCE).await;
    assert_eq!(shop.press(&format!("paid {order} 0")).await.status, StatusCode::OK);
    assert_eq!(shop.press(&format!("paid {order} 1")).await.status, StatusCode::CONFLICT);
    assert_eq!(shop.payments().await, [1, 0]);
    let view = shop.sale.named_order(&order).await.unwrap();
    assert!(shop.sale.pay(&view, true).await.unwrap_err().to_string().contains("paid already"));
}

#[tokio::test]
async fn another_period_is_paid_only_when_it_is_said() {
    let shop = Shop::open().await;
    let order = shop.order(MONTHLY).await;
    let view = shop.sale.named_order(&order).await.unwrap();
    assert!(shop.sale.pay(&view, false).await.unwrap().delivered);
    let view = shop.sale.named_order(&order).await.unwrap();
    let error = shop.sale.pay(&view, false).await.unwrap_err();
    assert!(error.hint().unwrap().contains("--renewal"), "{error}");
    shop.sale.pay(&view, true).await.unwrap();
    assert_eq!(shop.payments().await, [2, 0]);
}

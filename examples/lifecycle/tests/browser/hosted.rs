//! From an intent to a product at a host that is paid at a payment provider, unlocked, and locked again: both are simulators
//! on this machine, everything else is real.

use std::{
    fs,
    time::{Duration, Instant},
};

use doubles::{
    server::{Fault, Reply},
    stripe::StripeDouble,
    vercel::Vercel,
};
use serde_json::{Value, json};

use super::{
    ae::{self, Ae},
    chrome::Chrome,
    page::Page,
    product::Visit,
    proxy,
};

/// A day and an hour later, which makes the lock ask again.
const LATER: &str = "{ const Old = Date, now = Old.now.bind(Old), by = 25 * 3600000; \
    Date = class extends Old { constructor(...a) { a.length ? super(...a) : super(now() + by); } }; \
    Date.now = () => now() + by; }";

struct World {
    ae: Ae,
    stripe: StripeDouble,
    vercel: Vercel,
}

/// Simulators of both vendors, and the variables by which the program finds them.
fn world() -> World {
    let (stripe, vercel) = (StripeDouble::start().unwrap(), Vercel::start(0).unwrap());
    vercel.set_plan("pro");
    let mut ae = Ae::new();
    for (name, value) in [
        ("STRIPE_API_KEY", "rk_test_seller"),
        ("AE_STRIPE_KEY", "rk_test_readonly"),
        ("AE_STRIPE_API_BASE", &stripe.url()),
        ("VERCEL_TOKEN", Vercel::TOKEN),
        ("VERCEL_TEAM_ID", Vercel::TEAM),
        ("AE_VERCEL_API_BASE", &vercel.url()),
    ] {
        ae.set(name, value);
    }
    World { ae, stripe, vercel }
}

/// The claims of a token.
fn claims(page: &mut Page<'_>, token: &str) -> Value {
    let text = page.eval(&format!("atob({token:?}.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))"));
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

/// The entry of the browser's storage whose name begins with `part`.
fn stored(page: &mut Page<'_>, part: &str) -> String {
    let found = page.eval(&format!(
        "Object.entries(localStorage).find(([name]) => name.startsWith('{part}:'))?.[1] ?? ''"
    ));
    found.as_str().unwrap().to_owned()
}

#[test]
fn a_hosted_product_is_paid_unlocked_and_locked_after_a_refund() {
    let Some(axe) = ae::axe() else { return ae::skip("axe-core") };
    let World { mut ae, stripe, vercel } = world();
    let (proxy, requests) = proxy::start();
    let Some(mut chrome) = Chrome::start(ae.folder.path(), &proxy) else { return ae::skip("Chromium") };
    let downloads = ae.path("downloads");
    fs::create_dir(&downloads).unwrap();

    let begun = Instant::now();
    let hooks = format!("{}/api/v1/billing/webhooks/stripe", ae.base());
    let options = ["--deploy", "vercel", "--pay", "stripe", "--webhook-url", &hooks];
    let run = ae.run("Build a $500 MRR CSV tool", &options);
    let live = begun.elapsed();
    assert_eq!(run["outcome"], "verified", "{run}");
    let product = run["product_url"].as_str().unwrap().to_owned();
    let id = run["run_id"].as_str().unwrap().to_owned();
    assert!(run["payment_link"].as_str().unwrap().starts_with(&stripe.url()), "{run}");
    ae.serve();

    let mut visit = Visit { page: Page::open(&mut chrome, &downloads), axe };
    visit.page.goto(&product);
    visit.page.wait("document.querySelector('#tool')?.dataset.licence === 'locked'");
    visit.is_sound("hosted-1-locked");

    // The button of the price list leads to the payment page of its tier, and that one back.
    visit.page.goto(&format!("{product}api/checkout?tier=pro"));
    visit.page.wait(&format!("location.href.startsWith('{}/pay/')", stripe.url()));
    visit.page.click("#pay");
    visit.page.wait("document.documentElement.dataset.thanks === 'done'");
    assert_eq!(
        visit.page.eval("location.search"),
        "",
        "the number of the purchase does not stay in the address"
    );
    visit.is_sound("hosted-2-thanks");
    visit.page.click("#thanks-open a");
    visit.page.wait("document.querySelector('#tool')?.dataset.licence === 'unlocked'");
    let unlocked = begun.elapsed();
    visit.is_sound("hosted-3-unlocked");
    let token = stored(&mut visit.page, "token");
    assert!(stored(&mut visit.page, "checkout").starts_with("cs_test_"));

    // It stays so, and the page of thanks can be opened again without an address of its own: when the provider is
    // away it looks again by itself.
    let away = Reply::json(503, &json!({ "error": { "type": "api_error" } }));
    stripe.faults().push_on("GET", "checkout/sessions", Fault::Answer(away));
    visit.page.goto(&format!("{product}?again"));
    visit.page.wait("document.querySelector('#tool')?.dataset.licence === 'unlocked'");
    visit.page.goto(&format!("{product}thanks/"));
    visit.page.wait("document.documentElement.dataset.thanks === 'done'");
    assert_eq!(stripe.faults().waiting(), 0);

    // The seller's books know the payment by its webhooks, and give the same licence.
    let books = |ae: &Ae| ae.json(&["revenue", &id]);
    let end = Instant::now() + Duration::from_secs(60);
    let counted = |revenue: &Value| revenue["runs"][0]["currencies"][0]["payments"].clone();
    while counted(&books(&ae)) != 1 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(100));
    }
    let revenue = books(&ae);
    assert_eq!(
        (&revenue["runs"][0]["active"], &counted(&revenue), &revenue["runs"][0]["mode"], &revenue["total"]),
        (&json!(1), &json!(1), &json!("test"), &json!([])),
        "what a test mode books is no part of the total: {revenue}"
    );
    let own = claims(&mut visit.page, &token);
    let issued = ae.json(&["licence", own["order"].as_str().unwrap()]);
    assert_eq!(claims(&mut visit.page, issued["licence"].as_str().unwrap()), own);
    let decision = ae.json(&["decide", &id]);
    assert_eq!(decision["numbers"]["views"], Value::Null, "views at a host are not measured: {decision}");
    drop(visit);

    // After a refund the next check locks.
    let intent = stripe.objects("payment_intent").pop().unwrap();
    stripe.control("refund", &[("payment_intent", intent["id"].as_str().unwrap())]);
    let mut page = Page::open(&mut chrome, &downloads);
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": LATER }));
    page.goto(&product);
    page.wait("document.querySelector('#tool')?.dataset.reason === 'refunded'");
    page.goto(&format!("{product}?offline"));
    page.wait("document.querySelector('#tool')?.dataset.licence === 'locked'");
    drop(page);

    // Another device has the link of the purchase, and is told why.
    let mut page = Page::open(&mut chrome, &downloads);
    page.goto(&format!("{product}thanks/?checkout=cs_test_unknown"));
    page.wait("document.documentElement.dataset.thanks === 'unknown'");
    page.wait("!document.querySelector('#thanks-retry').hidden");

    assert_eq!(proxy::strangers(&requests), [""; 0], "something left this machine");
    assert_eq!(vercel.deployments(&vercel.projects()[0]), 1);
    eprintln!("from intent to live: {} ms, to unlocked: {} ms", live.as_millis(), unlocked.as_millis());
}

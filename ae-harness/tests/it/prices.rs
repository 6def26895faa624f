//! A price proves something as a whole number, next to the name of its tier.

use std::fs;

use ae_core::{BillingInterval, CheckKind, Currency, Money, PriceTier, Priority, ProductSpec};
use proptest::prelude::*;

use crate::fixture::{build, checks, criterion, failing, spec};

fn priced(currency: &str, tiers: &[(&str, &str, BillingInterval)]) -> ProductSpec {
    let currency: Currency = currency.parse().unwrap();
    let pricing: Vec<PriceTier> = tiers
        .iter()
        .enumerate()
        .map(|(at, (name, price, interval))| {
            let price = Money::parse(price, currency).unwrap();
            PriceTier::new(format!("t{at}"), *name, price, *interval)
                .with_includes(vec!["All features".to_owned()])
        })
        .collect();
    let mut spec = spec();
    spec.pricing = pricing;
    spec.acceptance_criteria.retain(|criterion| criterion.id != "AC-006");
    for tier in &spec.pricing {
        let check = CheckKind::Price { tier: tier.id.clone() };
        spec.acceptance_criteria.push(criterion(&format!("AC-{}", tier.id), Priority::P0, check));
    }
    spec
}

fn euros() -> ProductSpec {
    let month = BillingInterval::MONTH;
    priced(
        "EUR",
        &[("Pro", "19", month), ("Starter", "9", month), ("Starter, yearly", "90", BillingInterval::YEAR)],
    )
}

/// The checks that fail when the price list of a good site is replaced.
async fn listed(spec: &ProductSpec, list: &str) -> Vec<String> {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), spec).await;
    assert_eq!(failing(workspace.path(), spec), Vec::<String>::new());
    let path = workspace.path().join("site/index.html");
    let page = fs::read_to_string(&path).unwrap();
    let start = page.find("<h2>Pricing</h2>").unwrap() + "<h2>Pricing</h2>".len();
    let end = start + page[start..].find("</div></section>").unwrap();
    let links: String = (0..spec.pricing.len())
        .map(|at| format!("<p data-criterion=\"AC-007\"><a href=\"checkout?tier=t{at}\">Buy</a></p>"))
        .collect();
    let marks = "AC-t0 AC-t1 AC-t2";
    let page =
        format!("{}<div data-criterion=\"{marks}\">{list}</div>{links}{}", &page[..start], &page[end..]);
    fs::write(&path, page).unwrap();
    for check in checks(workspace.path(), spec).iter().filter(|check| !check.passed) {
        assert!(check.detail.contains("site/"), "{}", check.detail);
    }
    failing(workspace.path(), spec)
}

#[tokio::test]
async fn a_price_stands_beside_the_name_of_its_tier() {
    let spec = euros();
    for list in [
        // Cards.
        "<ul><li><h3>Pro</h3><p>19.00 EUR per month</p></li><li><h3>Starter</h3><p>9.00 EUR per month</p></li>\
         <li><h3>Starter, yearly</h3><p>90.00 EUR per year</p></li></ul>",
        // Rows.
        "<table><tr><th scope=\"row\">Pro</th><td>19.00 EUR</td><td>per month</td></tr><tr><th scope=\"row\">Starter</th>\
         <td>9.00 EUR</td><td>per month</td></tr><tr><th scope=\"row\">Starter, yearly</th><td>90.00 EUR</td><td>per year</td></tr></table>",
        // Lines, one of which speaks of another tier.
        "<p><b>Starter</b> <span>9<span>.00</span></span> EUR per month</p><p>Starter, yearly: 90.00 EUR per year</p>\
         <p>Everything in Starter and more. Pro: 19.00 EUR per month</p>",
        // Groups of a list of terms.
        "<dl><div><dt>Pro</dt><dd>19.00 EUR per month</dd></div><div><dt>Starter</dt><dd>9.00 EUR per month</dd></div>\
         <div><dt>Starter, yearly</dt><dd>90.00 EUR per year</dd></div></dl>",
    ] {
        assert_eq!(listed(&spec, list).await, Vec::<String>::new(), "{list}");
    }
    for (list, wanted) in [
        // 9.00 is in 19.00 as letters only.
        (
            "<p>Pro 19.00 EUR per month</p><p>Starter on request</p><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t1"],
        ),
        (
            "<p>Pro 19.00 EUR per month</p><p>Starter 1<b>9.00 EUR per month</b></p><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t1"],
        ),
        // Each price with the wrong name.
        (
            "<p>Pro 9.00 EUR per month</p><p>Starter 19.00 EUR per month</p><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t0", "AC-t1"],
        ),
        // The name of another tier is not a name of this one.
        (
            "<p>Pro 19.00 EUR per month</p><p>Starter, yearly 9.00 EUR per month or 90.00 EUR per year</p>",
            vec!["AC-t1"],
        ),
        // Which price belongs to which name can only be guessed.
        (
            "<p>Pro</p><p>19.00 EUR per month</p><p>Starter</p><p>9.00 EUR per month</p><p>Starter, yearly</p><p>90.00 EUR per year</p>",
            vec!["AC-t0", "AC-t1", "AC-t2"],
        ),
        (
            "<table><tr><th scope=\"col\">Pro</th><th scope=\"col\">Starter</th></tr><tr><td>19.00 EUR per month</td>\
             <td>9.00 EUR per month</td></tr></table><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t0", "AC-t1"],
        ),
        // The right price is on the page, and the card says another.
        (
            "<p>From 9.00 EUR per month</p><p>Pro 19.00 EUR per month</p><p>Starter 12.00 € per month</p><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t1"],
        ),
        // The right one is hidden.
        (
            "<p>Pro 19.00 EUR per month</p><p>Starter <b hidden>9.00 EUR per month</b></p><p>Starter, yearly 90.00 EUR per year</p>",
            vec!["AC-t1"],
        ),
    ] {
        assert_eq!(listed(&spec, list).await, wanted, "{list}");
    }
}

#[tokio::test]
async fn names_with_numbers_do_not_run_into_their_prices() {
    let spec = priced(
        "SEK",
        &[("Plan 100", "900", BillingInterval::MONTH), ("Plan 1", "9900", BillingInterval::MONTH)],
    );
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &spec).await;
    assert_eq!(failing(workspace.path(), &spec), Vec::<String>::new());
}

#[tokio::test]
async fn a_price_without_its_tier_is_named_in_the_diagnosis() {
    let workspace = tempfile::tempdir().unwrap();
    build(workspace.path(), &euros()).await;
    let path = workspace.path().join("site/index.html");
    let page = fs::read_to_string(&path).unwrap();
    fs::write(&path, page.replace("Starter</", "Basic</")).unwrap();
    let found: Vec<_> =
        checks(workspace.path(), &euros()).into_iter().filter(|check| !check.passed).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    for part in ["\"9.00 EUR per month\"", "\"Starter\"", "a card, a row or a section"] {
        assert!(found[0].detail.contains(part), "{}", found[0].detail);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_built_price_list_passes_in_every_currency(
        currency in prop_oneof![Just("USD".to_owned()), Just("EUR".to_owned()), "[A-Z]{3}"],
        prices in prop::collection::vec((1_u32..100_000, 0_u32..100), 1..5),
        names in prop::collection::vec("[A-Za-z0-9$€,. ]{1,12}", 5),
    ) {
        let prices: Vec<String> = prices.iter().map(|(units, cents)| format!("{units}.{cents:02}")).collect();
        let tiers: Vec<_> = prices.iter().zip(&names).enumerate().map(|(at, (price, name))| {
            // Names differ, as the names of a price list do.
            (format!("{name} {}", ["one", "two", "three", "four", "five"][at]), price.as_str(), BillingInterval::MONTH)
        }).collect();
        let tiers: Vec<_> = tiers.iter().map(|(name, price, interval)| (name.as_str(), *price, *interval)).collect();
        let spec = priced(&currency, &tiers);
        let workspace = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(build(workspace.path(), &spec));
        prop_assert_eq!(failing(workspace.path(), &spec), Vec::<String>::new());
    }
}

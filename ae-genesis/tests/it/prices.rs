//! Prices and targets in the spellings that people use.

use ae_core::{Intent, Money};
use ae_genesis::SignalQuery;

use crate::intent;

#[test]
fn any_spelling_of_a_price_is_read_the_same() {
    let price = |text: &str| {
        let query = SignalQuery::from_intent(&intent(text));
        (
            query.price.map(|money| money.to_string()),
            query.target.map(|money| money.to_string()),
            query.interval.words(),
        )
    };
    let twelve = |text: &str, interval: &str| {
        assert_eq!(price(text), (Some("$12.00".to_owned()), None, interval.to_owned()), "{text}");
    };
    for text in [
        "$12/month",
        "12 USD monthly",
        "$12 per month",
        "$12 every month",
        "at $12/mo",
        "USD 12 a month",
        "12$ a month",
        "twelve dollars a month",
        "for 12 dollars per month",
        "a $12 monthly fee",
    ] {
        twelve(&format!("Sleep diary {text}"), "per month");
        twelve(&format!("Sleep diary, {text}"), "per month");
    }
    for text in [
        "$12 once",
        "one-time $12",
        "one time payment of $12",
        "$12 one-time fee",
        "a single payment of $12 (one-off)",
        "$12 lifetime",
    ] {
        twelve(&format!("Sleep diary, {text}"), "once");
    }
    for text in ["$12/year", "$12 yearly", "priced at $12/yr", "an annual price of $12"] {
        twelve(&format!("Sleep diary, {text}"), "per year");
    }
    for text in [
        "MRR of $500",
        "$500 MRR",
        "MRR: $500",
        "$6k ARR",
        "$500 in monthly recurring revenue",
        "to make $500 a month",
    ] {
        assert_eq!(
            price(&format!("Sleep diary {text}")),
            (None, Some("$500.00".to_owned()), "per month".to_owned()),
            "{text}"
        );
    }
    assert_eq!(price("Sleep diary for $9 a month, $2k MRR").0.as_deref(), Some("$9.00"));
    let unused = SignalQuery::from_intent(&intent("Sleep diary with a budget of $50"));
    assert!(unused.price.is_none() && unused.money_notes[0].contains("$50"), "{unused:?}");
}

proptest::proptest! {
    #[test]
    fn a_written_amount_is_the_amount(cents in 1_u32..500_000, form in 0_usize..5) {
        let (whole, part) = (cents / 100, cents % 100);
        let amount = match form {
            0 => format!("${whole}.{part:02}"),
            1 => format!("{whole}.{part:02} USD"),
            2 => format!("USD {whole}.{part:02}"),
            3 => format!("${whole},{part:02}"),
            _ => format!("{whole}.{part:02}$"),
        };
        let query = SignalQuery::from_intent(&intent(&format!("Sleep diary at {amount} a month")));
        let expected = Money::from_minor(cents.into(), 2, ae_core::Currency::USD).unwrap();
        proptest::prop_assert_eq!(query.price, Some(expected), "{}", amount);
        proptest::prop_assert_eq!(query.product.as_str(), "Sleep diary");
    }

    #[test]
    fn no_amount_below_a_cent_becomes_a_price(text in "(sleep diary )?[-$€¥ 0-9.,kKmM/]{1,14}( a month| once| MRR| ARR)?( diary)?") {
        let Ok(intent) = Intent::new(&text, Money::zero(ae_core::Currency::USD)) else { return Ok(()) };
        let query = SignalQuery::from_intent(&intent);
        for money in query.price.iter().chain(&query.target) {
            proptest::prop_assert!(money.pico() > 0, "{}", text);
        }
    }
}

//! A hosted site that unlocks by itself: the functions that its host runs, and their environment.

use serde::{Serialize, Serializer};

use crate::Price;

/// The function for `api/checkout`: it leads a buyer to the payment link of a tier. An ES module without imports whose
/// default export takes a `Request` and an object of environment variables and returns a `Response` (the Fetch standard).
///
/// Environment: `AE_LINKS`, of [`links_variable`].
pub const CHECKOUT_FUNCTION: &str = include_str!("../../functions/checkout.js");

/// The function for `api/licence`, of the same form: it exchanges a checkout that was paid at Stripe for a licence, with the
/// claims that [`LicenceTerms`](crate::LicenceTerms) gives for the same payments (the times of a single purchase are those
/// of its charge, a little earlier than its event), and refuses by name what was refunded,
/// disputed or ended. It keeps nothing.
///
/// `POST {"checkout": "cs_…"}` is answered with `{"licence": "…"}` or `{"refusal": "…"}`: `bad_request`, `elsewhere`,
/// `unknown`, `method`, `waiting`, `refunded`, `disputed`, `ended`, `expired`, `too_large`, `busy`, `misconfigured`,
/// `operator` or `unavailable`.
///
/// Environment: `AE_SITE_KEY`, of [`LicenceKey::private_jwk`](crate::LicenceKey::private_jwk), with a number of 2 or higher;
/// `AE_PROJECT`, the project's id; `AE_TIERS`, of [`tiers_variable`]; `AE_STRIPE_KEY`, a restricted key that reads checkout
/// sessions, subscriptions, invoices, payment intents, charges and disputes; `AE_STRIPE_API_BASE`, where Stripe is at
/// another address. Without `AE_STRIPE_KEY` each answer is the refusal `operator`: the unlock of other providers goes
/// through the seller.
pub const LICENCE_FUNCTION: &str = include_str!("../../functions/licence.js");

/// The value of `AE_LINKS`: the address of the payment link of each tier, the first paid tier first.
pub fn links_variable<'a>(links: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    object(links)
}

/// The value of `AE_TIERS`: the tier and the interval of each price, by the provider's id of the price.
pub fn tiers_variable<'a>(prices: impl IntoIterator<Item = &'a Price>) -> String {
    #[derive(Serialize)]
    struct Sold<'a> {
        tier: &'a str,
        interval: ae_core::BillingInterval,
    }
    let sold = |price: &'a Price| (price.id.as_str(), Sold { tier: &price.tier, interval: price.interval });
    object(prices.into_iter().map(sold))
}

/// A JSON object whose fields keep their order.
fn object<'a, T: Serialize>(fields: impl IntoIterator<Item = (&'a str, T)>) -> String {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::new(&mut bytes);
    writer.collect_map(fields).expect("texts as names and plain values have a JSON form");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Timestamp};

    use super::*;
    use crate::NewPrice;

    #[test]
    fn the_variables_keep_the_order_of_the_price_list() {
        let links = [("pro", "https://pay.example/a"), ("basic", "https://pay.example/b")];
        let text = links_variable(links);
        assert_eq!(text, r#"{"pro":"https://pay.example/a","basic":"https://pay.example/b"}"#);

        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        let key = IdempotencyKey::derive(run, "monetize", "ensure_product", 0);
        let amount = Money::parse("9", Currency::USD).unwrap();
        let price = |id: &str, tier: &str, interval| {
            let new = NewPrice::new(run, key.clone(), tier, tier, amount, interval);
            Price::new(id.parse().unwrap(), "prod_1".parse().unwrap(), new, Timestamp::UNIX_EPOCH)
        };
        let prices = [
            price("price_2", "pro", BillingInterval::MONTH),
            price("price_1", "once", BillingInterval::OneTime),
        ];
        assert_eq!(
            tiers_variable(&prices),
            r#"{"price_2":{"tier":"pro","interval":"month"},"price_1":{"tier":"once","interval":"one_time"}}"#
        );
    }
}

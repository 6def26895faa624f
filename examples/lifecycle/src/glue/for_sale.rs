//! Joins a spec to the payment provider: what is put on sale, as requests.

use ae_billing::{NewLink, NewPrice, NewProduct, ProviderInfo};
use ae_core::{Deliverable, IdempotencyKey, PriceTier, ProductSpec, RunId};
use serde::{Deserialize, Serialize};

/// The product, its prices and its links: the very requests that the payment provider gets. They name one another by the
/// keys under which they are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForSale {
    /// The product.
    pub product: NewProduct,
    /// Its prices.
    pub prices: Vec<NewPrice>,
    /// Its payment links: one for each price, in their order. A link of several prices would sell all of them at once at
    /// most providers.
    pub links: Vec<NewLink>,
}

impl ForSale {
    /// The sale of `spec` for `run`; the product answers at `product_url`, and buyers return to `success_url`. Of a
    /// pre-order nothing is sold.
    pub fn of(run: RunId, spec: &ProductSpec, product_url: &str, success_url: &str) -> Option<Self> {
        if spec.deliverable == Deliverable::PreOrder {
            return None;
        }
        let product = NewProduct::new(run, &spec.product_name, &spec.tagline).with_url(product_url);
        let price = |tier: &PriceTier| {
            NewPrice::new(run, product_key(run), &tier.id, &tier.name, tier.price, tier.interval)
        };
        let prices: Vec<_> = spec.pricing.iter().map(price).collect();
        let link = |sequence| NewLink::new(run, price_key(run, sequence)).with_success_url(success_url);
        let links = (0_u32..).zip(&prices).map(|(sequence, _)| link(sequence)).collect();
        Some(Self { product, prices, links })
    }

    /// The part that `provider` would refuse and the remedy, or `None` when it refuses nothing that can be known
    /// before anything is made.
    pub fn refusal(&self, provider: &ProviderInfo) -> Option<String> {
        if let Err(wrong) = self.product.check() {
            return Some(format!(
                "the product can't be sold: {wrong}; start a new run with other words in its intent"
            ));
        }
        for price in &self.prices {
            if let Err(wrong) = price.check(provider) {
                return Some(format!(
                    "the price {:?} ({} {}) can't be sold: {wrong}; start a new run whose intent names another price",
                    price.nickname,
                    price.charge,
                    price.interval.words()
                ));
            }
        }
        let most = provider.caps.prices_per_run_max.min(provider.caps.links_per_run_max);
        if self.prices.len() > most {
            return Some(format!(
                "{} prices are more than the {most} that a run may make",
                self.prices.len()
            ));
        }
        let wrong = self.links.iter().find_map(|link| link.check(provider).err())?;
        Some(format!("the product can't be sold: {wrong}"))
    }
}

/// The key under which the product of `run` is made.
pub fn product_key(run: RunId) -> IdempotencyKey {
    IdempotencyKey::derive(run, "monetize", "ensure_product", 0)
}

/// The key under which price number `sequence` of `run` is made.
pub fn price_key(run: RunId, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run, "monetize", "ensure_price", sequence)
}

/// The key under which the link of price number `sequence` of `run` is made.
pub fn link_key(run: RunId, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run, "monetize", "ensure_payment_link", sequence)
}

//! The requests to a provider.

use ae_core::{BillingInterval, IdempotencyKey, Money, RunId};
use serde::{Deserialize, Serialize};

use super::{PaymentId, ProviderInfo, RequestError, checks};

/// Asks for a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewProduct {
    /// The run that makes it.
    pub run: RunId,
    /// The text that customers see: 1 to 250 characters on one line.
    pub name: String,
    /// One or two sentences, at most 2,000 characters; may be empty.
    pub description: String,
    /// Where the product is, an `http` or `https` URL.
    pub url: Option<String>,
}

impl NewProduct {
    /// A product without a URL.
    pub fn new(run: RunId, name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { run, name: name.into(), description: description.into(), url: None }
    }

    /// Checks whether the request can be met at all, without a call: before work begins that ends in it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the name, the description or the URL.
    pub fn check(&self) -> Result<(), RequestError> {
        checks::line("product's name", &self.name, 250)?;
        checks::text("description", &self.description, 2_000)?;
        checks::url("product's URL", self.url.as_deref())
    }
}

ae_core::setters! { NewProduct {
    /// Sets where the product is.
    fn with_url(url: some into String);
} }

/// Asks for a price. Prices never change: another amount is another price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewPrice {
    /// The run that makes it.
    pub run: RunId,
    /// The product, named by the key under which it was or will be ensured.
    pub product: IdempotencyKey,
    /// A plain label within the product, for example `starter`: 1 to 64 ASCII letters, digits, hyphens, underscores.
    pub tier: String,
    /// The text that customers see: 1 to 200 characters on one line.
    pub nickname: String,
    /// How much: above zero, a whole number of the currency's minor units.
    pub amount: Money,
    /// How often.
    pub interval: BillingInterval,
}

impl NewPrice {
    /// A price of the product that is ensured under the key `product`.
    pub fn new(
        run: RunId,
        product: IdempotencyKey,
        tier: impl Into<String>,
        nickname: impl Into<String>,
        amount: Money,
        interval: BillingInterval,
    ) -> Self {
        Self { run, product, tier: tier.into(), nickname: nickname.into(), amount, interval }
    }

    /// Checks whether `provider` could meet the request, without a call: before work begins that ends in it.
    ///
    /// The product need not exist yet. Whatever a provider knows beyond its info, such as what the run made before, it may
    /// still refuse.
    ///
    /// ```
    /// use ae_billing::{Mode, NewPrice, ProviderInfo};
    /// use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId};
    ///
    /// let provider = ProviderInfo::new("example", Mode::Test);
    /// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
    /// let product = IdempotencyKey::derive(run, "monetize", "ensure_product", 0);
    /// let amount = Money::parse("9.999", Currency::USD)?;
    /// let price = NewPrice::new(run, product, "basic", "Basic", amount, BillingInterval::MONTH);
    /// assert!(price.check(&provider).is_err()); // dollars have two places after the point
    /// # Ok::<_, ae_core::MoneyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the tier, the name or the amount.
    pub fn check(&self, provider: &ProviderInfo) -> Result<(), RequestError> {
        checks::label("tier", &self.tier)?;
        checks::line("price's name", &self.nickname, 200)?;
        checks::amount(self.amount, &provider.caps, &provider.currencies)
    }

    /// Whether `text` is the label of a tier: 1 to 64 ASCII letters, digits, hyphens, underscores.
    pub fn is_tier(text: &str) -> bool {
        checks::is_label(text)
    }
}

/// Asks for a payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewLink {
    /// The run that makes it.
    pub run: RunId,
    /// 1 to 20 prices of one product, each of another tier, named by the keys under which they were or will be ensured;
    /// the customer picks one when there are several.
    pub prices: Vec<IdempotencyKey>,
    /// Where a customer goes after paying, an `http` or `https` URL. A visit there proves no payment.
    pub success_url: Option<String>,
}

impl NewLink {
    /// A link over the prices that are ensured under the keys `prices`.
    pub const fn new(run: RunId, prices: Vec<IdempotencyKey>) -> Self {
        Self { run, prices, success_url: None }
    }

    /// Checks whether the request can be met at all, without a call: before work begins that ends in it.
    ///
    /// The prices need not exist yet.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the URL or the number of prices.
    pub fn check(&self) -> Result<(), RequestError> {
        checks::url("success URL", self.success_url.as_deref())?;
        checks::lines(self.prices.len())
    }
}

ae_core::setters! { NewLink {
    /// Sets where a customer goes after paying.
    fn with_success_url(success_url: some into String);
} }

/// Asks to give back some or all of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewRefund {
    /// The payment, by the provider's id.
    pub payment: PaymentId,
    /// The amount to give back: above zero, in the currency of the payment.
    pub amount: Money,
}

impl NewRefund {
    /// A refund of `amount`.
    pub const fn new(payment: PaymentId, amount: Money) -> Self {
        Self { payment, amount }
    }
}

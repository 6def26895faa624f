//! The requests to a provider.

use ae_core::{BillingInterval, IdempotencyKey, Money, RunId};
use serde::{Deserialize, Serialize};

use super::{Charge, PaymentId, ProviderInfo, RequestError, checks};

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
    /// How much, and by which measure.
    pub charge: Charge,
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
        charge: impl Into<Charge>,
        interval: BillingInterval,
    ) -> Self {
        Self { run, product, tier: tier.into(), nickname: nickname.into(), charge: charge.into(), interval }
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
    /// The first thing that is wrong with the tier, the name, the charge or the interval.
    pub fn check(&self, provider: &ProviderInfo) -> Result<(), RequestError> {
        checks::label("tier", &self.tier)?;
        checks::line("price's name", &self.nickname, 200)?;
        checks::charge(&self.charge, self.interval, provider)
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
    /// The price, named by the key under which it was or will be ensured. Where a provider offers a
    /// [choice](crate::Capabilities::choice), up to 20 prices of one product, each of another tier, of which the customer
    /// picks one.
    pub prices: Vec<IdempotencyKey>,
    /// Where a customer goes after paying, an `http` or `https` URL. A visit there proves no payment.
    /// The provider puts the id of the checkout in the place of `{CHECKOUT}`, which may stand in its query.
    pub success_url: Option<String>,
    /// Days without a charge before the first one, of a price that is charged more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_days: Option<u16>,
}

impl NewLink {
    /// A link that sells the price that is ensured under the key `price`.
    pub fn new(run: RunId, price: IdempotencyKey) -> Self {
        Self::choice(run, vec![price])
    }

    /// A link where the customer picks one of `prices`, for a provider with that ability.
    pub const fn choice(run: RunId, prices: Vec<IdempotencyKey>) -> Self {
        Self { run, prices, success_url: None, trial_days: None }
    }

    /// Checks whether `provider` could meet the request, without a call: before work begins that ends in it.
    ///
    /// The prices need not exist yet.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the URL or the number of prices.
    pub fn check(&self, provider: &ProviderInfo) -> Result<(), RequestError> {
        checks::url("success URL", self.success_url.as_deref())?;
        checks::lines(self.prices.len(), provider)?;
        checks::trial(self.trial_days, provider)
    }
}

ae_core::setters! { NewLink {
    /// Sets where a customer goes after paying.
    fn with_success_url(success_url: some into String);
    /// Sets the days before the first charge.
    fn with_trial_days(trial_days: some u16);
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

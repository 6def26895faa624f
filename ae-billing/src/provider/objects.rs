//! Products, their prices, and the link where they are paid.

use ae_core::{BillingInterval, Currency, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Charge, LinkId, NewLink, NewPrice, NewProduct, NewRefund, OrderId, PaymentId, PriceId, ProductId,
};

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// The run that made it.
    pub run: RunId,
    /// The text that customers see.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// Where it is.
    pub url: Option<String>,
    /// Whether it can be bought.
    pub active: bool,
    /// When it was made.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
}

impl Product {
    /// The product that `request` asks for, on sale under `id`.
    ///
    /// A provider that reads products back builds the request again from what it reads.
    ///
    /// ```
    /// use ae_billing::{NewProduct, Product, ProductId};
    /// use ae_core::{Digest, RunId, Timestamp};
    ///
    /// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
    /// let id: ProductId = "prod_NWjs8kKbJWmuuc".parse()?;
    /// let request = NewProduct::new(run, "CSV Cleaner", "").with_url("https://example.com/csv");
    /// let product = Product::new(id, request, Timestamp::UNIX_EPOCH).with_active(false);
    /// assert!(!product.active && product.url.is_some());
    /// # Ok::<_, ae_billing::core::ParseError>(())
    /// ```
    pub fn new(id: ProductId, request: NewProduct, created_at: Timestamp) -> Self {
        let NewProduct { run, name, description, url } = request;
        Self { id, run, name, description, url, active: true, created_at }
    }
}

ae_core::setters! { Product {
    /// Sets whether it can be bought.
    fn with_active(active: bool);
} }

/// The price of a tier of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Price {
    /// Its id.
    pub id: PriceId,
    /// The run that made it.
    pub run: RunId,
    /// Its product.
    pub product: ProductId,
    /// The tier's label.
    pub tier: String,
    /// The text that customers see.
    pub nickname: String,
    /// How much, and by which measure.
    pub charge: Charge,
    /// How often.
    pub interval: BillingInterval,
    /// Whether it can be bought.
    pub active: bool,
    /// When it was made.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
}

impl Price {
    /// The price of `product` that `request` asks for, on sale under `id`. Nothing is checked here; that is the
    /// provider's part.
    pub fn new(id: PriceId, product: ProductId, request: NewPrice, created_at: Timestamp) -> Self {
        let NewPrice { run, product: _, tier, nickname, charge, interval } = request;
        Self { id, run, product, tier, nickname, charge, interval, active: true, created_at }
    }
}

ae_core::setters! { Price {
    /// Sets whether it can be bought.
    fn with_active(active: bool);
} }

/// Where a product is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PaymentLink {
    /// Its id.
    pub id: LinkId,
    /// The run that made it.
    pub run: RunId,
    /// The page to send customers to.
    pub url: String,
    /// The prices that are offered, in the order of the request.
    pub prices: Vec<PriceId>,
    /// Where a customer goes after paying.
    pub success_url: Option<String>,
    /// Whether it still takes payments.
    pub active: bool,
    /// When it was made.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
}

impl PaymentLink {
    /// The link over `prices` that `request` asks for, open under `id` at `url`.
    pub fn new(
        id: LinkId,
        prices: Vec<PriceId>,
        request: NewLink,
        url: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        let NewLink { run, prices: _, success_url, trial_days: _ } = request;
        Self { id, run, url: url.into(), prices, success_url, active: true, created_at }
    }
}

ae_core::setters! { PaymentLink {
    /// Sets whether it still takes payments.
    fn with_active(active: bool);
} }

/// One object of a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectRef {
    /// A product.
    Product(ProductId),
    /// A price.
    Price(PriceId),
    /// A payment link.
    Link(LinkId),
}

/// Money that came in, as the provider has it on record. Revenue is counted from webhook events, not from these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// The run whose product was paid.
    pub run: RunId,
    /// Where it was paid.
    pub link: LinkId,
    /// The product that was paid for.
    pub product: ProductId,
    /// The price that was paid.
    pub price: PriceId,
    /// The tier's label.
    pub tier: String,
    /// How much.
    pub amount: Money,
    /// How often the price is charged; this payment is one charge.
    pub interval: BillingInterval,
    /// Who paid, in the operator's words.
    pub payer_reference: String,
    /// The order that it paid; `None` where it was recorded without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The number of the invoice that this payment closed, for example `INV-000001`; empty where there is none.
    pub invoice: String,
    /// When it was recorded.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub paid_at: Timestamp,
}

impl Payment {
    /// One charge of `price`, paid at `link`, without an invoice number. Run, product, tier, interval and a flat amount are
    /// the price's; of any other charge the amount is zero until it is [set](Self::with_amount).
    pub fn new(
        id: PaymentId,
        link: LinkId,
        price: &Price,
        payer_reference: impl Into<String>,
        paid_at: Timestamp,
    ) -> Self {
        Self {
            id,
            run: price.run,
            link,
            product: price.product.clone(),
            price: price.id.clone(),
            tier: price.tier.clone(),
            amount: price
                .charge
                .flat()
                .unwrap_or_else(|| Money::zero(price.charge.currency().unwrap_or(Currency::USD))),
            interval: price.interval,
            payer_reference: payer_reference.into(),
            order: None,
            invoice: String::new(),
            paid_at,
        }
    }
}

ae_core::setters! { Payment {
    /// Sets what was charged, where it differs from the price, for example with a discount.
    fn with_amount(amount: Money);
    /// Sets which order it paid.
    fn with_order(order: some OrderId);
    /// Sets which invoice it closed.
    fn with_invoice(invoice: into String);
} }

/// Money that went back, as the provider has it on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Refund {
    /// The payment.
    pub payment: PaymentId,
    /// The amount of this refund.
    pub amount: Money,
    /// The total of all refunds of the payment up to this one.
    pub total: Money,
    /// The time at which it was made.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub refunded_at: Timestamp,
    /// Its state.
    #[serde(default)]
    pub state: RefundState,
}

ae_core::wire_enum! {
    /// The state of a refund.
    #[derive(Default)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum RefundState {
        /// The money went back.
        #[default]
        Succeeded = "succeeded",
        /// The provider has not decided or not sent it yet.
        Pending = "pending",
        /// The money did not go back.
        Failed = "failed",
    }
}

impl Refund {
    /// The refund that `request` asks for, which makes `total` together with those before it.
    pub fn new(request: NewRefund, total: Money, refunded_at: Timestamp) -> Self {
        Self {
            payment: request.payment,
            amount: request.amount,
            total,
            refunded_at,
            state: RefundState::Succeeded,
        }
    }
}

ae_core::setters! { Refund {
    /// Sets its state.
    fn with_state(state: RefundState);
} }

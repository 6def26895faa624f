//! What the offline ledger is asked with and answers.

use ae_core::{BillingInterval, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{LinkId, Payment, PaymentLink, Price, PriceId, Product, RequestError, provider::checks};

/// Everything about one payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LinkView {
    /// The link.
    pub link: PaymentLink,
    /// What is sold there.
    pub product: Product,
    /// The prices, in the link's order.
    pub prices: Vec<Price>,
    /// The payments on record, oldest first.
    pub paid: Vec<Payment>,
}

/// A payment that came in, in the operator's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewPayment {
    /// Where it was paid.
    pub link: LinkId,
    /// What was paid.
    pub price: PriceId,
    /// Who paid: a free label of 1 to 120 characters, no e-mail address. The same label for the same price is the
    /// same customer.
    pub payer_reference: String,
}

impl NewPayment {
    /// One payment.
    #[must_use]
    pub fn new(link: LinkId, price: PriceId, payer_reference: impl Into<String>) -> Self {
        Self { link, price, payer_reference: payer_reference.into() }
    }

    /// Whether the payer reference is one that can be recorded.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 120 characters, not on one line, or an e-mail address.
    pub fn check(&self) -> Result<(), RequestError> {
        checks::payer(&self.payer_reference)
    }
}

/// An event to be signed and delivered; it stays until it is marked as delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxEvent {
    /// Its id.
    pub id: String,
    /// The exact bytes to sign and send.
    pub body: Vec<u8>,
}

/// What the accepted webhook events of a run add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RevenueSummary {
    /// The run.
    pub run: RunId,
    /// All payments, in the run's currency.
    pub gross: Money,
    /// How many payments.
    pub payments: u64,
    /// Monthly recurring revenue: the latest amount of each active entitlement; a yearly one counts a twelfth,
    /// rounded down to minor units, a single purchase nothing.
    pub mrr: Money,
    /// Who is entitled to what, oldest first; those that ended included.
    pub entitlements: Vec<Entitlement>,
}

/// What a customer has paid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Entitlement {
    /// The agreement's id, with the provider's name before it.
    pub id: String,
    /// Whose product it is.
    pub run: RunId,
    /// Who paid.
    pub customer: String,
    /// The provider's id of the price paid last.
    pub price: String,
    /// The tier's label.
    pub tier: String,
    /// What was paid last.
    pub amount: Money,
    /// How often it is paid.
    pub interval: BillingInterval,
    /// The first payment.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub since: Timestamp,
    /// The end of the period paid for; `None` when a single purchase has no end.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub paid_until: Option<Timestamp>,
    /// When it was ended, if it was and nothing was paid since.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub ended_at: Option<Timestamp>,
}

impl Entitlement {
    /// Whether it holds at `now`: not ended, and paid for.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.paid_until.is_none_or(|until| until > now)
    }
}

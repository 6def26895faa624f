//! Requests and answers of the offline ledger.

use serde::{Deserialize, Serialize};

use crate::{
    LinkId, Order, OrderId, Payment, PaymentLink, Price, PriceId, Product, RequestError, provider::checks,
};

/// Everything about one payment link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LinkView {
    /// The link.
    pub link: PaymentLink,
    /// The product that is sold there.
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
    /// The price that was paid.
    pub price: PriceId,
    /// Who paid: a free label of 1 to 120 characters, no e-mail address, card number or IBAN. The same label for the same price is the
    /// same customer.
    pub payer_reference: String,
    /// The order that it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

impl NewPayment {
    /// One payment without an order.
    pub fn new(link: LinkId, price: PriceId, payer_reference: impl Into<String>) -> Self {
        Self { link, price, payer_reference: payer_reference.into(), order: None }
    }

    /// The payment of `order`, which names its payer: one period of it, or all of a single purchase.
    pub fn of_order(order: &Order) -> Self {
        let payer = order.id.to_string();
        Self { order: Some(order.id.clone()), ..Self::new(order.link.clone(), order.price.clone(), payer) }
    }

    /// Whether the payer reference is one that can be recorded.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 120 characters or not on one line, when it holds invisible characters, an e-mail
    /// address, a card number or an IBAN.
    pub fn check(&self) -> Result<(), RequestError> {
        // The name of an order may look like a card number by chance, and is none.
        let is_order = self.order.as_ref().is_some_and(|order| order.as_str() == self.payer_reference);
        if is_order { Ok(()) } else { checks::payer(&self.payer_reference) }
    }
}

/// An event to be signed and delivered; it stays until it is marked as delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutboxEvent {
    /// Its id.
    pub id: String,
    /// The exact text to sign and send.
    pub body: String,
}

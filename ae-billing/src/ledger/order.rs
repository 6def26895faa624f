//! Orders: what a buyer wants to pay for, before the payment.

use std::time::Duration;

use ae_core::{BillingInterval, IdempotencyKey, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Entitlement, LinkId, NewRefund, OrderId, Payment, PaymentId, PaymentLink, Price, PriceId, Product, Refund,
};

/// How long an unpaid order is open: 30 days.
const OPEN_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Asks for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NewOrder {
    /// Where it is to be paid.
    pub link: LinkId,
    /// The price that the buyer chose.
    pub price: PriceId,
}

impl NewOrder {
    /// An order of `price` at `link`.
    pub const fn new(link: LinkId, price: PriceId) -> Self {
        Self { link, price }
    }
}

/// The wish of a buyer to pay a price, and the payments that followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Order {
    /// Its name, which the buyer quotes when paying.
    pub id: OrderId,
    /// The run whose product is ordered.
    pub run: RunId,
    /// Where it is paid.
    pub link: LinkId,
    /// The price.
    pub price: PriceId,
    /// The tier's label.
    pub tier: String,
    /// How much is to be paid.
    pub amount: Money,
    /// How often.
    pub interval: BillingInterval,
    /// When it was placed.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub created_at: Timestamp,
    /// The payments on record, oldest first: one for each period.
    pub payments: Vec<PaymentId>,
}

impl Order {
    /// An unpaid order of `price` at `link`.
    pub fn new(id: OrderId, link: LinkId, price: &Price, created_at: Timestamp) -> Self {
        Self {
            id,
            run: price.run,
            link,
            price: price.id.clone(),
            tier: price.tier.clone(),
            amount: price.charge.flat().unwrap_or_else(|| Money::zero(ae_core::Currency::USD)),
            interval: price.interval,
            created_at,
            payments: Vec::new(),
        }
    }

    /// The time from which an order that is still unpaid is no longer open. A payment that comes in later is recorded
    /// all the same, because the money is there.
    pub fn open_until(&self) -> Timestamp {
        self.created_at.checked_add(OPEN_FOR).unwrap_or(Timestamp::MAX)
    }

    /// The key under which payment `number` of this order is recorded, counted from 0: a button that is pressed twice
    /// records one payment. [`OrderView::next`] has the number.
    pub fn payment_key(&self, number: u32) -> IdempotencyKey {
        IdempotencyKey::derive(self.run, self.id.as_str(), "record_payment", number)
    }

    /// The key under which refund `number` of this order is made, counted from 0. [`OrderView::next_refund`] has the
    /// number.
    pub fn refund_key(&self, number: u32) -> IdempotencyKey {
        IdempotencyKey::derive(self.run, self.id.as_str(), "refund", number)
    }
}

ae_core::wire_enum! {
    /// The state of an order.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum OrderState {
        /// No payment is on record yet.
        Waiting = "waiting",
        /// No payment came in before it was closed.
        Expired = "expired",
        /// A payment is on record and pays for the present.
        Paid = "paid",
        /// All that was paid went back.
        Refunded = "refunded",
        /// It was cancelled, or the paid period is over.
        Ended = "ended",
    }
}

/// Everything about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OrderView {
    /// The order.
    pub order: Order,
    /// Where it is paid.
    pub link: PaymentLink,
    /// The product that is sold there.
    pub product: Product,
    /// The price.
    pub price: Price,
    /// The payments on record, oldest first.
    pub payments: Vec<Payment>,
    /// The parts of them that went back, oldest payment first.
    pub refunds: Vec<Refund>,
    /// The access that the buyer has, once a webhook has confirmed a payment.
    pub entitlement: Option<Entitlement>,
}

impl OrderView {
    /// The state at `now`. A payment or refund on record counts when its webhook has come in; before, a payment is
    /// [`Paid`](OrderState::Paid) without an entitlement.
    pub fn state(&self, now: Timestamp) -> OrderState {
        if self.payments.is_empty() {
            let is_open = self.order.open_until() > now;
            return if is_open { OrderState::Waiting } else { OrderState::Expired };
        }
        match &self.entitlement {
            Some(access) if access.ended_at.is_some() && self.refundable().is_none() => OrderState::Refunded,
            Some(access) if !access.is_active(now) => OrderState::Ended,
            _ => OrderState::Paid,
        }
    }

    /// The number of the next payment, counted from 0.
    pub fn next(&self) -> u32 {
        u32::try_from(self.payments.len()).unwrap_or(u32::MAX)
    }

    /// The number of the next refund, counted from 0.
    pub fn next_refund(&self) -> u32 {
        u32::try_from(self.refunds.len()).unwrap_or(u32::MAX)
    }

    /// The refund of what is left of the latest payment that did not go back, `None` when nothing is left.
    pub fn refundable(&self) -> Option<NewRefund> {
        self.payments.iter().rev().find_map(|payment| {
            let mut of_payment = self.refunds.iter().filter(|refund| refund.payment == payment.id);
            let left =
                of_payment.try_fold(payment.amount, |left, refund| left.checked_sub(refund.amount).ok())?;
            (!left.is_zero() && !left.is_negative()).then(|| NewRefund::new(payment.id.clone(), left))
        })
    }

    /// Whether another payment can be recorded: every period of a price that repeats, a single purchase once.
    pub fn takes_payment(&self) -> bool {
        self.order.interval != BillingInterval::OneTime || self.refundable().is_none()
    }
}

/// Which orders to list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrderQuery {
    /// Those with a payment on record; else those that are open.
    pub paid: bool,
    /// Of this run only.
    pub run: Option<RunId>,
    /// How many at most, 1 to 100.
    pub limit: u32,
    /// Continue after this page: the [`next`](crate::Page::next) of the one before.
    pub after: Option<String>,
}

impl OrderQuery {
    /// The orders that wait for a payment, 50 to a page.
    pub const fn open() -> Self {
        Self { paid: false, run: None, limit: 50, after: None }
    }

    /// The orders with a payment on record, 50 to a page.
    pub fn paid() -> Self {
        Self { paid: true, ..Self::open() }
    }
}

ae_core::setters! { OrderQuery {
    /// Lists those of `run` only.
    fn with_run(run: some RunId);
    /// Sets how many at most.
    fn with_limit(limit: u32);
    /// Continues after a page.
    fn with_after(after: some into String);
} }

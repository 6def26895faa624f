//! Checkouts: one customer's way to pay for one price.

use ae_core::{IdempotencyKey, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{CheckoutId, CustomerId, PaymentId, SubscriptionId};

/// Asks for a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewCheckout {
    /// The run that makes it.
    pub run: RunId,
    /// The price, named by the key under which it was or will be ensured.
    pub price: IdempotencyKey,
    /// How many units; of a metered price this is not sent.
    pub quantity: u32,
    /// The customer; without one the provider asks.
    pub customer: Option<CustomerId>,
    /// The page after paying, an `http` or `https` URL. A visit there proves no payment.
    pub success_url: String,
    /// The page for those who turn back.
    pub cancel_url: Option<String>,
    /// Days without a charge before the first one, of a price that is charged more than once.
    pub trial_days: Option<u16>,
}

impl NewCheckout {
    /// A checkout of one unit.
    pub fn new(run: RunId, price: IdempotencyKey, success_url: impl Into<String>) -> Self {
        Self {
            run,
            price,
            quantity: 1,
            customer: None,
            success_url: success_url.into(),
            cancel_url: None,
            trial_days: None,
        }
    }
}

ae_core::setters! { NewCheckout {
    /// Sets how many units.
    fn with_quantity(quantity: u32);
    /// Sets the customer.
    fn with_customer(customer: some CustomerId);
    /// Sets the page for those who turn back.
    fn with_cancel_url(cancel_url: some into String);
    /// Sets the days before the first charge.
    fn with_trial_days(trial_days: some u16);
} }

ae_core::wire_enum! {
    /// The state of a checkout.
    #[non_exhaustive]
    pub enum CheckoutState {
        /// It can be paid.
        Open = "open",
        /// The customer has finished it; whether it is paid is another question.
        Complete = "complete",
        /// It can no longer be paid.
        Expired = "expired",
    }
}

/// A checkout at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Checkout {
    /// Its id.
    pub id: CheckoutId,
    /// The page where it is paid, while it is open.
    pub url: Option<String>,
    /// Its state.
    pub state: CheckoutState,
    /// Whether the money is there, or none is due. Only this entitles.
    pub paid: bool,
    /// The sum.
    pub amount: Option<Money>,
    /// The payment, once there is one.
    pub payment: Option<PaymentId>,
    /// The subscription that it began.
    pub subscription: Option<SubscriptionId>,
    /// The customer, once it is known.
    pub customer: Option<CustomerId>,
    /// The time at which it was made.
    pub created_at: Timestamp,
}

impl Checkout {
    /// The open checkout `id`.
    pub const fn new(id: CheckoutId, created_at: Timestamp) -> Self {
        Self {
            id,
            url: None,
            state: CheckoutState::Open,
            paid: false,
            amount: None,
            payment: None,
            subscription: None,
            customer: None,
            created_at,
        }
    }
}

ae_core::setters! { Checkout {
    /// Sets where it is paid.
    fn with_url(url: some into String);
    /// Sets its state.
    fn with_state(state: CheckoutState);
    /// Sets whether the money is there.
    fn with_paid(paid: bool);
    /// Sets the sum.
    fn with_amount(amount: some Money);
    /// Sets the payment.
    fn with_payment(payment: some PaymentId);
    /// Sets the subscription that it began.
    fn with_subscription(subscription: some SubscriptionId);
    /// Sets the customer.
    fn with_customer(customer: some CustomerId);
} }

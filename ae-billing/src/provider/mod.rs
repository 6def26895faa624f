//! The payment provider: its port, what is asked for, what is made, and the rules that every catalog keeps.

mod charge;
mod checkout;
pub(crate) mod checks;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod customers;
mod endpoints;
pub(crate) mod ids;
mod info;
mod memory;
mod objects;
mod payer;
mod port;
mod requests;
pub(crate) mod rules;
mod subscriptions;
mod usage;

pub use charge::{Charge, Step, TierMode};
pub use checkout::{Checkout, CheckoutState, NewCheckout};
pub use checks::RequestError;
pub use customers::{Customer, NewCustomer, NewPortal, Portal};
pub use endpoints::{Endpoint, NewEndpoint};
pub use ids::{
    CheckoutId, CustomerId, EndpointId, LinkId, MeterId, PaymentId, PriceId, ProductId, RefundId,
    SubscriptionId,
};
pub use info::{Capabilities, Caps, Ensured, Page, PaymentQuery, ProviderInfo};
pub use memory::Catalog;
pub use objects::{ObjectRef, Payment, PaymentLink, Price, Product, Refund, RefundState};
#[cfg(feature = "mock")]
pub use port::MockPaymentProvider;
pub use port::PaymentProvider;
pub use requests::{NewLink, NewPrice, NewProduct, NewRefund};
pub use rules::Terms;
pub use subscriptions::{CancelSubscription, Subscription, SubscriptionQuery, SubscriptionState};
pub use usage::{Meter, NewMeter, NewUsage};

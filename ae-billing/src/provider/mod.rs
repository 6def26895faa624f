//! The payment provider: its port, what is asked for, what is made, and the rules that every catalog keeps.

pub(crate) mod checks;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
pub(crate) mod ids;
mod info;
mod memory;
mod objects;
mod payer;
mod port;
mod requests;
pub(crate) mod rules;

pub use checks::RequestError;
pub use ids::{LinkId, PaymentId, PriceId, ProductId};
pub use info::{Capabilities, Caps, Ensured, Page, PaymentQuery, ProviderInfo};
pub use memory::Catalog;
pub use objects::{ObjectRef, Payment, PaymentLink, Price, Product, Refund};
#[cfg(feature = "mock")]
pub use port::MockPaymentProvider;
pub use port::PaymentProvider;
pub use requests::{NewLink, NewPrice, NewProduct, NewRefund};
pub use rules::Terms;

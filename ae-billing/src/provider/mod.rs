//! The payment provider: its port, what is asked for, what is made, and the rules that every catalog keeps.

pub(crate) mod catalog;
pub(crate) mod checks;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
pub(crate) mod ids;
mod info;
mod objects;
mod port;
mod requests;

pub use checks::RequestError;
pub use ids::{LinkId, ParseObjectIdError, PaymentId, PriceId, ProductId};
pub use info::{Capabilities, Caps, Ensured, Page, PaymentQuery, ProviderInfo};
pub use objects::{ObjectRef, Payment, PaymentLink, Price, Product};
pub use port::PaymentProvider;
pub use requests::{NewLink, NewPrice, NewProduct};

//! Access: what each customer is entitled to, looked up by order, run or customer.

#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod port;
mod types;

pub use port::Entitlements;
#[cfg(feature = "mock")]
pub use port::MockEntitlements;
pub use types::Entitlement;

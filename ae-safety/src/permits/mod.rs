//! Permits: the only way to a guarded backend, bound to the exact request.

mod guarded;
mod holds;
mod keeper;
mod perform;
mod permit;
mod redeemed;
mod refusal;

pub use guarded::{Guarded, request_digest};
pub use keeper::{Gatekeeper, Grant};
pub use perform::{Call, Order};
pub use permit::Permit;
pub use redeemed::{ActionEnd, Redeemed};
pub use refusal::Refusal;

//! Licences: signed tokens that a product checks by itself, without asking anyone.

mod claims;
mod ended;
mod hosted;
mod jws;
mod key;
mod refusal;
mod terms;

pub use claims::{LicenceCheck, LicenceClaims};
pub use ended::EndedList;
pub use hosted::{CHECKOUT_FUNCTION, LICENCE_FUNCTION, links_variable, tiers_variable};
pub use key::{LicenceKey, LicenceKeyError, LicencePublicKey};
pub use refusal::LicenceRefusal;
pub use terms::LicenceTerms;

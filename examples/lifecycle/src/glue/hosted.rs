//! The functions of a hosted site.

use ae_billing::{CHECKOUT_FUNCTION, LICENCE_FUNCTION};
use ae_harness::Function;

/// The path of the function that leads to the payment link of a tier.
pub const CHECKOUT_PATH: &str = "api/checkout";
/// The path of the function that exchanges a paid checkout for a licence.
pub const LICENCE_PATH: &str = "api/licence";
/// The path of the page to which a payment leads back, with the checkout in its query.
pub const RETURN_PATH: &str = "thanks/?checkout={CHECKOUT}";

/// The functions that sell and unlock a hosted site.
pub fn functions() -> Vec<Function> {
    vec![Function::new(CHECKOUT_PATH, CHECKOUT_FUNCTION), Function::new(LICENCE_PATH, LICENCE_FUNCTION)]
}

//! The contract of [`WebhookVerifier`] as checks.

use ae_core::{Origin, Timestamp};
use http::HeaderMap;

use crate::{
    WebhookVerifier,
    conformance_kit::{expect, holds},
};

/// A request that a verifier must believe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The headers, with the signature.
    pub headers: HeaderMap,
    /// The body.
    pub raw: Vec<u8>,
    /// When it was signed.
    pub signed_at: Timestamp,
    /// Whether the signature covers a time, so that replays can be told by their age.
    pub is_timed: bool,
}

impl SignedRequest {
    /// A request whose signature covers a time.
    #[must_use]
    pub const fn new(headers: HeaderMap, raw: Vec<u8>, signed_at: Timestamp) -> Self {
        Self { headers, raw, signed_at, is_timed: true }
    }

    /// Says that the signature covers no time.
    #[must_use]
    pub const fn without_time(mut self) -> Self {
        self.is_timed = false;
        self
    }
}

/// Runs every check of a [`WebhookVerifier`] on a request that it must believe.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub fn run_verifier(verifier: &dyn WebhookVerifier, good: &SignedRequest) {
    let verify = |headers: &HeaderMap, raw: &[u8], now| verifier.verify(headers, raw, now);
    let first = expect("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    let again = expect("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    holds("W1 the same request gives the same event", first == again);
    for index in 0..good.raw.len() {
        let mut raw = good.raw.clone();
        if let Some(byte) = raw.get_mut(index) {
            *byte ^= 1;
        }
        let refused = verify(&good.headers, &raw, good.signed_at).is_err();
        holds(&format!("W2 byte {index} is covered"), refused);
    }
    let longer = [good.raw.as_slice(), b" "].concat();
    holds("W2 the length is covered", verify(&good.headers, &longer, good.signed_at).is_err());
    let unsigned = verify(&HeaderMap::new(), &good.raw, good.signed_at).is_err();
    holds("W3 an unsigned request is refused", unsigned);
    let next_day = expect("W4", Timestamp::from_second(good.signed_at.as_second().saturating_add(86_400)));
    let refused = verify(&good.headers, &good.raw, next_day).is_err();
    holds("W4 a day-old request is refused", refused || !good.is_timed);
    let origin = Origin::Webhook(verifier.name().to_owned());
    holds("W5 the payload says where it is from", *first.payload.origin() == origin);
}

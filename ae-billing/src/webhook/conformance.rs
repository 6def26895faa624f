//! The contract of [`WebhookVerifier`] as checks.

use ae_core::{Origin, Timestamp};
use http::HeaderMap;

use crate::{ProviderEvent, WebhookError, WebhookVerifier};
use ae_core::conformance::{Ran, held, holds, same};

/// A request that a verifier must believe.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The headers, with the signature.
    pub headers: HeaderMap,
    /// The body.
    pub raw: Vec<u8>,
    /// The time of the signature.
    pub signed_at: Timestamp,
    /// Whether the signature covers a time, so that replays can be recognised by their age; without it W4 is skipped.
    pub is_timed: bool,
}

impl SignedRequest {
    /// A request whose signature covers a time.
    pub const fn new(headers: HeaderMap, raw: Vec<u8>, signed_at: Timestamp) -> Self {
        Self { headers, raw, signed_at, is_timed: true }
    }

    /// States that the signature covers no time.
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
pub async fn run_verifier(verifier: &dyn WebhookVerifier, good: &SignedRequest) -> Ran {
    let mut ran = Ran::default();
    let verify = |headers: &HeaderMap, raw: &[u8], now| verifier.verify(headers, raw, now);
    ran.clause("W1", async { w1_it_is_pure(good, verify) }).await;
    ran.clause("W2", async { w2_the_raw_bytes_are_covered(good, verify) }).await;
    ran.clause("W3", async {
        let unsigned = verify(&HeaderMap::new(), &good.raw, good.signed_at);
        holds("W3", unsigned.is_err(), "a request without a signature is believed");
    })
    .await;
    ran.clause_if("W4", good.is_timed, async { w4_a_replay_is_refused(good, verify) }).await;
    ran.clause("W5", async {
        let event = held("W5", verify(&good.headers, &good.raw, good.signed_at));
        let origin = Origin::Webhook(verifier.name().to_owned());
        same("W5 the payload says where it is from", event.payload.origin(), &origin);
    })
    .await;
    ran
}

type Answer = Result<ProviderEvent, WebhookError>;

fn w1_it_is_pure(good: &SignedRequest, verify: impl Fn(&HeaderMap, &[u8], Timestamp) -> Answer) {
    let first = held("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    let again = held("W1 a good request", verify(&good.headers, &good.raw, good.signed_at));
    same("W1 the same request gives the same event", &first, &again);
}

fn w2_the_raw_bytes_are_covered(
    good: &SignedRequest,
    verify: impl Fn(&HeaderMap, &[u8], Timestamp) -> Answer,
) {
    for index in 0..good.raw.len() {
        let mut raw = good.raw.clone();
        if let Some(byte) = raw.get_mut(index) {
            *byte ^= 1;
        }
        let changed = verify(&good.headers, &raw, good.signed_at);
        holds(&format!("W2 byte {index}"), changed.is_err(), "it is not covered by the signature");
    }
    let longer = [good.raw.as_slice(), b" "].concat();
    let longer = verify(&good.headers, &longer, good.signed_at);
    holds("W2 the length", longer.is_err(), "it is not covered by the signature");
}

fn w4_a_replay_is_refused(good: &SignedRequest, verify: impl Fn(&HeaderMap, &[u8], Timestamp) -> Answer) {
    for shift in [86_400, -86_400] {
        let now = held("W4", Timestamp::from_second(good.signed_at.as_second().saturating_add(shift)));
        let answer = verify(&good.headers, &good.raw, now);
        holds(&format!("W4 {shift} s"), answer.is_err(), "the age of the signature is not checked");
    }
}

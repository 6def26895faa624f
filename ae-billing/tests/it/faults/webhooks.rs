//! Wrong verifiers.

use std::sync::atomic::{AtomicBool, Ordering};

use ae_billing::{
    OfflineVerifier, ProviderEvent, SIGNATURE_HEADER, WebhookError, WebhookVerifier,
    conformance::{SignedRequest, run_verifier},
    sign,
};
use ae_core::conformance::faults;
use ae_core::{Origin, Timestamp, Untrusted};
use http::HeaderMap;
use serde_json::json;

use crate::world::{body, secret, start, wait};

#[derive(Debug, Clone, Copy)]
enum Fault {
    Remembers,
    ChecksTheLengthOnly,
    BelievesUnsigned,
    ForgetsTheTime,
    NamesAnotherOrigin,
}

#[derive(Debug)]
struct Wrong {
    inner: OfflineVerifier,
    good: SignedRequest,
    fault: Fault,
    was_asked: AtomicBool,
}

impl WebhookVerifier for Wrong {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let good = &self.good;
        match self.fault {
            Fault::ChecksTheLengthOnly if raw.len() == good.raw.len() => {
                self.inner.verify(headers, &good.raw, now)
            }
            Fault::BelievesUnsigned if headers.is_empty() => self.inner.verify(&good.headers, raw, now),
            Fault::ForgetsTheTime => self.inner.verify(headers, raw, good.signed_at),
            Fault::Remembers => {
                let mut event = self.inner.verify(headers, raw, now)?;
                if self.was_asked.swap(true, Ordering::Relaxed) {
                    event.id.push('!');
                }
                Ok(event)
            }
            Fault::NamesAnotherOrigin => {
                let mut event = self.inner.verify(headers, raw, now)?;
                event.payload = Untrusted::new(Origin::Webhook("another".to_owned()), json!({}));
                Ok(event)
            }
            _ => self.inner.verify(headers, raw, now),
        }
    }
}

fn good() -> SignedRequest {
    let raw = body("evt_1", "ping", &json!({}));
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, sign(&secret(), &raw, start()).parse().unwrap());
    SignedRequest::new(headers, raw, start())
}

#[test]
fn each_clause_of_the_verifier_catches_a_wrong_one() {
    let inner = OfflineVerifier::new(secret()).unwrap();
    let ran = wait(run_verifier(&inner, &good()));
    let wrong = [
        ("W1", Fault::Remembers),
        ("W2", Fault::ChecksTheLengthOnly),
        ("W3", Fault::BelievesUnsigned),
        ("W4", Fault::ForgetsTheTime),
        ("W5", Fault::NamesAnotherOrigin),
    ]
    .map(|(clause, fault)| {
        let wrong = Wrong { inner: inner.clone(), good: good(), fault, was_asked: AtomicBool::new(false) };
        (clause, wrong)
    });
    wait(faults(&ran, wrong, |wrong| async move { run_verifier(&wrong, &good()).await }));
}

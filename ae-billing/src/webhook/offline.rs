//! The signature of the offline ledger's own webhooks.

use ae_core::{Origin, Secret, Timestamp, Untrusted};
use hmac::Mac as _;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::{
    EventEffect, EventKind, ProviderEvent, WebhookError, WebhookVerifier,
    signed::{Form, Keys, Stamp, fresh, keyed},
};
use crate::{Mode, store::records::BACKEND};

/// The header with the signature: `t=<unix seconds>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "ae-signature";
/// How old, or how far ahead, a signature may be, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;
const FORM: Form = Form { separator: ',', time: "t", code: "v1" };

/// The body of an offline event.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: EventKind,
    pub(crate) mode: Mode,
    pub(crate) created_at: Timestamp,
    pub(crate) data: serde_json::Value,
}

/// Signs `raw` as sent at `now`, for the header [`SIGNATURE_HEADER`]: HMAC-SHA-256 (RFC 2104) over
/// `<unix seconds>.<raw>`, keyed with the whole text of the secret.
pub fn sign(secret: &Secret<String>, raw: &[u8], now: Timestamp) -> String {
    let time = now.as_second().to_string();
    let code = keyed(secret, &[time.as_bytes(), b".", raw]).finalize().into_bytes();
    format!("t={time},v1={}", hex::encode(code))
}

/// Verifies the offline ledger's webhooks.
///
/// The header is `t=<unix seconds>,v1=<64 lower-case hex digits>`. Any of several `v1` may match, so that a secret can
/// be changed without a gap; the first `t` counts; unknown parts are ignored. The age may be 300 s either way.
#[derive(Debug, Clone)]
pub struct OfflineVerifier {
    keys: Keys,
}

impl OfflineVerifier {
    /// A verifier of signatures made with `secret`.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`]: anyone could sign with that.
    pub fn new(secret: Secret<String>) -> Result<Self, WebhookError> {
        Ok(Self { keys: Keys::new(secret)? })
    }
}

impl WebhookVerifier for OfflineVerifier {
    fn name(&self) -> &str {
        BACKEND
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let header = headers.get(SIGNATURE_HEADER).ok_or(WebhookError::MissingSignature(SIGNATURE_HEADER))?;
        let text = header.to_str().map_err(|_| WebhookError::MalformedSignature("not plain text"))?;
        let stamp = Stamp::parse(text, FORM)?;
        self.keys.signed(&[stamp.time.as_bytes(), b".", raw], &stamp.codes)?;
        fresh(stamp.seconds, now, TOLERANCE_SECONDS)?;
        event(raw)
    }
}

fn event(raw: &[u8]) -> Result<ProviderEvent, WebhookError> {
    // Serde's messages can quote the body, which may hold what must not reach a log: only the place is given.
    let unreadable = |what: &str| WebhookError::MalformedEvent(format!("{what} can't be read"));
    let envelope: Envelope = serde_json::from_slice(raw).map_err(|error| {
        unreadable(&format!("the envelope, at line {}, column {},", error.line(), error.column()))
    })?;
    if envelope.id.is_empty() || envelope.id.len() > 255 {
        return Err(WebhookError::MalformedEvent("the id is empty or longer than 255 bytes".to_owned()));
    }
    let effects = effects(&envelope.kind, &envelope.data)
        .map_err(|_| unreadable(&format!("the data of {}", envelope.kind)))?;
    let payload = Untrusted::new(Origin::Webhook(BACKEND.to_owned()), envelope.data);
    let mut event =
        ProviderEvent::new(envelope.id, envelope.kind, envelope.mode, envelope.created_at, payload);
    event.effects = effects;
    Ok(event)
}

fn effects(kind: &EventKind, data: &serde_json::Value) -> Result<Vec<EventEffect>, serde_json::Error> {
    Ok(vec![match kind {
        EventKind::InvoicePaid => EventEffect::Paid(Deserialize::deserialize(data)?),
        EventKind::SubscriptionDeleted => EventEffect::Ended(Deserialize::deserialize(data)?),
        EventKind::ChargeRefunded => EventEffect::Refunded(Deserialize::deserialize(data)?),
        EventKind::PaymentFailed => EventEffect::Failed(Deserialize::deserialize(data)?),
        _ => return Ok(Vec::new()),
    }])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RAW: &[u8] =
        br#"{"id":"evt_1","type":"ping","mode":"offline","created_at":"2027-01-15T08:00:00Z","data":{}}"#;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn verdict(header: &str, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE_HEADER, header.parse().unwrap());
        OfflineVerifier::new(secret("s3cret")).unwrap().verify(&headers, raw, now)
    }

    fn hex_of(header: &str) -> &str {
        header.split_once("v1=").unwrap().1
    }

    #[test]
    fn the_format_is_fixed() {
        // printf '%s' '1800000000.{}' | openssl dgst -sha256 -hmac s3cret
        let header = sign(&secret("s3cret"), b"{}", now());
        assert_eq!(
            header,
            "t=1800000000,v1=1cd77f07c7f231a8a17cd9bc413e578ccb209c24eb17a0577ce1eb9218a4f3ed"
        );
    }

    #[test]
    fn ages_up_to_300_seconds_pass_both_ways() {
        let header = sign(&secret("s3cret"), RAW, now());
        for (age, passes) in [(0, true), (299, true), (300, true), (301, false), (86_400, false)] {
            let later = Timestamp::from_second(1_800_000_000 + age).unwrap();
            let earlier = Timestamp::from_second(1_800_000_000 - age).unwrap();
            assert_eq!(verdict(&header, RAW, later).is_ok(), passes, "{age} s old");
            assert_eq!(verdict(&header, RAW, earlier).is_ok(), passes, "{age} s ahead");
        }
        let late = Timestamp::from_second(1_800_000_301).unwrap();
        assert_eq!(verdict(&header, RAW, late), Err(WebhookError::TooOld { age_s: 301, most_s: 300 }));
        let early = Timestamp::from_second(1_799_999_699).unwrap();
        assert_eq!(verdict(&header, RAW, early), Err(WebhookError::TooNew { ahead_s: 301, most_s: 300 }));
    }

    #[test]
    fn any_of_several_codes_may_match() {
        let (ours, other) = (sign(&secret("s3cret"), RAW, now()), sign(&secret("old"), RAW, now()));
        for header in [
            format!("{ours},v1={}", hex_of(&other)),
            format!("{other},v1={}", hex_of(&ours)),
            format!("v1={},t=1800000000", hex_of(&ours)),
            format!("v0=abc,{ours},x=y"),
            format!("{ours},t=5"),
        ] {
            assert!(verdict(&header, RAW, now()).is_ok(), "{header}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let ours = sign(&secret("s3cret"), RAW, now());
        let code = hex_of(&ours);
        for header in [
            String::new(),
            "t=1800000000".to_owned(),
            format!("v1={code}"),
            format!("t=1800000000,v0={code}"),
            format!("t=1800000000, v1={code}"),
            format!("t=1800000000,v1={}", code.to_uppercase()),
            format!("t=1800000000,v1={}", &code[..62]),
            format!("t=+1800000000,v1={code}"),
            format!("t=01800000000,v1={code}"),
            format!("t=5,{ours}"),
            sign(&secret("other"), RAW, now()),
        ] {
            let refused = verdict(&header, RAW, now()).unwrap_err();
            assert_eq!(refused.kind(), ae_core::ErrorKind::Unauthenticated, "{header}");
        }
        let missing = OfflineVerifier::new(secret("s3cret")).unwrap().verify(&HeaderMap::new(), RAW, now());
        assert_eq!(missing, Err(WebhookError::MissingSignature(SIGNATURE_HEADER)));
    }

    #[test]
    fn a_body_written_again_does_not_pass() {
        let header = sign(&secret("s3cret"), RAW, now());
        let value: serde_json::Value = serde_json::from_slice(RAW).unwrap();
        let again = serde_json::to_vec_pretty(&value).unwrap();
        assert_eq!(verdict(&header, &again, now()), Err(WebhookError::BadSignature));
    }

    #[test]
    fn an_empty_secret_is_refused_and_none_is_shown() {
        for empty in ["", "  "] {
            assert_eq!(OfflineVerifier::new(secret(empty)).unwrap_err(), WebhookError::EmptySecret);
        }
        assert!(!format!("{:?}", OfflineVerifier::new(secret("s3cret")).unwrap()).contains("s3cret"));
    }

    #[test]
    fn a_signed_body_that_is_not_an_event_is_refused_without_quoting_it() {
        for raw in [
            &b"card 4242"[..],
            br#"{"id":"","type":"ping","mode":"offline","created_at":"2027-01-15T08:00:00Z","data":{}}"#,
            br#"{"id":"e","type":"invoice.paid","mode":"offline","created_at":"2027-01-15T08:00:00Z","data":{"payment":4242}}"#,
            br#"{"id":"e","type":"ping","mode":"production","created_at":"2027-01-15T08:00:00Z","data":{}}"#,
        ] {
            let refused = verdict(&sign(&secret("s3cret"), raw, now()), raw, now()).unwrap_err();
            assert_eq!(refused.kind(), ae_core::ErrorKind::InvalidInput);
            assert!(!refused.to_string().contains("4242"), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_parser(text in "[ -~]{0,200}") {
            prop_assert!(verdict(&text, RAW, now()).is_err());
        }
    }
}

//! The signature of the offline ledger's own webhooks.

use ae_core::{Origin, Secret, Timestamp, Untrusted};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{EventEffect, EventKind, ProviderEvent, WebhookError, WebhookVerifier};
use crate::{Mode, store::records::BACKEND};

/// The header with the signature: `t=<unix seconds>,v1=<hex>`.
pub const SIGNATURE_HEADER: &str = "ae-signature";
/// How old, or how far ahead, a signature may be, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;
/// A header with more parts than this was not made by us.
const PARTS_MAX: usize = 16;

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
    let code = keyed(secret, &time, raw).finalize().into_bytes();
    format!("t={time},v1={}", hex::encode(code))
}

/// Verifies the offline ledger's webhooks.
///
/// The header is `t=<unix seconds>,v1=<64 lower-case hex digits>`. Any of several `v1` may match, so that a secret can
/// be changed without a gap; the first `t` counts; unknown parts are ignored. The age may be 300 s either way.
#[derive(Debug, Clone)]
pub struct OfflineVerifier {
    secret: Secret<String>,
}

impl OfflineVerifier {
    /// A verifier of signatures made with `secret`.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`]: anyone could sign with that.
    pub fn new(secret: Secret<String>) -> Result<Self, WebhookError> {
        if secret.expose().trim().is_empty() { Err(WebhookError::EmptySecret) } else { Ok(Self { secret }) }
    }
}

impl WebhookVerifier for OfflineVerifier {
    fn name(&self) -> &str {
        BACKEND
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let header = headers.get(SIGNATURE_HEADER).ok_or(WebhookError::MissingSignature(SIGNATURE_HEADER))?;
        let text = header.to_str().map_err(|_| WebhookError::MalformedSignature("not plain text"))?;
        let signature = Signature::parse(text)?;
        let keyed = keyed(&self.secret, signature.time, raw);
        // Every code is compared, so the time taken says nothing about which one matched.
        let matches = signature.codes.iter().fold(false, |any, code| {
            let same = keyed.clone().verify_slice(code).is_ok();
            any | same
        });
        if !matches {
            return Err(WebhookError::BadSignature);
        }
        let age_s = now.as_second().saturating_sub(signature.seconds);
        if age_s > TOLERANCE_SECONDS {
            return Err(WebhookError::TooOld { age_s });
        }
        if age_s < -TOLERANCE_SECONDS {
            return Err(WebhookError::TooNew { ahead_s: age_s.saturating_neg() });
        }
        event(raw)
    }
}

struct Signature<'a> {
    time: &'a str,
    seconds: i64,
    codes: Vec<[u8; 32]>,
}

impl<'a> Signature<'a> {
    fn parse(text: &'a str) -> Result<Self, WebhookError> {
        let parts: Vec<_> = text.split(',').filter_map(|part| part.split_once('=')).take(PARTS_MAX).collect();
        let time = parts
            .iter()
            .find_map(|(name, value)| (*name == "t").then_some(*value))
            .ok_or(WebhookError::MalformedSignature("no time"))?;
        let is_plain = (1..=12).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = time
            .parse()
            .ok()
            .filter(|_| is_plain)
            .ok_or(WebhookError::MalformedSignature("the time is not a number of seconds"))?;
        let codes: Vec<_> =
            parts.iter().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| code(value)).collect();
        if codes.is_empty() {
            return Err(WebhookError::MalformedSignature("no v1 of 64 lower-case hex digits"));
        }
        Ok(Self { time, seconds, codes })
    }
}

fn code(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

fn keyed(secret: &Secret<String>, time: &str, raw: &[u8]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of any length (RFC 2104 section 3)");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(raw);
    mac
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
    let effect = effect(&envelope.kind, &envelope.data)
        .map_err(|_| unreadable(&format!("the data of {}", envelope.kind)))?;
    let payload = Untrusted::new(Origin::Webhook(BACKEND.to_owned()), envelope.data);
    let mut event =
        ProviderEvent::new(envelope.id, envelope.kind, envelope.mode, envelope.created_at, payload);
    event.effect = effect;
    Ok(event)
}

fn effect(kind: &EventKind, data: &serde_json::Value) -> Result<Option<EventEffect>, serde_json::Error> {
    Ok(Some(match kind {
        EventKind::InvoicePaid => EventEffect::Paid(Deserialize::deserialize(data)?),
        EventKind::SubscriptionDeleted => EventEffect::Ended(Deserialize::deserialize(data)?),
        EventKind::ChargeRefunded => EventEffect::Refunded(Deserialize::deserialize(data)?),
        EventKind::PaymentFailed => EventEffect::Failed(Deserialize::deserialize(data)?),
        _ => return Ok(None),
    }))
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
        assert_eq!(verdict(&header, RAW, late), Err(WebhookError::TooOld { age_s: 301 }));
        let early = Timestamp::from_second(1_799_999_699).unwrap();
        assert_eq!(verdict(&header, RAW, early), Err(WebhookError::TooNew { ahead_s: 301 }));
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

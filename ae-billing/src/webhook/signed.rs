//! The parts that signatures of webhooks have in common: keyed codes, lists in headers, and ages.

use ae_core::{Secret, Timestamp};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::WebhookError;

/// A header with more parts than this was not made by a provider.
pub(crate) const PARTS_MAX: usize = 16;

/// The secrets that may sign: never none, and none of them empty.
#[derive(Debug, Clone)]
pub(crate) struct Keys(Vec<Secret<String>>);

impl Keys {
    pub(crate) fn new(secret: Secret<String>) -> Result<Self, WebhookError> {
        Self(Vec::new()).with(secret)
    }

    pub(crate) fn with(mut self, secret: Secret<String>) -> Result<Self, WebhookError> {
        if secret.expose().trim().is_empty() {
            return Err(WebhookError::EmptySecret);
        }
        self.0.push(secret);
        Ok(self)
    }

    /// Whether one of `codes` is HMAC-SHA-256 (RFC 2104) over `message` with one of the keys.
    pub(crate) fn signed(&self, message: &[&[u8]], codes: &[[u8; 32]]) -> Result<(), WebhookError> {
        // Every code is compared, so the time taken says nothing about which one matched.
        let matches = self.0.iter().fold(false, |any, key| {
            let mac = keyed(key, message);
            codes.iter().fold(any, |any, code| {
                let same = mac.clone().verify_slice(code).is_ok();
                any | same
            })
        });
        if matches { Ok(()) } else { Err(WebhookError::BadSignature) }
    }
}

/// The code over the parts of a message, keyed with the bytes of the secret as they stand.
pub(crate) fn keyed(secret: &Secret<String>, message: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of any length (RFC 2104 section 3)");
    for part in message {
        mac.update(part);
    }
    mac
}

/// The form of a header that lists a time and codes, as in `t=1800000000,v1=…`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) separator: char,
    pub(crate) time: &'static str,
    pub(crate) code: &'static str,
}

/// A header of this [`Form`].
pub(crate) struct Stamp<'a> {
    pub(crate) time: &'a str,
    pub(crate) seconds: i64,
    pub(crate) codes: Vec<[u8; 32]>,
}

impl<'a> Stamp<'a> {
    /// Reads `text`: the first time counts, unknown parts are ignored, and nothing is trimmed.
    pub(crate) fn parse(text: &'a str, form: Form) -> Result<Self, WebhookError> {
        let parts: Vec<_> =
            text.split(form.separator).filter_map(|part| part.split_once('=')).take(PARTS_MAX).collect();
        let time = parts.iter().find_map(|(name, value)| (*name == form.time).then_some(*value));
        let time = time.ok_or(WebhookError::MalformedSignature("no time"))?;
        let codes = parts.iter().filter(|(name, _)| *name == form.code);
        let codes: Vec<_> = codes.filter_map(|(_, value)| code(value)).collect();
        if codes.is_empty() {
            return Err(WebhookError::MalformedSignature("no code of 64 lower-case hex digits"));
        }
        Ok(Self { time, seconds: seconds(time)?, codes })
    }
}

/// The seconds of a time in plain digits.
pub(crate) fn seconds(time: &str) -> Result<i64, WebhookError> {
    let is_plain = (1..=12).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = time.parse().ok().filter(|_| is_plain);
    seconds.ok_or(WebhookError::MalformedSignature("the time is not a number of seconds"))
}

/// Refuses a signature that is more than `most_s` seconds away from `now`, either way.
pub(crate) fn fresh(seconds: i64, now: Timestamp, most_s: i64) -> Result<(), WebhookError> {
    let age_s = now.as_second().saturating_sub(seconds);
    if age_s > most_s {
        return Err(WebhookError::TooOld { age_s, most_s });
    }
    if age_s < -most_s {
        return Err(WebhookError::TooNew { ahead_s: age_s.saturating_neg(), most_s });
    }
    Ok(())
}

fn code(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

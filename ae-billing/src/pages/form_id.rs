//! The name of one copy of the payment form.

use std::{fmt, str::FromStr};

use ae_core::{Digest, IdSource, IdempotencyKey, RunId};

const HEX_DIGITS: usize = 32;

/// Names one copy of the payment form: a copy that is sent twice books one payment, however long after, and another copy
/// books another, even of the same payer and price.
///
/// 32 lower-case hex digits. It is not a secret and proves nothing; who may record payments is decided elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormId(String);

/// The text can't be the id of a payment form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a form id: {HEX_DIGITS} lower-case hex digits")]
pub struct ParseFormIdError(String);

impl FormId {
    /// The name of a new copy.
    #[must_use]
    pub fn new(ids: &dyn IdSource) -> Self {
        Self(ids.new_uuid().simple().to_string())
    }

    /// The key under which this copy records its payment. It follows from the copy alone, so one that was used is a
    /// conflict for every other link, price or payer, and books nothing there.
    #[must_use]
    pub fn key(&self) -> IdempotencyKey {
        // A key needs a run; that of the link would let one copy book once in every run.
        let copy = RunId::from_digest(&Digest::of_bytes("payment-form/1", self.0.as_bytes()));
        IdempotencyKey::derive(copy, "pay", "record_payment", 0)
    }
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FormId {
    type Err = ParseFormIdError;

    fn from_str(text: &str) -> Result<Self, ParseFormIdError> {
        let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() == HEX_DIGITS && is_hex {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseFormIdError(text.chars().take(40).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use ae_core::SeededIds;

    use super::*;

    #[test]
    fn each_copy_has_a_name_and_a_key_of_its_own() {
        let ids = SeededIds::new(1);
        let (one, other) = (FormId::new(&ids), FormId::new(&ids));
        assert_ne!((&one, one.key()), (&other, other.key()));
        assert_ne!(one.key(), other.key());
        let sent: FormId = one.to_string().parse().unwrap();
        assert_eq!((&sent, sent.key()), (&one, one.key()));
    }

    #[test]
    fn only_the_exact_shape_is_a_name() {
        let good = "0123456789abcdef0123456789abcdef";
        assert!(good.parse::<FormId>().is_ok());
        let (upper, blank, long) = (good.to_uppercase(), format!("{good} "), "a".repeat(100_000));
        for bad in ["", &good[1..], &upper, &blank, &long, "0123456789abcdef0123456789abcdeg", "é"] {
            let refused = bad.parse::<FormId>().unwrap_err();
            assert!(refused.to_string().len() < 120, "{refused}");
        }
    }
}

//! The durable name of an effect.

use crate::{Digest, DigestWriter, RunId};

crate::checked_text! {
    /// Names one effect of one run without a time limit, so that a repeat after a crash is recognised instead of done
    /// twice.
    ///
    /// `ae1_` and 64 hex digits: SHA-256 over the length-prefixed fields (run, step, operation, sequence). The attempt
    /// number is never part of it. 68 characters, within the 255 that payment vendors accept.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    pub struct IdempotencyKey: "an idempotency key: expected ae1_ and 64 lower-case hex digits", |text| {
        // Written again, so that upper-case digits are no second spelling of the same key.
        let is_lower_case = |hex: &str| hex.parse().is_ok_and(|digest: Digest| digest.to_string() == hex);
        text.strip_prefix("ae1_").is_some_and(is_lower_case)
    }
}

impl IdempotencyKey {
    /// Derives the key of effect number `sequence` of `operation`, made by `step` of `run`.
    pub fn derive(run: RunId, step: &str, operation: &str, sequence: u32) -> Self {
        let digest = DigestWriter::new("ae1")
            .field(run.as_uuid().as_bytes())
            .field(step.as_bytes())
            .field(operation.as_bytes())
            .field(&sequence.to_be_bytes())
            .finish();
        Self(format!("ae1_{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn every_part_counts_and_the_length_fits_the_vendors() {
        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        let other = RunId::from_digest(&Digest::of_bytes("test", b"other"));
        let key = IdempotencyKey::derive(run, "monetize", "create_price", 0);
        assert_eq!(key, IdempotencyKey::derive(run, "monetize", "create_price", 0));
        assert_ne!(key, IdempotencyKey::derive(run, "monetize", "create_price", 1));
        assert_ne!(key, IdempotencyKey::derive(run, "monetize", "create_product", 0));
        assert_ne!(key, IdempotencyKey::derive(run, "deploy", "create_price", 0));
        assert_ne!(key, IdempotencyKey::derive(other, "monetize", "create_price", 0));
        assert_eq!(key.as_str().len(), 68);
    }

    #[test]
    fn only_keys_are_read() {
        let run = RunId::from_digest(&Digest::of_bytes("test", b"run"));
        let key = IdempotencyKey::derive(run, "monetize", "create_price", 0);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<IdempotencyKey>(&json).unwrap(), key);
        let upper = key.as_str().to_uppercase().replace("AE1_", "ae1_");
        for wrong in ["", "ae1_", "order-1", &key.as_str()[1..], &upper, &format!("{key} ")] {
            assert!(serde_json::from_value::<IdempotencyKey>(serde_json::json!(wrong)).is_err(), "{wrong:?}");
        }
    }
}

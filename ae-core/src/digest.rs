//! SHA-256 over unambiguous bytes: every field is length-prefixed, so `("a", "bc")` and `("ab", "c")` differ.

use std::{fmt, str::FromStr};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::ParseError;

/// A SHA-256 digest (FIPS 180-4), shown as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes `bytes` under `domain`, a short label that keeps digests of different things apart.
    pub fn of_bytes(domain: &str, bytes: &[u8]) -> Self {
        DigestWriter::new(domain).field(bytes).finish()
    }

    /// Hashes the JSON form of `value` under `domain`.
    ///
    /// The form is stable as long as the type's fields keep their order and its maps are ordered (`BTreeMap`).
    ///
    /// # Errors
    ///
    /// When `value` can't be written as JSON, for example a map with keys that are not strings.
    pub fn of_json<T: Serialize + ?Sized>(domain: &str, value: &T) -> Result<Self, serde_json::Error> {
        Ok(Self::of_bytes(domain, &serde_json::to_vec(value)?))
    }

    /// Wraps 32 bytes that are already a SHA-256 digest.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first `digits` hex digits (64 at most), for names and screens.
    pub fn short(&self, digits: usize) -> String {
        self.to_string().chars().take(digits).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| ParseError::new(text, "a digest: 64 hex digits"))?;
        Ok(Self(bytes))
    }
}

crate::serde_text!(Digest);

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Digest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// Builds a [`Digest`] from several fields.
#[derive(Debug, Clone)]
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Starts a digest in `domain`.
    pub fn new(domain: &str) -> Self {
        Self(Sha256::new()).field(domain.as_bytes())
    }

    /// Adds one field: its length in bytes as eight big-endian bytes, then the bytes.
    #[must_use]
    pub fn field(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// Ends the digest.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_split_between_fields_counts() {
        let ab_c = DigestWriter::new("d").field(b"ab").field(b"c").finish();
        let a_bc = DigestWriter::new("d").field(b"a").field(b"bc").finish();
        assert_ne!(ab_c, a_bc);
        assert_ne!(Digest::of_bytes("d", b""), Digest::of_bytes("e", b""));
    }

    #[test]
    fn the_format_is_fixed() {
        // printf '\0\0\0\0\0\0\0\1d\0\0\0\0\0\0\0\1x' | sha256sum
        assert_eq!(
            Digest::of_bytes("d", b"x").to_string(),
            "097603b9411d77384edffd4765e180cfb03fc27cc12390e9678b4b1161383ed8"
        );
    }

    proptest! {
        #[test]
        fn text_round_trips(bytes in any::<[u8; 32]>()) {
            let digest = Digest::from_bytes(bytes);
            prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        }
    }
}

//! The keys that sign and verify licences.

use std::fmt;

use ae_core::Secret;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::{
    EncodedPoint, FieldBytes,
    ecdsa::{SigningKey, VerifyingKey},
};
use serde::{Deserialize, Serialize};

/// How many times [`LicenceKey::generate`] asks for bytes. One key in 2^32 is refused, so the second try already fails
/// for a broken source alone.
const TRIES: u8 = 8;

/// Why bytes or a JWK are not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LicenceKeyError {
    /// The 32 bytes are zero, or not below the order of the curve.
    #[error("these 32 bytes are not a P-256 key: take other ones from the system's source of random bytes")]
    Secret,
    /// The source gave no usable bytes.
    #[error("{TRIES} times the random bytes were not a P-256 key: the source of random bytes is broken")]
    Source,
    /// The JWK has another kind, curve, use or form.
    #[error("this is not the JWK of a public P-256 key for ES256 with a number as its kid")]
    Jwk,
}

/// The private key that signs licences: ES256 (ECDSA on P-256 with SHA-256). It stays with the seller.
#[derive(Clone)]
pub struct LicenceKey {
    number: u32,
    key: SigningKey,
}

impl LicenceKey {
    /// The key number `number` of a seller, from its 32 bytes.
    ///
    /// # Errors
    ///
    /// [`LicenceKeyError::Secret`] for the few values that are not keys.
    pub fn new(number: u32, secret: &Secret<[u8; 32]>) -> Result<Self, LicenceKeyError> {
        let key = SigningKey::from_slice(secret.expose()).map_err(|_| LicenceKeyError::Secret)?;
        Ok(Self { number, key })
    }

    /// Makes key number `number` of random bytes from `random`, which is asked again for the few values that are not
    /// keys. The answer has the bytes to keep in addition to the key.
    ///
    /// # Errors
    ///
    /// [`LicenceKeyError::Source`] when there is no key in 8 tries.
    pub fn generate(
        number: u32,
        mut random: impl FnMut() -> Secret<[u8; 32]>,
    ) -> Result<(Self, Secret<[u8; 32]>), LicenceKeyError> {
        for _ in 0..TRIES {
            let secret = random();
            if let Ok(key) = Self::new(number, &secret) {
                return Ok((key, secret));
            }
        }
        Err(LicenceKeyError::Source)
    }

    /// Its number, which is the `kid` of every licence that it signs.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The key that verifies what this one signs; it is part of the release.
    pub fn public(&self) -> LicencePublicKey {
        LicencePublicKey { number: self.number, key: *self.key.verifying_key() }
    }

    /// The whole key as a private JWK (RFC 7517), which WebCrypto imports as it is: for a host that signs licences of one
    /// site. Give each site a key of its own, with a number that no other key of its release has.
    pub fn private_jwk(&self) -> Secret<String> {
        let Jwk { kty, crv, x, y, kid, alg } = Jwk::from(self.public());
        let d = Base64UrlUnpadded::encode_string(&self.key.to_bytes());
        // Every part is base64url or a fixed word, so that nothing has to be escaped.
        Secret::new(format!(
            r#"{{"kty":"{kty}","crv":"{crv}","x":"{x}","y":"{y}","d":"{d}","kid":"{kid}","alg":"{alg}"}}"#
        ))
    }

    pub(super) const fn signing(&self) -> &SigningKey {
        &self.key
    }
}

impl fmt::Debug for LicenceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LicenceKey").field("number", &self.number).finish_non_exhaustive()
    }
}

/// The public key that verifies licences. As JSON it is a JWK (RFC 7517) that WebCrypto imports as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct LicencePublicKey {
    number: u32,
    key: VerifyingKey,
}

impl LicencePublicKey {
    /// Its number, the `kid` of the licences that it verifies.
    pub const fn number(&self) -> u32 {
        self.number
    }

    pub(super) const fn verifying(&self) -> &VerifyingKey {
        &self.key
    }
}

#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    y: String,
    kid: String,
    alg: String,
}

impl From<LicencePublicKey> for Jwk {
    fn from(public: LicencePublicKey) -> Self {
        let point = public.key.to_encoded_point(false);
        let text = |part: Option<&FieldBytes>| {
            part.map_or_else(String::new, |part| Base64UrlUnpadded::encode_string(part))
        };
        Self {
            kty: "EC".to_owned(),
            crv: "P-256".to_owned(),
            x: text(point.x()),
            y: text(point.y()),
            kid: public.number.to_string(),
            alg: "ES256".to_owned(),
        }
    }
}

impl TryFrom<Jwk> for LicencePublicKey {
    type Error = LicenceKeyError;

    fn try_from(jwk: Jwk) -> Result<Self, LicenceKeyError> {
        let coordinate = |text: &str| {
            let mut bytes = FieldBytes::default();
            let whole = Base64UrlUnpadded::decode(text, bytes.as_mut_slice()).map(<[u8]>::len);
            if whole == Ok(bytes.len()) { Ok(bytes) } else { Err(LicenceKeyError::Jwk) }
        };
        let number: u32 = jwk.kid.parse().map_err(|_| LicenceKeyError::Jwk)?;
        let is_ours =
            jwk.kty == "EC" && jwk.crv == "P-256" && jwk.alg == "ES256" && jwk.kid == number.to_string();
        if !is_ours {
            return Err(LicenceKeyError::Jwk);
        }
        let point = EncodedPoint::from_affine_coordinates(&coordinate(&jwk.x)?, &coordinate(&jwk.y)?, false);
        // Refused when it is not on the curve.
        let key = VerifyingKey::from_encoded_point(&point).map_err(|_| LicenceKeyError::Jwk)?;
        Ok(Self { number, key })
    }
}

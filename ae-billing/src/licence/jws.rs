//! The compact form of a JWS (RFC 7515) with one fixed header and one algorithm.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use p256::ecdsa::{
    Signature,
    signature::{Signer as _, Verifier as _},
};
use serde::{Deserialize, Serialize};

use super::{LicenceKey, LicencePublicKey, LicenceRefusal};

const ALGORITHM: &str = "ES256";

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// The only header of key number `number`, byte for byte.
fn header(number: u32) -> String {
    Base64UrlUnpadded::encode_string(format!(r#"{{"alg":"{ALGORITHM}","kid":"{number}"}}"#).as_bytes())
}

/// Signs `payload`. The signature is deterministic (RFC 6979), so the same payload always gives the same text.
pub(super) fn sign(key: &LicenceKey, payload: &impl Serialize) -> String {
    let payload = serde_json::to_vec(payload).expect("structs of texts and numbers have a JSON form");
    let signed = format!("{}.{}", header(key.number()), Base64UrlUnpadded::encode_string(&payload));
    let signature: Signature = key.signing().sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}

/// The payload of `token`, once its signature was verified with the one of `keys` that its header names.
///
/// The algorithm is fixed: what the header says about it can only lead to a refusal. ECDSA signatures are malleable, so
/// the same payload has two valid texts, and a text must never stand for the order.
pub(super) fn open(
    token: &str,
    keys: &[LicencePublicKey],
    bytes_max: usize,
) -> Result<Vec<u8>, LicenceRefusal> {
    if token.len() > bytes_max {
        return Err(LicenceRefusal::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(LicenceRefusal::Malformed)?;
    let (head, payload) = signed.split_once('.').ok_or(LicenceRefusal::Malformed)?;
    let claimed: Header = serde_json::from_slice(&decoded(head)?).map_err(|_| LicenceRefusal::Malformed)?;
    if claimed.alg != ALGORITHM {
        return Err(LicenceRefusal::OtherAlgorithm);
    }
    let is_named = |key: &&LicencePublicKey| claimed.kid == Some(key.number().to_string());
    let key = keys.iter().find(is_named).ok_or(LicenceRefusal::UnknownKey)?;
    if head != header(key.number()) {
        return Err(LicenceRefusal::Malformed);
    }
    let payload = decoded(payload)?;
    let signature = Signature::from_slice(&decoded(signature)?).map_err(|_| LicenceRefusal::BadSignature)?;
    key.verifying().verify(signed.as_bytes(), &signature).map_err(|_| LicenceRefusal::BadSignature)?;
    Ok(payload)
}

/// Base64url without padding, in its one form: other letters, padding and stray bits are refused.
fn decoded(text: &str) -> Result<Vec<u8>, LicenceRefusal> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| LicenceRefusal::Malformed)
}

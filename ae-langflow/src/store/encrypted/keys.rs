//! The keys, and what is done with them.

use std::{collections::BTreeMap, fmt};

use ae_core::{BackendError, Digest, ErrorKind, Secret};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Generate as _, Payload},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::{BACKEND, bound::Bound};

/// Says what a text is, and in which form.
const MARK: &str = "ae1";
const ID_BYTES_MAX: usize = 32;
const NONCE_BYTES: usize = 24;

/// The keys of a store: one hides names, one writes values, and any number read values that were written before.
///
/// Values are encrypted with XChaCha20-Poly1305 under random nonces. To rotate, let a new key write and pass the old
/// one to [`with_old`](Self::with_old); what the old one wrote stays readable and is not written again. The key of the
/// names never changes, because a thread goes on only from the head that it hid.
///
/// ```
/// use ae_core::Secret;
/// use ae_langflow::EncryptionKeys;
///
/// # fn example(names: [u8; 32], old: [u8; 32], new: [u8; 32]) -> Result<(), ae_core::BackendError> {
/// let keys = EncryptionKeys::new(Secret::new(names), "2027", Secret::new(new))?.with_old("2026", Secret::new(old))?;
/// # drop(keys);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EncryptionKeys {
    names: Secret<[u8; 32]>,
    writes: String,
    known: BTreeMap<String, Secret<[u8; 32]>>,
}

impl EncryptionKeys {
    /// Keys of which `names` hides digests and the names of notes, and `key` encrypts. Its `id` stands next to every
    /// value in the clear.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the id is not 1 to 32 letters, digits, `-` and `_`.
    pub fn new(
        names: Secret<[u8; 32]>,
        id: impl Into<String>,
        key: Secret<[u8; 32]>,
    ) -> Result<Self, BackendError> {
        let id = id.into();
        Self { names, writes: id.clone(), known: BTreeMap::new() }.with_old(id, key)
    }

    /// Adds a key that reads.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the id is not 1 to 32 letters, digits, `-` and `_`, or is known already.
    pub fn with_old(mut self, id: impl Into<String>, key: Secret<[u8; 32]>) -> Result<Self, BackendError> {
        let id = id.into();
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !plain || !(1..=ID_BYTES_MAX).contains(&id.len()) || self.known.contains_key(&id) {
            let message = format!(
                "{id:?} can't name a key: choose 1 to {ID_BYTES_MAX} letters, digits, - and _, each id once"
            );
            return Err(BackendError::new(ErrorKind::InvalidInput, BACKEND, "keys", message));
        }
        self.known.insert(id, key);
        Ok(self)
    }

    /// Hides a digest or a name, the same way each time. HMAC-SHA-256 over length-prefixed fields.
    pub(super) fn mask(&self, fields: &[&[u8]]) -> Digest {
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new_from_slice(self.names.expose())
            .expect("HMAC takes keys of any length");
        for field in fields {
            mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(field);
        }
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }

    /// Encrypts a value for one place: a JSON string.
    pub(super) fn seal(
        &self,
        operation: &'static str,
        place: &Bound<'_>,
        value: &[u8],
    ) -> Result<String, BackendError> {
        let broken = |message| BackendError::new(ErrorKind::Internal, BACKEND, operation, message);
        let Some(key) = self.known.get(&self.writes) else {
            return Err(broken("there is no key that writes"));
        };
        let nonce = XNonce::try_generate().map_err(|error| {
            broken("the system gives no random numbers").with_source(std::io::Error::other(error.to_string()))
        })?;
        let place = place.digest(&self.writes);
        let sealed = cipher(key)
            .encrypt(&nonce, Payload { msg: value, aad: place.as_bytes() })
            .map_err(|_| broken("the value is too large to be encrypted"))?;
        let mut text = format!("\"{MARK}.{}.", self.writes);
        let mut bytes = Vec::with_capacity(NONCE_BYTES + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        text.push('"');
        Ok(text)
    }

    /// Decrypts what was sealed for this place.
    pub(super) fn open(
        &self,
        operation: &'static str,
        place: &Bound<'_>,
        sealed: &str,
    ) -> Result<Vec<u8>, BackendError> {
        let refuse = |kind, message: String| Err(BackendError::new(kind, BACKEND, operation, message));
        let parts = sealed.strip_prefix('"').and_then(|sealed| sealed.strip_suffix('"'));
        let parts: Vec<_> = parts.unwrap_or_default().splitn(3, '.').collect();
        let [MARK, id, text] = parts.as_slice() else {
            let message = "the thread is not encrypted, or by a newer release: open its store without the decorator, \
                           or with a later release";
            return refuse(ErrorKind::Protocol, message.to_owned());
        };
        let Some(key) = self.known.get(*id) else {
            let message =
                format!("a value was encrypted with the key {id:?}, which is not among those given: add it");
            return refuse(ErrorKind::Unauthenticated, message);
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let opened = bytes.split_first_chunk::<NONCE_BYTES>().and_then(|(nonce, sealed)| {
            let place = place.digest(id);
            cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: place.as_bytes() }).ok()
        });
        match opened {
            Some(value) => Ok(value),
            None => refuse(
                ErrorKind::Protocol,
                format!(
                    "a value was changed or moved, or the key {id:?} is another one than it was encrypted with: \
                     restore the store or the key"
                ),
            ),
        }
    }
}

fn cipher(key: &Secret<[u8; 32]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = self.known.keys().collect();
        f.debug_struct("EncryptionKeys")
            .field("writes", &self.writes)
            .field("known", &known)
            .finish_non_exhaustive()
    }
}

//! The one place where ids and random bits are made.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use crate::{BackendError, DigestWriter, ErrorKind, Secret};

/// Makes ids and random bits.
pub trait IdSource: Debug + Send + Sync + 'static {
    /// A new UUID, unique and roughly ordered by time (version 7 in production).
    fn new_uuid(&self) -> Uuid;

    /// Thirty-two bits of randomness for jitter: the end of a new UUID. Not for secrets.
    fn jitter(&self) -> u32 {
        let [.., a, b, c, d] = self.new_uuid().into_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Thirty-two bytes that cannot be guessed, fit for keys, tokens and nonces.
    ///
    /// # Errors
    ///
    /// `Unavailable` when the system has no source of randomness.
    fn secret_bytes(&self) -> Result<Secret<[u8; 32]>, BackendError>;
}

/// Real ids: UUID version 7 (RFC 9562).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret_bytes(&self) -> Result<Secret<[u8; 32]>, BackendError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            let message = "the system gave no random bytes: no secret can be made here";
            BackendError::new(ErrorKind::Unavailable, "ids", "secret_bytes", message).with_source(error)
        })?;
        Ok(Secret::new(bytes))
    }
}

/// The same ids on every run with the same seed, its [secret bytes](IdSource::secret_bytes) included: for tests alone.
#[derive(Debug, Clone)]
pub struct SeededIds {
    seed: u64,
    next: Arc<Mutex<u64>>,
}

impl SeededIds {
    /// A source of ids that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, next: Arc::default() }
    }

    fn next(&self) -> [u8; 32] {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        let seeded = DigestWriter::new("seeded-id").field(&self.seed.to_be_bytes());
        *seeded.field(&next.to_be_bytes()).finish().as_bytes()
    }
}

impl IdSource for SeededIds {
    fn new_uuid(&self) -> Uuid {
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(self.next()).for_each(|(to, from)| *to = from);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn secret_bytes(&self) -> Result<Secret<[u8; 32]>, BackendError> {
        Ok(Secret::new(self.next()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_ids_and_no_id_twice() {
        let (a, b) = (SeededIds::new(7), SeededIds::new(7));
        let first: Vec<_> = (0..100).map(|_| a.new_uuid()).collect();
        let again: Vec<_> = (0..100).map(|_| b.new_uuid()).collect();
        assert_eq!(first, again);
        let unique: std::collections::BTreeSet<_> = first.iter().collect();
        assert_eq!(unique.len(), 100);
        assert_ne!(a.secret_bytes().unwrap().expose(), a.secret_bytes().unwrap().expose());
        assert_ne!(SystemIds.secret_bytes().unwrap().expose(), SystemIds.secret_bytes().unwrap().expose());
    }
}

//! The one place where ids and random bits are made.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use crate::DigestWriter;

/// Makes ids and random bits.
pub trait IdSource: Debug + Send + Sync + 'static {
    /// A new UUID, unique and roughly ordered by time (version 7 in production).
    fn new_uuid(&self) -> Uuid;

    /// Thirty-two bits of randomness for jitter. Not for secrets.
    fn jitter(&self) -> u32;
}

impl<T: IdSource + ?Sized> IdSource for Arc<T> {
    fn new_uuid(&self) -> Uuid {
        (**self).new_uuid()
    }

    fn jitter(&self) -> u32 {
        (**self).jitter()
    }
}

/// Real ids: UUID version 7 (RFC 9562).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn jitter(&self) -> u32 {
        let bytes = self.new_uuid().into_bytes();
        let [.., a, b, c, d] = bytes;
        u32::from_be_bytes([a, b, c, d])
    }
}

/// The same ids on every run with the same seed.
#[derive(Debug, Clone)]
pub struct SeededIds {
    seed: u64,
    next: Arc<Mutex<u64>>,
}

impl SeededIds {
    /// A source of ids that follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, next: Arc::default() }
    }
}

impl IdSource for SeededIds {
    fn new_uuid(&self) -> Uuid {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next += 1;
        let digest = DigestWriter::new("seeded-id")
            .field(&self.seed.to_be_bytes())
            .field(&next.to_be_bytes())
            .finish();
        let mut bytes = [0_u8; 16];
        for (to, from) in bytes.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    fn jitter(&self) -> u32 {
        let [.., a, b, c, d] = self.new_uuid().into_bytes();
        u32::from_be_bytes([a, b, c, d])
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
    }
}

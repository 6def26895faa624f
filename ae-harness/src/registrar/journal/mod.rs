//! The record of purchases, by which a registrar knows after a crash that one was sent.

#[cfg(any(feature = "porkbun", feature = "vercel"))]
pub(super) mod buy;
mod file;
mod memory;
mod port;

use ae_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::{file::FileOrderJournal, memory::MemoryOrderJournal, port::OrderJournal};
use super::{Domain, Order};

/// A purchase that was sent, or is about to be. It holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrderEntry {
    /// SHA-256 of the serialised purchase.
    pub purchase: Digest,
    /// The name.
    pub domain: Domain,
    /// The time when it was sent last.
    pub sent_at: Timestamp,
    /// The order, once the vendor answered or the name was found in the account.
    #[serde(default)]
    pub order: Option<Order>,
}

impl OrderEntry {
    /// A purchase of `domain` that is sent at `sent_at`.
    pub const fn new(purchase: Digest, domain: Domain, sent_at: Timestamp) -> Self {
        Self { purchase, domain, sent_at, order: None }
    }
}

ae_core::setters! { OrderEntry {
    /// Sets the order.
    fn with_order(order: some Order);
} }

#[cfg(test)]
mod tests {
    use ae_core::{Currency, IdempotencyKey, Money, RunId};

    use super::*;
    use crate::OrderState;

    fn key(sequence: u32) -> IdempotencyKey {
        IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("t", b"")), "s", "o", sequence)
    }

    async fn keeps_entries(journal: &dyn OrderJournal) {
        assert_eq!(journal.read(&key(0)).await.unwrap(), None);
        let domain: Domain = "csv-tidy.example".parse().unwrap();
        let sent = OrderEntry::new(Digest::of_bytes("t", b"1"), domain.clone(), Timestamp::UNIX_EPOCH);
        journal.write(&key(0), &sent).await.unwrap();
        assert_eq!(journal.read(&key(0)).await.unwrap(), Some(sent.clone()));
        let price = Money::parse("11.25", Currency::USD).unwrap();
        let done = sent.with_order(Order::new("o-1", domain, price, OrderState::Pending));
        journal.write(&key(0), &done).await.unwrap();
        assert_eq!(journal.find("o-1").await.unwrap(), Some(done));
        assert_eq!(journal.find("o-2").await.unwrap(), None);
        journal.forget(&key(0)).await.unwrap();
        journal.forget(&key(1)).await.unwrap();
        assert_eq!(journal.read(&key(0)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn both_journals_keep_entries() {
        keeps_entries(&MemoryOrderJournal::default()).await;
        let folder = tempfile::tempdir().unwrap();
        keeps_entries(&FileOrderJournal::open(folder.path()).unwrap()).await;
    }

    #[tokio::test]
    async fn a_damaged_entry_is_an_error_and_not_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let journal = FileOrderJournal::open(folder.path()).unwrap();
        std::fs::write(folder.path().join(format!("{}.json", key(0))), "{").unwrap();
        assert_eq!(journal.read(&key(0)).await.unwrap_err().kind(), ae_core::ErrorKind::Protocol);
        assert!(journal.find("o-1").await.is_err());
    }
}

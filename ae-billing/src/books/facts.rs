//! Statements, as they are kept.
//!
//! Statements about one thing share a row. Which of them stay follows from the statements alone, never from the order in
//! which they came: a row is the same after any order of the same events.

use std::collections::BTreeMap;

use ae_core::RunId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    DisputedPayment, FailedPayment, OnSale, PaidInvoice, PaymentAlias, PriceId, RefundedPayment,
    SubscriptionChange, store::records::Table,
};

/// A statement about something that the provider has a name for.
pub(super) trait Fact: Serialize + DeserializeOwned + Clone + PartialEq {
    const TABLE: Table;

    /// The name of the thing, without white space at the places where its parts meet.
    fn id(&self) -> String;

    /// The run, where the statement has one.
    fn run(&self) -> Option<RunId>;

    /// The id that it can be found by: a payment's, or an agreement's.
    fn owner(&self) -> &str;

    /// The statements that count, in a fixed order.
    fn kept(all: Vec<Self>) -> Vec<Self>;
}

/// Statements about one thing, and the provider that made them: providers name things each for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stated<T> {
    pub(super) provider: String,
    /// The event that changed it last.
    event: String,
    fact: T,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    others: Vec<T>,
}

impl<T: Fact> Stated<T> {
    pub(super) fn new(provider: &str, event: &str, fact: T) -> Self {
        Self { provider: provider.to_owned(), event: event.to_owned(), fact, others: Vec::new() }
    }

    /// Every statement that counts.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.fact).chain(&self.others)
    }

    /// The first statement.
    pub(super) const fn fact(&self) -> &T {
        &self.fact
    }

    /// With one more statement; `None` when that changes nothing.
    pub(super) fn with(&self, event: &str, fact: T) -> Option<Self> {
        let known: Vec<T> = self.all().cloned().collect();
        let kept = T::kept(known.iter().cloned().chain([fact]).collect());
        if kept == known {
            return None;
        }
        let mut kept = kept.into_iter();
        let fact = kept.next()?;
        Some(Self { provider: self.provider.clone(), event: event.to_owned(), fact, others: kept.collect() })
    }
}

/// A link that sells prices of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SoldAt {
    pub(super) provider: String,
    pub(super) run: RunId,
    pub(super) prices: Vec<PriceId>,
}

/// Prices and links on sale, by the names of rows.
#[derive(Debug, Default)]
pub(super) struct Sales {
    pub(super) prices: BTreeMap<String, OnSale>,
    pub(super) links: BTreeMap<String, SoldAt>,
}

/// The text that decides where all else is equal.
fn text(fact: &impl Serialize) -> String {
    serde_json::to_string(fact).unwrap_or_default()
}

/// The greatest by `rank`, then by its text.
fn greatest<T: Fact, R: Ord>(all: Vec<T>, rank: impl Fn(&T) -> R) -> Vec<T> {
    all.into_iter().max_by_key(|fact| (rank(fact), text(fact))).into_iter().collect()
}

impl Fact for PaidInvoice {
    const TABLE: Table = Table::Revenue;

    fn id(&self) -> String {
        self.payment.clone()
    }

    fn run(&self) -> Option<RunId> {
        self.run
    }

    /// A payment without an agreement is one of its own.
    fn owner(&self) -> &str {
        if self.entitlement.is_empty() { &self.payment } else { &self.entitlement }
    }

    /// All that differ: what one leaves out another may say.
    fn kept(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by_cached_key(Self::rank);
        all.dedup();
        all
    }
}

impl PaidInvoice {
    /// The order in which statements about one payment are asked for what they say.
    pub(super) fn rank(&self) -> (ae_core::Timestamp, String) {
        (self.paid_at, text(self))
    }
}

impl Fact for SubscriptionChange {
    const TABLE: Table = Table::Entitlements;

    fn id(&self) -> String {
        self.entitlement.clone()
    }

    fn run(&self) -> Option<RunId> {
        self.run
    }

    fn owner(&self) -> &str {
        ""
    }

    /// The newest, and the newest of those that say what it leaves out; newest first.
    fn kept(all: Vec<Self>) -> Vec<Self> {
        let newest = |says: fn(&Self) -> bool| {
            greatest(all.iter().filter(|fact| says(fact)).cloned().collect(), |fact| (fact.at, fact.state))
        };
        let mut kept = newest(|_| true);
        for says in [
            (|fact| fact.run.is_some()) as fn(&Self) -> bool,
            |fact| !fact.price.is_empty(),
            |fact| !fact.customer.is_empty(),
        ] {
            kept.extend(newest(says));
        }
        kept.sort_by_cached_key(|fact| std::cmp::Reverse((fact.at, fact.state, text(fact))));
        kept.dedup();
        kept
    }
}

impl Fact for RefundedPayment {
    const TABLE: Table = Table::Refunds;

    /// A row for each currency, so that amounts that can't be compared never meet.
    fn id(&self) -> String {
        format!("{} {} {}", self.payment, self.refunded.currency(), self.refund).trim_end().to_owned()
    }

    fn run(&self) -> Option<RunId> {
        self.run
    }

    fn owner(&self) -> &str {
        &self.payment
    }

    /// The highest total, at its earliest; of a single refund the newest statement.
    fn kept(all: Vec<Self>) -> Vec<Self> {
        let earliest = std::cmp::Reverse;
        if all.first().is_some_and(|fact| fact.refund.is_empty()) {
            greatest(all, |fact| (fact.refunded.pico(), earliest(fact.refunded_at), fact.run))
        } else {
            greatest(all, |fact| (fact.refunded_at, fact.refunded.pico(), fact.run))
        }
    }
}

impl Fact for FailedPayment {
    const TABLE: Table = Table::Failures;

    fn id(&self) -> String {
        self.payment.clone()
    }

    fn run(&self) -> Option<RunId> {
        self.run
    }

    /// A payment without an agreement is one of its own.
    fn owner(&self) -> &str {
        if self.entitlement.is_empty() { &self.payment } else { &self.entitlement }
    }

    fn kept(all: Vec<Self>) -> Vec<Self> {
        greatest(all, |fact| fact.failed_at)
    }
}

impl Fact for DisputedPayment {
    const TABLE: Table = Table::Disputes;

    fn id(&self) -> String {
        self.dispute.clone()
    }

    fn run(&self) -> Option<RunId> {
        self.run
    }

    fn owner(&self) -> &str {
        &self.payment
    }

    fn kept(all: Vec<Self>) -> Vec<Self> {
        greatest(all, |fact| (fact.at, fact.state))
    }
}

impl Fact for PaymentAlias {
    const TABLE: Table = Table::Aliases;

    fn id(&self) -> String {
        format!("{} {}", self.payment, self.alias)
    }

    fn run(&self) -> Option<RunId> {
        None
    }

    fn owner(&self) -> &str {
        &self.payment
    }

    fn kept(all: Vec<Self>) -> Vec<Self> {
        greatest(all, |_| ())
    }
}

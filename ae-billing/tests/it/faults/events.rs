//! Wrong event stores and wrong answers about entitlements.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ae_billing::{
    DisputeState, Entitlement, Entitlements, EventEffect, EventStore, Intake, MemoryLedger, OnSale, OrderId,
    Page, PaidInvoice, ReceivedEvent, RevenueSummary, SubscriptionState, Unresolved, conformance,
};
use ae_core::conformance::faults;
use ae_core::{BackendError, Currency, Money, RunId};
use async_trait::async_trait;

use crate::world::{BASE, clocked, wait};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// Books a repeat as a new event.
    ForgetsIds,
    /// Books an end only after a payment of the same agreement.
    DropsEarlyEnds,
    BooksQuarantined,
    /// Counts a payment for each event.
    CountsEvents,
    /// Lets the first statement about a payment stand alone.
    KeepsTheFirst,
    DropsOtherCurrencies,
    DropsRefunds,
    /// Takes a single refund for the total.
    TakesSinglesForTotals,
    /// Drops a refund in another currency than dollars.
    DropsOtherRefunds,
    DropsFailures,
    BooksNegativeAsPositive,
    /// Names the first payment as the latest.
    NamesTheFirst,
    /// Forgets the time that was paid for by a payment that went back.
    ForgetsWhatWasBought,
    BooksOneEffect,
    /// Books the good effects before the bad one is found.
    BooksOneByOne,
    /// Forgets what is on sale.
    SellsNothing,
    /// Puts anything on sale.
    SellsTwice,
    HidesWhatIsLeft,
    DropsAliases,
    DropsDisputes,
    TakesInquiriesForMoney,
    HidesDisputes,
    DropsStates,
    /// Takes a failed charge for the end.
    EndsPastDue,
    /// Lets the state stand that arrived last.
    TakesTheLastState,
}

#[derive(Debug)]
struct Wrong {
    inner: MemoryLedger,
    fault: Fault,
    paid: Mutex<BTreeSet<(String, String)>>,
    first: Mutex<BTreeMap<(String, String), PaidInvoice>>,
    count: AtomicUsize,
}

fn accepted(received: &ReceivedEvent) -> Result<Intake, BackendError> {
    Ok(Intake::Accepted { event: received.event.id.clone() })
}

fn positive(amount: &mut Money) {
    if amount.is_negative() {
        *amount = Money::from_pico(-amount.pico(), amount.currency()).unwrap();
    }
}

impl Wrong {
    /// Whether the effect is kept.
    fn keeps(&self, provider: &str, id: &str, effect: &mut EventEffect) -> bool {
        match (self.fault, effect) {
            (Fault::DropsEarlyEnds, EventEffect::Paid(paid)) => {
                self.paid.lock().unwrap().insert((provider.to_owned(), paid.entitlement.clone()));
            }
            (Fault::DropsEarlyEnds, EventEffect::Ended(end)) => {
                return self.paid.lock().unwrap().contains(&(provider.to_owned(), end.entitlement.clone()));
            }
            (Fault::CountsEvents, EventEffect::Paid(paid)) => paid.payment = format!("{}-{id}", paid.payment),
            (Fault::KeepsTheFirst, EventEffect::Paid(paid)) => {
                let name = (provider.to_owned(), paid.payment.clone());
                *paid = self.first.lock().unwrap().entry(name).or_insert_with(|| paid.clone()).clone();
            }
            (Fault::DropsOtherCurrencies, EventEffect::Paid(paid)) => {
                return paid.amount.currency() == Currency::USD;
            }
            (Fault::DropsRefunds, EventEffect::Refunded(refund)) => return refund.refunded.is_negative(),
            (Fault::TakesSinglesForTotals, EventEffect::Refunded(refund)) => refund.refund.clear(),
            (Fault::DropsOtherRefunds, EventEffect::Refunded(refund)) => {
                return refund.refunded.currency() == Currency::USD;
            }
            (Fault::DropsFailures, EventEffect::Failed(_))
            | (Fault::DropsAliases, EventEffect::SamePayment(_))
            | (Fault::DropsDisputes, EventEffect::Disputed(_)) => return false,
            // Its price is another matter.
            (Fault::DropsStates, EventEffect::Changed(change)) => return !change.price.is_empty(),
            (Fault::BooksNegativeAsPositive, EventEffect::Paid(paid)) => positive(&mut paid.amount),
            (Fault::BooksNegativeAsPositive, EventEffect::Refunded(refund)) => positive(&mut refund.refunded),
            (Fault::TakesInquiriesForMoney, EventEffect::Disputed(dispute))
                if dispute.state == DisputeState::Inquiry =>
            {
                dispute.state = DisputeState::Open;
            }
            (Fault::EndsPastDue, EventEffect::Changed(change))
                if change.state == SubscriptionState::PastDue =>
            {
                change.state = SubscriptionState::Canceled;
            }
            (Fault::TakesTheLastState, EventEffect::Changed(change)) => {
                let count = i64::try_from(self.count.fetch_add(1, Ordering::Relaxed)).unwrap();
                change.at = ae_core::Timestamp::from_second(86_400 * 32 + count).unwrap();
            }
            _ => {}
        }
        true
    }
}

#[async_trait]
impl EventStore for Wrong {
    async fn record_event(&self, received: &ReceivedEvent) -> Result<Intake, BackendError> {
        let mut received = received.clone();
        match self.fault {
            Fault::ForgetsIds => {
                let count = self.count.fetch_add(1, Ordering::Relaxed);
                received.event.id = format!("{}-{count}", received.event.id);
            }
            Fault::BooksQuarantined => received.quarantine = None,
            Fault::BooksOneEffect => received.event.effects.truncate(1),
            Fault::BooksOneByOne if received.event.effects.len() > 1 => {
                for (number, effect) in received.event.effects.iter().enumerate() {
                    let mut one = received.clone();
                    one.event.id = format!("{}-{number}", received.event.id);
                    one.event.effects = vec![effect.clone()];
                    self.inner.record_event(&one).await?;
                }
            }
            _ => {}
        }
        let (provider, id) = (received.provider.clone(), received.event.id.clone());
        let had_effects = !received.event.effects.is_empty();
        received.event.effects.retain_mut(|effect| self.keeps(&provider, &id, effect));
        if had_effects && received.event.effects.is_empty() {
            return accepted(&received);
        }
        self.inner.record_event(&received).await
    }

    async fn put_on_sale(&self, sale: &OnSale) -> Result<(), BackendError> {
        match self.fault {
            Fault::SellsNothing => Ok(()),
            Fault::SellsTwice => self.inner.put_on_sale(sale).await.or(Ok(())),
            _ => self.inner.put_on_sale(sale).await,
        }
    }

    async fn revenue(&self, run: RunId) -> Result<RevenueSummary, BackendError> {
        let mut summary = self.inner.revenue(run).await?;
        if self.fault == Fault::HidesDisputes {
            summary.disputes.clear();
        }
        for one in &mut summary.entitlements {
            match self.fault {
                Fault::NamesTheFirst => (one.number, one.paid_at) = (1, one.since),
                Fault::ForgetsWhatWasBought => one.bought_until = one.paid_until,
                _ => {}
            }
        }
        Ok(summary)
    }

    async fn unresolved(&self) -> Result<Vec<Unresolved>, BackendError> {
        if self.fault == Fault::HidesWhatIsLeft { Ok(Vec::new()) } else { self.inner.unresolved().await }
    }
}

#[test]
fn each_clause_of_the_event_store_catches_a_wrong_one() {
    let ledger = || MemoryLedger::new(clocked().1, BASE);
    let ran = wait(conformance::run_store(&ledger(), "right"));
    let wrong = [
        ("E1", Fault::ForgetsIds),
        ("E2", Fault::DropsEarlyEnds),
        ("E3", Fault::BooksQuarantined),
        ("E4", Fault::CountsEvents),
        ("E4", Fault::KeepsTheFirst),
        ("E5", Fault::DropsOtherCurrencies),
        ("E6", Fault::DropsRefunds),
        ("E6", Fault::TakesSinglesForTotals),
        ("E6", Fault::DropsOtherRefunds),
        ("E7", Fault::DropsFailures),
        ("E8", Fault::BooksNegativeAsPositive),
        ("E9", Fault::NamesTheFirst),
        ("E9", Fault::ForgetsWhatWasBought),
        ("E10", Fault::BooksOneEffect),
        ("E10", Fault::BooksOneByOne),
        ("E11", Fault::SellsNothing),
        ("E11", Fault::SellsTwice),
        ("E11", Fault::HidesWhatIsLeft),
        ("E12", Fault::DropsAliases),
        ("E13", Fault::DropsDisputes),
        ("E13", Fault::TakesInquiriesForMoney),
        ("E13", Fault::HidesDisputes),
        ("E14", Fault::DropsStates),
        ("E14", Fault::EndsPastDue),
        ("E14", Fault::TakesTheLastState),
    ]
    .map(|(clause, fault)| {
        let (paid, first, count) = (Mutex::default(), Mutex::default(), AtomicUsize::new(0));
        (clause, Wrong { inner: ledger(), fault, paid, first, count })
    });
    wait(faults(&ran, wrong, |wrong| async move { conformance::run_store(&wrong, "wrong").await }));
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Answer {
    /// Forgets those that ended.
    ForgetsEnded,
    /// Gives the same page again.
    RepeatsThePage,
    /// Gives the newest first.
    TurnsTheOrder,
    TakesAnyLimit,
    /// Mixes the customers of all providers.
    MixesProviders,
    /// Gives what is active alone in a page.
    HidesEndedInPages,
    /// Entitles by what was paid for no known product.
    TrustsAnyPayment,
}

/// Answers wrongly from the right books.
#[derive(Debug)]
struct Liar {
    books: MemoryLedger,
    fault: Answer,
}

impl Liar {
    fn is(&self, fault: Answer) -> bool {
        self.fault == fault
    }
}

#[async_trait]
impl Entitlements for Liar {
    async fn of_order(&self, order: &OrderId) -> Result<Option<Entitlement>, BackendError> {
        let found = self.books.of_order(order).await?;
        if found.is_none() && self.is(Answer::TrustsAnyPayment) {
            let left = self.books.unresolved().await?.into_iter().next();
            return Ok(left.and_then(|left| match left.effect {
                EventEffect::Paid(paid) => {
                    let run = RunId::from_digest(&ae_core::Digest::of_bytes("x", b""));
                    Some(Entitlement::new("x", run, paid.amount, paid.paid_at))
                }
                _ => None,
            }));
        }
        Ok(found.filter(|one| one.ended_at.is_none() || !self.is(Answer::ForgetsEnded)))
    }

    async fn of_run(
        &self,
        run: RunId,
        after: Option<String>,
        limit: u32,
    ) -> Result<Page<Entitlement>, BackendError> {
        let after = after.filter(|_| !self.is(Answer::RepeatsThePage));
        let limit = if self.is(Answer::TakesAnyLimit) { limit.clamp(1, 100) } else { limit };
        let mut page = self.books.of_run(run, after, limit).await?;
        if self.is(Answer::TurnsTheOrder) {
            page.items.reverse();
        }
        if self.is(Answer::HidesEndedInPages) {
            page.items.retain(|one| one.ended_at.is_none());
        }
        Ok(page)
    }

    async fn of_customer(&self, provider: &str, customer: &str) -> Result<Vec<Entitlement>, BackendError> {
        if !self.is(Answer::MixesProviders) {
            return self.books.of_customer(provider, customer).await;
        }
        let mut all = Vec::new();
        let provider = provider.strip_suffix("-other").unwrap_or(provider);
        for provider in [provider.to_owned(), format!("{provider}-other")] {
            all.extend(self.books.of_customer(&provider, customer).await?);
        }
        Ok(all)
    }
}

#[test]
fn each_clause_of_entitlements_catches_a_wrong_one() {
    let ledger = || MemoryLedger::new(clocked().1, BASE);
    let right = ledger();
    let ran = wait(conformance::run_entitlements(&right, &right, "right"));
    let wrong = [
        ("A1", Answer::ForgetsEnded),
        ("A2", Answer::RepeatsThePage),
        ("A2", Answer::TurnsTheOrder),
        ("A2", Answer::TakesAnyLimit),
        ("A3", Answer::MixesProviders),
        ("A4", Answer::HidesEndedInPages),
        ("A5", Answer::TrustsAnyPayment),
    ]
    .map(|(clause, fault)| {
        let books = ledger();
        (clause, Liar { books, fault })
    });
    wait(faults(&ran, wrong, |liar| async move {
        conformance::run_entitlements(&liar.books, &liar, "wrong").await
    }));
}

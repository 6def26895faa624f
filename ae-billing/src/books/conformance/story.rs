//! A story to check with: the events of one run.

use ae_core::{
    BillingInterval, Digest, IdempotencyKey, Mode, Money, Origin, RunId, Timestamp, Untrusted,
    conformance::{held, holds},
};

use crate::{
    EventEffect, EventKind, EventStore, FailedPayment, Intake, NewPrice, OnSale, PaidInvoice, Price,
    ProductId, ProviderEvent, ReceivedEvent, RefundedPayment, RevenueSummary,
};

/// The events of one run, from a provider of its own.
pub(in crate::books) struct Story<'a> {
    store: &'a dyn EventStore,
    pub(in crate::books) provider: String,
    pub(in crate::books) run: RunId,
}

impl<'a> Story<'a> {
    pub(in crate::books) fn new(store: &'a dyn EventStore, seed: &str, clause: &str) -> Self {
        let provider = format!("{seed}-{clause}");
        let run = RunId::from_digest(&Digest::of_bytes("billing-conformance", provider.as_bytes()));
        Self { store, provider, run }
    }

    /// The event `id` of the time 0.
    pub(in crate::books) fn event(&self, id: &str, effects: Vec<EventEffect>) -> ReceivedEvent {
        let payload = Untrusted::new(Origin::Webhook(self.provider.clone()), serde_json::json!({}));
        let kind = match effects.first() {
            Some(EventEffect::Paid(_)) => EventKind::InvoicePaid,
            Some(EventEffect::Ended(_)) => EventKind::SubscriptionDeleted,
            Some(EventEffect::Refunded(_)) => EventKind::ChargeRefunded,
            Some(EventEffect::Failed(_)) => EventKind::PaymentFailed,
            _ => EventKind::Other("ping".into()),
        };
        let event =
            ProviderEvent::new(id, kind, Mode::Offline, Timestamp::UNIX_EPOCH, payload).with_effects(effects);
        ReceivedEvent::new(&self.provider, event, b"{}", Timestamp::UNIX_EPOCH)
    }

    /// The announcement of a monthly price of 15 dollars, named `price`, at the link of the same name.
    pub(in crate::books) fn sale(&self, price: &str) -> OnSale {
        let key = |what: &str| IdempotencyKey::derive(self.run, what, price, 0);
        let new = NewPrice::new(self.run, key("product"), "pro", "Pro", usd(1_500), BillingInterval::MONTH);
        let (id, product) = (held("setup", price.parse()), ProductId::of_key(&key("product")));
        let price = Price::new(id, product, new, Timestamp::UNIX_EPOCH);
        let link = held("setup", price.id.as_str().replace("price", "link").parse());
        OnSale::new(&*self.provider, price).with_link(link)
    }

    pub(in crate::books) async fn sells(&self, clause: &str, price: &str) {
        held(clause, self.store.put_on_sale(&self.sale(price)).await);
    }

    /// The money of this story's provider that belongs to no known run.
    pub(in crate::books) async fn unresolved(&self, clause: &str) -> Vec<EventEffect> {
        let all = held(clause, self.store.unresolved().await);
        all.into_iter().filter(|one| one.provider == self.provider).map(|one| one.effect).collect()
    }

    /// Whether the only agreement entitles at `second`.
    pub(in crate::books) async fn is_active(&self, clause: &str, second: i64) -> bool {
        let books = self.books(clause).await;
        holds(clause, books.entitlements.len() <= 1, "there is more than one entitlement");
        books.entitlements.iter().any(|one| one.is_active(at(second)))
    }

    pub(in crate::books) async fn record(&self, event: &ReceivedEvent) -> Intake {
        held("setup", self.store.record_event(event).await)
    }

    pub(in crate::books) async fn tell(&self, id: &str, effects: Vec<EventEffect>) -> Intake {
        self.record(&self.event(id, effects)).await
    }

    pub(in crate::books) async fn accepts(&self, clause: &str, id: &str, effect: EventEffect) {
        let taken = held(clause, self.store.record_event(&self.event(id, vec![effect])).await);
        holds(clause, matches!(taken, Intake::Accepted { .. }), "it is not accepted");
    }

    pub(in crate::books) async fn books(&self, clause: &str) -> RevenueSummary {
        held(clause, self.store.revenue(self.run).await)
    }
}

pub(in crate::books) fn money(minor: i64, places: u32, code: &str) -> Money {
    let currency = held("setup", code.parse());
    held("setup", Money::from_minor(minor, places, currency))
}

pub(in crate::books) fn at(second: i64) -> Timestamp {
    held("setup", Timestamp::from_second(second))
}

pub(in crate::books) fn usd(cents: i64) -> Money {
    money(cents, 2, "USD")
}

pub(in crate::books) fn invoice(story: &Story<'_>, payment: &str, amount: Money) -> PaidInvoice {
    PaidInvoice::new(story.run, payment, "ent-1", amount, Timestamp::UNIX_EPOCH)
}

pub(in crate::books) fn paid(story: &Story<'_>, payment: &str, amount: Money) -> EventEffect {
    EventEffect::Paid(invoice(story, payment, amount))
}

pub(in crate::books) fn refund(story: &Story<'_>, payment: &str, total: Money) -> EventEffect {
    EventEffect::Refunded(RefundedPayment::new(story.run, payment, total, Timestamp::UNIX_EPOCH))
}

pub(in crate::books) fn failed(story: &Story<'_>, payment: &str) -> EventEffect {
    EventEffect::Failed(FailedPayment::new(story.run, payment, usd(1_500), "CUST-1", Timestamp::UNIX_EPOCH))
}

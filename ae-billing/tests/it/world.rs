//! A small shop to test with.

use std::sync::Arc;

use ae_billing::{
    CurrencyRevenue, Intake, LinkId, NewLink, NewOrder, NewPayment, NewPrice, NewProduct, OfflineVerifier,
    Order, OrderId, OrderView, Payment, PaymentLink, PaymentProvider, Price, Product, RevenueSummary,
    SIGNATURE_HEADER, WebhookIntake, sign,
};
use ae_core::{
    BackendError, BillingInterval, Currency, Digest, IdempotencyKey, ManualClock, ManualSleeper, Money,
    RunId, Runtime, Secret, SeededIds, Timestamp,
};
use http::HeaderMap;

use crate::ledgers::Ledger;

pub const BASE: &str = "http://127.0.0.1:8080";

pub fn start() -> Timestamp {
    "2026-11-24T08:00:00Z".parse().unwrap()
}

pub fn clocked() -> (ManualClock, Runtime) {
    let clock = ManualClock::at(start());
    (clock.clone(), Runtime::new(clock.clone(), ManualSleeper::new(clock), SeededIds::new(1)))
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    futures_executor::block_on(future)
}

pub fn run(name: &str) -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", name.as_bytes()))
}

pub fn key(run: RunId, operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run, "test", operation, 0)
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn secret() -> Secret<String> {
    Secret::new("test secret".to_owned())
}

/// A product with a monthly, a yearly and a single price.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    pub run: RunId,
    pub product: Product,
    pub prices: Vec<Price>,
    pub link: PaymentLink,
}

pub fn try_open(provider: &dyn PaymentProvider, run: RunId) -> Result<Shop, BackendError> {
    wait(async {
        let spec =
            NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.").with_url("https://example.com/csv");
        let product = provider.ensure_product(&key(run, "product"), &spec).await?.into_inner();
        let mut prices = Vec::new();
        for (tier, amount, interval) in [
            ("basic", "29.99", BillingInterval::MONTH),
            ("pro", "100", BillingInterval::YEAR),
            ("once", "5", BillingInterval::OneTime),
        ] {
            let spec =
                NewPrice::new(run, key(run, "product"), tier, tier.to_uppercase(), usd(amount), interval);
            prices.push(provider.ensure_price(&key(run, tier), &spec).await?.into_inner());
        }
        let spec = NewLink::choice(run, ["basic", "pro", "once"].map(|tier| key(run, tier)).to_vec());
        let link = provider.ensure_payment_link(&key(run, "link"), &spec).await?.into_inner();
        Ok(Shop { run, product, prices, link })
    })
}

pub fn open(provider: &dyn PaymentProvider, run: RunId) -> Shop {
    try_open(provider, run).unwrap()
}

impl Shop {
    pub fn pays(&self, payer: &str, tier: usize) -> NewPayment {
        NewPayment::new(self.link.id.clone(), self.prices[tier].id.clone(), payer)
    }

    pub fn paid(&self, ledger: &dyn Ledger, name: &str, payer: &str, tier: usize) -> Payment {
        wait(ledger.record_payment(&key(self.run, name), self.pays(payer, tier))).unwrap()
    }

    pub fn order(&self, ledger: &dyn Ledger, name: &str, tier: usize) -> Order {
        let order = NewOrder::new(self.link.id.clone(), self.prices[tier].id.clone());
        wait(ledger.place_order(&key(self.run, name), order)).unwrap().into_inner()
    }

    pub fn link_id(&self) -> &LinkId {
        &self.link.id
    }
}

pub fn intake(ledger: &Arc<dyn Ledger>) -> WebhookIntake {
    let verifier = OfflineVerifier::new(secret()).unwrap();
    WebhookIntake::new(Arc::new(verifier), Arc::clone(ledger) as _)
}

pub fn receive(intake: &WebhookIntake, raw: &[u8], now: Timestamp) -> Result<Intake, BackendError> {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, sign(&secret(), raw, now).parse().unwrap());
    wait(intake.receive(&headers, raw, now))
}

/// A signed-to-be event of the offline provider, as text.
pub fn body(id: &str, kind: &str, data: &serde_json::Value) -> Vec<u8> {
    let event =
        serde_json::json!({ "id": id, "type": kind, "mode": "offline", "created_at": start(), "data": data });
    event.to_string().into_bytes()
}

/// The sums in the run's own currency.
pub fn sums(summary: &RevenueSummary) -> CurrencyRevenue {
    summary.currencies[0]
}

/// Delivers everything in the outbox, and says what became of it.
pub fn deliver(ledger: &Arc<dyn Ledger>, now: Timestamp) -> Vec<Intake> {
    let intake = intake(ledger);
    let events = wait(ledger.pending_events(1_000)).unwrap();
    events
        .iter()
        .map(|event| {
            let taken = receive(&intake, event.body.as_bytes(), now).unwrap();
            wait(ledger.mark_delivered(&event.id)).unwrap();
            taken
        })
        .collect()
}

pub fn seen(ledger: &dyn Ledger, order: &OrderId) -> OrderView {
    wait(ledger.order(order)).unwrap().unwrap()
}

/// Records the next payment of `order`, and delivers its event.
pub fn pay(ledger: &Arc<dyn Ledger>, order: &OrderId, now: Timestamp) -> Payment {
    let view = seen(&**ledger, order);
    let key = view.order.payment_key(view.next());
    let payment = wait(ledger.record_payment(&key, NewPayment::of_order(&view.order))).unwrap();
    deliver(ledger, now);
    payment
}

/// Gives back what is left of the latest payment of `order`, and delivers the event.
pub fn give_back(ledger: &Arc<dyn Ledger>, order: &OrderId, now: Timestamp) {
    let view = seen(&**ledger, order);
    let key = view.order.refund_key(view.next_refund());
    wait(ledger.refund(&key, &view.refundable().unwrap())).unwrap();
    deliver(ledger, now);
}

//! The rules for payments that a person records, and for the events that follow.

use ae_core::{BackendError, DigestWriter, ErrorKind, IdempotencyKey, RunId};
use serde::Serialize;

use super::{LinkView, NewPayment, OutboxEvent, counter};
use crate::{
    Ensured, EntitlementEnd, EventKind, LinkId, Mode, NewRefund, Page, PaidInvoice, Payment, PaymentId,
    PaymentLink, PaymentQuery, Price, PriceId, Product, Refund, RefundedPayment,
    provider::{
        ids,
        rules::{Terms, claim, needed},
    },
    store::records::{Find, Records, Table, bad, error, load, load_all, parse, refused, save},
    units,
    webhook::Envelope,
};

const PENDING: &str = "pending";
const DELIVERED: &str = "delivered";

impl Terms<'_> {
    pub(crate) fn link(self, records: &dyn Records, link: &LinkId) -> Result<Option<LinkView>, BackendError> {
        load::<PaymentLink>(records, Table::Links, link.as_str())?
            .map(|record| self.view(records, record))
            .transpose()
    }

    pub(crate) fn links(self, records: &dyn Records) -> Result<Vec<LinkView>, BackendError> {
        let all: Vec<PaymentLink> = load_all(records, Table::Links, Find::ALL)?;
        all.into_iter().map(|record| self.view(records, record)).collect()
    }

    fn view(self, records: &dyn Records, record: PaymentLink) -> Result<LinkView, BackendError> {
        let prices = prices_of(records, &record, "link")?;
        let product = product_of(records, &prices, "link")?;
        let paid = load_all(records, Table::Payments, Find::of_owner(record.id.as_str()))?;
        Ok(LinkView { link: self.shown(record), product, prices, paid })
    }

    /// The newest link that is still on sale, with its product and a price.
    pub(crate) fn current_link(
        self,
        records: &dyn Records,
        run: RunId,
    ) -> Result<Option<PaymentLink>, BackendError> {
        let links: Vec<PaymentLink> = load_all(records, Table::Links, Find::of_run(&run.to_string()))?;
        for link in links.into_iter().rev().filter(|link| link.active) {
            let prices = prices_of(records, &link, "current_link")?;
            let product = product_of(records, &prices, "current_link")?;
            if product.active && prices.iter().any(|price| price.active) {
                return Ok(Some(self.shown(link)));
            }
        }
        Ok(None)
    }

    pub(crate) fn record_payment(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        new: &NewPayment,
        may_have_ended: bool,
    ) -> Result<Ensured<Payment>, BackendError> {
        const OPERATION: &str = "record_payment";
        let id = PaymentId::of_key(key);
        let link: PaymentLink = needed(records, Table::Links, new.link.as_str(), OPERATION)?;
        let run = link.run.to_string();
        if claim(records, key, OPERATION, &run, new)? {
            return Ok(Ensured::Found(needed(records, Table::Payments, id.as_str(), OPERATION)?));
        }
        new.check().map_err(refused(OPERATION))?;
        let order = self.payable(records, new, OPERATION)?;
        if !link.prices.contains(&new.price) {
            return bad(OPERATION, format!("{} is not sold at {}", new.price, new.link));
        }
        let price: Price = needed(records, Table::Prices, new.price.as_str(), OPERATION)?;
        let product: Product = needed(records, Table::Products, price.product.as_str(), OPERATION)?;
        // An order was placed while the price was sold: its money is taken also after that.
        let may_have_ended = may_have_ended || order.is_some();
        if !(may_have_ended || link.active && price.active && product.active) {
            let message = format!("{} is no longer sold at {}", new.price, new.link);
            return Err(error(ErrorKind::Conflict, OPERATION, message));
        }
        // Each payment closes one invoice, so that their numbers follow one another without a gap.
        let number = format!("INV-{:06}", records.count(Table::Payments)?.saturating_add(1));
        let mut payment =
            Payment::new(id, link.id, &price, new.payer_reference.clone(), self.now).with_invoice(number);
        payment.order.clone_from(&new.order);
        let names = (payment.id.as_str(), &*run, payment.link.as_str());
        save(records, Table::Payments, names, &payment)?;
        if let Some(order) = order {
            counter::pay(records, order, &payment)?;
        }
        Ok(Ensured::Created(payment))
    }

    /// Records a payment and raises its event.
    pub(crate) fn take_payment(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        new: &NewPayment,
    ) -> Result<Payment, BackendError> {
        let payment = self.record_payment(records, key, new, false)?;
        if let Ensured::Created(payment) = &payment {
            self.post(
                records,
                key,
                EventKind::InvoicePaid,
                &payment.run.to_string(),
                &paid_invoice(payment),
            )?;
        }
        Ok(payment.into_inner())
    }

    pub(crate) fn end_entitlement(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        payment: &PaymentId,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "end_entitlement";
        let payment: Payment = needed(records, Table::Payments, payment.as_str(), OPERATION)?;
        let end = EntitlementEnd::new(payment.run, entitlement_of(&payment));
        let run = payment.run.to_string();
        if claim(records, key, OPERATION, &run, &end)? {
            return Ok(());
        }
        self.post(records, key, EventKind::SubscriptionDeleted, &run, &end)
    }

    /// Records what the operator gave back, and raises its event.
    pub(crate) fn refund(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        new: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        const OPERATION: &str = "refund";
        let id = ids::derived("credit_", key);
        let payment: Payment = needed(records, Table::Payments, new.payment.as_str(), OPERATION)?;
        let run = payment.run.to_string();
        if claim(records, key, OPERATION, &run, new)? {
            return Ok(Ensured::Found(needed(records, Table::Credits, &id, OPERATION)?));
        }
        units::to_minor_units(new.amount).or_else(|wrong| bad(OPERATION, wrong.to_string()))?;
        let before: Vec<Refund> = load_all(records, Table::Credits, Find::of_owner(payment.id.as_str()))?;
        let total = before.iter().try_fold(new.amount, |sum, refund| sum.checked_add(refund.amount));
        let total = total.or_else(|wrong| bad(OPERATION, wrong.to_string()))?;
        if total.exceeds(payment.amount).unwrap_or(true) {
            let message = format!("{} is more than is left of {}", new.amount, payment.amount);
            return bad(OPERATION, message);
        }
        let refund = Refund::new(new.clone(), total, self.now);
        save(records, Table::Credits, (&id, &run, payment.id.as_str()), &refund)?;
        let fact = RefundedPayment::new(payment.run, payment.id.as_str(), total, self.now);
        self.post(records, key, EventKind::ChargeRefunded, &run, &fact)?;
        Ok(Ensured::Created(refund))
    }

    /// Puts an event into the outbox, in the transaction of what it tells about.
    fn post(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        kind: EventKind,
        run: &str,
        data: &impl Serialize,
    ) -> Result<(), BackendError> {
        let json = |source| {
            error(ErrorKind::Internal, "outbox", "the event can't be written as JSON").with_source(source)
        };
        let id = ids::derived("evt_", key);
        let data = serde_json::to_value(data).map_err(json)?;
        let envelope = Envelope { id, kind, mode: Mode::Offline, created_at: self.now, data };
        let body = serde_json::to_string(&envelope).map_err(json)?;
        let outgoing = OutboxEvent { id: envelope.id, body };
        save(records, Table::Outbox, (&outgoing.id, run, PENDING), &outgoing)
    }
}

pub(crate) fn payments(records: &dyn Records, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
    const OPERATION: &str = "payments";
    if !(1..=100).contains(&query.limit) {
        return bad(OPERATION, "a page has 1 to 100 payments");
    }
    let after = match &query.after {
        None => 0,
        Some(text) => match text.parse::<u64>() {
            Ok(position) => position,
            Err(_) => return bad(OPERATION, "that page marker is not from this ledger"),
        },
    };
    let run = query.run.to_string();
    let find = Find {
        run: Some(&run),
        owner: query.link.as_ref().map(LinkId::as_str),
        after,
        limit: query.limit.saturating_add(1),
        newest_first: false,
    };
    let mut rows = records.find(Table::Payments, find)?;
    let whole = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > whole;
    rows.truncate(whole);
    let next = rows.last().filter(|_| has_more).map(|(position, _)| position.to_string());
    let items = rows.iter().map(|(_, row)| parse(Table::Payments, row)).collect::<Result<_, _>>()?;
    Ok(Page::new(items, next))
}

pub(crate) fn pending_events(records: &dyn Records, limit: u32) -> Result<Vec<OutboxEvent>, BackendError> {
    let find = Find { limit, ..Find::of_owner(PENDING) };
    load_all(records, Table::Outbox, find)
}

pub(crate) fn mark_delivered(records: &mut dyn Records, event: &str) -> Result<(), BackendError> {
    let message = || error(ErrorKind::NotFound, "mark_delivered", "there is no such event in the outbox");
    let mut row = records.get(Table::Outbox, event)?.ok_or_else(message)?;
    if row.owner != DELIVERED {
        DELIVERED.clone_into(&mut row.owner);
        records.put(Table::Outbox, row)?;
    }
    Ok(())
}

fn prices_of(
    records: &dyn Records,
    link: &PaymentLink,
    operation: &'static str,
) -> Result<Vec<Price>, BackendError> {
    let price = |id: &PriceId| needed(records, Table::Prices, id.as_str(), operation);
    link.prices.iter().map(price).collect()
}

fn product_of(
    records: &dyn Records,
    prices: &[Price],
    operation: &'static str,
) -> Result<Product, BackendError> {
    let id = prices.first().map(|price| price.product.as_str()).unwrap_or_default();
    needed(records, Table::Products, id, operation)
}

/// One order has one agreement; without an order, one payer of one price has one, however often it is paid.
fn entitlement_of(payment: &Payment) -> String {
    if let Some(order) = &payment.order {
        return order.to_string();
    }
    let digest = DigestWriter::new("billing-entitlement/1")
        .field(payment.price.as_str().as_bytes())
        .field(payment.payer_reference.as_bytes())
        .finish();
    format!("ent_{}", digest.short(24))
}

fn paid_invoice(payment: &Payment) -> PaidInvoice {
    let (id, entitlement) = (payment.id.as_str(), entitlement_of(payment));
    PaidInvoice::new(payment.run, id, entitlement, payment.amount, payment.paid_at)
        .with_price(payment.price.as_str(), payment.tier.as_str(), payment.interval)
        .with_customer(payment.payer_reference.as_str())
}

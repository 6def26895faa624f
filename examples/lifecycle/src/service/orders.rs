//! Orders: placed by buyers, paid and refunded by the operator's word.

use std::path::Path;

use ae_billing::{
    Ensured, NewOrder, NewPayment, Order, OrderId, OrderQuery, OrderState, OrderView, Page, Payment, Refund,
};
use ae_core::{BackendError, BillingInterval, ErrorKind, IdempotencyKey};
use ae_safety::AuditEvent;
use serde_json::{Value, json};

use super::Sale;
use crate::{
    engine::Installation,
    error::{Error, Result},
};

/// A payment on record.
#[derive(Debug)]
pub struct Paid {
    /// The payment.
    pub payment: Payment,
    /// Whether its event was delivered too.
    pub delivered: bool,
}

/// Keeps the operator's payment instructions, which buyers see on the page of their order.
///
/// # Errors
///
/// When `file` is missing, empty, longer than 16 KiB or not plain text.
pub async fn keep_pay_instructions(installation: &Installation, file: &Path) -> Result<()> {
    installation.dir.keep_pay_instructions(file)?;
    // They say where money goes, so a change of them is on record.
    let event = AuditEvent::new("pay_instructions_kept", "operator");
    installation.keeper.audit.append(&event).await?;
    Ok(())
}

impl Sale {
    /// The operator's payment instructions, if there are any.
    pub fn pay_instructions(&self) -> Result<Option<String>> {
        self.installation.dir.pay_instructions()
    }

    /// Places the order of a copy of the form; the same copy sent again finds it.
    ///
    /// # Errors
    ///
    /// As the ledger: `Conflict` when this copy placed another order, `QuotaExceeded` when too many are open.
    pub async fn place_order(&self, form: &IdempotencyKey, order: NewOrder) -> Result<Order> {
        Ok(self.storefront.place_order(form, order).await?.into_inner())
    }

    /// An order with all that its page shows.
    pub async fn order(&self, order: &OrderId) -> Result<Option<OrderView>> {
        Ok(self.storefront.order(order).await?)
    }

    /// The order that `text` names.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it names none, `NotFound` when there is no such order.
    pub async fn named_order(&self, text: &str) -> Result<OrderView> {
        let hint = "the reference of an order is on its page, and on the operator's page";
        let order = text
            .trim()
            .parse::<OrderId>()
            .map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()).with_hint(hint))?;
        let unknown =
            || Error::new(ErrorKind::NotFound, format!("there is no order {order}")).with_hint(hint);
        self.order(&order).await?.ok_or_else(unknown)
    }

    /// A page of the orders that wait for a payment and one of those that were paid, newest first, each after its marker.
    pub async fn orders(
        &self,
        open: Option<String>,
        paid: Option<String>,
    ) -> Result<(Page<OrderView>, Page<OrderView>)> {
        let page = async |mut query: OrderQuery, after| {
            query.after = after;
            self.storefront.orders(&query).await
        };
        Ok((page(OrderQuery::open(), open).await?, page(OrderQuery::paid(), paid).await?))
    }

    /// Records payment `number` of an order, counted from 0; the same number again finds it. The audit log has what is
    /// about to be recorded, and then the result.
    ///
    /// # Errors
    ///
    /// As the ledger: `Conflict` when a single purchase is paid already; when a store can't be written.
    pub async fn record_payment(&self, view: &OrderView, number: u32) -> Result<Paid> {
        in_turn(number, view.next())?;
        let key = view.order.payment_key(number);
        self.log(view, "payment_reported", json!({ "key": key, "price": view.order.price })).await?;
        let recorded = self.storefront.record_payment(&key, NewPayment::of_order(&view.order)).await;
        let (kind, detail) = match &recorded {
            Ok(payment) => ("payment_recorded", json!({ "key": key, "payment": payment.id })),
            Err(error) => ("payment_not_recorded", json!({ "key": key, "error": error.kind() })),
        };
        self.log(view, kind, detail).await?;
        Ok(Paid { payment: recorded?, delivered: self.deliver_pending().await.is_ok() })
    }

    /// Records the payment that an order waits for.
    ///
    /// # Errors
    ///
    /// `Conflict` when it is paid for the present, unless `renewal` says that this is the payment of another period.
    pub async fn pay(&self, view: &OrderView, renewal: bool) -> Result<Paid> {
        let is_paid = view.state(self.installation.runtime.now()) == OrderState::Paid;
        if is_paid && !(renewal && view.order.interval != BillingInterval::OneTime) {
            let error = Error::new(
                ErrorKind::Conflict,
                format!("{} is paid already; nothing was recorded", view.order.id),
            );
            return Err(match view.order.interval {
                BillingInterval::OneTime => error,
                _ => error.with_hint("record the payment of another period with --renewal"),
            });
        }
        self.record_payment(view, view.next()).await
    }

    /// Records refund `number` of an order, counted from 0: what is left of its latest payment was given back. The same
    /// number again finds it.
    ///
    /// # Errors
    ///
    /// `Conflict` when nothing is left to give back; when a store can't be written.
    pub async fn record_refund(&self, view: &OrderView, number: u32) -> Result<Refund> {
        in_turn(number, view.next_refund())?;
        let known = usize::try_from(number).ok().and_then(|number| view.refunds.get(number));
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let refund = view.refundable().ok_or_else(|| {
            let message =
                format!("no payment of {} is left to give back; nothing was recorded", view.order.id);
            Error::new(ErrorKind::Conflict, message)
        })?;
        let key = view.order.refund_key(number);
        self.log(view, "refund_reported", json!({ "key": key, "payment": refund.payment })).await?;
        let recorded = self.storefront.refund(&key, &refund).await.map(Ensured::into_inner);
        let (kind, detail) = match &recorded {
            Ok(refund) => ("refund_recorded", json!({ "key": key, "amount": refund.amount })),
            Err(error) => ("refund_not_recorded", json!({ "key": key, "error": error.kind() })),
        };
        self.log(view, kind, detail).await?;
        let refund = recorded?;
        self.deliver_pending().await?;
        Ok(refund)
    }

    async fn log(&self, view: &OrderView, kind: &str, mut detail: Value) -> Result<(), BackendError> {
        if let Value::Object(fields) = &mut detail {
            fields.insert("order".to_owned(), json!(view.order.id));
        }
        let event = AuditEvent::new(kind, "operator").with_run(view.order.run).with_detail(detail);
        self.installation.keeper.audit.append(&event).await.map(drop)
    }
}

/// Refuses a number that skips one: it is of a page that this ledger did not make.
fn in_turn(number: u32, next: u32) -> Result<()> {
    if number <= next {
        return Ok(());
    }
    let message = format!("number {number} is not the next one, which is {next}; nothing was recorded");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

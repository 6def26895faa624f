//! Invoices, payment intents and refunds.

use ae_core::{BackendError, Money};
use serde::Deserialize;

use super::{Marks, Named, catalog::Made, money, parsed, strange, time};
use crate::{NewRefund, PaymentId, Refund, RefundState};

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeInvoice {
    pub(in crate::stripe) id: String,
    pub(in crate::stripe) amount_paid: i64,
    pub(in crate::stripe) currency: String,
    pub(in crate::stripe) number: Option<String>,
    pub(in crate::stripe) created: i64,
    status_transitions: Option<Transitions>,
    payments: Option<InvoicePayments>,
}

#[derive(Debug, Deserialize)]
struct Transitions {
    paid_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct InvoicePayments {
    data: Vec<InvoicePayment>,
}

#[derive(Debug, Deserialize)]
struct InvoicePayment {
    payment: PaymentOf,
}

#[derive(Debug, Deserialize)]
struct PaymentOf {
    payment_intent: Option<Named>,
}

impl StripeInvoice {
    pub(in crate::stripe) fn paid_at(&self) -> i64 {
        self.status_transitions.as_ref().and_then(|transitions| transitions.paid_at).unwrap_or(self.created)
    }

    /// The payment intent that paid it, where the payments were asked for.
    pub(in crate::stripe) fn intent(&self) -> Option<&str> {
        let payments = self.payments.as_ref()?;
        payments.data.iter().find_map(|payment| payment.payment.payment_intent.as_ref()).map(Named::id)
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeIntent {
    amount_received: i64,
    currency: String,
}

impl StripeIntent {
    pub(in crate::stripe) fn received(&self, operation: &'static str) -> Result<Money, BackendError> {
        money(self.amount_received, &self.currency)
            .ok_or_else(|| strange(operation, "the payment has a currency whose units are not known here"))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeRefund {
    pub(in crate::stripe) id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    created: i64,
    #[serde(default)]
    metadata: Marks,
}

impl StripeRefund {
    fn state(&self) -> RefundState {
        match self.status.as_deref() {
            Some("succeeded") => RefundState::Succeeded,
            Some("failed" | "canceled") => RefundState::Failed,
            _ => RefundState::Pending,
        }
    }

    fn amount(&self, operation: &'static str) -> Result<Money, BackendError> {
        money(self.amount, &self.currency)
            .ok_or_else(|| strange(operation, "a refund has a currency whose units are not known here"))
    }
}

/// The refunds of `payment`, oldest first, each with the total up to it; `newest_first` is the vendor's order.
pub(in crate::stripe) fn refunds(
    operation: &'static str,
    payment: &PaymentId,
    newest_first: Vec<StripeRefund>,
) -> Result<Vec<(String, Made<Refund>)>, BackendError> {
    let mut total: Option<Money> = None;
    let mut made = Vec::with_capacity(newest_first.len());
    for refund in newest_first.into_iter().rev() {
        let (amount, state) = (refund.amount(operation)?, refund.state());
        let before = total.unwrap_or_else(|| Money::zero(amount.currency()));
        let sum = if state == RefundState::Failed { Ok(before) } else { before.checked_add(amount) };
        let sum = sum.map_err(|_| strange(operation, "the refunds of one payment do not add up"))?;
        total = Some(sum);
        let at = time(operation, refund.created)?;
        let object = Refund::new(NewRefund::new(payment.clone(), amount), sum, at).with_state(state);
        made.push((refund.id, Made::new(object, &refund.metadata)));
    }
    Ok(made)
}

/// The ids by which a payment can be named.
pub(in crate::stripe) enum PaymentName<'a> {
    Invoice(&'a str),
    Intent(&'a str),
}

impl<'a> PaymentName<'a> {
    pub(in crate::stripe) fn of(id: &'a PaymentId) -> Option<Self> {
        match id.as_str() {
            id if id.starts_with("in_") => Some(Self::Invoice(id)),
            id if id.starts_with("pi_") => Some(Self::Intent(id)),
            _ => None,
        }
    }
}

pub(in crate::stripe) fn payment_id(operation: &'static str, id: &str) -> Result<PaymentId, BackendError> {
    parsed(operation, id, "the id of a payment")
}

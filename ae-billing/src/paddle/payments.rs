//! Payments and refunds.

use ae_core::{BackendError, IdempotencyKey, Money};

use super::{
    answer::{self, Adjustment, Transaction},
    catalog::{hash, id, price_of},
    client::{Wire, missing, unreadable},
    config::refused,
    money::{minor, number, of_minor},
    request::{self, KIND, PRICE, of_reason},
    snapshot::{Marked, Snapshot, conflict, is_id, run as run_of},
};
use crate::{Ensured, LinkId, NewRefund, Page, Payment, PaymentQuery, Refund, RefundState, RequestError};

/// Paddle's name of a transaction that only changes how a subscription is paid.
const NEW_CARD: &str = "subscription_payment_method_change";

pub(super) fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(refused(operation)(RequestError::new(message)))
}

/// Refuses a page that can't be asked for: its size, or where it begins.
pub(super) fn paged(
    operation: &'static str,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<usize, BackendError> {
    if after.is_some_and(|after| !is_id(prefix, after)) {
        return bad(operation, "this is not the end of an earlier page");
    }
    match usize::try_from(limit) {
        Ok(limit) if (1..=100).contains(&limit) => Ok(limit),
        _ => bad(operation, "a page has 1 to 100 items"),
    }
}

impl Wire {
    pub(super) async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        const OPERATION: &str = "payments";
        let limit = paged(OPERATION, "txn_", query.after.as_deref(), query.limit)?;
        let all = self.snapshot(query.run).await?;
        let Some(first) = all.products.first() else { return Ok(Page::new(Vec::new(), None)) };
        let list = request::transactions(OPERATION, Some("paid,completed"), first.created_at);
        let (mut items, mut after) = (Vec::new(), query.after.clone());
        loop {
            let page = self.page::<Transaction>(&list, after.as_deref()).await?;
            let has_more = page.has_more();
            for transaction in page.data {
                let payment = payment(&all, &transaction)?;
                let wanted = |payment: &Payment| query.link.as_ref().is_none_or(|link| *link == payment.link);
                if let Some(payment) = payment.filter(wanted) {
                    if items.len() == limit {
                        return Ok(Page::new(items, after));
                    }
                    items.push(payment);
                }
                after = Some(transaction.id);
            }
            if !has_more {
                return Ok(Page::new(items, None));
            }
        }
    }

    pub(super) async fn refund(
        &self,
        key: &IdempotencyKey,
        spec: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        const OPERATION: &str = "refund";
        let none = || missing(OPERATION, "payment of this id");
        if !is_id("txn_", spec.payment.as_str()) {
            return Err(none());
        }
        let _alone = self.alone().await;
        let paid: Option<Transaction> =
            self.get(request::transaction(OPERATION, spec.payment.as_str())).await?;
        let paid = paid.filter(Transaction::is_paid).ok_or_else(none)?;
        let hash = hash(OPERATION, spec)?;
        let all: Vec<Adjustment> = self.all(&request::adjustments(&paid.id)).await?;
        let Some(run) = paid.price().and_then(|price| run_of(price.marks())) else {
            return bad(OPERATION, "the payment is not for a product of a run");
        };
        self.snapshot(run).await?.used(OPERATION, OPERATION, key, "")?;
        let is_ours = |one: &&Adjustment| of_reason(&one.reason).is_some_and(|(of, _)| of == key.as_str());
        if let Some(known) = all.iter().find(is_ours) {
            if of_reason(&known.reason).is_none_or(|(_, same)| same != hash) {
                return Err(conflict(OPERATION, key));
            }
            let earlier = all.iter().filter(|one| one.id <= known.id);
            return shown(spec, known, given_back(earlier)?).map(Ensured::Found);
        }
        let wanted = minor(spec.amount).map_err(refused(OPERATION))?;
        if !request::is_in(spec.amount, &paid.currency_code) {
            return bad(OPERATION, format!("the payment is not in {}", spec.amount.currency()));
        }
        let (gone, net) = (given_back(all.iter())?, paid.net());
        let net = net.ok_or_else(|| unreadable(OPERATION, "total"))?;
        if wanted > net.saturating_sub(gone) {
            return bad(OPERATION, format!("{} is more than is left of the payment", spec.amount));
        }
        let items = paid.details.as_ref().map(|details| details.line_items.as_slice()).unwrap_or_default();
        let item = match items {
            _ if gone == 0 && wanted == net => None,
            [one] => Some(&*one.id),
            _ => return bad(OPERATION, "a payment of several items is refunded as a whole, or at Paddle"),
        };
        let reason = request::reason(key, &hash);
        let made: Adjustment = self.make(request::new_adjustment(spec, item, wanted, &reason)?).await?;
        shown(spec, &made, gone.saturating_add(wanted)).map(Ensured::Created)
    }
}

/// The money that went back or is held back, in minor units without taxes.
fn given_back<'a>(all: impl Iterator<Item = &'a Adjustment>) -> Result<i64, BackendError> {
    let mut sum = 0_i64;
    for one in all {
        let is_gone = matches!(&*one.action, "refund" | "chargeback" | "credit");
        if is_gone && !matches!(&*one.status, "rejected" | "reversed") {
            let part = number(&one.totals.subtotal).ok_or_else(|| unreadable("refund", "amount"))?;
            sum = sum.saturating_add(part);
        }
    }
    Ok(sum)
}

/// A transaction as a payment of the run; `None` for one of others.
fn payment(all: &Snapshot, paid: &Transaction) -> Result<Option<Payment>, BackendError> {
    const OPERATION: &str = "payments";
    let sold = paid.price().filter(|price| all.products.iter().any(|one| one.id == price.product_id));
    let Some(sold) = sold.filter(|_| paid.origin != NEW_CARD) else { return Ok(None) };
    let Some(price) = sold_as(all, sold) else { return Ok(None) };
    let price = price_of(OPERATION, price)?;
    let is_link = sold.says(KIND) == Some("link");
    // A payment without a link was made at a checkout of its own.
    let link: LinkId = id(OPERATION, if is_link { &sold.id } else { &paid.id })?;
    let net = paid.net().and_then(|net| of_minor(net, &paid.currency_code));
    let amount = net.ok_or_else(|| unreadable(OPERATION, "amount"))?;
    let payer = paid.customer_id.as_deref().unwrap_or_default();
    let payment = Payment::new(id(OPERATION, &paid.id)?, link, &price, payer, paid.created_at)
        .with_amount(amount)
        .with_invoice(paid.invoice_number.as_deref().unwrap_or_default());
    Ok(Some(payment))
}

/// The price of which `sold` is a copy, or that it is.
fn sold_as<'a>(all: &'a Snapshot, sold: &answer::Price) -> Option<&'a answer::Price> {
    let id = sold.says(PRICE).unwrap_or(&sold.id);
    all.prices.iter().find(|price| price.id == id)
}

fn shown(spec: &NewRefund, made: &Adjustment, total: i64) -> Result<Refund, BackendError> {
    let total: Money = of_minor(total, &made.currency_code).ok_or_else(|| unreadable("refund", "amount"))?;
    let state = match &*made.status {
        "approved" => RefundState::Succeeded,
        "rejected" | "reversed" => RefundState::Failed,
        _ => RefundState::Pending,
    };
    Ok(Refund::new(spec.clone(), total, made.created_at).with_state(state))
}

//! Payments on record.

use ae_core::{BackendError, ErrorKind, Timestamp};

use super::{Inner, error, is_of};
use crate::{
    LinkId, Page, Payment, PaymentQuery, Price,
    stripe::{
        answer::{
            self,
            catalog::StripeLink,
            customers::StripeSession,
            mark, money,
            payments::{StripeInvoice, payment_id},
            strange, time,
        },
        call::StripeCall,
        request,
    },
};

const OPERATION: &str = "payments";

impl Inner {
    /// The payments of a run's links: single purchases, and each paid invoice of a subscription. Stripe lists neither by
    /// run, so every page is made of all of them.
    pub(in crate::stripe) async fn payments(
        &self,
        query: &PaymentQuery,
    ) -> Result<Page<Payment>, BackendError> {
        if !(1..=100).contains(&query.limit) {
            return Err(error(ErrorKind::InvalidInput, OPERATION, "a page has 1 to 100 payments"));
        }
        let mut links = self.links(OPERATION).await?;
        links.retain(|link| is_of(query.run)(&link.metadata));
        let mut all = Vec::new();
        for link in links {
            if query.link.as_ref().is_none_or(|wanted| wanted.as_str() == link.id) {
                all.extend(self.payments_of(link).await?);
            }
        }
        all.sort_by_key(|payment| payment.paid_at);
        let begin = match &query.after {
            None => 0,
            Some(after) => {
                let last = all.iter().position(|payment| payment.id.as_str() == after);
                let unknown = || error(ErrorKind::InvalidInput, OPERATION, "no page ends there: begin again");
                last.ok_or_else(unknown)?.saturating_add(1)
            }
        };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let has_more = all.len().saturating_sub(begin) > limit;
        let items: Vec<Payment> = all.into_iter().skip(begin).take(limit).collect();
        let next = items.last().filter(|_| has_more).map(|payment| payment.id.to_string());
        Ok(Page::new(items, next))
    }

    async fn payments_of(&self, link: StripeLink) -> Result<Vec<Payment>, BackendError> {
        let call = StripeCall::get(OPERATION, ["checkout", "sessions"])
            .with("payment_link", &link.id)
            .with("status", "complete");
        let mut sessions: Vec<StripeSession> = self.wire.list(&call).await?;
        sessions.reverse();
        if sessions.is_empty() {
            return Ok(Vec::new());
        }
        let price = self.price(OPERATION, mark(&link.metadata, request::PRICE)).await?;
        let id = answer::parsed(OPERATION, &link.id, "the id of a link")?;
        let mut payments = Vec::new();
        for session in sessions {
            match &session.subscription {
                Some(named) => {
                    let call = StripeCall::get(OPERATION, ["invoices"])
                        .with("subscription", named.id())
                        .with("status", "paid");
                    let mut invoices: Vec<StripeInvoice> = self.wire.list(&call).await?;
                    invoices.reverse();
                    for invoice in invoices.iter().filter(|invoice| invoice.amount_paid > 0) {
                        payments.push(renewal(&id, &price, &session, invoice)?);
                    }
                }
                None => payments.extend(purchase(&id, &price, &session)?),
            }
        }
        Ok(payments)
    }
}

/// The label of the payer, as the link's address or the account gives it.
fn payer(session: &StripeSession) -> &str {
    let customer = session.customer.as_ref().map_or("", |customer| customer.id());
    session.client_reference_id.as_deref().unwrap_or(customer)
}

fn renewal(
    link: &LinkId,
    price: &Price,
    session: &StripeSession,
    invoice: &StripeInvoice,
) -> Result<Payment, BackendError> {
    let amount = (invoice.amount_paid, invoice.currency.as_str());
    let payment = payment(link, price, session, &invoice.id, amount, time(OPERATION, invoice.paid_at())?)?;
    Ok(payment.with_invoice(invoice.number.clone().unwrap_or_default()))
}

fn purchase(link: &LinkId, price: &Price, session: &StripeSession) -> Result<Option<Payment>, BackendError> {
    let paid = session.payment_status == "paid";
    let (Some(id), Some(amount), true) = (session.payment(), session.amount_total, paid) else {
        return Ok(None);
    };
    let amount = (amount, session.currency.as_deref().unwrap_or_default());
    payment(link, price, session, id, amount, time(OPERATION, session.created)?).map(Some)
}

fn payment(
    link: &LinkId,
    price: &Price,
    session: &StripeSession,
    id: &str,
    (minor, currency): (i64, &str),
    at: Timestamp,
) -> Result<Payment, BackendError> {
    let amount = money(minor, currency)
        .ok_or_else(|| strange(OPERATION, "a payment has a currency whose units are not known here"))?;
    let id = payment_id(OPERATION, id)?;
    Ok(Payment::new(id, link.clone(), price, payer(session), at).with_amount(amount))
}

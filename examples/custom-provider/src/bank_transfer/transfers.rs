//! Money that came in, as the operator reads it off the bank statement.

use ae_billing::{NewPayment, Page, Payment, PaymentId, PaymentQuery};
use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};

use super::{bad, book::Book, error, refused};

pub(super) fn record(
    book: &mut Book,
    key: &IdempotencyKey,
    transfer: &NewPayment,
    now: Timestamp,
) -> Result<Payment, BackendError> {
    const OPERATION: &str = "record_transfer";
    let missing =
        |what: &str| error(ErrorKind::NotFound, OPERATION, format!("there is no {what} in the book"));
    let id = PaymentId::of_key(key);
    if book.claim(key, OPERATION, transfer)? {
        let known = book.payments.iter().find(|payment| payment.id == id);
        return known.cloned().ok_or_else(|| missing(id.as_str()));
    }
    transfer.check().map_err(refused(OPERATION))?;
    let link = book.links.iter().find(|link| link.id == transfer.link);
    let link = link.ok_or_else(|| missing(transfer.link.as_str()))?;
    if !link.prices.contains(&transfer.price) {
        return bad(OPERATION, format!("{} is not sold at {}", transfer.price, transfer.link));
    }
    let price = book.prices.iter().find(|price| price.id == transfer.price);
    let price = price.ok_or_else(|| missing(transfer.price.as_str()))?;
    let number = format!("BT-{:06}", book.payments.len().saturating_add(1));
    let payment =
        Payment::new(id, link.id.clone(), price, &transfer.payer_reference, now).with_invoice(number);
    book.payments.push(payment.clone());
    Ok(payment)
}

/// A page goes on behind the payment whose id is its marker; payments are never removed, so the place stays.
pub(super) fn page(book: Book, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
    const OPERATION: &str = "payments";
    if !(1..=100).contains(&query.limit) {
        return bad(OPERATION, "a page has 1 to 100 payments");
    }
    let mut found = book.payments.into_iter();
    if let Some(marker) = &query.after {
        if !found.any(|payment| payment.id.as_str() == marker) {
            return bad(OPERATION, "that page marker is not from this book");
        }
    }
    let is_asked = |payment: &Payment| {
        payment.run == query.run && query.link.as_ref().is_none_or(|link| *link == payment.link)
    };
    let mut found = found.filter(is_asked).peekable();
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let items: Vec<Payment> = found.by_ref().take(limit).collect();
    let next = items.last().filter(|_| found.peek().is_some()).map(|payment| payment.id.to_string());
    Ok(Page::new(items, next))
}

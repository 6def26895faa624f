//! C10 to C12: what was paid and given back.

use std::collections::BTreeSet;

use ae_core::{
    ErrorKind,
    conformance::{held, holds, refused, same},
};

use super::{
    Subject,
    launch::{key, launch},
};
use crate::{NewPayment, NewRefund, PaymentId, PaymentQuery};

/// C10: nothing is a payment before a customer paid, and a page has 1 to 100 payments.
pub(super) async fn c10_nothing_is_paid_by_itself(subject: &Subject) {
    let run = subject.run("c10");
    let made = launch(subject, &*subject.provider, run).await;
    for query in [PaymentQuery::new(run), PaymentQuery::new(run).with_link(made.link.id)] {
        let page = held("C10", subject.provider.payments(&query).await);
        holds(
            "C10",
            page.items.is_empty() && page.next.is_none(),
            "there is a payment, and no customer paid",
        );
    }
    for limit in [0, 101] {
        let answer = subject.provider.payments(&PaymentQuery::new(run).with_limit(limit)).await;
        refused("C10 the size of a page", answer, ErrorKind::InvalidInput);
    }
    held("C10 a check changes nothing and passes", subject.provider.check().await);
}

/// C11: pages give each payment of the query once, oldest first.
/// Skipped without [`Subject::pay`].
pub(super) async fn c11_pages_give_each_payment_once(subject: &Subject) {
    let Some(pay) = &subject.pay else { return };
    let (run, other) = (subject.run("c11"), subject.run("c11-other"));
    let (made, elsewhere) =
        (launch(subject, &*subject.provider, run).await, launch(subject, &*subject.provider, other).await);
    for number in 0..5 {
        for (run, made) in [(run, &made), (other, &elsewhere)] {
            let payment =
                NewPayment::new(made.link.id.clone(), made.price.id.clone(), format!("CUST-{number}"));
            held("C11 a payment", pay(key(run, &format!("pay {number}")), payment).await);
        }
    }
    for query in [PaymentQuery::new(run), PaymentQuery::new(run).with_link(made.link.id)] {
        let whole = held("C11", subject.second.payments(&query).await);
        holds("C11", whole.next.is_none(), "a page that holds all leads on");
        let sorted = whole.items.windows(2).all(|pair| matches!(pair, [a, b] if a.paid_at <= b.paid_at));
        holds("C11", sorted, "the oldest payment is not the first");
        let own = whole.items.iter().all(|payment| payment.run == run && payment.price == made.price.id);
        holds("C11", own, "a payment of another run or price is among them");
        let expected: Vec<_> = whole.items.into_iter().map(|payment| payment.id).collect();
        same("C11 all payments", &5, &expected.iter().collect::<BTreeSet<_>>().len());
        let (mut found, mut query) = (Vec::new(), query.with_limit(2));
        loop {
            let page = held("C11", subject.second.payments(&query).await);
            holds("C11", page.items.len() <= 2, "a page is larger than its limit");
            found.extend(page.items.into_iter().map(|payment| payment.id));
            match page.next {
                Some(next) if found.len() <= expected.len() => query = query.with_after(next),
                _ => break,
            }
        }
        same("C11 each payment once, in the same order", &expected, &found);
    }
}

/// C12: a refund is made once per key, and never more than is left of the payment.
/// Skipped without [`Subject::pay`].
pub(super) async fn c12_refunds_never_exceed_the_payment(subject: &Subject) {
    let Some(pay) = &subject.pay else { return };
    let run = subject.run("c12");
    let made = launch(subject, &*subject.provider, run).await;
    let payment = NewPayment::new(made.link.id.clone(), made.price.id.clone(), "CUST-1");
    held("C12 a payment", pay(key(run, "pay"), payment).await);
    let page = held("C12", subject.provider.payments(&PaymentQuery::new(run)).await);
    let paid = page.items.into_iter().next();
    let paid = held("C12 the payment", paid.map(|payment| payment.id).ok_or("it is missing"));
    let refund = |name: &str, minor| {
        let (key, request) = (key(run, name), NewRefund::new(paid.clone(), subject.amount(minor)));
        async move { subject.provider.refund(&key, &request).await }
    };
    for is_new in [true, false] {
        let part = held("C12 a part", refund("part", 500).await);
        same("C12 once per key", &(is_new, subject.amount(500)), &(part.is_created(), part.as_ref().total));
    }
    refused("C12 another request under the key", refund("part", 600).await, ErrorKind::Conflict);
    for minor in [1_001, 0, -1] {
        refused("C12 no amount that is left", refund("more", minor).await, ErrorKind::InvalidInput);
    }
    let rest = held("C12 the rest", refund("rest", 1_000).await);
    same("C12 the total", &subject.amount(1_500), &rest.as_ref().total);
    refused("C12 nothing is left", refund("more", 1).await, ErrorKind::InvalidInput);
    let unknown = NewRefund::new(PaymentId::of_key(&key(run, "never made")), subject.amount(1));
    let answer = subject.provider.refund(&key(run, "unknown"), &unknown).await;
    refused("C12 an unknown payment", answer, ErrorKind::NotFound);
}

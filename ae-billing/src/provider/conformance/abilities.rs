//! C13 to C19: customers, checkouts, portals, subscriptions, meters and endpoints, where they are announced.

use ae_core::{
    Digest, ErrorKind, RunId, Timestamp,
    conformance::{held, holds, refused, same},
};

use super::{
    Subject,
    launch::{key, launch},
};
use crate::{
    CancelSubscription, CheckoutId, CheckoutState, CustomerId, EndpointId, NewCheckout, NewCustomer,
    NewEndpoint, NewMeter, NewPayment, NewPortal, NewUsage, SubscriptionId, SubscriptionQuery,
};

const THANKS: &str = "https://example.com/thanks";

/// C13: customers are made once per key.
pub(super) async fn c13_customers(subject: &Subject) {
    let run = subject.run("c13");
    let spec = NewCustomer::new(run, "CUST-1");
    let mut ids = Vec::new();
    for (provider, is_new) in [(&subject.provider, true), (&subject.second, false)] {
        let made = held("C13", provider.ensure_customer(&key(run, "customer"), &spec).await);
        same("C13 created once", &is_new, &made.is_created());
        same("C13 as asked for", &(run, "CUST-1"), &(made.as_ref().run, &*made.as_ref().reference));
        ids.push(made.into_inner().id);
    }
    let other = subject.provider.ensure_customer(&key(run, "customer-2"), &spec).await;
    ids.push(held("C13", other).into_inner().id);
    let kept = matches!(ids.as_slice(), [one, again, other] if one == again && one != other);
    holds("C13", kept, "the id does not follow from the key");
    let other = NewCustomer::new(run, "CUST-2");
    let answer = subject.provider.ensure_customer(&key(run, "customer"), &other).await;
    refused("C13 another request under the key", answer, ErrorKind::Conflict);
}

/// C14: checkouts are made once per key, and are unpaid until a customer paid.
pub(super) async fn c14_checkouts(subject: &Subject) {
    let (run, other) = (subject.run("c14"), subject.run("c14-other"));
    launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let spec = NewCheckout::new(run, key(run, "price"), THANKS);
    let made = held("C14", provider.ensure_checkout(&key(run, "checkout"), &spec).await);
    holds("C14", made.is_created(), "the first call does not create it");
    let made = made.into_inner();
    let again = held("C14", subject.second.ensure_checkout(&key(run, "checkout"), &spec).await);
    same("C14 created once", &(false, &made.id), &(again.is_created(), &again.as_ref().id));
    let read = held("C14", subject.second.checkout(&made.id).await);
    for checkout in [&made, &read] {
        same("C14 the same one", &made.id, &checkout.id);
        same("C14 it is open, and not paid", &(CheckoutState::Open, false), &(checkout.state, checkout.paid));
        holds("C14", checkout.url.is_some(), "an open checkout has no page");
    }
    let dearer = spec.clone().with_quantity(2);
    let answer = provider.ensure_checkout(&key(run, "checkout"), &dearer).await;
    refused("C14 another request under the key", answer, ErrorKind::Conflict);
    let unknown = NewCheckout::new(run, key(run, "never made"), THANKS);
    let answer = provider.ensure_checkout(&key(run, "checkout-2"), &unknown).await;
    refused("C14 no price", answer, ErrorKind::NotFound);
    let foreign = NewCheckout::new(other, key(run, "price"), THANKS);
    let answer = provider.ensure_checkout(&key(other, "checkout"), &foreign).await;
    refused("C14 another run's price", answer, ErrorKind::InvalidInput);
    let unknown = CheckoutId::of_key(&key(run, "never made"));
    refused("C14 an unknown checkout", provider.checkout(&unknown).await, ErrorKind::NotFound);
}

/// C15: a customer has a page of its own.
pub(super) async fn c15_portals(subject: &Subject) {
    let run = subject.run("c15");
    let customer = customer(subject, run).await;
    let portal = held("C15", subject.provider.open_portal(&NewPortal::new(customer, THANKS)).await);
    let url = portal.url.expose();
    holds("C15", url.starts_with("https://") || url.starts_with("http://"), "it is not a page");
    let unknown = NewPortal::new(CustomerId::of_key(&key(run, "never made")), THANKS);
    refused("C15 an unknown customer", subject.provider.open_portal(&unknown).await, ErrorKind::NotFound);
}

/// C16: nothing is a subscription before a customer subscribed, and a page has 1 to 100.
pub(super) async fn c16_no_subscription_by_itself(subject: &Subject) {
    let run = subject.run("c16");
    let made = launch(subject, &*subject.provider, run).await;
    let query = SubscriptionQuery::new().with_price(made.price.id);
    let page = held("C16", subject.provider.subscriptions(&query).await);
    holds("C16", page.items.is_empty() && page.next.is_none(), "there is one, and no customer subscribed");
    for limit in [0, 101] {
        let answer = subject.provider.subscriptions(&query.clone().with_limit(limit)).await;
        refused("C16 the size of a page", answer, ErrorKind::InvalidInput);
    }
    let unknown = SubscriptionId::of_key(&key(run, "never made"));
    refused("C16 an unknown one", subject.provider.subscription(&unknown).await, ErrorKind::NotFound);
    let cancel = CancelSubscription::new(unknown);
    let answer = subject.provider.cancel_subscription(&key(run, "cancel"), &cancel).await;
    refused("C16 the end of an unknown one", answer, ErrorKind::NotFound);
}

/// C17: a subscription is listed once, and ends with the period or at once; a repeat changes nothing.
pub(super) async fn c17_subscriptions_end(subject: &Subject) {
    let Some(subscribe) = &subject.subscribe else { return };
    let run = subject.run("c17");
    let made = launch(subject, &*subject.provider, run).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let payment = NewPayment::new(made.link.id.clone(), made.price.id.clone(), format!("CUST-{number}"));
        ids.push(held("C17", subscribe(key(run, &format!("subscribe {number}")), payment).await));
    }
    let (mut found, mut query) =
        (Vec::new(), SubscriptionQuery::new().with_price(made.price.id).with_limit(2));
    loop {
        let page = held("C17", subject.second.subscriptions(&query).await);
        holds("C17", page.items.len() <= 2, "a page is larger than its limit");
        found.extend(page.items.into_iter().map(|one| one.id));
        match page.next {
            Some(next) if found.len() <= ids.len() => query = query.with_after(next),
            _ => break,
        }
    }
    ids.sort();
    found.sort();
    same("C17 each once", &ids, &found);
    let Some(id) = ids.into_iter().next() else { return };
    let read = held("C17", subject.provider.subscription(&id).await);
    same("C17 it goes on", &(false, false), &(read.state.is_over(), read.ends_with_period));
    let later = CancelSubscription::new(id.clone());
    for _ in 0..2 {
        let ends = held("C17", subject.provider.cancel_subscription(&key(run, "later"), &later).await);
        same("C17 it ends later", &(false, true), &(ends.state.is_over(), ends.ends_with_period));
    }
    let now = later.now();
    for _ in 0..2 {
        let ended = held("C17", subject.provider.cancel_subscription(&key(run, "now"), &now).await);
        holds("C17", ended.state.is_over(), "it has not ended");
    }
    let read = held("C17", subject.second.subscription(&id).await);
    holds("C17", read.state.is_over(), "it has not ended for others");
}

/// C18: meters are made once per key, and usage is counted once per key.
pub(super) async fn c18_meters_and_usage(subject: &Subject) {
    let run = subject.run("c18");
    let event =
        format!("calls-{}", Digest::of_bytes("billing-conformance", subject.seed.as_bytes()).short(12));
    let spec = NewMeter::new(run, "Calls", &*event);
    let mut ids = Vec::new();
    for (provider, is_new) in [(&subject.provider, true), (&subject.second, false)] {
        let made = held("C18", provider.ensure_meter(&key(run, "meter"), &spec).await);
        same("C18 created once", &is_new, &made.is_created());
        same("C18 as asked for", &(&*event, true), &(&*made.as_ref().event, made.as_ref().active));
        ids.push(made.into_inner().id);
    }
    let is_one = matches!(ids.as_slice(), [one, again] if one == again);
    holds("C18", is_one, "the same key gives another meter");
    let other = NewMeter::new(run, "Calls", format!("{event}-2"));
    let answer = subject.provider.ensure_meter(&key(run, "meter"), &other).await;
    refused("C18 another request under the key", answer, ErrorKind::Conflict);
    if subject.provider.info().capabilities.customers {
        let customer = customer(subject, run).await;
        let at = subject.provider_time();
        let usage = |quantity| NewUsage::new(&*event, customer.clone(), quantity, at);
        for provider in [&subject.provider, &subject.second] {
            held("C18 a repeat", provider.record_usage(&key(run, "usage"), &usage(7)).await);
        }
        let answer = subject.provider.record_usage(&key(run, "usage"), &usage(8)).await;
        refused("C18 another usage under the key", answer, ErrorKind::Conflict);
    }
}

/// C19: there is one endpoint of each URL.
pub(super) async fn c19_endpoints(subject: &Subject) {
    let run = subject.run("c19");
    let place = |name: &str| {
        let digest = Digest::of_bytes("billing-conformance", subject.seed.as_bytes()).short(12);
        NewEndpoint::new(format!("https://example.com/hooks/{digest}/{name}"))
    };
    let made = held("C19", subject.provider.ensure_endpoint(&key(run, "endpoint"), &place("a")).await);
    holds("C19", made.is_created(), "the first call does not create it");
    let made = made.into_inner();
    same("C19 where events go", &place("a").url, &made.url);
    holds("C19", made.secret.is_some(), "a new endpoint has no secret to verify its events with");
    for name in ["endpoint", "endpoint-2"] {
        let again = held("C19", subject.second.ensure_endpoint(&key(run, name), &place("a")).await);
        same("C19 one of a URL", &(false, &made.id), &(again.is_created(), &again.as_ref().id));
    }
    let other = held("C19", subject.provider.ensure_endpoint(&key(run, "endpoint-3"), &place("b")).await);
    let id: EndpointId = other.into_inner().id;
    holds("C19", id != made.id, "another URL has the same endpoint");
}

async fn customer(subject: &Subject, run: RunId) -> CustomerId {
    let spec = NewCustomer::new(run, "CUST-1");
    held("setup", subject.provider.ensure_customer(&key(run, "customer"), &spec).await).into_inner().id
}

impl Subject {
    /// The time of usage that is reported.
    fn provider_time(&self) -> Timestamp {
        self.now.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

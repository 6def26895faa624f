//! C1 to C5: what is made, found and ended.

use ae_core::{
    ErrorKind,
    conformance::{held, holds, refused, same},
};

use super::{
    Subject,
    launch::{key, launch, link, price, product},
};
use crate::{LinkId, ObjectRef, PriceId};

/// C1: the same key with the same request gives the same object, created once and found from then on.
pub(super) async fn c1_same_key_same_object(subject: &Subject) {
    let run = subject.run("c1");
    for (provider, is_new) in
        [(&subject.provider, true), (&subject.second, false), (&subject.provider, false)]
    {
        let product = held("C1", provider.ensure_product(&key(run, "product"), &product(run)).await);
        same("C1 the product is created once", &product.is_created(), &is_new);
        let spec = price(run, "basic", subject.amount(1_500));
        let price = held("C1", provider.ensure_price(&key(run, "price"), &spec).await);
        same("C1 the price is created once", &price.is_created(), &is_new);
        let link = held("C1", provider.ensure_payment_link(&key(run, "link"), &link(run)).await);
        same("C1 the link is created once", &link.is_created(), &is_new);
    }
    let (made, again) =
        (launch(subject, &*subject.provider, run).await, launch(subject, &*subject.second, run).await);
    same("C1 the objects", &made, &again);
}

/// C2: the same key with another request, or in another operation, is a conflict and changes nothing.
pub(super) async fn c2_same_key_other_request_is_a_conflict(subject: &Subject) {
    let run = subject.run("c2");
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let mut other = product(run);
    other.description.push('!');
    let answer = provider.ensure_product(&key(run, "product"), &other).await;
    refused("C2 another description", answer, ErrorKind::Conflict);
    let dearer = price(run, "basic", subject.amount(1_600));
    let answer = provider.ensure_price(&key(run, "price"), &dearer).await;
    refused("C2 another amount", answer, ErrorKind::Conflict);
    let elsewhere = link(run).with_success_url("https://example.com/other");
    let answer = provider.ensure_payment_link(&key(run, "link"), &elsewhere).await;
    refused("C2 another success URL", answer, ErrorKind::Conflict);
    let answer = provider.ensure_product(&key(run, "price"), &product(run)).await;
    refused("C2 another operation", answer, ErrorKind::Conflict);
    same("C2 nothing was made", &3, &held("C2", provider.find(run).await).len());
    if subject.can_deactivate() {
        let price = ObjectRef::Price(made.price.id.clone());
        for used in ["product", "price", "link"] {
            let answer = provider.deactivate(&key(run, used), &price).await;
            refused("C2 deactivate under a used key", answer, ErrorKind::Conflict);
        }
        held("C2", provider.deactivate(&key(run, "end"), &ObjectRef::Link(made.link.id.clone())).await);
        let answer = provider.deactivate(&key(run, "end"), &price).await;
        refused("C2 deactivate another object", answer, ErrorKind::Conflict);
    }
    let again = launch(subject, &**provider, run).await;
    same("C2 nothing changed", &(&made.product, &made.price), &(&again.product, &again.price));
}

/// C3: another key makes another object.
pub(super) async fn c3_another_key_makes_another_object(subject: &Subject) {
    let run = subject.run("c3");
    let made = launch(subject, &*subject.provider, run).await;
    let spec = price(run, "basic", subject.amount(1_500));
    let other = held("C3", subject.provider.ensure_price(&key(run, "price-2"), &spec).await);
    holds("C3 another key", other.is_created(), "an equal request is found instead of created");
    holds("C3 another key", other.as_ref().id != made.price.id, "it gives the same id");
    if subject.provider.info().capabilities.own_ids {
        same("C3 the id follows from the key", &PriceId::of_key(&key(run, "price-2")), &other.as_ref().id);
    }
}

/// C4: `find` gives every object of the run and none of another.
pub(super) async fn c4_find_gives_what_the_run_made(subject: &Subject) {
    let (run, other) = (subject.run("c4"), subject.run("c4-other"));
    let made = launch(subject, &*subject.provider, run).await;
    launch(subject, &*subject.provider, other).await;
    let expected = made.objects();
    same("C4 everything in order", &expected, &held("C4", subject.second.find(run).await));
    if subject.can_deactivate() {
        let end = subject.provider.deactivate(&key(run, "end"), &ObjectRef::Link(made.link.id)).await;
        held("C4", end);
        same("C4 deactivated ones too", &expected, &held("C4", subject.provider.find(run).await));
    }
    let nothing = held("C4", subject.provider.find(subject.run("c4-nothing")).await);
    same("C4 a run that made nothing", &Vec::<ObjectRef>::new(), &nothing);
}

/// C5: `deactivate` ends the sale of one object, can be repeated, and deletes nothing.
pub(super) async fn c5_deactivate_ends_one_sale(subject: &Subject) {
    let run = subject.run("c5");
    let made = launch(subject, &*subject.provider, run).await;
    let mut expected = [true, true, true];
    for (object, active) in made.objects().iter().zip([0, 1, 2]).rev() {
        let name = format!("end {object:?}");
        for key in [&name, &name, &format!("{name} 2")].map(|name| key(run, name)) {
            held("C5 a repeat", subject.provider.deactivate(&key, object).await);
        }
        if let Some(active) = expected.get_mut(active) {
            *active = false;
        }
        let now = launch(subject, &*subject.second, run).await;
        let now = [now.product.active, now.price.active, now.link.active];
        same("C5 one sale ended, also under its old key", &expected, &now);
    }
    same("C5 nothing is deleted", &made.objects(), &held("C5", subject.provider.find(run).await));
    let unknown = ObjectRef::Link(LinkId::of_key(&key(run, "never made")));
    let answer = subject.provider.deactivate(&key(run, "end unknown"), &unknown).await;
    refused("C5 an object that was never made", answer, ErrorKind::NotFound);
}

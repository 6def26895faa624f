//! C6 to C9: what is refused, and who comes first.

use ae_core::{
    ErrorKind, Money,
    conformance::{both, held, refused, same},
};

use super::{
    Subject,
    launch::{key, launch, link, price, product, refused_early},
};
use crate::{NewLink, NewPrice, units};

/// C6: a price is above zero and a whole number of minor units of a known currency.
pub(super) async fn c6_bad_amounts_are_refused(subject: &Subject) {
    let run = subject.run("c6");
    launch(subject, &*subject.provider, run).await;
    let before = held("C6", subject.provider.find(run).await);
    let own = subject.currency.code();
    for (amount, currency) in [
        ("0", own),
        ("-1", own),
        ("29.9999", own),
        ("0.5", "JPY"),
        ("5.1234", "KWD"),
        ("10", "XAU"),
        ("10", "ZZZ"),
    ] {
        let clause = format!("C6 {amount} {currency}");
        let amount = held(&clause, Money::parse(amount, held(&clause, currency.parse())));
        let spec = price(run, "bad", amount);
        refused_early(&clause, spec.check(&subject.provider.info()), ErrorKind::InvalidInput);
        let answer = subject.provider.ensure_price(&key(run, &clause), &spec).await;
        refused(&clause, answer, ErrorKind::InvalidInput);
    }
    same("C6 nothing was made", &before, &held("C6", subject.provider.find(run).await));
}

/// C7: a request that exceeds the caps is refused before anything is made.
pub(super) async fn c7_caps_hold(subject: &Subject) {
    let run = subject.run("c7");
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let info = provider.info();
    let caps = info.caps;
    let grain = units::grain(subject.currency).unwrap_or(1);
    let most = caps.amount_max.saturating_sub(caps.amount_max % grain);
    let highest = price(run, "highest", subject.amount(most));
    held("C7 the highest price, early", highest.check(&info));
    held("C7 the highest price", provider.ensure_price(&key(run, "highest"), &highest).await);
    if let Some(above) = most.checked_add(grain) {
        let above = price(run, "above", subject.amount(above));
        refused_early("C7 a price above the cap", above.check(&info), ErrorKind::QuotaExceeded);
        let answer = provider.ensure_price(&key(run, "above"), &above).await;
        refused("C7 a price above the cap", answer, ErrorKind::QuotaExceeded);
    }
    // Prices: the one of the launch and the highest one.
    let kinds = [(caps.products_per_run_max, 1), (caps.prices_per_run_max, 2), (caps.links_per_run_max, 1)];
    for (kind, (most, there)) in kinds.into_iter().enumerate() {
        // More than a hundred objects would only be slow.
        if most > 100 {
            continue;
        }
        for number in there..=most {
            let name = format!("t{kind}-{number}");
            let made = match kind {
                0 => provider.ensure_product(&key(run, &name), &product(run)).await.map(drop),
                1 => {
                    let spec = price(run, &name, subject.amount(100));
                    provider.ensure_price(&key(run, &name), &spec).await.map(drop)
                }
                _ => provider.ensure_payment_link(&key(run, &name), &link(run)).await.map(drop),
            };
            if number < most {
                held("C7 up to the cap of a run", made);
            } else {
                refused("C7 one more than the cap of a run", made, ErrorKind::QuotaExceeded);
            }
        }
    }
    same("C7 a repeat makes nothing new", &made, &launch(subject, &**provider, run).await);
}

/// C8: references to objects that were never made, or to another run's, are refused.
pub(super) async fn c8_references_are_checked(subject: &Subject) {
    let (run, other) = (subject.run("c8"), subject.run("c8-other"));
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    same("C8 a key names the product", &made.product.id, &made.price.product);
    same("C8 keys name the prices", &vec![made.price.id.clone()], &made.link.prices);
    let spec = NewPrice { product: key(run, "never made"), ..price(run, "basic", subject.amount(100)) };
    refused("C8 no product", provider.ensure_price(&key(run, "a"), &spec).await, ErrorKind::NotFound);
    let spec = NewLink::new(run, key(run, "never made"));
    refused("C8 no price", provider.ensure_payment_link(&key(run, "b"), &spec).await, ErrorKind::NotFound);
    let spec = NewPrice { run: other, ..price(run, "basic", subject.amount(100)) };
    let answer = provider.ensure_price(&key(other, "c"), &spec).await;
    refused("C8 another run's product", answer, ErrorKind::InvalidInput);
    for (place, spec) in [
        ("C8 another run's price", NewLink { run: other, ..link(run) }),
        ("C8 a link over nothing", NewLink::choice(run, Vec::new())),
        ("C8 a tier twice", NewLink::choice(run, vec![key(run, "price"), key(run, "price")])),
    ] {
        let answer = provider.ensure_payment_link(&key(run, place), &spec).await;
        refused(place, answer, ErrorKind::InvalidInput);
    }
    let spec = price(run, "pro", subject.amount(2_500));
    let second = held("C8", provider.ensure_price(&key(run, "price-2"), &spec).await).into_inner();
    let spec = NewLink::choice(run, vec![key(run, "price"), key(run, "price-2")]);
    let answer = provider.ensure_payment_link(&key(run, "choice"), &spec).await;
    if provider.info().capabilities.choice {
        let prices = held("C8 a choice", answer).into_inner().prices;
        same("C8 a choice, in its order", &vec![made.price.id, second.id], &prices);
    } else {
        refused_early("C8 a choice", spec.check(&provider.info()), ErrorKind::InvalidInput);
        refused("C8 a choice that is not offered", answer, ErrorKind::InvalidInput);
    }
}

/// C9: equal calls at the same time, here on two handles, make one object.
pub(super) async fn c9_two_handles_make_one_object(subject: &Subject) {
    let run = subject.run("c9");
    let (one, other) =
        both(launch(subject, &*subject.provider, run), launch(subject, &*subject.second, run)).await;
    same("C9 one object", &one.objects(), &other.objects());
    same("C9 nothing twice", &3, &held("C9", subject.provider.find(run).await).len());
}

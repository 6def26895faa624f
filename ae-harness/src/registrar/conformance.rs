//! The clauses of [`Registrar`]. They buy: run them against a test account only.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed check is a panic that names its clause"
)]

use ae_core::ErrorKind;

use super::{Availability, Domain, Registrar};
use crate::conformance::{Ran, held, key, refused};

/// Runs every clause; `one` and `two` are names that can be bought.
pub async fn run_all(registrar: &dyn Registrar, one: &Domain, two: &Domain) -> Ran {
    c1_c2_looking_buys_nothing(registrar, one, two).await;
    c3_another_price_is_refused(registrar, one).await;
    c4_c5_c6_buying_happens_once(registrar, one, two).await;
    Ran { passed: vec!["C1", "C2", "C3", "C4", "C5", "C6"], skipped: Vec::new() }
}

/// C1 and C2.
pub async fn c1_c2_looking_buys_nothing(registrar: &dyn Registrar, one: &Domain, two: &Domain) {
    for _ in 0..2 {
        let found = held("C1", registrar.search(&[two.clone(), one.clone()]).await);
        assert_eq!(found.len(), 2, "C1: an answer for every name");
        assert!(!found.contains(&Availability::Taken), "C1: looking and quoting buy nothing");
        let quote = held("C2", registrar.quote(one, 2).await);
        assert_eq!((&quote.domain, quote.years), (one, 2), "C2: what was asked");
    }
    refused("C2", registrar.quote(one, 0).await, ErrorKind::InvalidInput);
    refused("C2", registrar.quote(one, 11).await, ErrorKind::InvalidInput);
}

/// C3.
pub async fn c3_another_price_is_refused(registrar: &dyn Registrar, one: &Domain) {
    let mut quote = held("C3", registrar.quote(one, 1).await);
    quote.price = held("C3", registrar.quote(one, 2).await).price;
    refused("C3", registrar.buy(&key("registrar-c3", 0), &quote).await, ErrorKind::Conflict);
    let found = held("C3", registrar.search(std::slice::from_ref(one)).await);
    assert_ne!(found, [Availability::Taken], "C3: nothing was bought");
}

/// C4, C5 and C6.
pub async fn c4_c5_c6_buying_happens_once(registrar: &dyn Registrar, one: &Domain, two: &Domain) {
    let quote = held("C4", registrar.quote(one, 1).await);
    let other = held("C4", registrar.quote(two, 1).await);
    let order = held("C4", registrar.buy(&key("registrar-c4", 0), &quote).await);
    assert_eq!(
        held("C4", registrar.buy(&key("registrar-c4", 0), &quote).await).id,
        order.id,
        "C4: the same order"
    );
    refused("C4", registrar.buy(&key("registrar-c4", 0), &other).await, ErrorKind::Conflict);
    refused("C4", registrar.buy(&key("registrar-c4", 1), &quote).await, ErrorKind::Conflict);
    assert!(!order.auto_renew, "C5: it does not renew by itself");
    assert_eq!(
        held("C5", registrar.search(std::slice::from_ref(one)).await),
        [Availability::Taken],
        "C5: it is taken"
    );
    refused("C2", registrar.quote(one, 1).await, ErrorKind::Conflict);
    assert_eq!(held("C6", registrar.order(&order.id).await).domain, *one, "C6: found by id");
    refused("C6", registrar.order("no-such-order").await, ErrorKind::NotFound);
}

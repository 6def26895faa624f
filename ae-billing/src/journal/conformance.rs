//! The contract of [`RequestJournal`] as checks.

use ae_core::{
    Digest, IdempotencyKey, RunId, Timestamp,
    conformance::{Ran, both, held, holds, same},
};

use crate::{RequestJournal, StoredRequest};

/// Runs every check on two handles of one journal; `seed` keeps one pass apart from another.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn check_journal(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_first_is_kept(one, other, seed)).await;
    ran.clause("C2", c2_what_was_kept_is_given_back(one, other, seed)).await;
    ran.clause("C3", c3_put_replaces(one, other, seed)).await;
    ran.clause("C4", c4_remove_forgets_one(one, other, seed)).await;
    ran.clause("C5", c5_scopes_are_apart(one, other, seed)).await;
    ran
}

fn request(seed: &str, name: &str, body: &str) -> StoredRequest {
    let run = RunId::from_digest(&Digest::of_bytes("journal-conformance", seed.as_bytes()));
    let key = IdempotencyKey::derive(run, "conformance", name, 0);
    let digest = Digest::of_bytes("journal-conformance", body.as_bytes());
    StoredRequest::new("vendor/test", key, "ensure", digest, Timestamp::UNIX_EPOCH)
        .with_path("/v1/things")
        .with_body(body)
}

async fn c1_the_first_is_kept(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) {
    let (first, second) = (request(seed, "c1", "a=1"), request(seed, "c1", "a=2"));
    same("C1 a new key", &first, &held("C1", one.begin(&first).await));
    same("C1 a used key", &first, &held("C1", other.begin(&second).await));
    let (left, right) = (request(seed, "c1-both", "a=1"), request(seed, "c1-both", "a=2"));
    let (left, right) = both(one.begin(&left), other.begin(&right)).await;
    same("C1 one is the first", &held("C1", left), &held("C1", right));
}

async fn c2_what_was_kept_is_given_back(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) {
    let kept = request(seed, "c2", "a=%C3%A9+b&c[0]=1").with_sequence(3).with_object("prod_1");
    holds(
        "C2",
        held("C2", one.get(&kept.scope, &kept.key).await).is_none(),
        "a key that nobody used is kept",
    );
    held("C2", one.begin(&kept).await);
    same("C2 every field", &Some(kept.clone()), &held("C2", other.get(&kept.scope, &kept.key).await));
}

async fn c3_put_replaces(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) {
    let kept = request(seed, "c3", "a=1");
    for next in [kept.clone(), kept.clone().with_body("").with_object("prod_1")] {
        held("C3", one.put(&next).await);
        same("C3", &Some(next), &held("C3", other.get(&kept.scope, &kept.key).await));
    }
}

async fn c4_remove_forgets_one(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) {
    let (gone, stays) = (request(seed, "c4", "a=1"), request(seed, "c4-stays", "a=1"));
    held("C4", one.begin(&gone).await);
    held("C4", one.begin(&stays).await);
    for _ in 0..2 {
        held("C4 a repeat", other.remove(&gone.scope, &gone.key).await);
    }
    same("C4 it is forgotten", &None, &held("C4", one.get(&gone.scope, &gone.key).await));
    same("C4 the other stays", &Some(stays.clone()), &held("C4", one.get(&stays.scope, &stays.key).await));
}

async fn c5_scopes_are_apart(one: &dyn RequestJournal, other: &dyn RequestJournal, seed: &str) {
    let test = request(seed, "c5", "a=1");
    let live = StoredRequest { scope: "vendor/live".to_owned(), body: "a=2".to_owned(), ..test.clone() };
    held("C5", one.begin(&test).await);
    same("C5 another scope", &live, &held("C5", other.begin(&live).await));
    held("C5", other.remove(&live.scope, &live.key).await);
    same("C5 the first stays", &Some(test.clone()), &held("C5", one.get(&test.scope, &test.key).await));
}

//! Licences: what is refused, what is issued, and what a browser says about them.

mod books;
mod keys;
mod node;
mod tokens;

use ae_billing::{LicenceClaims, LicenceKey, LicencePublicKey, OrderId};
use ae_core::{Digest, ProjectId, Secret, Timestamp};

pub fn secret(name: &str) -> Secret<[u8; 32]> {
    Secret::new(*Digest::of_bytes("licence-test", name.as_bytes()).as_bytes())
}

pub fn signer(number: u32, name: &str) -> LicenceKey {
    LicenceKey::new(number, &secret(name)).unwrap()
}

pub fn project(name: &str) -> ProjectId {
    ProjectId::from_digest(&Digest::of_bytes("licence-test", name.as_bytes()))
}

pub fn order(name: &str) -> OrderId {
    OrderId::of_entitlement(name)
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The licence of a paid December.
pub fn december() -> LicenceClaims {
    LicenceClaims::new(project("csv"), "pro", order("one"), at("2026-12-01T00:00:00Z"))
        .with_not_after(at("2027-01-04T00:00:00Z"))
}

/// The same with a change.
pub fn but(change: impl FnOnce(&mut LicenceClaims)) -> LicenceClaims {
    let mut claims = december();
    change(&mut claims);
    claims
}

pub fn tiers() -> Vec<String> {
    ["pro", "pro-yearly"].map(str::to_owned).to_vec()
}

pub fn public(keys: &[&LicenceKey]) -> Vec<LicencePublicKey> {
    keys.iter().map(|key| key.public()).collect()
}

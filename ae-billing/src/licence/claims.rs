//! The content of a licence, and how a product checks it.

use std::time::Duration;

use ae_core::{ProjectId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

use super::{EndedList, LicenceKey, LicencePublicKey, LicenceRefusal, jws};
use crate::OrderId;

/// The version of the payload.
pub(super) const VERSION: u32 = 1;
/// The longest licence, in bytes.
const BYTES_MAX: usize = 4_096;
/// How far behind a clock may be: people set clocks wrong by hours, and a day gains no one much.
const BEHIND: Duration = Duration::from_secs(86_400);

/// The content of a licence: the product and tier, the order, and from when until when. No vendor's id, no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LicenceClaims {
    /// The product.
    pub project: ProjectId,
    /// The label of the tier that it unlocks.
    pub tier: String,
    /// The order that it was issued for.
    pub order: OrderId,
    /// Which paid period of the order it is for, counted from 1.
    pub number: u32,
    /// When it was issued. All times are whole seconds in the token.
    pub issued_at: Timestamp,
    /// The time from which it is valid.
    pub not_before: Timestamp,
    /// The time from which it is no longer valid; `None` without an end.
    pub not_after: Option<Timestamp>,
}

impl LicenceClaims {
    /// A licence for the first period, valid from `issued_at` without an end.
    pub fn new(project: ProjectId, tier: impl Into<String>, order: OrderId, issued_at: Timestamp) -> Self {
        Self {
            project,
            tier: tier.into(),
            order,
            number: 1,
            issued_at,
            not_before: issued_at,
            not_after: None,
        }
    }

    /// The token: a compact JWS of at most a few hundred ASCII characters. The same claims always give the same text.
    pub fn issue(&self, key: &LicenceKey) -> String {
        let payload = Payload {
            v: VERSION,
            project: self.project,
            tier: self.tier.clone(),
            order: self.order.clone(),
            n: self.number,
            iat: self.issued_at.as_second(),
            nbf: self.not_before.as_second(),
            exp: self.not_after.map(Timestamp::as_second),
        };
        jws::sign(key, &payload)
    }
}

ae_core::setters! { LicenceClaims {
    /// Sets which paid period it is for.
    fn with_number(number: u32);
    /// Sets the time from which it is valid.
    fn with_not_before(not_before: Timestamp);
    /// Sets the time from which it is no longer valid.
    fn with_not_after(not_after: some Timestamp);
} }

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: u32,
    project: ProjectId,
    tier: String,
    order: OrderId,
    n: u32,
    iat: i64,
    nbf: i64,
    // Written as null without an end; a payload that leaves it out is refused.
    #[serde(deserialize_with = "present")]
    exp: Option<i64>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Option::deserialize(deserializer)
}

impl TryFrom<Payload> for LicenceClaims {
    type Error = LicenceRefusal;

    fn try_from(payload: Payload) -> Result<Self, LicenceRefusal> {
        Ok(Self {
            project: payload.project,
            tier: payload.tier,
            order: payload.order,
            number: payload.n,
            issued_at: time(payload.iat)?,
            not_before: time(payload.nbf)?,
            not_after: payload.exp.map(time).transpose()?,
        })
    }
}

pub(super) fn time(seconds: i64) -> Result<Timestamp, LicenceRefusal> {
    Timestamp::from_second(seconds).map_err(|_| LicenceRefusal::Malformed)
}

/// Refuses a payload of another version, before its other fields are looked at.
pub(super) fn known_version(payload: &[u8]) -> Result<(), LicenceRefusal> {
    #[derive(Deserialize)]
    struct Version {
        v: u64,
    }
    let version: Version = serde_json::from_slice(payload).map_err(|_| LicenceRefusal::Malformed)?;
    if version.v == u64::from(VERSION) { Ok(()) } else { Err(LicenceRefusal::UnknownVersion) }
}

/// The facts that a product compares a licence with. Pure: the product brings the time and what it remembers.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LicenceCheck<'a> {
    /// The keys of the release.
    pub keys: &'a [LicencePublicKey],
    /// The product.
    pub project: ProjectId,
    /// The labels of the tiers that unlock it.
    pub tiers: &'a [String],
    /// The time.
    pub now: Timestamp,
    /// The latest time that was seen before; a clock that is more than a day behind it is refused.
    pub seen: Option<Timestamp>,
    /// The orders that were ended, where the list could be reached.
    pub ended: Option<&'a EndedList>,
}

impl<'a> LicenceCheck<'a> {
    /// A check at `now`, without a list of ended orders.
    pub const fn new(
        keys: &'a [LicencePublicKey],
        project: ProjectId,
        tiers: &'a [String],
        now: Timestamp,
    ) -> Self {
        Self { keys, project, tiers, now, seen: None, ended: None }
    }

    /// Sets the latest time that was seen before.
    #[must_use]
    pub const fn with_seen(mut self, seen: Timestamp) -> Self {
        self.seen = Some(seen);
        self
    }

    /// Adds the list of ended orders.
    #[must_use]
    pub const fn with_ended(mut self, ended: &'a EndedList) -> Self {
        self.ended = Some(ended);
        self
    }

    /// The claims of `token`, when it unlocks the product now.
    ///
    /// The checks are made in one order, whatever the token: form, algorithm, key, signature, version, product, tier,
    /// order, clock, times. Nothing of the payload is looked at before the signature.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn verify(&self, token: &str) -> Result<LicenceClaims, LicenceRefusal> {
        let payload = jws::open(token, self.keys, BYTES_MAX)?;
        known_version(&payload)?;
        let payload: Payload = serde_json::from_slice(&payload).map_err(|_| LicenceRefusal::Malformed)?;
        let claims = LicenceClaims::try_from(payload)?;
        if claims.project != self.project {
            return Err(LicenceRefusal::OtherProduct);
        }
        if !self.tiers.contains(&claims.tier) {
            return Err(LicenceRefusal::OtherTier);
        }
        if self.ended.is_some_and(|ended| ended.contains(&claims.order)) {
            return Err(LicenceRefusal::Ended);
        }
        let latest = self.seen.map_or(claims.issued_at, |seen| seen.max(claims.issued_at));
        if self.now.checked_add(BEHIND).unwrap_or(Timestamp::MAX) < latest {
            return Err(LicenceRefusal::ClockBehind);
        }
        if self.now < claims.not_before {
            return Err(LicenceRefusal::NotYet(claims.not_before));
        }
        match claims.not_after {
            Some(end) if self.now >= end => Err(LicenceRefusal::Expired(end)),
            _ => Ok(claims),
        }
    }
}

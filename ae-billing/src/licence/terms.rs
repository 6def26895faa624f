//! From what was paid to what is licensed.

use std::time::Duration;

use ae_core::{ProjectId, Timestamp};

use super::LicenceClaims;
use crate::{Entitlement, OrderId};

const DAY: Duration = Duration::from_secs(86_400);

/// The terms on which licences are issued from the books.
///
/// ```
/// use ae_billing::{Entitlement, LicenceCheck, LicenceKey, LicenceTerms};
/// use ae_core::{Currency, Digest, Money, ProjectId, RunId, Secret, Timestamp};
///
/// let digest = Digest::of_bytes("docs", b"");
/// let (run, project) = (RunId::from_digest(&digest), ProjectId::from_digest(&digest));
/// let key = LicenceKey::new(1, &Secret::new([7; 32]))?;
/// let now = Timestamp::from_second(1_800_000_000)?;
///
/// // The seller, from what the webhooks said.
/// let amount = Money::parse("29", Currency::USD)?;
/// let bought = Entitlement::new("stripe:cs_1", run, amount, now).with_tier("pro");
/// let licence = LicenceTerms::default().claims(&bought, project, now).map(|claims| claims.issue(&key));
///
/// // The product, with the public key that is part of its release.
/// let (keys, tiers) = ([key.public()], ["pro".to_owned()]);
/// let check = LicenceCheck::new(&keys, project, &tiers, now);
/// assert_eq!(check.verify(&licence.unwrap_or_default())?.order, bought.order());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LicenceTerms {
    /// How long a licence is valid after the paid period, so that a late payment does not lock anyone out.
    pub grace: Duration,
    /// How long before the payment a licence is valid, because a buyer's clock may be behind.
    pub lead: Duration,
}

impl Default for LicenceTerms {
    /// Three days of grace, one day of lead.
    fn default() -> Self {
        Self { grace: DAY * 3, lead: DAY }
    }
}

ae_core::setters! { LicenceTerms {
    /// Sets how long a licence is valid after the paid period.
    fn with_grace(grace: Duration);
    /// Sets how long before the payment a licence is valid.
    fn with_lead(lead: Duration);
} }

impl LicenceTerms {
    /// The licence that `entitlement` gives at `now`: one for each payment that counts, the same whenever it is asked for.
    /// `None` when the entitlement ended, all of it went back, or the grace is over too.
    ///
    /// It rests on the books alone, that is on webhooks, whichever provider sent them.
    pub fn claims(
        &self,
        entitlement: &Entitlement,
        project: ProjectId,
        now: Timestamp,
    ) -> Option<LicenceClaims> {
        if !self.is_licensed(entitlement, now) {
            return None;
        }
        let not_after = entitlement.paid_until.map(|until| self.after_grace(until));
        let not_before = entitlement.paid_at.checked_sub(self.lead).unwrap_or(Timestamp::MIN);
        let claims =
            LicenceClaims::new(project, &*entitlement.tier, entitlement.order(), entitlement.paid_at);
        Some(LicenceClaims {
            not_after,
            ..claims.with_number(entitlement.number).with_not_before(not_before)
        })
    }

    /// The orders that a product must no longer accept at `now` although a licence of them may be around: those that were
    /// ended, and those where a payment went back so that the present is not paid. An order is left out once every
    /// licence of it is over.
    pub fn ended<'a>(
        &self,
        entitlements: impl IntoIterator<Item = &'a Entitlement>,
        now: Timestamp,
    ) -> Vec<OrderId> {
        let is_listed = |entitlement: &&Entitlement| {
            let was_cut =
                entitlement.ended_at.is_some() || entitlement.bought_until != entitlement.paid_until;
            let is_around = entitlement.bought_until.is_none_or(|until| self.after_grace(until) > now);
            was_cut && is_around && !self.is_licensed(entitlement, now)
        };
        entitlements.into_iter().filter(is_listed).map(Entitlement::order).collect()
    }

    fn is_licensed(&self, entitlement: &Entitlement, now: Timestamp) -> bool {
        let is_over = |until| self.after_grace(until) <= now;
        entitlement.ended_at.is_none() && !entitlement.paid_until.is_some_and(is_over)
    }

    fn after_grace(&self, until: Timestamp) -> Timestamp {
        until.checked_add(self.grace).unwrap_or(Timestamp::MAX)
    }
}

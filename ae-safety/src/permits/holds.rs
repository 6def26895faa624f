//! The reservation behind a permit, over several attempts of one effect.
//!
//! The process can die between any two of these steps, and the same effect then comes again with the same key. So every
//! reservation has a name that follows from that key and the number of the attempt: the first attempt that has not ended
//! is found again instead of being paid for twice. An attempt that is found open may have happened, though it was not settled
//! it. It stays counted even if the next one fails for certain, or a crash would be a way to spend without a trace. A
//! failed attempt that cost something keeps its settlement, marked as failed, so that the next one reserves its own money.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Money, RunId, Spend};

use super::{Gatekeeper, Refusal, permit::Parts, refusal::Stop};
use crate::budget::{HoldState, OverLimit, Reserve, Scope};

/// How often one effect can fail, give its reservation back and be tried again.
const ATTEMPTS_MAX: u32 = 1000;

/// The reservation of one attempt.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) key: IdempotencyKey,
    pub(super) amount: Money,
    /// An attempt before this one left it open, so it may stand for an effect that happened.
    pub(super) in_doubt: bool,
    /// The amount that an attempt before this one already paid.
    pub(super) paid: Option<Money>,
    attempt: u32,
}

impl Gatekeeper {
    /// Reserves the action's ceiling, or finds the reservation that the same effect made before.
    pub(super) async fn take_hold(&self, parts: &Parts) -> Result<Option<Taken>, Stop> {
        let Some(scope) = &parts.grant.budget else { return Ok(None) };
        // An effect that is free is reserved as zero, so that the ledger shows every effect.
        let ceiling = match parts.action.spend {
            Some(Spend::AtMost(most)) => most,
            _ => Money::zero(self.budget.status(scope).await?.currency()),
        };
        let reserve = Reserve::new(scope.clone(), ceiling).with_note(note(parts));
        for attempt in 0..ATTEMPTS_MAX {
            let key = attempt_key(parts, "hold", attempt);
            let before = self.present(&key).await?;
            // Asked again also when it is there, so that another amount under this key is noticed.
            let hold = self.budget.reserve(&key, &reserve).await.map_err(|error| over(scope, error))?;
            let paid = match hold.state {
                HoldState::Voided => continue,
                HoldState::Settled { .. } if self.has_failed(parts, attempt).await? => continue,
                HoldState::Open => None,
                HoldState::Settled { actual } => Some(actual),
            };
            let in_doubt = before == Some(HoldState::Open);
            return Ok(Some(Taken { key, amount: ceiling, in_doubt, paid, attempt }));
        }
        Err(Stop::denied(format!(
            "it was tried {ATTEMPTS_MAX} times: find out why it fails, then use a new key"
        )))
    }

    async fn present(&self, key: &IdempotencyKey) -> Result<Option<HoldState>, BackendError> {
        match self.budget.hold(key).await {
            Ok(hold) => Ok(Some(hold.state)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn has_failed(&self, parts: &Parts, attempt: u32) -> Result<bool, BackendError> {
        Ok(self.present(&attempt_key(parts, "failed", attempt)).await?.is_some())
    }

    /// Settles an attempt that certainly failed and cost something all the same. The mark comes after the settlement: a
    /// crash between the two leaves an effect that looks paid, which costs nothing twice.
    pub(super) async fn settle_failed(
        &self,
        parts: &Parts,
        taken: &Taken,
        cost: Money,
    ) -> Result<(), BackendError> {
        let Some(scope) = &parts.grant.budget else { return Ok(()) };
        self.budget.settle(&taken.key, cost).await?;
        let (mark, nothing) = (attempt_key(parts, "failed", taken.attempt), Money::zero(cost.currency()));
        self.budget.reserve(&mark, &Reserve::new(scope.clone(), nothing).with_note(note(parts))).await?;
        self.budget.settle(&mark, nothing).await.map(drop)
    }

    /// Posts a cost beyond the attempt's own reservation: an attempt before was paid already, or is in doubt.
    ///
    /// The money was spent, so it is posted even over the limit, which freezes the account.
    pub(super) async fn post(&self, parts: &Parts, taken: &Taken, cost: Money) -> Result<(), BackendError> {
        let Some(scope) = parts.grant.budget.as_ref().filter(|_| !cost.is_zero()) else {
            return Ok(());
        };
        // The cost is part of the name, so that posting the same again is recognised.
        let name = format!("post {} {}", cost.pico(), cost.currency());
        let key = attempt_key(parts, &name, taken.attempt);
        if self.present(&key).await?.is_none() {
            let exact = Reserve::new(scope.clone(), cost).with_note(note(parts));
            match self.budget.reserve(&key, &exact).await {
                // The money is gone: it is posted over a reservation of nothing, which freezes the account.
                Err(error) if over_limit(&error).is_some() => {
                    let nothing = Money::zero(cost.currency());
                    let reserve = Reserve::new(scope.clone(), nothing).with_note(note(parts));
                    self.budget.reserve(&key, &reserve).await?;
                }
                other => {
                    other?;
                }
            }
        }
        self.budget.settle(&key, cost).await.map(drop)
    }
}

fn note(parts: &Parts) -> String {
    format!("{} {}", parts.action.operation, parts.action.target).chars().take(500).collect()
}

/// The effect's own key for the first attempt, one derived from it for everything after.
fn attempt_key(parts: &Parts, what: &str, attempt: u32) -> IdempotencyKey {
    if what == "hold" && attempt == 0 {
        return parts.key.clone();
    }
    let named = || RunId::from_digest(&Digest::of_bytes("effect", parts.key.as_str().as_bytes()));
    IdempotencyKey::derive(parts.action.run.unwrap_or_else(named), parts.key.as_str(), what, attempt)
}

fn over_limit(error: &BackendError) -> Option<&OverLimit> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<OverLimit>())
}

fn over(asked: &Scope, error: BackendError) -> Stop {
    let reason = error.message().to_owned();
    match over_limit(&error) {
        Some(limit) => Refusal::OverBudget { scope: limit.scope.clone(), reason }.into(),
        // A ledger that does not say which account: only the asked one is known.
        None if error.kind() == ErrorKind::QuotaExceeded => {
            Refusal::OverBudget { scope: asked.clone(), reason }.into()
        }
        None => error.into(),
    }
}

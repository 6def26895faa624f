//! The reservation behind a permit, over several attempts of one effect.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Money, RunId, Spend};

use super::{Gatekeeper, Refusal, permit::Parts};
use crate::budget::{HoldState, OverLimit, Reserve, Scope};

/// How often one effect can fail, give its reservation back and be tried again.
const ATTEMPTS_MAX: u32 = 1000;

/// The reservation of one attempt.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    pub(super) key: IdempotencyKey,
    /// An attempt before this one left it open, so it may stand for an effect that happened.
    pub(super) in_doubt: bool,
    /// What an attempt before this one already paid.
    pub(super) paid: Option<Money>,
    attempt: u32,
}

impl Gatekeeper {
    /// Reserves the action's ceiling, or finds the reservation that the same effect made before.
    pub(super) async fn take_hold(&self, parts: &Parts) -> Result<Option<Taken>, Refusal> {
        let Some(spend) = parts.action.spend else {
            let reason = "the action does not state what it may cost: give it Spend::Free or Spend::AtMost";
            return Err(Refusal::Denied { gate: None, reason: reason.to_owned() });
        };
        let ceiling = match (spend, &parts.grant.budget) {
            (Spend::AtMost(most), _) => most,
            (Spend::Free, None) => return Ok(None),
            (Spend::Free, Some(scope)) => {
                let account = self.budget.status(scope).await.map_err(Refusal::Backend)?;
                Money::zero(account.currency())
            }
        };
        // An effect that is free is reserved as zero where an account is named, so that the ledger shows every effect.
        let Some(scope) = &parts.grant.budget else {
            if ceiling.is_zero() {
                return Ok(None);
            }
            let reason = format!("it may cost {ceiling}, and the grant names no account that pays");
            return Err(Refusal::Denied { gate: None, reason });
        };
        let reserve = Reserve::new(scope.clone(), ceiling).with_note(note(parts));
        for attempt in 0..ATTEMPTS_MAX {
            let key = attempt_key(parts, "hold", attempt);
            let before = match self.budget.hold(&key).await {
                Ok(hold) => Some(hold.state),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(Refusal::Backend(error)),
            };
            // Asked again also when it is there, so that another amount under this key is noticed.
            let hold = self.budget.reserve(&key, &reserve).await.map_err(|error| over(scope, error))?;
            let paid = match hold.state {
                HoldState::Voided => continue,
                HoldState::Open => None,
                HoldState::Settled { actual } => Some(actual),
            };
            let in_doubt = before == Some(HoldState::Open);
            return Ok(Some(Taken { key, in_doubt, paid, attempt }));
        }
        let reason = format!("it was tried {ATTEMPTS_MAX} times: find out why it fails, then use a new key");
        Err(Refusal::Denied { gate: None, reason })
    }

    /// Posts what an action cost beyond its own reservation: it had none, or an attempt before was paid already.
    ///
    /// The money was spent, so it is posted even over the limit, which freezes the account.
    pub(super) async fn post(
        &self,
        parts: &Parts,
        taken: Option<&Taken>,
        cost: Money,
    ) -> Result<(), BackendError> {
        let Some(scope) = parts.grant.budget.as_ref().filter(|_| !cost.is_zero()) else {
            return Ok(());
        };
        // The cost is part of the name, so that posting the same again is recognised.
        let name = format!("post {} {}", cost.pico(), cost.currency());
        let attempt = taken.map_or(0, |taken| taken.attempt);
        let key = attempt_key(parts, &name, attempt);
        match self.budget.hold(&key).await {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let exact = Reserve::new(scope.clone(), cost).with_note(note(parts));
                match self.budget.reserve(&key, &exact).await {
                    Err(error) if is_over(&error) => {
                        let status = self.budget.status(scope).await?;
                        let nothing = Money::zero(status.currency());
                        let reserve = Reserve::new(scope.clone(), nothing).with_note(note(parts));
                        self.budget.reserve(&key, &reserve).await?;
                    }
                    other => {
                        other?;
                    }
                }
            }
            Err(error) => return Err(error),
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

fn is_over(error: &BackendError) -> bool {
    over_limit(error).is_some()
}

fn over_limit(error: &BackendError) -> Option<&OverLimit> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref::<OverLimit>())
}

fn over(asked: &Scope, error: BackendError) -> Refusal {
    match over_limit(&error) {
        Some(limit) => {
            Refusal::OverBudget { scope: limit.scope.to_string(), reason: error.message().to_owned() }
        }
        // A ledger that does not say which account: only the asked one is known. A full disk is no budget, though.
        None if error.kind() == ErrorKind::QuotaExceeded && std::error::Error::source(&error).is_none() => {
            Refusal::OverBudget { scope: asked.to_string(), reason: error.message().to_owned() }
        }
        None => Refusal::Backend(error),
    }
}

//! Accounts, holds and refunds.

use std::{fmt, str::FromStr};

use ae_core::{Currency, IdempotencyKey, Money, ParseError, ProjectId, RunId, TaskId};
use serde::{Deserialize, Serialize};

/// The longest note of a reservation, in bytes.
pub const NOTE_BYTES_MAX: usize = 4096;

/// The owner of an account, from wide to narrow.
///
/// As text, and in JSON: `portfolio:<currency>`, `project:<id>`, `run:<id>`, `task:<run id>/<task id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Everything in one currency: the root that every other account hangs below.
    Portfolio(Currency),
    /// One product.
    Project(ProjectId),
    /// One trip of a product through the lifecycle.
    Run(RunId),
    /// One task of a run.
    Task(RunId, TaskId),
}

impl Scope {
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Portfolio(_) => 0,
            Self::Project(_) => 1,
            Self::Run(_) => 2,
            Self::Task(..) => 3,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Portfolio(currency) => write!(f, "portfolio:{currency}"),
            Self::Project(id) => write!(f, "project:{id}"),
            Self::Run(id) => write!(f, "run:{id}"),
            Self::Task(run, task) => write!(f, "task:{run}/{task}"),
        }
    }
}

impl FromStr for Scope {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        const FORM: &str =
            "a scope: write portfolio:<currency>, project:<id>, run:<id> or task:<run id>/<task id>";
        let parse = || match text.split_once(':') {
            Some(("portfolio", currency)) => currency.parse().ok().map(Self::Portfolio),
            Some(("project", id)) => id.parse().ok().map(Self::Project),
            Some(("run", id)) => id.parse().ok().map(Self::Run),
            Some(("task", ids)) => {
                let (run, task) = ids.split_once('/')?;
                Some(Self::Task(run.parse().ok()?, task.parse().ok()?))
            }
            _ => None,
        };
        parse().ok_or_else(|| ParseError::new(text, FORM))
    }
}

ae_core::serde_text!(Scope);

/// An account to open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSpec {
    /// The owner.
    pub scope: Scope,
    /// The next wider account, which every reservation is taken from too; `None` for a portfolio only.
    pub parent: Option<Scope>,
    /// The most that may be spent. Zero is nothing to spend; `None`, for a portfolio only, is a portfolio that is bound
    /// by the limits of the accounts within alone.
    pub limit: Option<Money>,
}

impl AccountSpec {
    /// A portfolio without a limit of its own.
    pub const fn portfolio(currency: Currency) -> Self {
        Self { scope: Scope::Portfolio(currency), parent: None, limit: None }
    }

    /// An account within `parent`.
    pub const fn new(scope: Scope, parent: Scope, limit: Money) -> Self {
        Self { scope, parent: Some(parent), limit: Some(limit) }
    }
}

ae_core::setters! { AccountSpec {
    /// Sets the most that may be spent.
    fn with_limit(limit: some Money);
} }

/// Money to set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reserve {
    /// The account it is for.
    pub scope: Scope,
    /// The most that the effect can cost.
    pub amount: Money,
    /// Its purpose, for people.
    pub note: String,
}

impl Reserve {
    /// A reservation without a note.
    pub const fn new(scope: Scope, amount: Money) -> Self {
        Self { scope, amount, note: String::new() }
    }
}

ae_core::setters! { Reserve {
    /// Says what it is for.
    fn with_note(note: into String);
} }

/// Money that came back after a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refund {
    /// The key of the settled hold.
    pub hold: IdempotencyKey,
    /// How much came back; more than zero.
    pub amount: Money,
}

impl Refund {
    /// A refund of `amount` on `hold`.
    pub const fn new(hold: IdempotencyKey, amount: Money) -> Self {
        Self { hold, amount }
    }
}

/// Where a hold stands. An open hold ends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HoldState {
    /// Set aside; counted against every limit until it ends.
    Open,
    /// Spent.
    Settled {
        /// The actual cost.
        actual: Money,
    },
    /// Given back.
    Voided,
}

/// Money set aside for one effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hold {
    /// The effect's durable name.
    pub key: IdempotencyKey,
    /// The account it was taken from (and from every account around it).
    pub scope: Scope,
    /// How much was set aside.
    pub amount: Money,
    /// Its purpose, for people.
    pub note: String,
    /// Where it stands.
    pub state: HoldState,
    /// How much came back after it was settled.
    pub refunded: Money,
}

impl Hold {
    /// A hold that has not ended.
    pub fn open(key: IdempotencyKey, reserve: &Reserve) -> Self {
        Self {
            key,
            scope: reserve.scope.clone(),
            amount: reserve.amount,
            note: reserve.note.clone(),
            state: HoldState::Open,
            refunded: Money::zero(reserve.amount.currency()),
        }
    }
}

/// An account as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountStatus {
    /// The owner.
    pub scope: Scope,
    /// The next wider account; `None` for a portfolio.
    pub parent: Option<Scope>,
    /// The most that may be spent; `None` for a portfolio without a limit of its own.
    pub limit: Option<Money>,
    /// Set aside by open holds, here and in every account within.
    pub reserved: Money,
    /// Spent, less refunds, here and in every account within.
    pub settled: Money,
    /// Whether it takes no more reservations because something cost more than was reserved.
    pub frozen: bool,
}

impl AccountStatus {
    /// An account in `currency` that nothing was spent from.
    pub fn unspent(spec: &AccountSpec, currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self {
            scope: spec.scope.clone(),
            parent: spec.parent.clone(),
            limit: spec.limit,
            reserved: zero,
            settled: zero,
            frozen: false,
        }
    }

    /// The account's currency.
    pub const fn currency(&self) -> Currency {
        self.reserved.currency()
    }

    /// The most that can still be reserved here: zero when frozen or overspent, never negative, `None` without a limit.
    /// An account around this one may allow less.
    pub fn remaining(&self) -> Option<Money> {
        let limit = self.limit?;
        let left = limit.checked_sub(self.reserved).and_then(|left| left.checked_sub(self.settled));
        Some(match left {
            Ok(left) if !left.is_negative() && !self.frozen => left,
            _ => Money::zero(limit.currency()),
        })
    }
}

/// A reservation that does not fit: the source of the ledger's `QuotaExceeded` errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{scope}: {asked} asked, {remaining} of {limit} left{}", if *.frozen { ", frozen" } else { "" })]
#[non_exhaustive]
pub struct OverLimit {
    /// The account that refused: the narrowest one that could not take it.
    pub scope: Scope,
    /// The amount that was asked.
    pub asked: Money,
    /// The amount that it can still take.
    pub remaining: Money,
    /// Its limit.
    pub limit: Money,
    /// Whether it is frozen.
    pub frozen: bool,
}

#[cfg(test)]
mod tests {
    use ae_core::Digest;

    use super::*;

    #[test]
    fn scopes_round_trip_through_text() {
        let run = RunId::from_digest(&Digest::of_bytes("t", b"r"));
        let project = ProjectId::from_digest(&Digest::of_bytes("t", b"p"));
        let task = Scope::Task(run, "T-1".parse().unwrap());
        for scope in [Scope::Portfolio(Currency::USD), Scope::Project(project), Scope::Run(run), task] {
            assert_eq!(scope.to_string().parse::<Scope>().unwrap(), scope);
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(serde_json::from_str::<Scope>(&json).unwrap(), scope);
        }
        for bad in ["", "Portfolio:USD", "portfolio", "portfolio:", "run:x", "task:x", "org:1"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_remains_is_never_negative() {
        let usd = |text| Money::parse(text, Currency::USD).unwrap();
        let spec = AccountSpec::portfolio(Currency::USD);
        let mut status = AccountStatus::unspent(&spec, Currency::USD);
        assert_eq!(status.remaining(), None, "no limit is not a limit of zero");
        status.limit = Some(usd("10"));
        assert_eq!(status.remaining(), Some(usd("10")));
        status.reserved = usd("4");
        status.settled = usd("5");
        assert_eq!(status.remaining(), Some(usd("1")));
        status.settled = usd("50");
        assert_eq!(status.remaining(), Some(usd("0")));
    }
}

//! The rules of the ledger, pure: every backend loads a chain of accounts, applies one of these, and stores what
//! comes out. Nothing is changed when a rule returns an error.
//!
//! A caller can die before it has read an answer, so each call is repeated under its key and has to find what it did.
//! The same key for another amount or account is a conflict and not a second hold: two effects that share a key would
//! otherwise be paid as one, and the budget could be passed by naming everything alike. For the same reason a hold ends
//! once, and an end with another amount is a conflict. An overrun is posted and not refused, since the money is gone; it
//! freezes the account, or a caller that reserves a cent and spends a dollar would never meet the limit.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money, MoneyError};

use super::{AccountSpec, AccountStatus, Hold, HoldState, NOTE_BYTES_MAX, OverLimit, Refund, Reserve, Scope};

/// The rules in the name of one backend, for its errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Book {
    pub(super) backend: &'static str,
}

/// An account and those around it, narrowest first; never empty.
pub(super) type Chain = Vec<AccountStatus>;

impl Book {
    pub(super) fn error(
        self,
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> BackendError {
        BackendError::new(kind, self.backend, operation, message)
    }

    pub(super) fn no_account(self, operation: &'static str, scope: impl std::fmt::Display) -> BackendError {
        self.error(ErrorKind::NotFound, operation, format!("there is no account {scope}: open it first"))
    }

    pub(super) fn no_hold(self, operation: &'static str, key: &IdempotencyKey) -> BackendError {
        self.error(ErrorKind::NotFound, operation, format!("there is no hold {key}: reserve first"))
    }

    /// A new account, or `None` when the same one is already there.
    pub(super) fn open(
        self,
        spec: &AccountSpec,
        present: Option<&AccountStatus>,
        parent: Option<&AccountStatus>,
    ) -> Result<Option<AccountStatus>, BackendError> {
        let bad = |message| Err(self.error(ErrorKind::InvalidInput, "open", message));
        if spec.limit.is_some_and(|limit| limit.is_negative()) {
            return bad(format!("{} has a limit below zero", spec.scope));
        }
        let (root, scope) = match (&spec.scope, &spec.parent, spec.limit) {
            (Scope::Portfolio(currency), None, _) => (Some(*currency), None),
            (Scope::Portfolio(_), Some(_), _) => return bad("a portfolio is not within anything".to_owned()),
            (scope, None, _) => return bad(format!("{scope} hangs nowhere: open it within its portfolio")),
            (scope, _, None) => {
                return bad(format!("{scope} needs a limit: only a portfolio can be without"));
            }
            (_, Some(parent), Some(_)) => (None, Some(parent)),
        };
        if let Some(present) = present {
            if present.limit == spec.limit && present.parent == spec.parent {
                return Ok(None);
            }
            let message = format!(
                "{} is already open {}{}: use set_limit to change a limit",
                spec.scope,
                present.limit.map_or("without a limit".to_owned(), |limit| format!("with limit {limit}")),
                present.parent.as_ref().map(|parent| format!(" within {parent}")).unwrap_or_default()
            );
            return Err(self.error(ErrorKind::Conflict, "open", message));
        }
        let around = match scope {
            None => None,
            Some(scope) if scope.rank() >= spec.scope.rank() => {
                return bad(format!("{} can't be within {scope}: a parent is wider", spec.scope));
            }
            Some(scope) => Some(parent.ok_or_else(|| self.no_account("open", scope))?.currency()),
        };
        let own = spec.limit.map(|limit| limit.currency());
        match root.or(around) {
            Some(currency) if own.is_none_or(|own| own == currency) => {
                Ok(Some(AccountStatus::unspent(spec, currency)))
            }
            _ => bad(format!("the limit of {} is in another currency than its portfolio", spec.scope)),
        }
    }

    /// A new hold taken from the whole chain, or the one that the key already names.
    pub(super) fn reserve(
        self,
        chain: &mut Chain,
        present: Option<Hold>,
        key: &IdempotencyKey,
        reserve: &Reserve,
    ) -> Result<Hold, BackendError> {
        if let Some(hold) = present {
            let same = Hold::open(key.clone(), reserve);
            if hold.scope == same.scope && hold.amount == same.amount && hold.note == same.note {
                return Ok(hold);
            }
            let message = format!(
                "key {key} already reserved {} at {}: use a new key for a new effect",
                hold.amount, hold.scope
            );
            return Err(self.error(ErrorKind::Conflict, "reserve", message));
        }
        self.check_amount("reserve", chain, reserve.amount)?;
        if reserve.note.len() > NOTE_BYTES_MAX {
            let message = format!("the note is longer than {NOTE_BYTES_MAX} bytes");
            return Err(self.error(ErrorKind::InvalidInput, "reserve", message));
        }
        let mut next = chain.clone();
        for account in &mut next {
            // Zero fits anywhere: an account that was overspent by a cent must not stop what is free.
            if let (Some(limit), false) = (account.limit, reserve.amount.is_zero()) {
                let remaining = account.remaining().unwrap_or(Money::zero(limit.currency()));
                if reserve.amount.exceeds(remaining).map_err(|e| self.arithmetic("reserve", &e))? {
                    return Err(self.over(account, reserve.amount, remaining, limit));
                }
            }
            account.reserved = self.add("reserve", account.reserved, reserve.amount)?;
        }
        *chain = next;
        Ok(Hold::open(key.clone(), reserve))
    }

    pub(super) fn settle(
        self,
        chain: &mut Chain,
        hold: &mut Hold,
        actual: Money,
    ) -> Result<(), BackendError> {
        self.check_amount("settle", chain, actual)?;
        match hold.state {
            HoldState::Settled { actual: before } if before == actual => return Ok(()),
            HoldState::Settled { .. } | HoldState::Voided => return Err(self.ended("settle", hold)),
            HoldState::Open => {}
        }
        let overrun = actual.exceeds(hold.amount).map_err(|e| self.arithmetic("settle", &e))?;
        let mut next = chain.clone();
        for account in &mut next {
            account.reserved = self.sub("settle", account.reserved, hold.amount)?;
            account.settled = self.add("settle", account.settled, actual)?;
            let is_own = account.scope == hold.scope && account.limit.is_some();
            if overrun && (is_own || !self.covers("settle", account)?) {
                account.frozen = true;
            }
        }
        *chain = next;
        hold.state = HoldState::Settled { actual };
        Ok(())
    }

    pub(super) fn void(self, chain: &mut Chain, hold: &mut Hold) -> Result<(), BackendError> {
        match hold.state {
            HoldState::Voided => return Ok(()),
            HoldState::Settled { .. } => return Err(self.ended("void", hold)),
            HoldState::Open => {}
        }
        let mut next = chain.clone();
        for account in &mut next {
            account.reserved = self.sub("void", account.reserved, hold.amount)?;
        }
        *chain = next;
        hold.state = HoldState::Voided;
        Ok(())
    }

    /// Posts a refund; `present` is what the key already refunded.
    pub(super) fn refund(
        self,
        chain: &mut Chain,
        hold: &mut Hold,
        present: Option<&Refund>,
        key: &IdempotencyKey,
        refund: &Refund,
    ) -> Result<(), BackendError> {
        let fail = |kind, message| Err(self.error(kind, "refund", message));
        if let Some(present) = present {
            if present == refund {
                return Ok(());
            }
            return fail(ErrorKind::Conflict, format!("key {key} already refunded {}", present.amount));
        }
        self.check_amount("refund", chain, refund.amount)?;
        let HoldState::Settled { actual } = hold.state else {
            return fail(ErrorKind::Conflict, format!("hold {} is not settled", hold.key));
        };
        let total = self.add("refund", hold.refunded, refund.amount)?;
        let too_much = total.exceeds(actual).map_err(|e| self.arithmetic("refund", &e))?;
        if refund.amount.is_zero() || too_much {
            let message =
                format!("{} of {actual} were refunded: {} is out of range", hold.refunded, refund.amount);
            return fail(ErrorKind::InvalidInput, message);
        }
        let mut next = chain.clone();
        for account in &mut next {
            account.settled = self.sub("refund", account.settled, refund.amount)?;
        }
        *chain = next;
        hold.refunded = total;
        Ok(())
    }

    pub(super) fn set_limit(
        self,
        account: &mut AccountStatus,
        limit: Option<Money>,
    ) -> Result<(), BackendError> {
        let fits = match limit {
            Some(limit) => !limit.is_negative() && limit.currency() == account.currency(),
            None => matches!(account.scope, Scope::Portfolio(_)),
        };
        if !fits {
            let limit = limit.map_or("nothing".to_owned(), |limit| limit.to_string());
            let message = format!("{limit} can't be the limit of {}", account.scope);
            return Err(self.error(ErrorKind::InvalidInput, "set_limit", message));
        }
        let mut next = account.clone();
        next.limit = limit;
        if self.covers("set_limit", &next)? {
            next.frozen = false;
        }
        *account = next;
        Ok(())
    }

    /// Whether the limit covers what is set aside and spent.
    fn covers(self, operation: &'static str, account: &AccountStatus) -> Result<bool, BackendError> {
        let Some(limit) = account.limit else { return Ok(true) };
        let used = self.add(operation, account.reserved, account.settled)?;
        used.exceeds(limit).map(|over| !over).map_err(|e| self.arithmetic(operation, &e))
    }

    fn check_amount(self, operation: &'static str, chain: &Chain, amount: Money) -> Result<(), BackendError> {
        if amount.is_negative() {
            return Err(self.error(ErrorKind::InvalidInput, operation, format!("{amount} is below zero")));
        }
        match chain.iter().find(|account| account.currency() != amount.currency()) {
            None => Ok(()),
            Some(account) => {
                let message = format!("{} is kept in {}", account.scope, account.currency());
                Err(self.error(ErrorKind::InvalidInput, operation, message))
            }
        }
    }

    fn over(self, account: &AccountStatus, asked: Money, remaining: Money, limit: Money) -> BackendError {
        let (scope, frozen) = (account.scope.clone(), account.frozen);
        let over = OverLimit { scope, asked, remaining, limit, frozen };
        let what = if account.frozen { "is frozen" } else { "can't take it" };
        let message =
            format!("{} {what}: {asked} asked, {} of {} left", over.scope, over.remaining, over.limit);
        self.error(ErrorKind::QuotaExceeded, "reserve", message).with_source(over)
    }

    fn ended(self, operation: &'static str, hold: &Hold) -> BackendError {
        let how = match hold.state {
            HoldState::Open => "is open".to_owned(),
            HoldState::Settled { actual } => format!("was settled with {actual}"),
            HoldState::Voided => "was voided".to_owned(),
        };
        self.error(ErrorKind::Conflict, operation, format!("hold {} {how}", hold.key))
    }

    pub(super) fn add(self, operation: &'static str, a: Money, b: Money) -> Result<Money, BackendError> {
        a.checked_add(b).map_err(|error| self.arithmetic(operation, &error))
    }

    /// A difference that must not be negative, since nothing is released that was not posted.
    pub(super) fn sub(self, operation: &'static str, a: Money, b: Money) -> Result<Money, BackendError> {
        let left = a.checked_sub(b).map_err(|error| self.arithmetic(operation, &error))?;
        if left.is_negative() {
            let message = "the books do not add up: stop and compare the holds with the accounts";
            return Err(self.error(ErrorKind::Protocol, operation, message));
        }
        Ok(left)
    }

    fn arithmetic(self, operation: &'static str, error: &MoneyError) -> BackendError {
        self.error(ErrorKind::InvalidInput, operation, error.to_string())
    }
}

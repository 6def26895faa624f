//! The sum over tries, and the limits that are left for the next one.

use std::time::Duration;

use ae_core::{BackendError, Currency, Effect, Money, TokenUsage};

use crate::{AgentLimits, AgentReport};

/// The spend of several tries. What was not measured of one is not measured of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spend {
    tries: u32,
    cost: Option<Money>,
    cost_unknown: bool,
    usage: Option<TokenUsage>,
    usage_unknown: bool,
    survivors_killed: u32,
    unknown_events: u64,
}

impl Spend {
    pub(super) fn add(&mut self, result: &Result<AgentReport, BackendError>) {
        self.tries = self.tries.saturating_add(1);
        match result {
            Ok(report) => {
                self.add_cost(report.cost);
                match report.usage {
                    Some(usage) => self.add_usage(usage),
                    None => self.usage_unknown = true,
                }
                self.survivors_killed = self.survivors_killed.saturating_add(report.survivors_killed);
                self.unknown_events = self.unknown_events.saturating_add(report.unknown_events);
            }
            // Before the builder got its prompt, nothing is spent.
            Err(error) if error.cost().is_none() && error.effect() == Effect::NotApplied => {}
            Err(error) => {
                self.add_cost(error.cost());
                self.usage_unknown = true;
            }
        }
    }

    fn add_cost(&mut self, cost: Option<Money>) {
        let sum = match (self.cost, cost) {
            (None, cost) => cost,
            // A free try is free in any currency.
            (Some(sum), Some(cost)) if cost.is_zero() => Some(sum),
            (Some(sum), Some(cost)) if sum.is_zero() => Some(cost),
            (Some(sum), Some(cost)) => sum.checked_add(cost).ok(),
            (Some(_), None) => None,
        };
        self.cost_unknown |= sum.is_none();
        self.cost = sum.or(self.cost);
    }

    fn add_usage(&mut self, usage: TokenUsage) {
        match self.usage.unwrap_or_default().checked_add(usage) {
            Some(sum) => self.usage = Some(sum),
            None => self.usage_unknown = true,
        }
    }

    /// The cost so far; `None` when it was not measured, nothing when nothing was tried.
    pub(super) fn cost(&self, limits: &AgentLimits) -> Option<Money> {
        if self.cost_unknown {
            return None;
        }
        let currency = limits.cost.map_or(Currency::USD, |most| most.currency());
        Some(self.cost.unwrap_or(Money::zero(currency)))
    }

    /// The limits of the next try, after `elapsed` of the time; `None` when nothing is left, or is not known.
    pub(super) fn left(&self, limits: &AgentLimits, elapsed: Duration) -> Option<AgentLimits> {
        let mut left = limits.clone();
        left.wall = limits.wall.checked_sub(elapsed).filter(|left| !left.is_zero())?;
        if let Some(most) = limits.cost.filter(|_| self.tries > 0) {
            let spent = self.cost(limits)?;
            let rest = if spent.is_zero() { most } else { most.checked_sub(spent).ok()? };
            if rest.is_negative() || rest.is_zero() {
                return None;
            }
            left.cost = Some(rest);
        }
        Some(left)
    }

    /// The report of the last try with the sums of all.
    pub(super) fn into_report(self, mut last: AgentReport, limits: &AgentLimits) -> AgentReport {
        if self.tries > 1 {
            last.cost = self.cost(limits);
            last.usage = self.usage.filter(|_| !self.usage_unknown);
            last.survivors_killed = self.survivors_killed;
            last.unknown_events = self.unknown_events;
        }
        last
    }

    /// The error of the last try with the sum of all.
    pub(super) fn into_error(self, last: BackendError, limits: &AgentLimits) -> BackendError {
        match self.cost(limits).filter(|cost| !cost.is_zero()) {
            Some(cost) => last.with_cost(cost),
            None => last,
        }
    }
}

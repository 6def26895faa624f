//! Agreements that began and ended in a window of time.

use ae_core::{BillingInterval, Timestamp};

use super::{Entitlement, RevenueSummary};

/// How the agreements that recur changed from one time to another, the first included, the second not.
///
/// An agreement recurs when its price is charged every so often. It *pays* from its first payment above zero, a trial
/// before that not counted, to its [end](Entitlement::ends_at). A pause between two paid periods is not seen: the books
/// keep the first beginning and the last end.
///
/// - `at_start`: those that pay at `from`.
/// - `lost`: those of them that end before `to`.
/// - `started`: those that begin to pay in the window.
/// - `brief`: those of them that end before `to`, too.
/// - `at_end` = `at_start` - `lost` + `started` - `brief`.
/// - [churn](Self::lost_per_mille) = 1000 * `lost` / `at_start`, rounded to the nearest, halves up.
///
/// A time after the present counts what is paid for until then as ending there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Churn {
    /// The beginning of the window.
    pub from: Timestamp,
    /// Its end, not included.
    pub to: Timestamp,
    /// The agreements that pay at `from`.
    pub at_start: u64,
    /// Those of them that end in the window.
    pub lost: u64,
    /// The agreements that begin to pay in the window.
    pub started: u64,
    /// Those of them that end in it, too.
    pub brief: u64,
    /// The agreements that pay at `to`.
    pub at_end: u64,
}

impl Churn {
    /// The lost agreements in a thousand of those at the start, `None` when there was none: then there is no rate.
    pub fn lost_per_mille(&self) -> Option<u64> {
        let half = self.at_start / 2;
        self.lost.saturating_mul(1_000).saturating_add(half).checked_div(self.at_start)
    }
}

impl RevenueSummary {
    /// How the agreements that recur changed in the window from `from` to `to`.
    ///
    /// ```
    /// use ae_billing::{Entitlement, RevenueSummary};
    /// use ae_core::{BillingInterval, Currency, Digest, Money, RunId, Timestamp};
    ///
    /// let run = RunId::from_digest(&Digest::of_bytes("docs", b"run"));
    /// let at = |day: i64| Timestamp::from_second(day * 86_400);
    /// let monthly = |id: &str, day| {
    ///     let bought = Entitlement::new(id, run, Money::from_minor(2_900, 2, Currency::USD)?, at(day)?);
    ///     Ok::<_, Box<dyn std::error::Error>>(bought.with_interval(BillingInterval::MONTH))
    /// };
    /// let books = RevenueSummary::new(run, Vec::new()).with_entitlements(vec![
    ///     monthly("stripe:sub_1", 0)?.with_paid_until(at(90)?),
    ///     monthly("stripe:sub_2", 0)?.with_paid_until(at(40)?),
    ///     monthly("stripe:sub_3", 35)?.with_paid_until(at(90)?),
    /// ]);
    /// let churn = books.churn(at(30)?, at(60)?);
    /// assert_eq!((churn.at_start, churn.lost, churn.started, churn.at_end), (2, 1, 1, 2));
    /// assert_eq!(churn.lost_per_mille(), Some(500));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn churn(&self, from: Timestamp, to: Timestamp) -> Churn {
        let mut churn = Churn { from, to, at_start: 0, lost: 0, started: 0, brief: 0, at_end: 0 };
        for entitlement in &self.entitlements {
            let Some((begin, end)) = pays(entitlement) else { continue };
            let ends = end.is_some_and(|end| end < to);
            if begin < from && end.is_none_or(|end| end >= from) {
                churn.at_start += 1;
                churn.lost += u64::from(ends);
            } else if (from..to).contains(&begin) {
                churn.started += 1;
                churn.brief += u64::from(ends);
            }
        }
        // Each difference is of a part and its whole.
        churn.at_end = (churn.at_start - churn.lost) + (churn.started - churn.brief);
        churn
    }
}

/// From when, and until when, if there is an end, an agreement that recurs pays.
fn pays(entitlement: &Entitlement) -> Option<(Timestamp, Option<Timestamp>)> {
    if entitlement.interval == BillingInterval::OneTime {
        return None;
    }
    Some((entitlement.paying_since?, entitlement.ends_at()))
}

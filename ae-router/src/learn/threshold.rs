//! The threshold that reaches a quality or keeps to a cost.

use ae_core::Money;
use rust_decimal::Decimal;

use super::{CurvePoint, Evaluation, LearnError, eval::out_of_range};

/// The aim of a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// The least share of the gap to recover, 0 to 1, with as few calls of the strong model as possible.
    Quality(f64),
    /// The most that may be spent, as a share of the cost of always calling the strong model, at most six places, with
    /// the best quality possible.
    Cost(Decimal),
}

impl Evaluation {
    /// The threshold that reaches a target on these prompts, with what it would have cost and saved.
    ///
    /// # Errors
    ///
    /// [`LearnError::OutOfRange`] for a share outside 0 to 1, [`LearnError::CostNotMeasured`],
    /// [`LearnError::CostUnreachable`].
    pub fn threshold_for(&self, target: Target) -> Result<CurvePoint, LearnError> {
        match target {
            Target::Quality(share) => {
                if !(0.0..=1.0).contains(&share) {
                    return Err(out_of_range("the quality", share, "a share of the gap, from 0 to 1"));
                }
                let reached = self.curve().iter().find(|point| point.recovered >= share);
                Ok(*reached
                    .or(self.curve().last())
                    .expect("a curve ends with always strong, which recovers all"))
            }
            Target::Cost(share) => self.threshold_for_cost(share),
        }
    }

    fn threshold_for_cost(&self, share: Decimal) -> Result<CurvePoint, LearnError> {
        let strong = self.strong_cost().ok_or(LearnError::CostNotMeasured)?;
        let share = share.normalize();
        if share < Decimal::ZERO || share > Decimal::ONE || share.scale() > 6 {
            return Err(out_of_range("the cost", share, "a share from 0 to 1 with at most six places"));
        }
        // cost <= share × strong, in integers: amounts are below 10^24, and a million times that fits.
        let (part, whole) = (share.mantissa(), 10_i128.pow(share.scale()));
        let most = strong.pico() * part;
        let affordable =
            self.curve().iter().filter(|point| point.cost.is_some_and(|cost| cost.pico() * whole <= most));
        // The first of the best: the least strong calls.
        let best = affordable.fold(None::<&CurvePoint>, |best, point| match best {
            Some(best) if best.quality >= point.quality => Some(best),
            _ => Some(point),
        });
        let cheapest = || self.curve().iter().filter_map(|point| point.cost).min_by_key(Money::pico);
        best.copied().ok_or_else(|| LearnError::CostUnreachable {
            most: share,
            cheapest: cheapest().unwrap_or(strong),
        })
    }
}

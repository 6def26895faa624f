//! How good scores are at sending prompts to a strong or a weak model: pure, on known outcomes.
//!
//! Prompts go to the strong model in descending order of score. Prompts of one score are one step of the curve, of which
//! the expectation counts, so that a constant score is as good as chance: exactly 0.5.

use ae_core::{Currency, Money};

use super::{LearnError, random::Draws};

/// A prompt with a score, and what a strong and a weak model made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ScoredPair {
    /// Higher means that the strong model is needed more.
    pub score: f64,
    /// The outcome of the strong model, 0 to 1.
    pub strong: f64,
    /// The outcome of the weak model, 0 to 1.
    pub weak: f64,
    /// The costs of the strong and the weak model, when both were measured.
    pub costs: Option<(Money, Money)>,
}

impl ScoredPair {
    /// A score and the outcomes of the strong and the weak model; costs not measured.
    #[must_use]
    pub const fn new(score: f64, strong: f64, weak: f64) -> Self {
        Self { score, strong, weak, costs: None }
    }

    /// Sets the costs of the strong and the weak model.
    #[must_use]
    pub const fn with_costs(mut self, strong: Money, weak: Money) -> Self {
        self.costs = Some((strong, weak));
        self
    }
}

/// A point of the curve: everything with a score of at least the threshold goes to the strong model.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CurvePoint {
    /// The least score that goes to the strong model; infinite where none does.
    pub threshold: f64,
    /// The share of prompts that go to the strong model.
    pub strong_share: f64,
    /// The mean outcome.
    pub quality: f64,
    /// The share of the gap between the weak and the strong model that is recovered: 0 for always weak, 1 for always
    /// strong, and outside of that where the routing is worse or better than both.
    pub recovered: f64,
    /// The cost of all prompts; `None` when a cost was not measured.
    pub cost: Option<Money>,
    /// The cost of always calling the strong model, less that of this point.
    pub saving: Option<Money>,
}

/// Scores of prompts, measured on what a strong and a weak model made of them.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// In descending order of score.
    pairs: Vec<ScoredPair>,
    curve: Vec<CurvePoint>,
    apgr: f64,
    costs: Option<(Money, Money)>,
}

impl Evaluation {
    /// Measures scores.
    ///
    /// # Errors
    ///
    /// [`LearnError::NoGap`] when the strong model is not better than the weak one, which includes no pairs at all;
    /// [`LearnError::OutOfRange`] for a score that is not finite, an outcome outside 0 to 1 or a negative cost;
    /// [`LearnError::Money`] for costs in different currencies.
    pub fn of(pairs: impl IntoIterator<Item = ScoredPair>) -> Result<Self, LearnError> {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.iter().try_for_each(check)?;
        pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
        let (strong, weak) = (mean(&pairs, |pair| pair.strong), mean(&pairs, |pair| pair.weak));
        let no_gap = LearnError::NoGap { strong, weak };
        let (area, gap) = area(&pairs, |_| 1.0);
        if gap <= 0.0 {
            return Err(no_gap);
        }
        let costs = total(&pairs)?;
        let curve = curve(&pairs, gap, costs)?;
        Ok(Self { pairs, curve, apgr: area / gap, costs })
    }

    /// The number of prompts.
    #[must_use]
    pub fn prompts(&self) -> usize {
        self.pairs.len()
    }

    /// The mean outcome of the strong model.
    #[must_use]
    pub fn strong_quality(&self) -> f64 {
        mean(&self.pairs, |pair| pair.strong)
    }

    /// The mean outcome of the weak model.
    #[must_use]
    pub fn weak_quality(&self) -> f64 {
        mean(&self.pairs, |pair| pair.weak)
    }

    /// The cost of always calling the strong model; `None` when a cost was not measured.
    #[must_use]
    pub fn strong_cost(&self) -> Option<Money> {
        self.costs.map(|(strong, _)| strong)
    }

    /// The cost of always calling the weak model; `None` when a cost was not measured.
    #[must_use]
    pub fn weak_cost(&self) -> Option<Money> {
        self.costs.map(|(_, weak)| weak)
    }

    /// The average performance gap recovered: the area below the curve of [`CurvePoint::recovered`] over the share of
    /// strong calls. Chance is 0.5, and a perfect score is above 1 where the weak model is sometimes the better one.
    #[must_use]
    pub const fn apgr(&self) -> f64 {
        self.apgr
    }

    /// The curve, from always weak to always strong.
    #[must_use]
    pub fn curve(&self) -> &[CurvePoint] {
        &self.curve
    }

    /// The call-performance threshold: the least share of strong calls that recovers `share` of the gap, read off the
    /// curve between its points. Chance is `share` itself.
    #[must_use]
    pub fn cpt(&self, share: f64) -> f64 {
        for (a, b) in self.steps() {
            if a.recovered >= share {
                return a.strong_share;
            }
            if b.recovered >= share {
                let part = (share - a.recovered) / (b.recovered - a.recovered);
                return a.strong_share + (b.strong_share - a.strong_share) * part;
            }
        }
        1.0
    }

    /// The share of the cost of always calling the strong model that is saved when `strong_share` of the prompts go to it,
    /// read off the curve between its points; `None` when a cost was not measured or the strong model is free.
    ///
    /// For amounts of money, take those of the points.
    #[must_use]
    pub fn saved_share(&self, strong_share: f64) -> Option<f64> {
        let strong = self.strong_cost().filter(|cost| !cost.is_zero())?;
        let last = self.curve.last()?;
        let (a, b) = self.steps().find(|(_, b)| strong_share <= b.strong_share).unwrap_or((last, last));
        let width = b.strong_share - a.strong_share;
        let part = if width > 0.0 { (strong_share - a.strong_share) / width } else { 0.0 };
        let (from, to) = (a.saving?.pico() as f64, b.saving?.pico() as f64);
        Some((from + (to - from) * part) / strong.pico() as f64)
    }

    /// The 95 % interval of the area, from `rounds` samples of the prompts with replacement; the same for the same seed.
    /// `None` without a round in which the strong model is the better one.
    #[must_use]
    pub fn apgr_interval(&self, rounds: u32, seed: u64) -> Option<(f64, f64)> {
        let mut draws = Draws::new(seed);
        let mut areas = Vec::new();
        for _ in 0..rounds {
            let mut weights = vec![0.0_f64; self.pairs.len()];
            for _ in 0..self.pairs.len() {
                if let Some(weight) = weights.get_mut(draws.below(self.pairs.len())) {
                    *weight += 1.0;
                }
            }
            let (area, gap) = area(&self.pairs, |at| weights.get(at).copied().unwrap_or_default());
            if gap > 0.0 {
                areas.push(area / gap);
            }
        }
        areas.sort_by(f64::total_cmp);
        Some((*areas.get(areas.len() / 40)?, *areas.get(areas.len() * 39 / 40)?))
    }

    fn steps(&self) -> impl Iterator<Item = (&CurvePoint, &CurvePoint)> {
        self.curve.iter().zip(self.curve.iter().skip(1))
    }
}

pub(super) fn out_of_range(name: &'static str, value: impl ToString, expected: &'static str) -> LearnError {
    LearnError::OutOfRange { name, value: value.to_string(), expected }
}

fn check(pair: &ScoredPair) -> Result<(), LearnError> {
    if !pair.score.is_finite() {
        return Err(out_of_range("a score", pair.score, "a finite number"));
    }
    for outcome in [pair.strong, pair.weak] {
        if !(0.0..=1.0).contains(&outcome) {
            return Err(out_of_range("an outcome", outcome, "from 0 to 1"));
        }
    }
    let negative = pair.costs.and_then(|(strong, weak)| [strong, weak].into_iter().find(Money::is_negative));
    negative.map_or(Ok(()), |cost| Err(out_of_range("a cost", cost, "zero or more")))
}

fn mean(pairs: &[ScoredPair], value: impl Fn(&ScoredPair) -> f64) -> f64 {
    pairs.iter().map(value).sum::<f64>() / pairs.len().max(1) as f64
}

/// The groups of equal scores of sorted pairs, each with the place of its first.
fn groups(pairs: &[ScoredPair]) -> impl Iterator<Item = (usize, &[ScoredPair])> {
    let mut at = 0;
    pairs.chunk_by(|a, b| a.score == b.score).map(move |group| {
        let first = at;
        at += group.len();
        (first, group)
    })
}

/// The area below the curve of quality gained over the weak model, and the whole gain, each prompt counted `weight` times.
fn area(pairs: &[ScoredPair], weight: impl Fn(usize) -> f64) -> (f64, f64) {
    let (mut count, mut gain, mut area) = (0.0, 0.0, 0.0);
    for (first, group) in groups(pairs) {
        let (mut more, mut after) = (0.0, gain);
        for (at, pair) in (first..).zip(group) {
            more += weight(at);
            after += weight(at) * (pair.strong - pair.weak);
        }
        area += more * (gain + after) / 2.0;
        count += more;
        gain = after;
    }
    (area / count, gain)
}

/// The costs of always strong and always weak, when all were measured.
fn total(pairs: &[ScoredPair]) -> Result<Option<(Money, Money)>, LearnError> {
    let currency =
        pairs.first().and_then(|pair| pair.costs).map_or(Currency::USD, |(cost, _)| cost.currency());
    let mut sums = (Money::zero(currency), Money::zero(currency));
    for pair in pairs {
        let Some((strong, weak)) = pair.costs else { return Ok(None) };
        sums = (sums.0.checked_add(strong)?, sums.1.checked_add(weak)?);
    }
    Ok(Some(sums))
}

fn curve(
    pairs: &[ScoredPair],
    gap: f64,
    costs: Option<(Money, Money)>,
) -> Result<Vec<CurvePoint>, LearnError> {
    let weak = pairs.iter().map(|pair| pair.weak).sum::<f64>();
    let all = pairs.len() as f64;
    let point = |threshold, count: usize, gain: f64, cost: Option<Money>| {
        let saving = costs.zip(cost).map(|((strong, _), cost)| strong.checked_sub(cost)).transpose()?;
        let (strong_share, quality, recovered) = (count as f64 / all, (weak + gain) / all, gain / gap);
        Ok::<_, LearnError>(CurvePoint { threshold, strong_share, quality, recovered, cost, saving })
    };
    let (mut gain, mut cost) = (0.0, costs.map(|(_, weak)| weak));
    let mut points = vec![point(f64::INFINITY, 0, gain, cost)?];
    for (first, group) in groups(pairs) {
        for pair in group {
            gain += pair.strong - pair.weak;
            cost = match (cost, pair.costs) {
                (Some(sum), Some((strong, weak))) => Some(sum.checked_add(strong)?.checked_sub(weak)?),
                _ => None,
            };
        }
        let threshold = group.first().map_or(f64::INFINITY, |pair| pair.score);
        points.push(point(threshold, first + group.len(), gain, cost)?);
    }
    Ok(points)
}

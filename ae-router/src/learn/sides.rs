//! Which models are the strong ones and which the weak ones.

use super::{FitOptions, LearnError, LoggedPrompt, OutcomeLog};

/// The models of a fit. The first of each side is the one that is called; the others make the difference between the sides
/// less noisy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sides {
    pub(super) strong: Vec<String>,
    pub(super) weak: Vec<String>,
}

impl Sides {
    /// The models that the caller chose. Without a choice the strong side is those whose mean outcome is nearer to the best
    /// than to the worst model of the log, the best first, and the weak side the rest, the worst first; with one side
    /// chosen, the other is the best or worst of the rest.
    pub(super) fn of(log: &OutcomeLog, options: &FitOptions) -> Result<Self, LearnError> {
        let chosen: Vec<_> = options.strong.iter().chain(&options.weak).collect();
        chosen.iter().try_for_each(|model| log.knows(model))?;
        if let Some(model) = options.strong.iter().find(|model| options.weak.contains(model)) {
            return Err(LearnError::BothSides { model: model.clone() });
        }
        let mut free = log.ranked();
        free.retain(|(model, _)| !chosen.iter().any(|chosen| chosen == model));
        let (mut strong, mut weak) = (options.strong.clone(), options.weak.clone());
        let owned = |found: &(&str, f64)| found.0.to_owned();
        match (strong.is_empty(), weak.is_empty()) {
            (true, true) => {
                let ends = free.first().zip(free.last());
                let middle = ends.map_or(0.0, |(worst, best)| (worst.1 + best.1) / 2.0);
                let (low, high): (Vec<_>, Vec<_>) = free.iter().partition(|(_, mean)| *mean <= middle);
                strong.extend(high.into_iter().rev().map(owned));
                weak.extend(low.into_iter().map(owned));
            }
            (true, false) => strong.extend(free.last().map(owned)),
            (false, true) => weak.extend(free.first().map(owned)),
            (false, false) => {}
        }
        if strong.is_empty() || weak.is_empty() {
            return Err(LearnError::OneSide { known: log.first_models() });
        }
        Ok(Self { strong, weak })
    }

    /// The models that are called: the strong and the weak one.
    pub(super) fn pair(&self) -> (&str, &str) {
        let first = self.strong.first().zip(self.weak.first());
        let (strong, weak) = first.expect("a side without models is refused");
        (strong, weak)
    }

    /// How much better the strong side did on a prompt, from -1 to 1; `None` without an outcome on one of the sides.
    pub(super) fn gain(&self, prompt: &LoggedPrompt) -> Option<f64> {
        let mean = |models: &[String]| {
            let found: Vec<_> = models.iter().filter_map(|model| prompt.outcome(model)).collect();
            (!found.is_empty())
                .then(|| found.iter().map(|found| found.outcome).sum::<f64>() / found.len() as f64)
        };
        Some(mean(&self.strong)? - mean(&self.weak)?)
    }
}

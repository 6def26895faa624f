//! Exact prices with dates, and the successors of models that are shut down.

mod error;
mod file;
mod model;
mod rate;

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use ae_core::{Money, Timestamp, TokenUsage};

pub(crate) use self::model::input_total;
pub use self::{
    error::PriceError,
    model::{ContextTier, ModelFacts, PricePeriod},
    rate::{Rate, Rates},
};

/// Parsed once, on first use.
static BUNDLED: LazyLock<PriceTable> = LazyLock::new(|| {
    PriceTable::from_json(include_str!("snapshot.json")).expect("a unit test parses the bundled snapshot")
});

/// Prices, limits and lifecycle of models, by id, as of one date.
///
/// A model that is not in the table has no price: asking is an error, and nothing is made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    as_of: Timestamp,
    sources: Vec<String>,
    models: BTreeMap<String, ModelFacts>,
}

impl PriceTable {
    /// The days after which a table counts as stale, since prices change often.
    pub const STALE_AFTER_DAYS: u64 = 90;
    /// The number of successors of shut-down models that are followed.
    pub const SUCCESSORS_MAX: usize = 8;

    /// The snapshot that ships with the crate: text models of Anthropic, OpenAI and Google. No file or network is read.
    pub fn bundled() -> &'static Self {
        &BUNDLED
    }

    /// An empty table as of `as_of`, to be filled with [`with_model`](Self::with_model).
    pub const fn empty(as_of: Timestamp) -> Self {
        Self { as_of, sources: Vec::new(), models: BTreeMap::new() }
    }

    /// Reads a price file: JSON in the form of the bundled snapshot (`src/catalogue/snapshot.json`), prices as decimal
    /// strings, at most 4 MiB.
    ///
    /// # Errors
    ///
    /// [`PriceError::BadFile`] with the problem and its place.
    pub fn from_json(text: &str) -> Result<Self, PriceError> {
        let parsed = file::parse(text)?;
        let mut table = Self { as_of: parsed.as_of, sources: parsed.sources, models: BTreeMap::new() };
        for model in parsed.models {
            let id = model.id.clone();
            if table.models.insert(id.clone(), model).is_some() {
                return Err(PriceError::BadFile { message: format!("model {id:?} is listed twice") });
            }
        }
        Ok(table)
    }

    /// Adds a model, or replaces the entry of the same id.
    #[must_use]
    pub fn with_model(mut self, model: ModelFacts) -> Self {
        self.models.insert(model.id.clone(), model);
        self
    }

    /// Lays `newer` over this table: its models replace those of the same id, the others stay. The older of the two
    /// dates stays, since some prices are that old.
    #[must_use]
    pub fn merged(mut self, newer: Self) -> Self {
        self.as_of = self.as_of.min(newer.as_of);
        self.sources.extend(newer.sources);
        self.models.extend(newer.models);
        self
    }

    /// The date of the prices.
    pub const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// The sources of the prices.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    /// Whether the prices are older than [`STALE_AFTER_DAYS`](Self::STALE_AFTER_DAYS) at `now`.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.as_of);
        Duration::try_from(age).is_ok_and(|age| age.as_secs() > Self::STALE_AFTER_DAYS * 86_400)
    }

    /// Every model, by id.
    pub fn models(&self) -> impl Iterator<Item = &ModelFacts> {
        self.models.values()
    }

    /// The entry of `model`, shut down or not.
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`].
    pub fn model(&self, model: &str) -> Result<&ModelFacts, PriceError> {
        self.models
            .get(model)
            .ok_or_else(|| PriceError::UnknownModel { model: model.chars().take(80).collect() })
    }

    /// The model to call at `at` when `model` is asked for: itself, or its successor once it is shut down.
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`], [`PriceError::Retired`].
    pub fn callable(&self, model: &str, at: Timestamp) -> Result<&ModelFacts, PriceError> {
        let mut facts = self.model(model)?;
        let mut left = Self::SUCCESSORS_MAX;
        while let Some(since) = facts.retires.filter(|_| facts.is_retired(at)) {
            let next = facts.successor.as_deref().filter(|_| left > 0);
            let retired = || PriceError::Retired { model: facts.id.clone(), since };
            facts = self.model(next.ok_or_else(retired)?)?;
            left -= 1;
        }
        Ok(facts)
    }

    /// The exact cost of one request to `model` at `at`, at the standard service level: nothing is rounded (round
    /// once, at settlement, with [`Money::ceil_to_micro`]).
    ///
    /// Context tiers go by the input tokens of one request, so `usage` must not be a sum over several.
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`], [`PriceError::NoRate`], [`PriceError::InconsistentUsage`],
    /// [`PriceError::Amount`]. In each case the cost is not measured; it is not zero.
    pub fn cost(&self, model: &str, usage: &TokenUsage, at: Timestamp) -> Result<Money, PriceError> {
        self.model(model)?.cost(usage, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_snapshot_parses_and_is_dated() {
        let table = PriceTable::bundled();
        assert_eq!(table.as_of().to_string(), "2026-11-22T00:00:00Z");
        assert_eq!(table.models().count(), 95);
        assert_eq!(table.sources().len(), 3);
    }

    #[test]
    fn a_loop_of_successors_ends() {
        let then = Timestamp::UNIX_EPOCH;
        let rates = Rates::new(rate(1), rate(2));
        let table = PriceTable::empty(then)
            .with_model(ModelFacts::new("a", "x", rates).with_retirement(then, Some("b".into())))
            .with_model(ModelFacts::new("b", "x", rates).with_retirement(then, Some("a".into())));
        assert!(matches!(table.callable("a", then), Err(PriceError::Retired { .. })));
    }

    fn rate(dollars: i64) -> Rate {
        Rate::per_million(dollars.into()).unwrap()
    }
}

//! The table of models.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use ae_core::{Money, Timestamp, TokenUsage};

use super::{file, served};
use crate::{Billed, ModelFacts, PriceError, ServiceTier};

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
    /// strings, at most 4 MiB. The README has an example.
    ///
    /// # Errors
    ///
    /// [`PriceError::BadFile`] with the problem and its place. A field that is not known is one, since a misspelt price
    /// would be lost without a word.
    pub fn from_json(text: &str) -> Result<Self, PriceError> {
        let parsed = file::parse(text)?;
        let mut table = Self { as_of: parsed.as_of, sources: parsed.sources, models: BTreeMap::new() };
        for model in parsed.models {
            let id = model.id.clone();
            if table.models.insert(id.clone(), model).is_some() {
                return Err(PriceError::BadFile { message: format!("model {id:?} is listed twice") });
            }
        }
        table.share_aliases();
        Ok(table)
    }

    /// Writes the table as a price file, one model a line.
    ///
    /// # Errors
    ///
    /// [`PriceError::BadFile`] when it can't be written as JSON.
    pub fn to_json(&self) -> Result<String, PriceError> {
        file::write(self.as_of, &self.sources, self.models.values())
    }

    /// Adds a model, or replaces the entry of the same id. Aliases of it get its prices.
    #[must_use]
    pub fn with_model(mut self, mut model: ModelFacts) -> Self {
        model.sort();
        self.models.insert(model.id.clone(), model);
        self.share_aliases();
        self
    }

    /// Adds a source of the prices.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.sources.push(source.into());
        self
    }

    /// Lays `newer` over this table: its models replace those of the same id, the others stay. The older of the two
    /// dates stays, since some prices are that old.
    #[must_use]
    pub fn merged(mut self, newer: Self) -> Self {
        self.as_of = self.as_of.min(newer.as_of);
        for source in newer.sources {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
        self.models.extend(newer.models);
        self.share_aliases();
        self
    }

    /// Gives every alias what its model has, so that a price of your own holds for each of the model's names. A chain of
    /// aliases is followed; one that leads nowhere has no price.
    fn share_aliases(&mut self) {
        let mut shared = Vec::new();
        for alias in self.models.values().filter(|model| model.alias_of.is_some()) {
            let mut of = alias;
            for _ in 0..Self::SUCCESSORS_MAX {
                let next = of.alias_of.as_ref().and_then(|id| self.models.get(id));
                of = next.unwrap_or(of);
            }
            shared.push(if of.alias_of.is_none() { alias.sharing(of) } else { alias.own() });
        }
        self.models.extend(shared.into_iter().map(|alias| (alias.id.clone(), alias)));
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
    /// [`PriceError::UnknownModel`], also when it is an alias of a model that is not in the table.
    pub fn model(&self, model: &str) -> Result<&ModelFacts, PriceError> {
        let found = self.models.get(model).ok_or(model);
        // A shared alias has periods.
        let known = found.and_then(|facts| match &facts.alias_of {
            Some(of) if facts.periods.is_empty() => Err(of.as_str()),
            _ => Ok(facts),
        });
        known.map_err(|missing| PriceError::UnknownModel { model: missing.chars().take(80).collect() })
    }

    /// The entry of a model that an answer names: vendors answer with the dated version of the model that was asked for
    /// (`gpt-5.2-2025-12-11`) or with a resource name (`models/gemini-3.8-flash`). An entry or alias of just that id
    /// comes first; without one, the entry of the id without its date.
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`].
    pub fn served(&self, model: &str) -> Result<&ModelFacts, PriceError> {
        let listed = served::listed_as(model).find(|id| self.models.contains_key(*id));
        self.model(listed.unwrap_or(model))
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
    /// once, at settlement, with [`Money::ceil_to_micro`]). The model may be named as an answer names it.
    ///
    /// Context tiers go by the input tokens of one request, so `usage` must not be a sum over several.
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`], [`PriceError::NoRate`], [`PriceError::InconsistentUsage`],
    /// [`PriceError::Amount`]. In each case the cost is not measured; it is not zero.
    pub fn cost(&self, model: &str, usage: &TokenUsage, at: Timestamp) -> Result<Money, PriceError> {
        self.served(model)?.cost(usage, at)
    }

    /// The exact cost of one call to `model` at `at`: tokens at the rates of its level of service, searches, and the
    /// surcharge of its region.
    ///
    /// # Errors
    ///
    /// As for [`cost`](Self::cost).
    pub fn cost_of(&self, model: &str, billed: &Billed, at: Timestamp) -> Result<Money, PriceError> {
        self.served(model)?.cost_of(billed, at)
    }

    /// The most that the tokens of one call to `model` at `at` can cost: see [`ModelFacts::most`].
    ///
    /// # Errors
    ///
    /// [`PriceError::UnknownModel`], [`PriceError::NoRate`], [`PriceError::Amount`].
    pub fn most(
        &self,
        model: &str,
        input_tokens: u64,
        output_tokens_max: u64,
        at: Timestamp,
        service_tier: ServiceTier,
    ) -> Result<Money, PriceError> {
        self.served(model)?.most(input_tokens, output_tokens_max, at, service_tier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rate, Rates};

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

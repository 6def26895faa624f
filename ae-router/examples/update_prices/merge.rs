//! One list of models out of two.

use std::collections::BTreeMap;

use ae_router::{ContextTier, ModelFacts, PricePeriod, Rates, core::Timestamp};

type Models = BTreeMap<String, ModelFacts>;

/// The models of both lists as of a day, dated versions as aliases of their model where the prices are the same.
pub(crate) fn merged(litellm: Models, genai: Models, as_of: Timestamp) -> Vec<ModelFacts> {
    let mut all = litellm;
    for (id, facts) in genai {
        match all.get_mut(&id) {
            Some(known) => complete(known, facts, as_of),
            None => drop(all.insert(id, facts)),
        }
    }
    let aliases: Vec<_> = all.values().filter_map(|facts| alias(facts, &all, as_of)).collect();
    all.extend(aliases.into_iter().map(|facts| (facts.id.clone(), facts)));
    // An alias after its model saves work to the table.
    let (models, aliases): (Vec<_>, Vec<_>) = all.into_values().partition(|facts| facts.alias_of.is_none());
    models.into_iter().chain(aliases).collect()
}

/// Takes the dated prices over and keeps of the others what those lack, if both have the same price today.
fn complete(known: &mut ModelFacts, dated: ModelFacts, as_of: Timestamp) {
    known.context_tokens_max = known.context_tokens_max.or(dated.context_tokens_max);
    known.deprecated |= dated.deprecated;
    known.web_search = dated.web_search.or(known.web_search);
    let undated = std::mem::replace(&mut known.periods, dated.periods);
    let now = known.periods.iter_mut().rev().find(|period| period.from.is_none_or(|from| from <= as_of));
    let (Some(now), Some(other)) = (now, undated.into_iter().next()) else { return };
    if !same_price(&now.rates, &other.rates) {
        return;
    }
    fill(&mut now.rates, &mut now.tiers, &other.rates, &other.tiers);
    let PricePeriod { batch, flex, priority, .. } = other;
    for (ours, theirs) in [(&mut now.batch, batch), (&mut now.flex, flex), (&mut now.priority, priority)] {
        match (ours, theirs) {
            (Some(ours), Some(theirs)) if same_price(&ours.rates, &theirs.rates) => {
                fill(&mut ours.rates, &mut ours.tiers, &theirs.rates, &theirs.tiers);
            }
            (ours @ None, theirs) => *ours = theirs,
            _ => {}
        }
    }
}

fn fill(ours: &mut Rates, our_tiers: &mut [ContextTier], theirs: &Rates, their_tiers: &[ContextTier]) {
    fill_rates(ours, theirs);
    for tier in our_tiers {
        let same = their_tiers.iter().find(|other| {
            other.above_input_tokens == tier.above_input_tokens && same_price(&other.rates, &tier.rates)
        });
        if let Some(same) = same {
            fill_rates(&mut tier.rates, &same.rates);
        }
    }
}

fn fill_rates(ours: &mut Rates, theirs: &Rates) {
    ours.cache_read = ours.cache_read.or(theirs.cache_read);
    ours.cache_write_5m = ours.cache_write_5m.or(theirs.cache_write_5m);
    ours.cache_write_1h = ours.cache_write_1h.or(theirs.cache_write_1h);
    ours.reasoning = ours.reasoning.or(theirs.reasoning);
}

fn same_price(one: &Rates, other: &Rates) -> bool {
    (one.input, one.output) == (other.input, other.output)
}

/// The dated version of a model that has the same price, as its alias.
fn alias(facts: &ModelFacts, all: &Models, as_of: Timestamp) -> Option<ModelFacts> {
    let base = all.values().find(|base| {
        let rest = facts.id.strip_prefix(base.id.as_str()).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(is_date) && base.provider == facts.provider
    })?;
    let (one, other) = (facts.rates(0, as_of).ok()?, base.rates(0, as_of).ok()?);
    if !same_price(one, other) {
        return None;
    }
    let mut alias = ModelFacts::alias(&facts.id, &facts.provider, &base.id);
    (alias.retires, alias.deprecated) = (facts.retires, facts.deprecated);
    Some(alias)
}

/// Whether a text is a date: `20251001` or `2025-12-11`.
fn is_date(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    matches!(*lengths, [8] | [4, 2, 2]) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

//! Writes the spec of a product for one niche.

use ae_core::{BackendError, ErrorKind, Feature, ProductSpec};

use super::{
    NAME,
    family::Family,
    naming,
    pricing::{self, Prices},
    reading::{Item, ids, is_sample, on_topic},
    stories::{Outline, Stories},
};
use crate::{SpecBrief, Verdict};

/// The most evidence a spec carries.
const EVIDENCE_MAX: usize = 40;

pub(super) fn specify(brief: &SpecBrief) -> Result<ProductSpec, BackendError> {
    if brief.validation.niche != brief.niche.id {
        return Err(BackendError::new(
            ErrorKind::InvalidInput,
            "rule-based",
            "specify",
            format!(
                "the validation is of niche {}, not of {}: validate this one",
                brief.validation.niche, brief.niche.id
            ),
        ));
    }
    let family = Family::of(&brief.query);
    let mut niche = brief.niche.clone();
    niche.evidence.truncate(EVIDENCE_MAX);
    let items = on_topic(&niche.evidence, &brief.query);
    let topic = naming::topic(&brief.intent, &brief.query, family);
    let product_name = naming::product_name(&topic, family);
    let audience = match brief.query.audience.as_deref().map(naming::plain) {
        Some(named) if !named.is_empty() => named,
        _ => family.who.to_owned(),
    };
    let features = features(family, &items);
    let prices = Prices::of(&brief.query, brief.intent.currency());
    let titles: Vec<&str> = features.iter().map(|feature| feature.title.as_str()).collect();
    let pricing = prices.tiers(&titles);
    let demand = ids(&items, |item| item.kind.is_demand());
    let outline = Outline {
        product_name: &product_name,
        tagline: family.promise,
        audience: &audience,
        features: &features,
        tiers: &pricing,
        demand: &demand,
    };
    let stories = Stories::of(&outline);
    let tasks = stories.tasks(&product_name);
    let slug = naming::slug(&product_name);
    let mut spec = ProductSpec::new(niche.id, product_name, slug, family.promise);
    spec.problem_statement = problem(family, &topic, &items, &demand);
    spec.assumptions = assumptions(brief, family, &features, &prices);
    spec.unclear = unclear(brief);
    spec.out_of_scope = out_of_scope();
    spec.sources = brief.sources.iter().map(crate::SourceReport::note).collect();
    spec.mrr = pricing::arithmetic(&brief.query, &prices);
    spec.sample = is_sample(&niche.evidence) || made_up(brief);
    spec.analyst = NAME.to_owned();
    (spec.user_stories, spec.acceptance_criteria, spec.tasks) = (stories.stories, stories.criteria, tasks);
    (spec.target_users, spec.core_features, spec.pricing) = (vec![audience], features, pricing);
    spec.evidence = niche.evidence;
    Ok(spec)
}

/// Whether a source that some of the evidence came from is made up.
fn made_up(brief: &SpecBrief) -> bool {
    let used = |name: &str| brief.niche.evidence.iter().any(|item| item.source == name);
    brief.sources.iter().any(|source| source.sample && used(&source.name))
}

/// The family's features, those that posts speak of first.
fn features(family: &Family, items: &[Item<'_>]) -> Vec<Feature> {
    let mut features: Vec<Feature> = family
        .features
        .iter()
        .map(|feature| {
            Feature::new(feature.title, feature.description)
                .with_evidence(ids(items, |item| feature.is_asked_for(&item.stems)))
        })
        .collect();
    features.sort_by_key(|feature| std::cmp::Reverse(feature.evidence.len()));
    features
}

fn problem(family: &Family, topic: &str, items: &[Item<'_>], demand: &[String]) -> String {
    let pain = family.pains.first().copied().unwrap_or_default();
    if demand.is_empty() {
        return format!(
            "{pain} (unverified). {} posts are about {topic}; none asks for a product or complains.",
            items.len()
        );
    }
    let shown = demand.iter().take(5).map(|id| format!("[{id}]")).collect::<Vec<_>>().join(" ");
    let verb = if demand.len() == 1 { "asks" } else { "ask" };
    format!(
        "{pain} (unverified). Of {} posts about {topic}, {} {verb} for something better, complain or offer to pay: {shown}.",
        items.len(),
        demand.len()
    )
}

fn assumptions(brief: &SpecBrief, family: &Family, features: &[Feature], prices: &Prices) -> Vec<String> {
    let mut list = vec![
        "written by rules from a bundled table of product families, without a model".to_owned(),
        pricing::RULE.to_owned(),
    ];
    if prices.named {
        list.push(format!("the monthly price {} is the one that the intent names", prices.starter));
    }
    if brief.query.audience.is_none() {
        list.push(format!(
            "the intent names no audience; \"{}\" is the usual one of such products",
            family.who
        ));
    }
    list.extend(family.pains.iter().map(|pain| format!("pain, not verified by evidence: {pain}")));
    let unasked = features.iter().filter(|feature| feature.evidence.is_empty());
    list.extend(unasked.map(|feature| format!("feature that no post asks for: {}", feature.title)));
    if brief.validation.verdict != Verdict::Go {
        list.push(SpecBrief::NOT_VALIDATED.to_owned());
        list.push(format!("written although the validation says {}", brief.validation.verdict));
    }
    list
}

fn unclear(brief: &SpecBrief) -> Vec<String> {
    let missing = brief.validation.figures.iter().filter(|named| named.figure.value.is_none());
    let mut list: Vec<String> = missing.map(|named| named.figure.note.clone()).collect();
    if list.is_empty() {
        list.push("how many visitors buy: unknown (no visitor was measured)".to_owned());
    }
    match brief.query.target {
        None => list.push("revenue target: none named in the intent, so no customer count is computed".to_owned()),
        Some(target) if target.currency() != brief.intent.currency() => list.push(format!(
            "revenue target: {target} is not in the currency of the prices ({}), so no customer count is computed",
            brief.intent.currency()
        )),
        Some(_) => {}
    }
    if let Some(price) = brief.query.price.filter(|price| price.currency() != brief.intent.currency()) {
        list.push(format!(
            "the price {price} of the intent is not in the budget's currency and was not used"
        ));
    }
    list.extend(brief.query.money_notes.iter().cloned());
    if naming::asks_for_free(&brief.query) {
        list.push("the intent says \"free\": there is no free plan yet, every plan has a price".to_owned());
    }
    list.dedup();
    list
}

fn out_of_scope() -> Vec<String> {
    [
        "Mobile apps",
        "Languages other than English",
        "Team administration and single sign-on",
        "Migration of data from other products by hand",
    ]
    .map(str::to_owned)
    .to_vec()
}

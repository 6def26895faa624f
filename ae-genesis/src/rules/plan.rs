//! Decides what is delivered: a product that a builder at hand can make, or a pre-order.

use ae_core::{Deliverable, Feature, Offer};

use super::{
    coverage::{Vocabulary, content, other_form},
    family::Theme,
    naming,
    reading::{Item, about},
};
use crate::{SignalQuery, find::query::KEYWORDS_MAX};

/// The most features of a pre-order.
pub(super) const PLANNED_MAX: usize = 6;

/// The thing that is delivered, with its features.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// The offer that covers the intent; `None` for a pre-order.
    pub(super) offer: Option<&'a Offer>,
    /// Why it is a pre-order, or why the offer fits.
    pub(super) why: String,
    pub(super) features: Vec<Feature>,
}

impl<'a> Plan<'a> {
    /// The first offer that covers every word of the intent, otherwise a pre-order with the reason.
    pub(super) fn of(query: &SignalQuery, offers: &'a [Offer], items: &[Item<'_>], theme: &Theme) -> Self {
        let mut refusals: Vec<String> = Vec::new();
        for offer in offers {
            match cover(offer, query) {
                Ok(words) => {
                    let why = format!("it covers every word: {}", words.join(", "));
                    return Self { offer: Some(offer), why, features: offered(offer, query, items) };
                }
                Err(why) => refusals.push(format!("{}: {why}", offer.name)),
            }
        }
        let why = if refusals.is_empty() { "none is configured".to_owned() } else { refusals.join("; ") };
        let why = format!(
            "no builder at hand makes this ({why}): it is offered as a pre-order, and nothing is sold"
        );
        Self { offer: None, why, features: planned(query, items, theme) }
    }

    pub(super) fn deliverable(&self) -> Deliverable {
        self.offer.map_or(Deliverable::PreOrder, |offer| offer.deliverable)
    }

    /// The titles of the features that are paid for; of all, where none is.
    pub(super) fn paid(&self) -> Vec<String> {
        let titles = |paid: bool| {
            let features = self.features.iter().filter(|feature| !paid || feature.tier.is_some());
            features.map(|feature| feature.title.clone()).collect::<Vec<_>>()
        };
        let paid = titles(true);
        if paid.is_empty() { titles(false) } else { paid }
    }
}

/// The words of the product that an offer covers, or the reason why it does not.
pub(super) fn cover(offer: &Offer, query: &SignalQuery) -> Result<Vec<String>, String> {
    if let Some(form) = other_form(&query.product).filter(|_| offer.deliverable == Deliverable::WebTool) {
        return Err(format!("\"{form}\" is not a tool on a web page"));
    }
    let features = offer.features.iter();
    let words = features.flat_map(|offered| offered.words.iter().chain([&offered.feature.title]));
    let words = offer.words.iter().chain(words).map(String::as_str);
    let asked = content(query);
    if query.keywords.len() >= KEYWORDS_MAX {
        return Err("it asks for more than can be compared".to_owned());
    }
    Vocabulary::new(offer.families.iter().map(String::as_str), words).cover(&asked)?;
    Ok(asked)
}

/// The features of an offer as they are, with the posts that speak of each.
fn offered(offer: &Offer, query: &SignalQuery, items: &[Item<'_>]) -> Vec<Feature> {
    let feature = |offered: &ae_core::OfferedFeature| {
        let words = offered.words.iter().map(String::as_str);
        offered.feature.clone().with_evidence(about(items, query, words))
    };
    offer.features.iter().map(feature).collect()
}

/// The features that are planned: the product itself in the intent's own words, then those of the family that the intent
/// names.
fn planned(query: &SignalQuery, items: &[Item<'_>], theme: &Theme) -> Vec<Feature> {
    let product = naming::product(query);
    let first = product.split(' ').next().map(crate::find::text::fold).unwrap_or_default();
    let joins = ["sync", "connect", "integrate", "replace", "compare", "merge", "combine", "share"]
        .contains(&first.as_str());
    let (core, extras) = product.split_once(" with ").filter(|_| !joins).unwrap_or((&product, ""));
    let title = naming::capitalised(core);
    let evidence =
        items.iter().filter(|item| item.own && item.is_demand()).map(|item| item.evidence.id.clone());
    let mut features =
        vec![Feature::new(&title, format!("Planned: {product}.")).with_evidence(evidence.collect())];
    if !extras.is_empty() {
        let words = crate::find::text::words(extras);
        let found = about(items, query, words.iter().map(String::as_str));
        features.push(
            Feature::new(naming::capitalised(extras), format!("Planned: {core} with {extras}."))
                .with_evidence(found),
        );
    }
    let asked: Vec<String> = content(query).iter().flat_map(|word| crate::find::text::stems(word)).collect();
    let mut more: Vec<Feature> = Vec::new();
    for feature in theme.features() {
        let named =
            feature.cues.iter().flat_map(|cue| crate::find::text::stems(cue)).any(|cue| asked.contains(&cue));
        if named {
            let text = format!("Planned: {}", super::stories::first_lower(feature.description));
            more.push(Feature::new(feature.title, text).with_evidence(about(
                items,
                query,
                feature.cues.iter().copied(),
            )));
        }
    }
    more.sort_by_key(|feature| std::cmp::Reverse(feature.evidence.len()));
    features.extend(more.into_iter().filter(|feature| feature.title != title));
    features.truncate(PLANNED_MAX);
    features
}

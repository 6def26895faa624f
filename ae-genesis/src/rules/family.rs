//! The bundled table of common kinds of product.

use std::sync::LazyLock;

use super::coverage::{Vocabulary, content};
use crate::{SignalQuery, find::text};

/// A kind of product: words and features written for this crate, never outside text.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) key: &'static str,
    names: Vec<&'static str>,
    /// The features that such products usually have.
    pub(super) features: Vec<FamilyFeature>,
    vocabulary: Vocabulary,
}

/// A feature, and the words that ask for it.
#[derive(Debug)]
pub(super) struct FamilyFeature {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) cues: Vec<&'static str>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| parse(include_str!("families.txt")));

/// The kind of product that an intent asks for, with the reason.
#[derive(Debug)]
pub(super) struct Theme {
    /// The family, if one clearly fits.
    pub(super) family: Option<&'static Family>,
    why: String,
}

impl Theme {
    /// The family whose words cover every word of the product, the one with the most names of it first.
    pub(super) fn of(query: &SignalQuery) -> Self {
        let words = content(query);
        let stems: Vec<String> = words.iter().flat_map(|word| text::stems(word)).collect();
        let mut best: Option<(&'static Family, usize)> = None;
        for family in FAMILIES.iter().filter(|family| family.vocabulary.cover(&words).is_ok()) {
            let held = |name: &&Vec<String>| stems.windows(name.len()).any(|window| *window == ***name);
            let names: usize =
                family.vocabulary.names.iter().filter(held).map(|name| name.len() * name.len()).sum();
            if names > best.map_or(0, |(_, most)| most) {
                best = Some((family, names));
            }
        }
        let why = match best {
            Some(_) => format!("it knows every word: {}", words.join(", ")),
            None => "no known kind of product has all of them".to_owned(),
        };
        Self { family: best.map(|(family, _)| family), why }
    }

    /// The line that an approver reads.
    pub(super) fn line(&self) -> String {
        let name = self.family.map_or("the intent's own words", |family| family.key);
        format!("theme: {name}, because {}", self.why)
    }

    /// The features of the family; none when no family fits.
    pub(super) fn features(&self) -> &'static [FamilyFeature] {
        self.family.map_or(&[], |family| &family.features)
    }
}

fn parse(text: &'static str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(key) = line.strip_prefix("= ") {
            families.push(Family { key, ..Family::default() });
        } else if let (Some(family), Some((field, value))) = (families.last_mut(), line.split_once(": ")) {
            match field {
                "names" => family.names = value.split(", ").collect(),
                "feature" => family.features.extend(feature(value)),
                _ => {}
            }
        }
    }
    for family in &mut families {
        let cues = family.features.iter().flat_map(|feature| &feature.cues);
        family.vocabulary = Vocabulary::new(family.names.iter().copied(), cues.copied());
    }
    families
}

fn feature(value: &'static str) -> Option<FamilyFeature> {
    let mut parts = value.split(" | ");
    let (title, description, cues) = (parts.next()?, parts.next()?, parts.next()?);
    Some(FamilyFeature { title, description, cues: cues.split(", ").collect() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ae_core::{Currency, Intent, Money};

    use super::*;

    #[test]
    fn every_family_is_complete() {
        let mut keys = BTreeSet::new();
        assert!(FAMILIES.len() > 20);
        for family in FAMILIES.iter() {
            assert!(keys.insert(family.key) && !family.names.is_empty(), "{}", family.key);
            assert!((4..=6).contains(&family.features.len()), "{}", family.key);
            let titles: BTreeSet<_> = family.features.iter().map(|feature| feature.title).collect();
            assert_eq!(titles.len(), family.features.len(), "{}", family.key);
            assert!(
                family.features.iter().all(|feature| !feature.title.contains('"') && feature.cues.len() > 3)
            );
        }
    }

    #[test]
    fn a_family_fits_only_when_it_knows_every_word() {
        for (text, key) in [
            ("Build a $500 MRR CSV tool", Some("tabular")),
            ("Invoicing app for plumbers", Some("billing")),
            ("Time tracking app", Some("time")),
            ("Customer support widget", Some("support")),
            ("Meal planning", Some("food")),
            ("Collect bottle caps", None),
            ("Movie quotes app", None),
            ("Drone photography booking site", None),
            ("Sell an ebook about sourdough baking for a one-time payment of $29", None),
            ("B2B API that validates VAT numbers", None),
        ] {
            let intent = Intent::new(text, Money::zero(Currency::USD)).unwrap();
            let theme = Theme::of(&SignalQuery::from_intent(&intent));
            assert_eq!(theme.family.map(|family| family.key), key, "{text}");
            assert!(theme.line().starts_with("theme: "));
        }
    }
}

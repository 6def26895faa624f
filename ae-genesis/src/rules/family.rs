//! The bundled table of common kinds of product.

use std::sync::LazyLock;

use crate::{SignalQuery, find::text};

/// A kind of product: words, pains and features written for this crate, never outside text.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) key: &'static str,
    names: Vec<Vec<String>>,
    /// The second word of a product name.
    pub(super) suffix: &'static str,
    /// The things that the product handles, in the plural.
    pub(super) object: &'static str,
    /// For whom it usually is; an assumption.
    pub(super) who: &'static str,
    /// One line for the top of the page.
    pub(super) promise: &'static str,
    /// The usual pains; assumptions until evidence confirms them.
    pub(super) pains: Vec<&'static str>,
    /// The features.
    pub(super) features: Vec<FamilyFeature>,
}

/// A feature, and the words that ask for it.
#[derive(Debug)]
pub(super) struct FamilyFeature {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    cues: Vec<String>,
}

impl FamilyFeature {
    /// Whether a text with these stems asks for it.
    pub(super) fn is_asked_for(&self, stems: &[String]) -> bool {
        stems.iter().any(|stem| self.cues.contains(stem))
    }
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| parse(include_str!("families.txt")));

impl Family {
    /// The family whose names the query's keywords hit best; ties go to the earlier one, no hit to the generic one.
    pub(super) fn of(query: &SignalQuery) -> &'static Self {
        let stems: Vec<String> = query.keywords.iter().flat_map(|keyword| text::stems(keyword)).collect();
        let hits = |family: &Self| -> usize {
            let found =
                family.names.iter().filter(|name| stems.windows(name.len()).any(|window| *window == ***name));
            found.map(|name| name.len() * name.len()).sum()
        };
        let mut best: Option<(&'static Self, usize)> = None;
        for family in FAMILIES.iter() {
            let hits = hits(family);
            if hits > best.map_or(0, |(_, most)| most) {
                best = Some((family, hits));
            }
        }
        best.map_or_else(generic, |(family, _)| family)
    }
}

fn generic() -> &'static Family {
    FAMILIES.iter().find(|family| family.key == "generic").expect("the bundled table has a generic family")
}

fn parse(text: &'static str) -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(key) = line.strip_prefix("= ") {
            families.push(Family { key, ..Family::default() });
        } else if let (Some(family), Some((field, value))) = (families.last_mut(), line.split_once(':')) {
            let value = value.trim();
            match field {
                "names" => {
                    family.names = value.split(',').map(text::stems).filter(|name| !name.is_empty()).collect()
                }
                "suffix" => family.suffix = value,
                "object" => family.object = value,
                "who" => family.who = value,
                "promise" => family.promise = value,
                "pain" => family.pains.push(value),
                "feature" => family.features.extend(feature(value)),
                _ => {}
            }
        }
    }
    families
}

fn feature(value: &'static str) -> Option<FamilyFeature> {
    let mut parts = value.split('|').map(str::trim);
    let (title, description, cues) = (parts.next()?, parts.next()?, parts.next()?);
    Some(FamilyFeature { title, description, cues: cues.split(',').flat_map(text::stems).collect() })
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
            assert!(keys.insert(family.key), "{}", family.key);
            assert!(family.key == "generic" || !family.names.is_empty(), "{}", family.key);
            assert!((4..=6).contains(&family.features.len()), "{}", family.key);
            assert_eq!(family.pains.len(), 3, "{}", family.key);
            for text in [family.suffix, family.object, family.who, family.promise] {
                assert!(!text.is_empty() && !text.contains('"'), "{}", family.key);
            }
            let titles: BTreeSet<_> = family.features.iter().map(|feature| feature.title).collect();
            assert_eq!(titles.len(), family.features.len(), "{}", family.key);
        }
    }

    #[test]
    fn an_intent_finds_its_family() {
        for (text, key) in [
            ("Build a $500 MRR CSV tool", "tabular"),
            ("Invoicing app for plumbers", "billing"),
            ("Time tracking app", "time"),
            ("Customer support widget", "support"),
            ("Collect bottle caps", "generic"),
        ] {
            let intent = Intent::new(text, Money::zero(Currency::USD)).unwrap();
            assert_eq!(Family::of(&SignalQuery::from_intent(&intent)).key, key, "{text}");
        }
    }
}

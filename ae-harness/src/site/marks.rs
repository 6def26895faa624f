//! The marks on elements that fulfil a criterion.

use std::collections::BTreeMap;

use ae_core::{CheckKind, ProductSpec};

use super::copy::SiteCopy;
use crate::{
    kit::Kit,
    phrase::{BREAK, holds},
    text::{folded, token},
};

/// A part of the front page that can carry marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Name,
    Tagline,
    Audience,
    Problem,
    Notice(usize),
    Feature(usize),
    Tier(usize),
    Limits,
    Checkout,
    Privacy,
    NotBuilt,
    Interest,
}

/// The marks of every part.
#[derive(Debug)]
pub(super) struct Marks {
    marks: BTreeMap<Part, Vec<String>>,
    unmet: Vec<String>,
}

impl Marks {
    /// Finds for each criterion the parts whose words fulfil it.
    pub(super) fn of(spec: &ProductSpec, copy: &SiteCopy, kit: Option<&Kit>) -> Self {
        let parts = parts(copy);
        let mut marks = Self { marks: BTreeMap::new(), unmet: Vec::new() };
        for criterion in &spec.acceptance_criteria {
            let id = token(&criterion.id);
            let found = match &criterion.check {
                CheckKind::Phrases { phrases } => {
                    phrases.iter().map(|phrase| holding(&parts, phrase)).collect::<Option<Vec<_>>>()
                }
                CheckKind::Price { tier } => {
                    let at = spec.pricing.iter().take(copy.tiers.len()).position(|known| known.id == *tier);
                    at.map(|at| vec![Part::Tier(at)])
                }
                CheckKind::Checkout => {
                    (!copy.tiers.is_empty() && !copy.is_planned).then(|| vec![Part::Checkout])
                }
                CheckKind::Privacy => Some(vec![Part::Privacy]),
                CheckKind::NotBuilt => copy.is_planned.then(|| vec![Part::NotBuilt]),
                CheckKind::Interest => copy.is_planned.then(|| vec![Part::Interest]),
                // It is proven by a run of the kit's code, not by an element.
                CheckKind::Behaviour { id } => kit.is_some_and(|kit| kit.has_behaviour(id)).then(Vec::new),
                // A person looks for it, and needs no mark.
                _ => continue,
            };
            match found {
                Some(found) => found.into_iter().for_each(|part| marks.add(part, &id)),
                None => marks.unmet.push(id),
            }
        }
        marks
    }

    /// The value of `data-criterion` for a part, if it fulfils any.
    pub(super) fn get(&self, part: Part) -> Option<String> {
        self.marks.get(&part).map(|ids| ids.join(" "))
    }

    /// The criteria that no part fulfils.
    pub(super) fn unmet(&self) -> &[String] {
        &self.unmet
    }

    fn add(&mut self, part: Part, id: &str) {
        let ids = self.marks.entry(part).or_default();
        if !ids.iter().any(|present| present == id) {
            ids.push(id.to_owned());
        }
    }
}

/// The parts with the words that people see in them, folded, a break between those that stand in blocks of their own.
fn parts(copy: &SiteCopy) -> Vec<(Part, String)> {
    let mut parts =
        vec![(Part::Name, vec![copy.name.as_str()]), (Part::Tagline, vec![copy.tagline.as_str()])];
    parts.extend(copy.audience.iter().map(|audience| (Part::Audience, vec![audience.as_str()])));
    for (at, notice) in copy.notices.iter().enumerate() {
        parts.push((Part::Notice(at), vec![notice.as_str()]));
    }
    for (at, feature) in copy.features.iter().enumerate() {
        parts.push((Part::Feature(at), vec![feature.title.as_str(), feature.description.as_str()]));
    }
    for (at, tier) in copy.tiers.iter().enumerate() {
        let texts = [&tier.name, &tier.price].into_iter().chain(&tier.includes);
        parts.push((Part::Tier(at), texts.map(String::as_str).collect()));
    }
    parts.push((Part::Problem, vec![copy.problem.as_str()]));
    if !copy.limits.is_empty() {
        let limits = copy.limits.iter().map(String::as_str);
        parts.push((Part::Limits, std::iter::once(copy.limits_title()).chain(limits).collect()));
    }
    let joined = parts.into_iter().map(|(part, texts)| {
        let texts: Vec<String> = texts.into_iter().map(folded).collect();
        (part, texts.join(&BREAK.to_string()))
    });
    joined.filter(|(_, text)| !text.trim().is_empty()).collect()
}

fn holding(parts: &[(Part, String)], phrase: &str) -> Option<Part> {
    let phrase = folded(phrase);
    parts.iter().find(|(_, text)| holds(text, &phrase)).map(|(part, _)| *part)
}

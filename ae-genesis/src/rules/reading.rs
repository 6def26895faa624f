//! Evidence, read once: what kind each item is and whether it is about the intent.

use ae_core::Evidence;

use super::family::Family;
use crate::{SignalKind, SignalQuery, find::text, sources::is_plain_id};

/// One item of evidence with what its title shows.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) kind: SignalKind,
    pub(super) stems: Vec<String>,
}

/// The items that are about the intent, in the order given. Items with an id that is not a plain label are left out, since
/// ids are printed.
pub(super) fn on_topic<'a>(evidence: &'a [Evidence], query: &SignalQuery) -> Vec<Item<'a>> {
    let topic = Topic::of(query);
    let items = evidence.iter().filter(|item| is_plain_id(&item.id)).map(|evidence| {
        let title = evidence.title.as_data();
        Item { evidence, kind: SignalKind::of_title(title), stems: text::stems(title) }
    });
    items.filter(|item| topic.covers(&item.stems)).collect()
}

/// The ids of the items that pass `test`.
pub(super) fn ids(items: &[Item<'_>], test: impl Fn(&Item<'_>) -> bool) -> Vec<String> {
    items.iter().filter(|item| test(item)).map(|item| item.evidence.id.clone()).collect()
}

/// Whether the items come from the bundled sample.
pub(super) fn is_sample(evidence: &[Evidence]) -> bool {
    evidence.iter().any(|item| item.source == crate::SampleSource::NAME)
}

struct Term {
    stems: Vec<String>,
    own: bool,
    weight: f64,
    /// Whether the table of related terms knows it as a name of something.
    name: bool,
}

/// Decides whether a title is about the intent rather than near it.
struct Topic {
    terms: Vec<Term>,
    /// The number of words of the intent that carry its topic alone.
    strong: usize,
    family: &'static Family,
}

impl Topic {
    fn of(query: &SignalQuery) -> Self {
        let term = |term: &crate::QueryTerm| Term {
            stems: text::stems(&term.text),
            own: term.own,
            weight: term.weight,
            name: term.own && term.weight >= 1.0 && crate::find::query::is_name(&term.text),
        };
        let terms: Vec<Term> = query.terms.iter().map(term).collect();
        let strong = terms.iter().filter(|term| term.own && term.weight >= 1.0).count();
        Self { terms, strong, family: Family::of(query) }
    }

    /// A title is about the topic when it holds another name of it, two words of the intent, two related terms, for an
    /// intent of one strong word that word, or a word that names something next to one that asks for a feature.
    fn covers(&self, stems: &[String]) -> bool {
        let held = |term: &&Term| stems.windows(term.stems.len().max(1)).any(|window| *window == *term.stems);
        let (mut own, mut strong, mut related, mut named, mut object) = (0, 0, 0, false, false);
        for term in self.terms.iter().filter(held) {
            if term.own {
                own += 1;
                strong += usize::from(term.weight >= 1.0);
                object |= term.name;
            } else {
                related += 1;
                named |= term.weight >= crate::find::query::WEIGHT_NAME;
            }
        }
        let asked = || self.family.features.iter().any(|feature| feature.is_asked_for(stems));
        let several = own >= 2 || related >= 2 || (own >= 1 && related >= 1);
        named || several || (self.strong <= 1 && strong >= 1) || (object && asked())
    }
}

//! Evidence, read once: what kind each item is and whether it is about the intent.

use ae_core::Evidence;

use crate::{SignalKind, SignalQuery, signal::is_plain_id, text};

/// One item of evidence with what its title shows.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) kind: SignalKind,
    pub(super) stems: Vec<String>,
}

/// The items that are about the intent, in the order given. Items with an id that is no plain label are left out, since
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
}

/// Decides whether a title is about the intent rather than near it.
struct Topic {
    terms: Vec<Term>,
    /// How many words of the intent carry its topic alone.
    strong: usize,
}

impl Topic {
    fn of(query: &SignalQuery) -> Self {
        let term = |term: &crate::QueryTerm| Term {
            stems: text::stems(&term.text),
            own: term.own,
            weight: term.weight,
        };
        let terms: Vec<Term> = query.terms().iter().map(term).collect();
        let strong = terms.iter().filter(|term| term.own && term.weight >= 1.0).count();
        Self { terms, strong }
    }

    /// A title is about the topic when it holds another name of it, two words of the intent, two related terms, or,
    /// for an intent of one strong word, that word.
    fn covers(&self, stems: &[String]) -> bool {
        let held = |term: &&Term| stems.windows(term.stems.len().max(1)).any(|window| *window == *term.stems);
        let (mut own, mut strong, mut related, mut named) = (0, 0, 0, false);
        for term in self.terms.iter().filter(held) {
            if term.own {
                own += 1;
                strong += usize::from(term.weight >= 1.0);
            } else {
                related += 1;
                named |= term.weight >= crate::query::WEIGHT_NAME;
            }
        }
        named || own >= 2 || related >= 2 || (own >= 1 && related >= 1) || (self.strong <= 1 && strong >= 1)
    }
}

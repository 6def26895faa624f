//! Evidence, read once: what kind each item is, whether it is about the intent, and whether it is of today.

use std::collections::BTreeSet;

use ae_core::{Evidence, Timestamp};

use crate::{
    SignalKind, SignalQuery,
    find::{
        query::{WEIGHT_NAME, is_common, is_other_form},
        text,
    },
    sources::is_plain_id,
};

/// Evidence younger than this counts as recent: three years.
const RECENT_DAYS: i64 = 3 * 365;

/// One item of evidence with what its title shows.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) kind: SignalKind,
    pub(super) stems: Vec<String>,
    /// Whether it holds the intent's own words, and not related ones alone.
    pub(super) own: bool,
    /// Whether it is known to be recent. A post without a date is not.
    pub(super) recent: bool,
}

impl Item<'_> {
    /// Whether it shows demand of today.
    pub(super) fn is_demand(&self) -> bool {
        self.recent && self.kind.is_demand()
    }
}

/// The items that are about the intent, in the order given. Those that hold related words alone are at most twice as many
/// as those with the intent's own. Items with an id that is not a plain label are left out, since ids are printed.
pub(super) fn on_topic<'a>(evidence: &'a [Evidence], query: &SignalQuery, now: Timestamp) -> Vec<Item<'a>> {
    let topic = Topic::of(query);
    let mut items: Vec<Item<'a>> = Vec::new();
    for evidence in evidence.iter().filter(|item| is_plain_id(&item.id)) {
        let title = evidence.title.as_data();
        let stems = text::stems(title);
        let Some(own) = topic.covers(&stems) else { continue };
        let days = |at: Timestamp| (now.as_second() - at.as_second()) / 86_400;
        let recent = evidence.posted_at.is_some_and(|at| days(at) <= RECENT_DAYS);
        items.push(Item { evidence, kind: SignalKind::of_title(title), stems, own, recent });
    }
    let mut room = 2 * items.iter().filter(|item| item.own).count();
    items.retain(|item| {
        let fits = item.own || room > 0;
        room -= usize::from(!item.own && fits);
        fits
    });
    items
}

/// The ids of the items that pass `test`.
pub(super) fn ids(items: &[Item<'_>], test: impl Fn(&Item<'_>) -> bool) -> Vec<String> {
    items.iter().filter(|item| test(item)).map(|item| item.evidence.id.clone()).collect()
}

/// The ids of the items that speak of a feature: they hold one of its words, other than those of the topic itself, and
/// are no mere talk.
pub(super) fn about<'w>(
    items: &[Item<'_>],
    query: &SignalQuery,
    words: impl Iterator<Item = &'w str>,
) -> Vec<String> {
    let topic: BTreeSet<String> = query.keywords.iter().flat_map(|word| text::stems(word)).collect();
    let cues: BTreeSet<String> = words.flat_map(text::stems).filter(|stem| !topic.contains(stem)).collect();
    ids(items, |item| {
        item.own && item.kind != SignalKind::Topic && item.stems.iter().any(|stem| cues.contains(stem))
    })
}

/// Whether the items come from the bundled sample.
pub(super) fn is_sample(evidence: &[Evidence]) -> bool {
    evidence.iter().any(|item| item.source == crate::SampleSource::NAME)
}

struct Term {
    stems: Vec<String>,
    own: bool,
    /// Whether it carries the topic: a word of the intent itself, other than one for the form, such as `api`.
    strong: bool,
    weight: f64,
    /// Whether the word has too many meanings to decide alone.
    common: bool,
}

/// Decides whether a title is about the intent rather than near it.
struct Topic {
    terms: Vec<Term>,
    /// The position of the head: the last word that carries the topic.
    head: Option<usize>,
    /// The number of words of the intent that carry its topic.
    strong: usize,
}

impl Topic {
    fn of(query: &SignalQuery) -> Self {
        let form = |term: &crate::QueryTerm| is_other_form(&term.text);
        let carries = |term: &crate::QueryTerm| term.own && term.weight >= 1.0;
        let forms_only = !query.terms.iter().any(|term| carries(term) && !form(term));
        let term = |term: &crate::QueryTerm| {
            let stems = text::stems(&term.text);
            let strong = carries(term) && (forms_only || !form(term));
            Term { own: term.own, strong, weight: term.weight, common: is_common(&stems), stems }
        };
        let terms: Vec<Term> = query.terms.iter().map(term).collect();
        let strong = terms.iter().filter(|term| term.strong).count();
        Self { head: terms.iter().rposition(|term| term.strong), terms, strong }
    }

    /// Whether a title is about the topic: `Some(true)` by the intent's own words, `Some(false)` by related ones.
    ///
    /// Own words are enough when two of them carry the topic; one is, when the intent has no other, or only one other and
    /// it is the head that stands next to a related term. A word with many meanings, such as `deal`, needs another one
    /// in any case.
    fn covers(&self, stems: &[String]) -> Option<bool> {
        let held = |term: &Term| stems.windows(term.stems.len().max(1)).any(|window| *window == *term.stems);
        let (mut own, mut strong, mut sure, mut head, mut related, mut named) =
            (0, 0, false, false, 0, false);
        for (at, term) in self.terms.iter().enumerate().filter(|(_, term)| held(term)) {
            if term.own {
                own += 1;
                strong += usize::from(term.strong);
                sure |= term.strong && !term.common;
                head |= self.head == Some(at);
            } else {
                related += 1;
                named |= term.weight >= WEIGHT_NAME && !term.common;
            }
        }
        let enough = match self.strong {
            0 => own >= 2,
            1 => strong == 1 && (sure || own >= 2 || related >= 1),
            2 => strong == 2 || (head && sure && related >= 1),
            _ => strong >= 2,
        };
        if enough {
            return Some(true);
        }
        (named || related >= 2).then_some(false)
    }
}

//! Ranks signals for an intent: streaming, in bounded memory, without I/O, clock or randomness.

mod dedupe;
mod matcher;

use std::{collections::HashMap, fmt, ops::ControlFlow};

use ae_core::{Evidence, Timestamp};
use rust_decimal::Decimal;

use crate::{Signal, SignalKind, SignalQuery, SignalSink, find::demand, find::text};
use dedupe::Deduper;
use matcher::{Found, Matcher};

/// BM25 term saturation; the usual value (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
const K1: f64 = 1.2;
/// BM25 length normalisation; weak, since titles are all short.
const B: f64 = 0.4;
/// The weight of a word in the body against one in the title.
const BODY_WEIGHT: f64 = 0.3;
/// The number of signals without any term that are assumed in addition to those seen: in a small collection about the topic, the topic's
/// own word would else be taken for a stop word.
const BACKGROUND: u64 = 1_000;
/// The least weight of a term, however frequent.
const IDF_MIN: f64 = 0.05;
/// The most that demand adds to a text score of at most 1.
const PRIOR_WEIGHT: f64 = 0.35;
/// The number of best candidates that are compared for duplicates.
const COMPARED_MAX: usize = 400;

/// Ranks signals by BM25 over stems, plus a prior for posts that show demand.
///
/// The score is `text / best text + 0.35 × prior`, 1 for a request to 0 for talk. Document frequencies are counted for the
/// query's terms alone, while signals stream by, so memory does not grow with their number. The result is a function
/// of the query, the signals and `now`; equal scores are ordered by id.
///
/// ```
/// use std::ops::ControlFlow;
/// use ae_core::{Currency, Intent, Money, Origin, Timestamp, Untrusted};
/// use ae_genesis::{Retriever, Signal, SignalQuery, SignalSink};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now: Timestamp = "2026-11-24T00:00:00Z".parse()?;
/// let intent = Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?;
/// let mut retriever = Retriever::new(&SignalQuery::from_intent(&intent));
/// for (id, title) in [("1", "Ask HN: How do you clean messy CSV files?"), ("2", "A history of tea")] {
///     let title = Untrusted::new(Origin::Signals("notes".into()), title.to_owned());
///     assert_eq!(retriever.accept(Signal::new("notes", id, title, now)), ControlFlow::Continue(()));
/// }
/// let ranking = retriever.finish(now, 10);
/// assert_eq!((ranking.seen, ranking.matched, ranking.evidence.len()), (2, 1, 1));
/// # Ok(()) }
/// ```
pub struct Retriever {
    matcher: Matcher,
    candidates_max: usize,
    candidates: Vec<Candidate>,
    /// The candidate of each title, so that repeats take no room.
    titles: HashMap<String, usize>,
    repeats: u64,
    seen: u64,
    matched: u64,
    dropped: u64,
    words: u64,
    frequencies: Vec<u64>,
}

#[derive(Debug)]
struct Candidate {
    signal: Signal,
    found: Vec<Found>,
    words: u32,
    prior: f64,
}

impl Retriever {
    /// A retriever for one query that keeps 4,096 candidates.
    pub fn new(query: &SignalQuery) -> Self {
        let matcher = Matcher::new(&query.terms);
        let frequencies = vec![0; matcher.terms.len()];
        Self {
            matcher,
            candidates_max: 4_096,
            candidates: Vec::new(),
            titles: HashMap::new(),
            repeats: 0,
            seen: 0,
            matched: 0,
            dropped: 0,
            words: 0,
            frequencies,
        }
    }

    /// Ranks the signals taken and returns the best `k`. `now` is the time that ages are counted to.
    #[must_use]
    pub fn finish(self, now: Timestamp, k: usize) -> Ranking {
        let statistics = self.statistics();
        let mut scored: Vec<(f64, &Candidate)> = self
            .candidates
            .iter()
            .map(|candidate| (self.text_score(candidate, &statistics), candidate))
            .collect();
        let best = scored.iter().map(|(score, _)| *score).fold(0.0, f64::max);
        for (score, candidate) in &mut scored {
            *score = if best > 0.0 { *score / best } else { 0.0 } + PRIOR_WEIGHT * candidate.prior;
        }
        sort(&mut scored);
        let mut deduper = Deduper::default();
        let (mut evidence, mut duplicates) = (Vec::new(), self.repeats);
        for (score, candidate) in scored.into_iter().take(COMPARED_MAX.max(k)) {
            if evidence.len() >= k {
                break;
            }
            if deduper.is_new(&candidate.signal) {
                evidence.push(self.evidence(score, candidate, now));
            } else {
                duplicates += 1;
            }
        }
        Ranking { evidence, seen: self.seen, matched: self.matched, duplicates, dropped: self.dropped }
    }

    /// The inverse document frequency of each term, and the mean length.
    fn statistics(&self) -> Statistics {
        let seen = to_f64(self.seen.max(1));
        let total = to_f64(self.seen.saturating_add(BACKGROUND));
        let idf = self.frequencies.iter().map(|frequency| {
            let frequency = to_f64(*frequency);
            (1.0 + (total - frequency + 0.5) / (frequency + 0.5)).ln().max(IDF_MIN)
        });
        Statistics { idf: idf.collect(), mean_words: (to_f64(self.words) / seen).max(1.0) }
    }

    fn text_score(&self, candidate: &Candidate, statistics: &Statistics) -> f64 {
        let length = 1.0 - B + B * f64::from(candidate.words) / statistics.mean_words;
        let score = |found: &Found| {
            let times = f64::from(found.in_title) + BODY_WEIGHT * f64::from(found.in_body);
            let weight = self.matcher.terms.get(found.term).map_or(0.0, |term| term.weight);
            let idf = statistics.idf.get(found.term).copied().unwrap_or(0.0);
            weight * idf * times * (K1 + 1.0) / (times + K1 * length)
        };
        candidate.found.iter().map(score).sum()
    }

    fn evidence(&self, score: f64, candidate: &Candidate, now: Timestamp) -> Evidence {
        let signal = &candidate.signal;
        let terms = &self.matcher.terms;
        let label = |found: &Found| terms.get(found.term).map(|term| term.text.clone());
        let matched: Vec<String> = candidate.found.iter().filter_map(label).collect();
        let mut reasons = vec![format!("matches {}", matched.join(", "))];
        let kind = SignalKind::of_title(signal.title.as_data());
        reasons.push(format!("kind: {kind}"));
        if let Some(days) = signal.posted_at.map(|at| (now.as_second() - at.as_second()) / 86_400) {
            reasons.push(format!("posted {days} days before it was ranked"));
        }
        let title = signal.title.clone();
        let mut evidence = Evidence::new(&signal.id, &signal.source, title, signal.fetched_at);
        evidence.url.clone_from(&signal.url);
        (evidence.points, evidence.comments) = (signal.points, signal.comments);
        evidence.posted_at = signal.posted_at;
        evidence.relevance = Decimal::from_f64_retain(score).unwrap_or_default().round_dp(4).normalize();
        evidence.reasons = reasons;
        evidence
    }

    /// Keeps the best candidates by the statistics so far.
    fn prune(&mut self) {
        let statistics = self.statistics();
        let score = |candidate: &Candidate| {
            self.text_score(candidate, &statistics) * (1.0 + PRIOR_WEIGHT * candidate.prior)
        };
        let mut scored: Vec<(f64, usize)> = self.candidates.iter().map(score).zip(0..).collect();
        scored.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        scored.truncate(self.candidates_max);
        let mut keep = vec![false; self.candidates.len()];
        for (_, at) in scored {
            if let Some(keep) = keep.get_mut(at) {
                *keep = true;
            }
        }
        let before = self.candidates.len();
        let mut keep = keep.into_iter();
        self.candidates.retain(|_| keep.next().unwrap_or(false));
        self.dropped += (before - self.candidates.len()) as u64;
        let title = |candidate: &Candidate| text::fold(candidate.signal.title.as_data());
        self.titles = self.candidates.iter().map(title).zip(0..).collect();
    }

    /// Adds a candidate. Of those with one title the one with the smallest id stays.
    fn keep(&mut self, candidate: Candidate) {
        let title = text::fold(candidate.signal.title.as_data());
        let known = self.titles.get(&title).and_then(|at| self.candidates.get_mut(*at));
        if let Some(known) = known {
            self.repeats += 1;
            let name = |signal: &Signal| (signal.id.clone(), signal.source.clone());
            if name(&candidate.signal) < name(&known.signal) {
                *known = candidate;
            }
            return;
        }
        self.titles.insert(title, self.candidates.len());
        self.candidates.push(candidate);
    }
}

ae_core::setters! { Retriever {
    /// Sets the number of candidates that are kept; twice as many are held for a moment. Reaching it drops the weakest
    /// by the statistics so far.
    fn with_candidates_max(candidates_max: usize);
} }

/// The result of a [`Retriever`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ranking {
    /// The best matches, best first, near-duplicates removed.
    pub evidence: Vec<Evidence>,
    /// Signals that were looked at.
    pub seen: u64,
    /// Signals that hold a term of the query.
    pub matched: u64,
    /// Matches that were left out because they repeat another.
    pub duplicates: u64,
    /// Matches that were dropped because there were too many.
    pub dropped: u64,
}

struct Statistics {
    idf: Vec<f64>,
    mean_words: f64,
}

impl SignalSink for Retriever {
    fn accept(&mut self, mut signal: Signal) -> ControlFlow<()> {
        let body = signal.body.take();
        let body = body.as_ref().map(|body| body.as_data().as_str());
        let (found, words) = self.matcher.find(signal.title.as_data(), body);
        self.seen += 1;
        self.words += u64::from(words);
        if found.is_empty() {
            return ControlFlow::Continue(());
        }
        self.matched += 1;
        for found in &found {
            if let Some(frequency) = self.frequencies.get_mut(found.term) {
                *frequency += 1;
            }
        }
        let prior = demand::prior(signal.title.as_data());
        self.keep(Candidate { signal, found, words, prior });
        if self.candidates.len() >= self.candidates_max.max(1) * 2 {
            self.prune();
        }
        ControlFlow::Continue(())
    }

    fn wants(&mut self, title: &str) -> bool {
        let (hit, words) = self.matcher.any(title);
        if !hit {
            self.seen += 1;
            self.words += u64::from(words);
        }
        hit
    }
}

impl fmt::Debug for Retriever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retriever").field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// Best first; equal scores by id, then by source.
fn sort(scored: &mut [(f64, &Candidate)]) {
    scored.sort_by(|(left_score, left), (right_score, right)| {
        let by_id = || {
            left.signal.id.cmp(&right.signal.id).then_with(|| left.signal.source.cmp(&right.signal.source))
        };
        right_score.total_cmp(left_score).then_with(by_id)
    });
}

/// Exact up to 2^53, far above any number of signals.
#[allow(clippy::cast_precision_loss)]
fn to_f64(count: u64) -> f64 {
    count as f64
}

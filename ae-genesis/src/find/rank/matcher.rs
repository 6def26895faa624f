//! Finds the terms of a query in a text, fast for texts that hold none.

use std::collections::HashMap;

use rust_stemmers::Stemmer;

use crate::{QueryTerm, find::text};

/// A term and how often it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    /// The position of the term among [`Matcher::terms`].
    pub(super) term: usize,
    pub(super) in_title: u32,
    pub(super) in_body: u32,
}

/// The most words whose stems are remembered.
const MEMO_MAX: usize = 16_384;

/// Finds single stems and phrases of stems.
pub(super) struct Matcher {
    pub(super) terms: Vec<QueryTerm>,
    /// For each term its stems, as positions in `stems`.
    phrases: Vec<Vec<usize>>,
    stems: Vec<String>,
    /// Whether a stem starts with these two bytes, indexed by `first × 256 + second`.
    starts: Vec<bool>,
    memo: HashMap<Box<str>, Option<usize>>,
    stemmer: Stemmer,
}

impl Matcher {
    pub(super) fn new(terms: &[QueryTerm]) -> Self {
        let mut stems: Vec<String> = Vec::new();
        let mut phrases = Vec::new();
        for term in terms {
            let mut phrase = Vec::new();
            for stem in text::stems(&term.text) {
                let known = stems.iter().position(|other| *other == stem);
                phrase.push(known.unwrap_or_else(|| {
                    stems.push(stem);
                    stems.len() - 1
                }));
            }
            phrases.push(phrase);
        }
        let mut starts = vec![false; 1 << 16];
        for stem in &stems {
            let (first, second) = start_of(stem.as_bytes());
            // Snowball keeps the start of a word, but for "dying", "lying", "tying" and a final y that becomes i.
            let seconds = if matches!(second, b'i' | b'y') { vec![b'i', b'y'] } else { vec![second] };
            for second in seconds {
                if let Some(start) = starts.get_mut(index(first, second)) {
                    *start = true;
                }
            }
        }
        Self { terms: terms.to_vec(), phrases, stems, starts, memo: HashMap::new(), stemmer: text::stemmer() }
    }

    /// Whether `text` holds a stem of the query, and how many words it has.
    pub(super) fn any(&mut self, text: &str) -> (bool, u32) {
        let (mut hit, mut count) = (false, 0);
        self.scan(text, |stem| {
            hit |= stem.is_some();
            count += 1;
        });
        (hit, count)
    }

    /// The terms in a title and a body, and how many words the title has.
    pub(super) fn find(&mut self, title: &str, body: Option<&str>) -> (Vec<Found>, u32) {
        let mut sequence = Vec::new();
        self.scan(title, |stem| sequence.push(stem));
        let words = u32::try_from(sequence.len()).unwrap_or(u32::MAX);
        let mut below = Vec::new();
        if let Some(body) = body {
            self.scan(body, |stem| below.push(stem));
        }
        let found = (0..).zip(&self.phrases).filter_map(|(term, phrase)| {
            let (in_title, in_body) = (occurrences(&sequence, phrase), occurrences(&below, phrase));
            (in_title + in_body > 0).then_some(Found { term, in_title, in_body })
        });
        (found.collect(), words)
    }

    /// Calls `word` for each word with the position of its stem, if the query has it.
    fn scan(&mut self, text: &str, mut word: impl FnMut(Option<usize>)) {
        if !text.is_ascii() {
            text::for_each_word(text, |folded| word(self.lookup(folded)));
            return;
        }
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut lower = String::new();
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            if length == 0 {
                at += 1;
                continue;
            }
            let token = rest.get(..length).unwrap_or_default();
            at += length;
            let (first, second) = start_of(token);
            let first = first.to_ascii_lowercase();
            let second = second.to_ascii_lowercase();
            if !self.starts.get(index(first, second)).copied().unwrap_or(false) {
                word(None);
                continue;
            }
            lower.clear();
            lower.extend(token.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
            word(self.lookup(&lower));
        }
    }

    fn lookup(&mut self, word: &str) -> Option<usize> {
        if let Some(known) = self.memo.get(word) {
            return *known;
        }
        let stem = text::stem(&self.stemmer, word);
        let position = self.stems.iter().position(|other| *other == stem);
        if self.memo.len() < MEMO_MAX && word.len() <= 40 {
            self.memo.insert(word.into(), position);
        }
        position
    }
}

fn start_of(word: &[u8]) -> (u8, u8) {
    (word.first().copied().unwrap_or(0), word.get(1).copied().unwrap_or(0))
}

fn index(first: u8, second: u8) -> usize {
    usize::from(first) * 256 + usize::from(second)
}

fn occurrences(sequence: &[Option<usize>], phrase: &[usize]) -> u32 {
    if phrase.is_empty() {
        return 0;
    }
    let same = |window: &&[Option<usize>]| window.iter().zip(phrase).all(|(word, stem)| *word == Some(*stem));
    u32::try_from(sequence.windows(phrase.len()).filter(same).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher(terms: &[&str]) -> Matcher {
        let term = |text: &&str| QueryTerm { text: (*text).to_owned(), weight: 1.0, own: true };
        Matcher::new(&terms.iter().map(term).collect::<Vec<_>>())
    }

    #[test]
    fn words_and_phrases_are_found_in_any_form() {
        let mut matcher = matcher(&["invoice", "time tracking", "die"]);
        let (found, words) = matcher.find("Tracked TIME-tracking, invoices & dying", Some("an invoice"));
        assert_eq!(words, 5);
        let counts: Vec<_> = found.iter().map(|found| (found.term, found.in_title, found.in_body)).collect();
        assert_eq!(counts, [(0, 1, 1), (1, 1, 0), (2, 1, 0)]);
    }

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_plain_stemming(text in "[ a-zA-Z0-9'’é.,-]{0,80}", word in "[a-z]{1,8}") {
            let mut matcher = matcher(&[&word]);
            let stem = text::stems(&word);
            let expected = text::stems(&text);
            let (hit, words) = matcher.any(&text);
            prop_assert_eq!(hit, expected.contains(&stem[0]));
            prop_assert_eq!(words as usize, expected.len());
        }
    }
}

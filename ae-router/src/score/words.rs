//! Text as whole words, with the negations before them.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

/// The number of words that a negation reaches, within its clause: "no new password" is negated.
const REACH: usize = 3;

/// Phrases to look for, by their first word.
#[derive(Debug)]
pub(super) struct Phrases(HashMap<&'static str, Vec<&'static str>>);

impl Phrases {
    /// Takes the phrases; their words are separated by one space.
    pub(super) fn new(phrases: impl IntoIterator<Item = &'static str>) -> Self {
        let mut by_first: HashMap<_, Vec<_>> = HashMap::new();
        for phrase in phrases {
            by_first.entry(phrase.split(' ').next().unwrap_or(phrase)).or_default().push(phrase);
        }
        Self(by_first)
    }
}

/// The lower-cased words of some texts in order, and the phrases found among them.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    words: Vec<Word>,
    found: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct Word {
    range: Range<usize>,
    /// Whether a negation before it reaches it.
    negated: bool,
    /// The clause it stands in: a phrase does not cross clauses.
    clause: usize,
}

impl Words {
    /// Splits texts into words and looks for phrases. Words are runs of letters and digits; an apostrophe
    /// inside belongs to the word. Sentence marks, commas, blank lines and the end of a text end a clause. A line end
    /// ends a negation, as in a list, but not a clause, since prompts are wrapped.
    pub(super) fn of(texts: &[&str], phrases: &Phrases) -> Self {
        let mut all = Self::default();
        let (mut start, mut clause) = (0, 0);
        for text in texts {
            let (mut reach, mut line_ends) = (0, 0);
            for c in text.chars().chain(['\n', '\n']) {
                match c {
                    'a'..='z' | '0'..='9' => all.text.push(c),
                    'A'..='Z' => all.text.push(c.to_ascii_lowercase()),
                    '\'' | '’' if all.text.len() > start => all.text.push('\''),
                    _ if c.is_alphanumeric() => all.text.extend(c.to_lowercase()),
                    _ => {
                        if all.text.len() > start {
                            reach = all.end_word(start, reach, clause);
                            start = all.text.len();
                            line_ends = 0;
                        }
                        line_ends += usize::from(c == '\n');
                        let ends_clause = matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')');
                        if ends_clause || c == '\n' {
                            reach = 0;
                        }
                        if ends_clause || line_ends == 2 {
                            clause += 1;
                        }
                    }
                }
            }
        }
        for at in 0..all.words.len() {
            for phrase in phrases.0.get(all.word(at)).into_iter().flatten() {
                if all.stands_at(at, phrase) {
                    all.found.insert(phrase);
                }
            }
        }
        all
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The first of `phrases` that stands somewhere without a negation.
    pub(super) fn find_any(&self, phrases: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
        phrases.into_iter().find(|phrase| self.found.contains(phrase))
    }

    fn stands_at(&self, at: usize, phrase: &str) -> bool {
        let Some(first) = self.words.get(at).filter(|word| !word.negated) else { return false };
        phrase.split(' ').zip(at..).all(|(part, at)| {
            self.words.get(at).is_some_and(|word| word.clause == first.clause) && self.word(at) == part
        })
    }

    fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|word| self.text.get(word.range.clone())).unwrap_or_default()
    }

    /// Ends the word that begins at `start` and returns the remaining reach of the negation before it.
    fn end_word(&mut self, start: usize, reach: usize, clause: usize) -> usize {
        let whole = self.text.get(start..).unwrap_or_default();
        let stem = whole.strip_suffix("'s").or_else(|| whole.strip_suffix('\'')).unwrap_or(whole);
        let next = if is_negation(stem) {
            REACH
        } else if matches!(stem, "but" | "only" | "and") {
            0
        } else {
            reach.saturating_sub(1)
        };
        let range = start..start + stem.len();
        self.words.push(Word { range, negated: reach > 0, clause });
        next
    }
}

fn is_negation(word: &str) -> bool {
    const PLAIN: [&str; 8] = ["no", "not", "never", "without", "neither", "nor", "non", "cannot"];
    PLAIN.contains(&word) || word.ends_with("n't")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phrase: &'static str) -> bool {
        Words::of(&[text], &Phrases::new([phrase])).find_any([phrase]).is_some()
    }

    #[test]
    fn only_whole_words_count() {
        assert!(!has("a product to deliver", "prod"));
        assert!(!has("a dropdown", "drop"));
        assert!(!has("the tokenizer", "token"));
        assert!(has("Store the PASSWORD.", "password"));
        assert!(has("the user's password's hash", "password"));
    }

    #[test]
    fn phrases_stay_within_a_clause() {
        assert!(has("drop the table now", "drop the table"));
        assert!(has("an API-key", "api key"));
        assert!(!has("call the API. Key points follow", "api key"));
        assert!(has("rotate the API\n    key", "api key"), "a wrapped line");
        assert!(!has("call the API\n\nkey points follow", "api key"));
        let across = Words::of(&["call the API", "key points"], &Phrases::new(["api key"]));
        assert!(across.find_any(["api key"]).is_none(), "two texts");
    }

    #[test]
    fn negation_reaches_a_few_words_of_its_clause() {
        assert!(!has("no authentication needed", "authentication"));
        assert!(!has("It doesn’t need any authentication", "authentication"));
        assert!(has("- no frills\n- authentication", "authentication"));
        assert!(has("No rush, add authentication", "authentication"));
        assert!(has("do not ask but add authentication", "authentication"));
        assert!(has("no authentication here, authentication there", "authentication"));
        assert!(has("it is not only about speed or authentication", "authentication"));
    }
}

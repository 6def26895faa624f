//! Text as whole words, with the negations before them.

use std::collections::BTreeMap;

/// How many words after a negation it reaches, within its clause: "no new password" is negated.
const REACH: usize = 3;

/// The lower-cased words of some texts in order, and where each word stands.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<Word>,
    at: BTreeMap<String, Vec<usize>>,
}

#[derive(Debug)]
struct Word {
    text: String,
    /// Whether a negation before it reaches it.
    negated: bool,
    /// Which clause it stands in: a phrase does not cross clauses.
    clause: usize,
}

impl Words {
    /// Splits texts into words. Words are runs of letters and digits; an apostrophe inside belongs to the word. Sentence
    /// marks, commas, line ends and the end of a text end a clause.
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut all = Self { words: Vec::new(), at: BTreeMap::new() };
        let mut clause = 0;
        for text in texts {
            let mut current = String::new();
            let mut reach = 0;
            for c in text.chars().chain(['\n']) {
                if c.is_alphanumeric() || (matches!(c, '\'' | '’') && !current.is_empty()) {
                    current.extend(if c == '’' { '\'' } else { c }.to_lowercase());
                    continue;
                }
                if !current.is_empty() {
                    reach = all.push(std::mem::take(&mut current), reach, clause);
                }
                if matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\n' | '(' | ')') {
                    clause += 1;
                    reach = 0;
                }
            }
        }
        all
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The first of `phrases` that stands somewhere without a negation.
    pub(super) fn find_any(&self, phrases: &[&'static str]) -> Option<&'static str> {
        phrases.iter().copied().find(|phrase| self.has(phrase))
    }

    fn has(&self, phrase: &str) -> bool {
        let first = phrase.split(' ').next().unwrap_or(phrase);
        self.at.get(first).is_some_and(|places| places.iter().any(|at| self.stands_at(*at, phrase)))
    }

    fn stands_at(&self, at: usize, phrase: &str) -> bool {
        let Some(here) = self.words.get(at..) else { return false };
        let mut here = here.iter();
        let mut clause = None;
        let whole = phrase.split(' ').all(|part| {
            here.next()
                .is_some_and(|word| word.text == part && *clause.get_or_insert(word.clause) == word.clause)
        });
        whole && self.words.get(at).is_some_and(|word| !word.negated)
    }

    /// Adds a word and gives back how far the negation before it still reaches.
    fn push(&mut self, mut text: String, reach: usize, clause: usize) -> usize {
        if let Some(trimmed) = text.strip_suffix("'s").or_else(|| text.strip_suffix('\'')) {
            text = trimmed.to_owned();
        }
        let next = if is_negation(&text) {
            REACH
        } else if matches!(text.as_str(), "but" | "only" | "and") {
            0
        } else {
            reach.saturating_sub(1)
        };
        self.at.entry(text.clone()).or_default().push(self.words.len());
        self.words.push(Word { text, negated: reach > 0, clause });
        next
    }
}

fn is_negation(word: &str) -> bool {
    matches!(
        word,
        "no" | "not"
            | "never"
            | "without"
            | "neither"
            | "nor"
            | "non"
            | "cannot"
            | "don't"
            | "doesn't"
            | "isn't"
            | "aren't"
            | "won't"
            | "can't"
            | "needn't"
            | "shouldn't"
            | "mustn't"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, phrase: &'static str) -> bool {
        Words::of(&[text]).find_any(&[phrase]).is_some()
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
    }

    #[test]
    fn negation_reaches_a_few_words_of_its_clause() {
        assert!(!has("no authentication needed", "authentication"));
        assert!(!has("It doesn’t need any authentication", "authentication"));
        assert!(has("No rush, add authentication", "authentication"));
        assert!(has("do not ask but add authentication", "authentication"));
        assert!(has("no authentication here, authentication there", "authentication"));
        assert!(has("it is not only about speed or authentication", "authentication"));
    }
}

//! Whether words that are known, of an offer or of a family, cover what an intent asks for.

use std::collections::BTreeSet;

use crate::{
    SignalQuery,
    find::{
        query::{is_boilerplate, is_other_form, is_quality},
        text,
    },
};

/// Words that say nothing elsewhere, but do when it is asked whether a product does something.
const MEANT: [&str; 8] = ["find", "finds", "generate", "generates", "plan", "plans", "run", "turn"];

/// The words that a product must know to cover an intent.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    /// The stems of each noun for what it works on.
    pub(super) names: Vec<Vec<String>>,
    stems: BTreeSet<String>,
}

impl Vocabulary {
    /// A vocabulary of nouns for what the product works on, and of other words.
    pub(super) fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        words: impl Iterator<Item = &'a str>,
    ) -> Self {
        let names: Vec<Vec<String>> = names.map(text::stems).filter(|name| !name.is_empty()).collect();
        let stems = names.iter().flatten().cloned().chain(words.flat_map(text::stems)).collect();
        Self { names, stems }
    }

    /// Whether all words of a product are covered, and one of them is a noun for what is worked on; otherwise the reason
    /// why it is not covered.
    pub(super) fn cover(&self, words: &[String]) -> Result<(), String> {
        if let Some(word) = words.iter().find(|word| !self.knows(word)) {
            return Err(format!("\"{word}\" is not covered"));
        }
        let stems: Vec<String> = words.iter().flat_map(|word| text::stems(word)).collect();
        let named = self.names.iter().any(|name| stems.windows(name.len()).any(|window| *window == **name));
        if named { Ok(()) } else { Err("it does not name a thing that is worked on".to_owned()) }
    }

    /// Whether it has the word or, for `cleaner`, the verb that the word comes from.
    pub(super) fn knows(&self, word: &str) -> bool {
        let has = |word: &str| text::stems(word).iter().all(|stem| self.stems.contains(stem));
        let verb = word.strip_suffix("er").or_else(|| word.strip_suffix("or")).filter(|verb| verb.len() >= 3);
        let single = |verb: &str| {
            let mut chars = verb.chars();
            let last = chars.next_back();
            chars.next_back().is_some_and(|before| Some(before) == last)
        };
        has(word)
            || verb.is_some_and(|verb| {
                has(verb)
                    || has(&format!("{verb}e"))
                    || (single(verb) && verb.get(..verb.len() - 1).is_some_and(has))
            })
    }
}

/// The words of an intent that say what it asks for, without grammar, praise and words for "tool": those of the product
/// first, then what is said after it.
pub(super) fn content(query: &SignalQuery) -> Vec<String> {
    let empty = |word: &str| is_boilerplate(word) || is_quality(word);
    let meant = |word: &String| MEANT.contains(&word.as_str()) || !empty(word);
    let mut words = text::words(&query.product);
    words.extend(query.keywords.iter().flat_map(|word| text::words(word)).filter(|word| !empty(word)));
    let mut known = BTreeSet::new();
    words.retain(|word| meant(word) && word.chars().any(char::is_alphabetic) && known.insert(word.clone()));
    words
}

/// The word of a product that says that it is not a tool on a web page.
pub(super) fn other_form(product: &str) -> Option<String> {
    let typed =
        product.split_whitespace().map(|word| text::fold(word.trim_matches(|c: char| !c.is_alphanumeric())));
    typed.chain(text::words(product)).find(|word| is_other_form(word))
}

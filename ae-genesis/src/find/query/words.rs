//! Which words of an intent carry its topic.

use std::{collections::BTreeSet, sync::LazyLock};

use super::tokens::Word;
use crate::find::text::list;

/// Words that say nothing about the topic: grammar, the wish to build, and words for "product".
pub(crate) fn is_boilerplate(word: &str) -> bool {
    BOILERPLATE.contains(word)
}

/// Words that mean something only together with others: they count less.
pub(super) fn is_weak(word: &str) -> bool {
    WEAK.contains(word)
}

/// Whether a phrase names people rather than a purpose: its last word does, or one of its words is a listed one for
/// people and nothing that may be sold follows it.
pub(super) fn names_people(words: &[String]) -> bool {
    words.last().is_some_and(|last| is_people(last))
        || words.iter().any(|word| PEOPLE.contains(word.as_str()))
}

/// Whether a word names people or their organisations: a listed one, or one that ends like a trade in the plural.
pub(super) fn is_people(word: &str) -> bool {
    let trade = word.len() > 5
        && ["ers", "ors", "ists", "ians", "ants"].iter().any(|ending| word.ends_with(ending))
        && !THINGS.contains(word);
    trade || PEOPLE.contains(word)
}

/// Whether a word in the middle of an intent may be a trade of another language: capitalised, ending in `er`, `eur`, `ista` or
/// `ado`, as in `Handwerker`.
pub(super) fn looks_like_a_trade(typed: &str) -> bool {
    let capital = typed.chars().next().is_some_and(char::is_uppercase);
    let folded = crate::find::text::fold(typed);
    let ending = ["er", "eur", "eurs", "innen", "istas", "ados", "eros", "iste", "isten"];
    capital && typed.chars().skip(1).all(char::is_lowercase) && ending.iter().any(|end| folded.ends_with(end))
}

/// Whether a word at the start of an intent says only that something is wanted; a verb such as `design` does so only before
/// an article or a pronoun.
pub(super) fn is_lead(word: &str, next: &str) -> bool {
    let object = ["a", "an", "the", "me", "us", "my", "our", "some", "up"].contains(&next);
    LEAD.contains(word) || (object && LEAD_VERBS.contains(word))
}

/// Words that can't end a phrase.
pub(super) fn is_dangling(word: &str) -> bool {
    DANGLING.contains(word)
}

/// Words of other languages that show that an intent is not English.
pub(super) fn is_foreign(word: &str) -> bool {
    FOREIGN.contains(word)
}

/// Verbs of orders to a machine rather than of wishes for a product.
pub(super) fn is_order(word: &str) -> bool {
    ORDERS.contains(word)
}

/// Words that name no topic even together.
pub(super) fn is_vague(word: &str) -> bool {
    VAGUE.contains(word)
}

/// Words that praise a product and change nothing about it.
pub(crate) fn is_quality(word: &str) -> bool {
    QUALITY.contains(word)
}

/// Words for products that are no tool on a web page, such as `api`.
pub(crate) fn is_other_form(word: &str) -> bool {
    OTHER_FORMS.contains(word)
}

/// Words with several meanings: one of them alone decides nothing, in any form.
pub(crate) fn is_common(stems: &[String]) -> bool {
    static STEMS: LazyLock<BTreeSet<String>> =
        LazyLock::new(|| COMMON.iter().flat_map(|word| crate::find::text::stems(word)).collect());
    matches!(stems, [stem] if STEMS.contains(stem))
}

/// The form of the product that the words of an intent name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Form {
    /// Whether it is usually paid once, as a book is.
    pub(super) once: bool,
    /// Whether it is a part of another product, so that "for X" names that one.
    pub(super) part: bool,
}

/// Reads the form.
pub(super) fn form(words: &[Word]) -> Form {
    let last = |at: usize| {
        let next = words.get(at + 1).map_or("", |word| word.text.as_str());
        let ends = words.get(at).is_some_and(|word| word.ends) || next.is_empty();
        ends || is_dangling(next) || next.contains(|c: char| c.is_ascii_digit())
    };
    let once = words.iter().enumerate().any(|(at, word)| ONCE.contains(word.text.as_str()) && last(at));
    Form { once, part: words.iter().any(|word| PARTS.contains(word.text.as_str())) }
}

/// One list a line: `name: words`.
const WORDS: &str = include_str!("words.txt");
static BOILERPLATE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "boilerplate"));
static WEAK: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "weak"));
static PEOPLE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "people"));
static LEAD: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "lead"));
static COMMON: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "common"));
static LEAD_VERBS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "lead-verbs"));
static DANGLING: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "dangling"));
static FOREIGN: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "foreign"));
static ORDERS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "orders"));
static VAGUE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "vague"));
static QUALITY: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "quality"));
static OTHER_FORMS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "other-forms"));
static ONCE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "once"));
static PARTS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "parts"));
static THINGS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "things"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_there_and_folded() {
        for list in [&BOILERPLATE, &WEAK, &PEOPLE, &THINGS] {
            assert!(list.len() > 20);
            assert!(list.iter().all(|word| crate::find::text::fold(word) == **word));
        }
    }

    #[test]
    fn people_are_told_from_purposes() {
        let people = |text: &str| names_people(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for text in
            ["small teams", "freelancers", "solo consultants", "dog walkers", "florists", "remote workers"]
        {
            assert!(people(text), "{text}");
        }
        for text in ["csv files", "meal planning", "tax reminders", "web servers", "invoices"] {
            assert!(!people(text), "{text}");
        }
    }
}

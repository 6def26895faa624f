//! Which words of an intent carry its topic.

use std::{collections::BTreeSet, sync::LazyLock};

use crate::find::text::list;

/// Words that say nothing about the topic: grammar, the wish to build, and words for "product".
pub(super) fn is_boilerplate(word: &str) -> bool {
    BOILERPLATE.contains(word)
}

/// Words that mean something only together with others: they count less.
pub(super) fn is_weak(word: &str) -> bool {
    WEAK.contains(word)
}

/// Whether the words after "for" name people rather than a purpose.
///
/// True when one of them is a word for people or their organisations, or the last one ends like a trade in the plural.
pub(super) fn names_people(words: &[String]) -> bool {
    let listed = |word: &String| PEOPLE.contains(word.as_str());
    let trade = |word: &String| {
        word.len() > 5
            && ["ers", "ors", "ists", "ians", "ants"].iter().any(|ending| word.ends_with(ending))
            && !THINGS.contains(word.as_str())
    };
    words.iter().any(listed) || words.last().is_some_and(trade)
}

/// One list a line: `name: words`.
const WORDS: &str = include_str!("words.txt");
static BOILERPLATE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "boilerplate"));
static WEAK: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "weak"));
static PEOPLE: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| list(WORDS, "people"));
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

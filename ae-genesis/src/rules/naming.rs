//! Names for niches and products: from the intent's own words and the family table, cleaned.

use std::{collections::BTreeSet, sync::LazyLock};

use ae_core::{Digest, Intent};

use super::family::Family;
use crate::{SignalQuery, find::text};

/// The longest product name, in characters.
const NAME_CHARS_MAX: usize = 40;
/// The longest slug, as `ProductSpec` has it.
pub(super) const SLUG_CHARS_MAX: usize = 48;
/// The most characters of the intent's own words in a name.
const TOPIC_CHARS_MAX: usize = 26;

/// One list a line: `name: words`.
const WORDS: &str = include_str!("naming.txt");
/// Names of others that must not become part of a product's name.
static BRANDS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| text::list(WORDS, "brands"));
/// Words that are written in capitals.
static ABBREVIATIONS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| text::list(WORDS, "abbreviations"));

/// The topic as people would write it: up to two of the intent's words, as typed or capitalised.
pub(super) fn topic(intent: &Intent, query: &SignalQuery, family: &Family) -> String {
    let mut topic = String::new();
    let free = asks_for_free(query);
    let left_out = |word: &str| BRANDS.contains(word) || (free && word == "free");
    let keywords = query.keywords.iter().filter(|word| !left_out(word));
    for word in keywords.take(2) {
        let shown = display(intent, word);
        let grown = topic.chars().count() + shown.chars().count() + 1;
        if !topic.is_empty() && grown > TOPIC_CHARS_MAX {
            break;
        }
        if !topic.is_empty() {
            topic.push(' ');
        }
        topic.extend(shown.chars().take(TOPIC_CHARS_MAX));
    }
    if topic.is_empty() { capitalised(family.object) } else { topic }
}

/// Whether the intent asks for something free of charge: `free CSV tool`, `CSV tool for free`, and not `ad free radio`.
///
/// A product that is sold must not be called free.
pub(super) fn asks_for_free(query: &SignalQuery) -> bool {
    let keywords = &query.keywords;
    [keywords.first(), keywords.last()].into_iter().flatten().any(|word| word == "free")
}

/// The product's name: topic and the family's second word.
pub(super) fn product_name(topic: &str, family: &Family) -> String {
    let plain: String = topic.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut name: Vec<&str> = plain.split_whitespace().collect();
    let suffix = if name.last().is_some_and(|last| text::same_stems(last, family.suffix)) {
        "Works"
    } else {
        family.suffix
    };
    name.push(suffix);
    name.join(" ").chars().take(NAME_CHARS_MAX).collect::<String>().trim_end().to_owned()
}

/// The name as a label for addresses; a name without Latin letters gets one from its digest.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for word in text::words(name) {
        let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
        if plain.is_empty() || slug.len() + plain.len() + 1 > SLUG_CHARS_MAX {
            continue;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&plain);
    }
    let latin = text::words(name).iter().filter(|word| word.is_ascii()).count() >= 2;
    if latin {
        return slug;
    }
    let digest = Digest::of_bytes("slug", name.as_bytes()).short(8);
    let head: String = slug.chars().take(SLUG_CHARS_MAX - 17).collect();
    if head.is_empty() {
        format!("product-{digest}")
    } else {
        format!("{}-{digest}", head.trim_end_matches('-'))
    }
}

/// A word of the query as the intent wrote it, when it has capitals of its own; otherwise capitalised, and in capitals
/// when it is a known abbreviation.
fn display(intent: &Intent, word: &str) -> String {
    let typed = intent
        .text()
        .split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .find(|typed| text::fold(typed) == word)
        .unwrap_or(word);
    let typed: String = typed.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    if typed.chars().skip(1).any(char::is_uppercase) {
        return typed;
    }
    if ABBREVIATIONS.contains(word) {
        return word.to_uppercase();
    }
    typed.split(' ').map(capitalised).collect::<Vec<_>>().join(" ")
}

/// With a capital first letter.
pub(super) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Letters, digits, spaces and hyphens of `text`, at most 60 characters: what may stand in a criterion.
pub(super) fn plain(text: &str) -> String {
    let kept: String = text.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { ' ' }).collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(60).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use ae_core::{Currency, Money};

    use super::*;

    fn named(text: &str) -> (String, String) {
        let intent = Intent::new(text, Money::zero(Currency::USD)).unwrap();
        let query = SignalQuery::from_intent(&intent);
        let family = Family::of(&query);
        let name = product_name(&topic(&intent, &query, family), family);
        let slug = slug(&name);
        (name, slug)
    }

    #[test]
    fn names_are_readable_and_from_the_intent() {
        for (text, name, slug) in [
            ("Build a $500 MRR CSV tool", "CSV Tidy", "csv-tidy"),
            ("time tracking app for freelancers", "Time Tracking Clock", "time-tracking-clock"),
            ("An Excel cleaner", "Cleaner Tidy", "cleaner-tidy"),
            ("free CSV tool", "CSV Tidy", "csv-tidy"),
            ("a CSV tool for free", "CSV Tidy", "csv-tidy"),
            ("Résumé builder", "Résumé Builder Paper", "resume-builder-paper"),
        ] {
            assert_eq!(named(text), (name.to_owned(), slug.to_owned()), "{text}");
        }
    }

    #[test]
    fn markup_and_long_words_stay_out_of_names() {
        let (name, slug) = named(&format!("<script>alert(\"x\")</script> {} tool", "a".repeat(300)));
        assert!(name.chars().all(|c| c.is_alphanumeric() || c == ' '), "{name}");
        assert!(name.chars().count() <= NAME_CHARS_MAX && slug.len() <= SLUG_CHARS_MAX, "{name} {slug}");
        let (_, slug) = super::tests::named("請求書 作成");
        assert!(slug.is_ascii() && slug.len() > 8, "{slug}");
    }

    #[test]
    fn both_lists_are_there() {
        assert!(BRANDS.contains("github") && ABBREVIATIONS.contains("csv"));
    }
}

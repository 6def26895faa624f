//! The product that an intent asks for, in its own words, or the question that would make it clear.

use super::{tokens::Word, words};
use crate::find::text;

/// The longest phrase for a product, in characters.
const CHARS_MAX: usize = 90;

/// The phrase for the product: what is left of the intent without the wish to build, money and audience.
pub(super) fn phrase(words: &[Word]) -> String {
    let mut left: Vec<&Word> = Vec::new();
    let mut begun = false;
    let untaken: Vec<&Word> = words.iter().filter(|word| !word.taken).collect();
    for (at, word) in untaken.iter().enumerate() {
        let next = untaken.get(at + 1).map_or("", |word| word.text.as_str());
        begun |= !words::is_lead(&word.text, next);
        if begun {
            left.push(word);
        }
        // The first phrase that names something is the product.
        if begun && word.ends {
            if left.iter().any(|word| !words::is_boilerplate(&word.text)) {
                break;
            }
            left.clear();
            begun = false;
        }
    }
    while left.last().is_some_and(|word| words::is_dangling(&word.text)) {
        left.pop();
    }
    let mut phrase = String::new();
    for word in left {
        if phrase.chars().count() + word.typed.chars().count() + 1 > CHARS_MAX {
            break;
        }
        if !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(&word.typed);
    }
    phrase.chars().take(CHARS_MAX).collect()
}

/// The question that would make an intent clear.
pub(super) fn question(words: &[Word], keywords: &[String], audience: Option<&str>) -> Option<String> {
    let foreign = |word: &&Word| {
        words::is_foreign(&word.text) || word.typed == "für" || !word.text.chars().any(is_latin_or_mark)
    };
    let foreign = words.iter().filter(foreign).count();
    if foreign >= 2 || (foreign == 1 && words.len() <= 4) {
        return Some("which product is meant, in English? Other languages are not read yet".to_owned());
    }
    let first = words.iter().find(|word| !word.taken).map_or("", |word| word.text.as_str());
    if words::is_order(first) {
        return Some(format!(
            "\"{first}\" is no wish for a product: what should be built or sold, and for whom?"
        ));
    }
    let vague = keywords.iter().all(|word| words::is_vague(word));
    if !vague {
        return None;
    }
    let example = "for example \"a tool that merges CSV files, for accountants, at $9 a month\"";
    Some(match audience {
        Some(people) => {
            format!("what should the product do for {}? Say what it works on, {example}", people.trim())
        }
        None => format!("what should the product do? Say what it works on, {example}"),
    })
}

/// Letters that this crate reads; digits and signs say nothing about a language.
fn is_latin_or_mark(c: char) -> bool {
    !c.is_alphabetic() || text::fold(&c.to_string()).is_ascii()
}

//! Whether the words of an analyst may stand in a spec.
//!
//! An analyst with a model has read posts, which anyone can write. So its words are held to what a page can show and what
//! the intent, an offer or a cited post backs; whatever else it says is refused by name, so that it can be asked again.

use std::collections::BTreeSet;

use ae_core::{Evidence, Money, Offer, is_unseen};
use rust_decimal::Decimal;

use super::{
    coverage::{Vocabulary, other_form},
    naming,
    outline::ProductOutline,
    pricing::Prices,
};
use crate::{
    Problem, SignalQuery,
    find::{
        query::{is_boilerplate, is_quality},
        text,
    },
};

/// The longest texts, in characters.
pub(super) const NAME_CHARS: usize = 40;
pub(super) const LINE_CHARS: usize = 90;
pub(super) const TEXT_CHARS: usize = 240;
pub(super) const LONG_CHARS: usize = 600;
/// The most entries of a list.
pub(super) const ENTRIES_MAX: usize = 24;
/// How far a price may be from the one of the rules, as a factor.
const PRICE_RANGE: u64 = 4;

/// The numbers in digits that a text may have.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers(BTreeSet<String>);

impl Numbers {
    /// Adds those of a text.
    #[must_use]
    pub(super) fn and(mut self, text: &str) -> Self {
        self.0.extend(numbers(text));
        self
    }

    /// Adds those of the titles of the posts with these ids.
    #[must_use]
    pub(super) fn and_titles<'a>(
        self,
        evidence: impl IntoIterator<Item = &'a Evidence>,
        ids: &[String],
    ) -> Self {
        let cited = evidence.into_iter().filter(|item| ids.contains(&item.id));
        cited.fold(self, |known, item| known.and(item.title.as_data()))
    }
}

/// The numbers in digits of a text, in one spelling.
fn numbers(text: &str) -> Vec<String> {
    let part = |c: char| c.is_numeric() || matches!(c, '.' | ',');
    let runs = text.split(|c: char| !part(c)).map(|run| run.trim_matches(['.', ',']));
    let one_spelling = |run: &str| {
        let plain: String = run.chars().filter(|c| *c != ',').collect();
        plain.parse::<Decimal>().map_or_else(|_| run.to_owned(), |number| number.normalize().to_string())
    };
    runs.filter(|run| run.chars().any(char::is_numeric)).map(one_spelling).collect()
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Words(pub(super) Vec<Problem>);

impl Words {
    pub(super) fn wrong(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.0.push(Problem { at: at.into(), what: what.into() });
    }

    /// A text that has to be there.
    pub(super) fn text(&mut self, at: &str, text: &str, chars_max: usize, known: &Numbers) {
        if text.trim().is_empty() {
            return self.wrong(at, "is empty");
        }
        self.optional(at, text, chars_max, known);
    }

    /// A text on one line of plain characters, without addresses and without a number that nothing backs.
    pub(super) fn optional(&mut self, at: &str, text: &str, chars_max: usize, known: &Numbers) {
        let chars = text.chars().count();
        if chars > chars_max {
            self.wrong(at, format!("has {chars} characters, {chars_max} at most"));
        }
        if let Some(c) = text.chars().find(|c| is_unseen(*c) || "<>\"`{}\\".contains(*c)) {
            self.wrong(at, format!("has the character {c:?}: write plain text on one line"));
        }
        if text.contains("://") || text::fold(text).contains("www.") {
            self.wrong(at, "has an address: leave it out");
        }
        for number in numbers(text).iter().filter(|number| !known.0.contains(*number)) {
            self.wrong(
                at,
                format!("has the number {number}, which nothing that it may cite has: leave it out"),
            );
        }
    }

    /// A list of texts.
    pub(super) fn list(&mut self, at: &str, entries: &[String], known: &Numbers) {
        if entries.len() > ENTRIES_MAX {
            self.wrong(at, format!("has {} entries, {ENTRIES_MAX} at most", entries.len()));
        }
        for (position, entry) in entries.iter().enumerate().take(ENTRIES_MAX) {
            self.text(&format!("{at}[{position}]"), entry, TEXT_CHARS, known);
        }
    }

    /// Ids that have to be among `known`.
    pub(super) fn ids(&mut self, at: &str, ids: &[String], known: &BTreeSet<&str>) {
        let mut seen = BTreeSet::new();
        for id in ids {
            if !known.contains(id.as_str()) {
                let shown: String = id.chars().take(40).collect();
                self.wrong(at, format!("{shown:?} is not the id of a post that it may cite"));
            } else if !seen.insert(id) {
                self.wrong(at, format!("{id:?} is there twice"));
            }
        }
    }

    /// A name of a product.
    pub(super) fn name(&mut self, at: &str, name: &str, known: &Numbers) {
        self.text(at, name, NAME_CHARS, known);
        if !name.chars().any(char::is_alphabetic) || naming::plain(name) != name {
            self.wrong(at, "use letters, digits, spaces and hyphens");
        }
        if naming::slug(name).is_empty() {
            self.wrong(at, "gives no address: use a letter from a to z");
        }
        if let Some(brand) = naming::brand(name) {
            self.wrong(at, format!("{brand:?} is the name of another product"));
        }
    }

    /// Refuses a promise of what an offer does not do.
    pub(super) fn promise(&mut self, at: &str, text: &str, offer: &Offer, query: &SignalQuery) {
        if let Some(form) = other_form(text) {
            self.wrong(at, format!("{form:?} is not a tool on a web page"));
        }
        let features = offer.features.iter();
        let words = features.flat_map(|offered| {
            let feature = &offered.feature;
            offered.words.iter().chain([&feature.title, &feature.description])
        });
        let words = offer.words.iter().chain(words).chain([&offer.tagline]).chain(&query.audience);
        let known = Vocabulary::new(offer.families.iter().map(String::as_str), words.map(String::as_str));
        let says_nothing = |word: &str| is_boilerplate(word) || is_quality(word);
        for word in text::words(text).iter().filter(|word| !says_nothing(word) && !known.knows(word)) {
            self.wrong(at, format!("{word:?} is not among the words for what the builder proves"));
        }
    }

    /// Refuses a price that is far from the one of the rules.
    pub(super) fn price(&mut self, outline: &ProductOutline, rule: &Prices) {
        let Some(price) = outline.price.filter(|_| !rule.named) else { return };
        let near = || {
            let too_much = price.exceeds(rule.pro.checked_mul(PRICE_RANGE)?)?;
            let too_little = rule.pro.exceeds(price.checked_mul(PRICE_RANGE)?)?;
            Ok::<bool, ae_core::MoneyError>(!too_much && !too_little)
        };
        let whole = price.to_minor(2).is_some();
        if price.pico() <= 0 || !whole || !near().unwrap_or(false) {
            self.wrong("price", format!("{price} is out of range: {}", range(rule.pro)));
        }
    }
}

/// The range of prices around the one of the rules, in words.
fn range(rule: Money) -> String {
    let most = rule.checked_mul(PRICE_RANGE).unwrap_or(rule);
    format!("use an amount in {} from a quarter of {rule} to {most}, with two places", rule.currency())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(numbers("$1,000.50, 7. and UTF-8; 10% of 3.0"), ["1000.5", "7", "8", "10", "3"]);
        assert_eq!(numbers("no numbers, ten at most."), Vec::<String>::new());
        assert_eq!(numbers("½ and 1.2.3"), ["½", "1.2.3"]);
    }

    #[test]
    fn a_text_is_plain_and_backed() {
        let known = Numbers::default().and("Build a $500 tool");
        let problems = |text: &str| {
            let mut words = Words::default();
            words.text("at", text, 40, &known);
            words.0.len()
        };
        assert_eq!(problems("Aims at 500 a month"), 0);
        for wrong in ["", " ", "saves 10 hours", "a\nb", "<b>", "see https://x", "\u{202e}x", &"x".repeat(41)]
        {
            assert_eq!(problems(wrong), 1, "{wrong:?}");
        }
    }
}

//! Phrases in visible text: numbers whole, names as words.
//!
//! Text and phrase are compared as [`folded`](crate::text::folded) leaves them.

use std::ops::Range;

/// The mark where markup joins two pieces of text: a reader may see a gap there, or none.
pub(crate) const JOINT: char = '\u{1F}';
/// The mark where a block begins or ends.
pub(crate) const BREAK: char = '\n';

/// Whether `phrase` stands in `text`.
pub(crate) fn holds(text: &str, phrase: &str) -> bool {
    !places(&text.chars().collect::<Vec<_>>(), phrase).is_empty()
}

/// The places of `phrase` in `text`. With a number in it, it does not count inside a longer number or word:
/// `9.00 eur` is not in `19.00 eur`.
pub(crate) fn places(text: &[char], phrase: &str) -> Vec<Range<usize>> {
    let wanted: Vec<char> = phrase.chars().filter(|c| !is_unseen(*c)).collect();
    let is_figure = phrase.contains(char::is_numeric);
    let all = (0..text.len()).filter_map(|start| Some(start..matched(text, start, &wanted)?));
    all.filter(|place| !is_figure || is_whole(text, place)).collect()
}

/// The places of `name` in `text` as words of its own.
pub(crate) fn names(text: &[char], name: &str) -> Vec<Range<usize>> {
    let is_word = |place: &Range<usize>| !Side::of(text, place).iter().any(Side::continues_word);
    places(text, name).into_iter().filter(is_word).collect()
}

/// The places of amounts of money in `text`: a number next to the sign of a currency or one of `codes`.
pub(crate) fn amounts(text: &[char], codes: &[String]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.iter().position(|c| c.is_numeric())) {
        let start = at + start;
        let rest = text.get(start..).unwrap_or_default();
        let most = rest.iter().take_while(|c| c.is_numeric() || ".,".contains(**c)).count();
        // A mark at the end belongs to the sentence.
        let marks = rest.iter().take(most).rev().take_while(|c| !c.is_numeric()).count();
        let end = start + most - marks;
        let place = start..end;
        if Side::of(text, &place).iter().any(|side| is_money(side, codes)) {
            found.push(place);
        }
        at = end;
    }
    found
}

fn is_money(side: &Side, codes: &[String]) -> bool {
    let near: String = side.seen.iter().take(4).collect();
    let near = near.trim_start();
    let written = |code: &String| if side.backwards { code.chars().rev().collect() } else { code.clone() };
    near.starts_with(is_currency_sign) || codes.iter().any(|code| near.starts_with(&written(code)))
}

/// The signs of currencies (Unicode 16.0, category Sc, those in use).
fn is_currency_sign(c: char) -> bool {
    matches!(c, '$' | '\u{A2}'..='\u{A5}' | '\u{20A0}'..='\u{20C0}' | '\u{FF04}' | '\u{FFE0}' | '\u{FFE1}' | '\u{FFE5}')
}

/// The end of `wanted` if it begins at `start`. A space in it stands for any gap; what has no width may be none.
fn matched(text: &[char], start: usize, wanted: &[char]) -> Option<usize> {
    let mut at = start;
    for (position, c) in wanted.iter().enumerate() {
        let rest = text.get(at..)?;
        if *c == ' ' {
            let gap = rest.iter().take_while(|c| matches!(**c, ' ' | BREAK) || is_unseen(**c)).count();
            at += (gap > 0).then_some(gap)?;
            continue;
        }
        let unseen = rest.iter().take_while(|c| is_unseen(**c)).count();
        at += if position > 0 { unseen } else { 0 };
        if text.get(at) != Some(c) {
            return None;
        }
        at += 1;
    }
    (at > start).then_some(at)
}

/// Whether no number and no word goes on beyond the place.
fn is_whole(text: &[char], place: &Range<usize>) -> bool {
    let sides = Side::of(text, place);
    let [before, after] = &sides;
    let is_negative = before.starts_amount() && before.seen.first().is_some_and(|c| is_dash(*c));
    let is_share = after.inner.first().is_some_and(|c| c.is_numeric()) && after.seen.first() == Some(&'%');
    !sides.iter().any(|side| side.continues_number() || side.continues_word()) && !is_negative && !is_share
}

/// The text on one side of a place, seen from it.
struct Side {
    backwards: bool,
    /// The characters of the place, from this side inwards.
    inner: Vec<char>,
    /// The next character outside of it, whatever it is.
    next: Option<char>,
    /// The next five that a reader sees.
    seen: Vec<char>,
}

impl Side {
    /// The sides before and after.
    fn of(text: &[char], place: &Range<usize>) -> [Self; 2] {
        let inside = text.get(place.clone()).unwrap_or_default().iter().copied();
        let (before, after) = (text.iter().take(place.start).rev(), text.iter().skip(place.end));
        [Self::new(true, inside.clone(), before.copied()), Self::new(false, inside.rev(), after.copied())]
    }

    fn new(
        backwards: bool,
        inner: impl Iterator<Item = char>,
        outer: impl Iterator<Item = char> + Clone,
    ) -> Self {
        let seen = outer.clone().filter(|c| !is_unseen(*c)).take(5).collect();
        Self { backwards, inner: inner.collect(), next: { outer }.next(), seen }
    }

    fn continues_word(&self) -> bool {
        let is_sign = |c: char| self.backwards && is_currency_sign(c);
        let is_open = self.inner.first().is_some_and(|c| c.is_alphanumeric() || is_sign(*c));
        is_open && self.next.is_some_and(char::is_alphanumeric)
    }

    /// Whether digits go on, directly or behind a mark that groups them.
    fn continues_number(&self) -> bool {
        let (Some(inner), Some((next, beyond))) = (self.inner.first(), self.seen.split_first()) else {
            return false;
        };
        if next.is_numeric() {
            return self.starts_amount();
        }
        let digits = |chars: &[char]| chars.iter().take_while(|c| c.is_numeric()).count();
        // Digits in groups of three, as in 1 900.00.
        let is_group = *next == ' ' && digits(if self.backwards { &self.inner } else { beyond }) == 3;
        let is_mark = matches!(next, '.' | ',' | '\'' | '’' | '_' | '·' | '٫' | '٬') || is_dash(*next);
        inner.is_numeric() && digits(beyond) > 0 && (is_mark || is_group)
    }

    fn starts_amount(&self) -> bool {
        self.inner.first().is_some_and(|c| c.is_numeric() || is_currency_sign(*c))
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2013}' | '\u{2212}')
}

/// Whether the character takes no room between two others, as a joint does.
pub(crate) fn is_unseen(c: char) -> bool {
    !c.is_whitespace() && ae_core::is_unseen(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_count_whole_in_every_currency() {
        for (phrase, found) in [
            ("9.00 eur", "9.00 eur"),
            ("9.00 eur", "starter: 9.00 eur per month"),
            ("9.00 eur per month", "9.00 eur\nper month"),
            ("9.00 eur per month", "9.00 eur\u{1F}per month"),
            ("9.00 eur per month", "9\u{1F}.00 \u{1F}eur per month"),
            ("$9.00", "now $9.00, later more"),
            ("$9.00", "($9.00)"),
            ("$9.00", "$9.00. then"),
            ("9.00 eur", "plan 1\n9.00 eur"),
            ("9.00 eur", "plan 1 9.00 eur"),
            ("900.00 jpy", "plan\n900.00 jpy"),
            ("9 gb", "up to 9 gb"),
            ("no number", "xno numberx"),
            ("a\u{FE0F}b", "ab"),
            ("ab", "a\u{FE0F}b"),
        ] {
            assert!(holds(found, phrase), "{phrase} in {found:?}");
        }
        for (phrase, other) in [
            ("9.00 eur", "19.00 eur"),
            ("9.00 eur", "1\u{1F}9.00 eur"),
            ("9.00 eur", "1\u{AD}9.00 eur"),
            ("9.00 eur", "1,9.00 eur"),
            ("9.00 eur", "1.9.00 eur"),
            ("9.00 eur", "-9.00 eur"),
            ("9.00 eur", "5–9.00 eur"),
            ("9.00 eur", "x9.00 eur"),
            ("9.00 eur", "9.00 euros"),
            ("9.00 eur", "9.00eur"),
            ("900.00 eur", "1 900.00 eur"),
            ("900.00 eur", "1'900.00 eur"),
            ("900 sek", "1\u{1F} 900 sek"),
            ("$9", "$9.00"),
            ("$9", "$90"),
            ("$9", "$9,000"),
            ("$9", "$9 000"),
            ("$9", "$9k"),
            ("9", "9%"),
            ("9", "9-19"),
            ("$9.00", "a$9.00"),
            ("$9.00", "1$9.00"),
            ("$9.00", "-$9.00"),
            ("$9.00", "$9.00\u{1F}5"),
            ("$9.00 per month", "$9.00 per months"),
        ] {
            assert!(!holds(other, phrase), "{phrase} in {other:?}");
        }
    }

    #[test]
    fn names_are_words() {
        let count = |text: &str, name: &str| names(&text.chars().collect::<Vec<_>>(), name).len();
        assert_eq!(count("pro, for professionals; pro", "pro"), 2);
        assert_eq!(count("team\u{1F}$9.00", "team"), 1);
        assert_eq!(count("teams", "team"), 0);
    }

    #[test]
    fn money_is_told_from_other_numbers() {
        let codes = ["eur".to_owned()];
        let count = |text: &str| amounts(&text.chars().collect::<Vec<_>>(), &codes).len();
        for text in ["$9.00", "9 €", "9.00 eur", "eur 9", "9\u{1F}eur", "€\u{1F}9", "9€"] {
            assert_eq!(count(text), 1, "{text}");
        }
        assert_eq!(count("9 users, 3 europeans? 24/7, $ and 7"), 1, "what begins like a code counts");
        assert_eq!(count("9 users, 24/7, 5 gb"), 0);
    }

    proptest! {
        #[test]
        fn digits_on_either_side_make_another_number(
            amount in 1_u32..10_000, before in 0_u32..1_000, after in 0_u32..1_000, code in "[a-z]{3}",
        ) {
            let (euros, dollars) = (format!("{amount}.00 {code}"), format!("${amount}.00"));
            let costs = |price: &str| format!("it costs {price} a month");
            let (longer, larger) = (costs(&format!("{before}{euros}")), costs(&format!("{dollars}{after}")));
            prop_assert!(holds(&costs(&euros), &euros) && holds(&costs(&dollars), &dollars));
            prop_assert!(!holds(&longer, &euros) && !holds(&larger, &dollars));
        }

        #[test]
        fn no_text_panics(text in "[0-9a$€ .,'\n\u{1F}\u{AD}%-]{0,24}", phrase in "[0-9a$€ .,]{0,6}") {
            let text: Vec<char> = text.chars().collect();
            for place in places(&text, &phrase).into_iter().chain(names(&text, &phrase)).chain(amounts(&text, &[])) {
                prop_assert!(place.start < place.end && place.end <= text.len());
            }
        }
    }
}

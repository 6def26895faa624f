//! Whether a text may name a phrase of a rule at all: most name none, and are not read further.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

use super::rules::{PHRASES, Phrase, RuleAt};

/// The rarest word of each phrase of some rules: no text names the phrase without it.
#[derive(Debug)]
pub(super) struct Anchors {
    /// A bit for the beginnings of the words, so that most words of a text cost a look at one bit.
    beginnings: [u64; 64],
    words: HashMap<&'static str, (), QuickHash>,
}

/// The anchors of the rules that mark a risk.
pub(super) static RISK_ANCHORS: LazyLock<Anchors> =
    LazyLock::new(|| Anchors::of(PHRASES.all().filter(|phrase| matches!(phrase.rule, RuleAt::Risk(_)))));
/// The anchors of all rules.
pub(super) static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| Anchors::of(PHRASES.all()));

/// Words that stand in every other text.
const COMMON: &[&str] =
    &["with", "single", "number", "control", "account", "the", "user", "patient", "client", "health"];

impl Anchors {
    fn of<'a>(phrases: impl Iterator<Item = &'a Phrase>) -> Self {
        let mut anchors = Self { beginnings: [0; 64], words: HashMap::default() };
        for Phrase { text, .. } in phrases {
            let rarest =
                text.split(' ').max_by_key(|word| (!COMMON.contains(word), word.len())).unwrap_or(text);
            anchors.words.insert(rarest, ());
            for form in [rarest.to_owned(), format!("{rarest}s")] {
                let (place, bit) = beginning(form.as_bytes());
                if let Some(bits) = anchors.beginnings.get_mut(place) {
                    *bits |= bit;
                }
            }
        }
        anchors
    }

    /// Whether `text` may name a phrase. It costs a tenth of reading the text.
    pub(super) fn may_stand_in(&self, text: &str) -> bool {
        let words = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
        words.filter(|word| !word.is_empty()).any(|word| {
            let (place, bit) = beginning(word);
            self.beginnings.get(place).is_some_and(|bits| bits & bit != 0) && self.has(word)
        })
    }

    fn has(&self, word: &[u8]) -> bool {
        let Ok(word) = std::str::from_utf8(word) else { return false };
        let word = word.to_ascii_lowercase();
        let has = |word: &str| self.words.contains_key(word);
        has(&word) || word.strip_suffix('s').is_some_and(has)
    }
}

/// The place and the bit of the first three letters of a word.
fn beginning(word: &[u8]) -> (usize, u64) {
    let letters = word.iter().take(3).fold(0_u32, |all, byte| (all << 8) | u32::from(byte | 0x20));
    let hash = letters.wrapping_mul(0x9e37_79b1) >> 20;
    (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
}

pub(super) type QuickHash = BuildHasherDefault<Quick>;

/// A hash of eight bytes at a time. The keys are fixed and few, so no text can slow it down by collisions.
#[derive(Debug, Default)]
pub(super) struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let value = chunk.iter().rev().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte));
            self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0xf135_7aea_2e62_a9c5);
        }
    }

    /// The mark of a string's end says nothing here.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_names_a_phrase_without_its_anchor() {
        for Phrase { text, rule } in PHRASES.all() {
            let text = format!("Zu {}s!", text.to_uppercase());
            assert!(ANCHORS.may_stand_in(&text), "{text}");
            let risk = matches!(rule, RuleAt::Risk(_));
            assert!(!risk || RISK_ANCHORS.may_stand_in(&text), "{text}");
        }
        assert!(!ANCHORS.may_stand_in("Zu, passwortlos\u{e4} 17 is in as to"));
    }
}

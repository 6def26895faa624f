//! Words and stems: the one place that decides what a word is.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet},
    sync::LazyLock,
};

use rust_stemmers::{Algorithm, Stemmer};

/// Lower-case, with the accents of Latin letters removed.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match unaccent(c) {
            "" => folded.push(c),
            plain => folded.push_str(plain),
        }
    }
    folded
}

/// The plain letters for an accented one, or nothing when the letter is plain already.
const fn unaccent(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ì'..='ï' | 'ī' => "i",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'œ' => "oe",
        'ß' => "ss",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ś' | 'š' => "s",
        'ź' | 'ż' | 'ž' => "z",
        'ł' => "l",
        _ => "",
    }
}

/// The English Snowball stemmer.
pub(crate) fn stemmer() -> Stemmer {
    Stemmer::create(Algorithm::English)
}

/// Words that Snowball would merge with another of another meaning: "important" with "import", "booking" with "book".
static OWN_STEM: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    "accounting animal animation booking boxing building capital clothing custom customer dating designer documentation \
    excellence excellent excellently flying formal former general generally generate generated generator generic heading housing human \
    humane importance important importantly letting listing logic meeting monitoring news organ organic organism painting parking plane planes \
    police policies policy racing racism rating setting several severe shipping station stationary stationery taxi taxis training \
    universal universe universes universities university wedding"
        .split_whitespace()
        .collect()
});

/// The stem of a folded word. The plural of a word with a stem of its own has that stem too.
pub(crate) fn stem<'a>(stemmer: &Stemmer, word: &'a str) -> Cow<'a, str> {
    let own = |word: &str| OWN_STEM.contains(word);
    if own(word) {
        return Cow::Borrowed(word);
    }
    match word.strip_suffix('s') {
        Some(singular) if own(singular) => Cow::Borrowed(singular),
        _ => stemmer.stem(word),
    }
}

/// Calls `word` for every word of `text`, folded: a run of letters and digits.
pub(crate) fn for_each_word(text: &str, mut word: impl FnMut(&str)) {
    let folded = if text.is_ascii() { text.to_ascii_lowercase() } else { fold(text) };
    for part in folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        word(part);
    }
}

/// The folded words of `text`.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for_each_word(text, |word| words.push(word.to_owned()));
    words
}

/// The stems of the words of `text`.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let stemmer = stemmer();
    let mut stems = Vec::new();
    for_each_word(text, |word| stems.push(stem(&stemmer, word).into_owned()));
    stems
}

/// The words of the line `name: words` of a table.
pub(crate) fn list(table: &'static str, name: &str) -> BTreeSet<&'static str> {
    let lines = table.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(key, _)| *key == name).flat_map(|(_, words)| words.split(' ')).collect()
}

/// Whether both texts have the same stems in the same order.
pub(crate) fn same_stems(left: &str, right: &str) -> bool {
    stems(left) == stems(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_runs_of_letters_and_digits() {
        assert_eq!(
            words("Résumé—builder (PDF/A-3): it’s \"fine\""),
            ["resume", "builder", "pdf", "a", "3", "it", "s", "fine"]
        );
        assert_eq!(words(""), Vec::<String>::new());
        assert_eq!(fold("Straße ŁÓDŹ"), "strasse lodz");
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        assert!(same_stems("scheduling meetings", "Schedule meeting"));
        assert!(!same_stems("meeting schedule", "schedule meeting"));
        assert!(!same_stems("booking", "books") && same_stems("bookings", "booking"));
        assert!(!same_stems("important", "import") && !same_stems("excellent", "excel"));
    }
}

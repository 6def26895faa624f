//! The words that show demand, by what they mean.

use std::{collections::HashMap, sync::LazyLock};

ae_core::wire_enum! {
    /// The meaning of a group of words.
    pub(super) enum Cue {
        /// Asks for something: "is there a", "alternative to".
        Request = "request",
        /// Offers money.
        Pay = "pay",
        /// Asks which one: "what is the best", "do you use".
        Choice = "choice",
        /// Asks what others use or recommend: "what do you use for".
        Pick = "pick",
        /// Asks how others get something done: "how do you manage".
        Handle = "handle",
        /// Says that something is bad.
        Complaint = "complaint",
        /// Names something that can be sold.
        Product = "product",
        /// Asks for advice, opinions or careers rather than for a product.
        Advice = "advice",
        /// Holds a verb or a pronoun, so it is a sentence.
        Verb = "verb",
        /// Announces a product.
        Launch = "launch",
        /// Describes an own way to do it.
        Workaround = "workaround",
        /// Reports that a product fails its users, costs more, or ends.
        Grievance = "grievance",
        /// A verb for what a person is or feels, not for a job that a product does.
        Personal = "personal",
        /// Praises: at the start of a question it asks for a product.
        Superlative = "superlative",
        /// Opens a title as a request or a wish: counts at the start only.
        Leading = "leading",
    }
}

/// A cue and the words that must follow the first one.
type Entry = (Cue, Vec<&'static str>);

/// Every phrase under its first word.
static INDEX: LazyLock<HashMap<&'static str, Vec<Entry>>> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, Vec<Entry>> = HashMap::new();
    for (cue, phrase) in phrases(include_str!("cues.txt")) {
        let mut words = phrase.split(' ');
        if let Some(first) = words.next() {
            index.entry(first).or_default().push((cue, words.collect()));
        }
    }
    index
});

fn phrases(table: &'static str) -> impl Iterator<Item = (Cue, &'static str)> {
    table.lines().filter_map(|line| line.split_once(": ")).flat_map(|(name, list)| {
        let cue = named(name);
        list.split(", ").filter_map(move |phrase| Some((cue?, phrase)))
    })
}

fn named(name: &str) -> Option<Cue> {
    Cue::ALL.iter().copied().find(|cue| cue.as_str() == name)
}

/// Reads the cues of a title given as folded words without apostrophes (`don't` is `don t`).
pub(super) fn read(words: &[String]) -> Vec<Cue> {
    let mut cues = Vec::new();
    for (at, word) in words.iter().enumerate() {
        for (cue, rest) in INDEX.get(word.as_str()).into_iter().flatten() {
            let follows = words.get(at + 1..=at + rest.len()).is_some_and(|next| next == rest.as_slice());
            // Verbs and praise count where the title's structure asks for them.
            let structural = matches!(cue, Cue::Personal | Cue::Superlative);
            if follows && !structural && (*cue != Cue::Leading || at == 0) {
                cues.push(*cue);
            }
        }
    }
    cues
}

/// Whether a single word has the cue.
pub(super) fn is(word: &str, cue: Cue) -> bool {
    INDEX
        .get(word)
        .is_some_and(|entries| entries.iter().any(|(known, rest)| *known == cue && rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed() {
        let table = include_str!("cues.txt");
        assert!(phrases(table).count() > 500);
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let (name, list) = line.split_once(": ").expect(line);
            assert!(named(name).is_some(), "{line}");
            for phrase in list.split(", ") {
                assert_eq!(crate::find::text::words(phrase).join(" "), phrase, "{line}");
            }
        }
    }

    #[test]
    fn phrases_are_found_where_they_count() {
        let cues = |title: &str| read(&crate::find::text::words(title));
        assert!(cues("I'm looking for a CSV tool").contains(&Cue::Request));
        assert!(!cues("I'm looking for a CSV tool").contains(&Cue::Leading));
        assert!(cues("Looking for a CSV tool").contains(&Cue::Leading));
        assert!(cues("It doesn't work").contains(&Cue::Complaint));
        assert!(cues("Tea").is_empty() && cues("").is_empty());
    }
}

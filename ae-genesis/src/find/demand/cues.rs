//! The words that show demand, by what they mean.

use std::{collections::HashMap, sync::LazyLock};

/// The meaning of a group of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// Asks for something: "is there a", "alternative to".
    Request,
    /// Offers money.
    Pay,
    /// Asks which one: "what is the best", "do you use".
    Choice,
    /// Asks how others get something done: "how do you manage".
    Handle,
    /// Says that something is bad.
    Complaint,
    /// Names something that can be sold.
    Product,
    /// Asks for advice, opinions or careers rather than for a product.
    Advice,
    /// Holds a verb or a pronoun, so it is a sentence.
    Verb,
    /// Announces a product.
    Launch,
    /// Describes an own way to do it.
    Workaround,
    /// Reports that a product fails its users, costs more, or ends.
    Grievance,
    /// Opens a title as a request or a wish: counts at the start only.
    Leading,
}

impl Cue {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "request" => Self::Request,
            "pay" => Self::Pay,
            "choice" => Self::Choice,
            "handle" => Self::Handle,
            "complaint" => Self::Complaint,
            "product" => Self::Product,
            "advice" => Self::Advice,
            "verb" => Self::Verb,
            "launch" => Self::Launch,
            "workaround" => Self::Workaround,
            "grievance" => Self::Grievance,
            "leading" => Self::Leading,
            _ => return None,
        })
    }
}

/// A set of cues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CueSet(u16);

impl CueSet {
    pub(super) const fn has(self, cue: Cue) -> bool {
        self.0 & (1 << cue as u16) != 0
    }

    fn add(&mut self, cue: Cue) {
        self.0 |= 1 << cue as u16;
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
        let cue = Cue::named(name);
        list.split(", ").filter_map(move |phrase| Some((cue?, phrase)))
    })
}

/// Reads the cues of a title given as folded words without apostrophes (`don't` is `don t`).
pub(super) fn read(words: &[String]) -> CueSet {
    let mut cues = CueSet::default();
    for (at, word) in words.iter().enumerate() {
        for (cue, rest) in INDEX.get(word.as_str()).into_iter().flatten() {
            let follows = words.get(at + 1..=at + rest.len()).is_some_and(|next| next == rest.as_slice());
            if follows && (*cue != Cue::Leading || at == 0) {
                cues.add(*cue);
            }
        }
    }
    cues
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
            assert!(Cue::named(name).is_some(), "{line}");
            for phrase in list.split(", ") {
                assert_eq!(crate::find::text::words(phrase).join(" "), phrase, "{line}");
            }
        }
    }

    #[test]
    fn phrases_are_found_where_they_count() {
        let cues = |title: &str| read(&crate::find::text::words(title));
        assert!(cues("I'm looking for a CSV tool").has(Cue::Request));
        assert!(!cues("I'm looking for a CSV tool").has(Cue::Leading));
        assert!(cues("Looking for a CSV tool").has(Cue::Leading));
        assert!(cues("It doesn't work").has(Cue::Complaint));
        assert_eq!(cues("Tea"), CueSet::default());
        assert_eq!(cues(""), CueSet::default());
    }
}

//! The words that a reading of sentences turns on, in classes. A word is looked up once and has the bits of all its classes.

use std::{collections::HashMap, sync::LazyLock};

use super::{anchors::QuickHash, rules::PHRASES};

/// A set of classes.
pub(super) type Classes = u32;

/// The first word of a phrase of a rule.
pub(super) const PHRASE: Classes = 1;
pub(super) const NEGATION: Classes = 1 << 1;
/// After a negation, a verb or noun with which the rest of the sentence is not to be done.
pub(super) const NOT_TO_DO: Classes = 1 << 2;
/// After "does not" a description of what is absent; after "must not" a rule that the work has to keep.
pub(super) const NOT_THERE: Classes = 1 << 3;
pub(super) const MODAL: Classes = 1 << 4;
pub(super) const EXPOSED: Classes = 1 << 5;
/// Between "no" and the thing that is absent.
pub(super) const FILLER: Classes = 1 << 6;
/// The first word of a phrase of [`APARTS`].
pub(super) const APART: Classes = 1 << 7;
/// The first word of a phrase of [`OMISSIONS`].
pub(super) const OMITS: Classes = 1 << 8;
pub(super) const LEAVES: Classes = 1 << 9;
/// The first word of a phrase of [`AS_IT_IS`].
pub(super) const AS_IS: Classes = 1 << 10;
/// The first word of a phrase of [`STAYING`].
pub(super) const STAYS: Classes = 1 << 11;
/// Begins another thought.
pub(super) const TURNS: Classes = 1 << 12;
/// Orders work.
pub(super) const ORDER: Classes = 1 << 13;
/// The looks of a thing.
pub(super) const LOOKS: Classes = 1 << 14;
pub(super) const MAKES: Classes = 1 << 15;
/// A person who speaks of a thing of their own.
pub(super) const OWN: Classes = 1 << 16;
/// After "this", a thing to work on.
pub(super) const THING: Classes = 1 << 17;
/// Before an order or a question.
pub(super) const POLITE: Classes = 1 << 18;
pub(super) const ON_TEXT: Classes = 1 << 19;
pub(super) const MAKES_TEXT: Classes = 1 << 20;
pub(super) const TEXT: Classes = 1 << 21;
/// After the name of a text, a part of a program: an "email form".
pub(super) const PROGRAM: Classes = 1 << 22;
pub(super) const EXPLAINS: Classes = 1 << 23;
pub(super) const LESSON: Classes = 1 << 24;
/// Sums and proofs.
pub(super) const SUM: Classes = 1 << 25;
/// The subject of another sentence.
pub(super) const SUBJECT: Classes = 1 << 26;
pub(super) const AND: Classes = 1 << 27;

/// Phrases after which the rest of the clause is something else.
pub(super) const APARTS: &[&str] = &[
    "unrelated to",
    "nothing to do with",
    "instead of",
    "rather than",
    "except",
    "excluding",
    "besides",
    "apart from",
    "aside from",
    "other than",
    "independent of",
    "regardless of",
    "already have",
    "already has",
    "out of scope",
];
/// Orders that leave something out.
pub(super) const OMISSIONS: &[&str] =
    &["ignore", "skip", "omit", "exclude", "leave out", "leave aside", "leaving out"];
pub(super) const AS_IT_IS: &[&str] = &[
    "as it is",
    "as is",
    "as they are",
    "alone",
    "unchanged",
    "untouched",
    "the same",
    "the way",
    "exactly",
    "out",
    "how it is",
    "how they are",
];
pub(super) const STAYING: &[&str] = &[
    "stay as",
    "stays as",
    "stay exactly",
    "stays exactly",
    "stay the",
    "stays the",
    "stay unchanged",
    "stays unchanged",
    "stay untouched",
    "stays untouched",
    "remain as",
    "remains as",
    "remain unchanged",
    "remains unchanged",
    "remain untouched",
    "remains untouched",
    "is unchanged",
    "are unchanged",
    "out of scope",
    "handled elsewhere",
    "done elsewhere",
    "handled separately",
    "is already",
    "are already",
    "not part",
    "isn't part",
    "aren't part",
    "not needed",
    "isn't needed",
    "aren't needed",
    "not required",
    "isn't required",
    "not necessary",
    "isn't necessary",
    "can wait",
    "come later",
    "comes later",
    "in a later",
    "can be ignored",
];

const WORDS: &[(Classes, &str)] = &[
    (NEGATION, "no not never without neither nor non cannot"),
    (
        NOT_TO_DO,
        "need needs needed require requires required change changes changing touch touching modify modifying alter \
         altering affect affecting involve involves involving include includes including implement implementing add \
         adding build want concern worry bother consider cover deal related about part ask break breaking rewrite \
         refactor mean",
    ),
    (
        NOT_THERE,
        "store stores have has use uses using handle handles contain contains collect collects keep keeps hold holds \
         take takes",
    ),
    (MODAL, "must should may shall can will could never"),
    (EXPOSED, "plain plaintext clear unencrypted unhashed readable log logs leak"),
    (
        FILLER,
        "a an any the new own extra additional further real such separate special of our your kind type sort user \
         customer more",
    ),
    (LEAVES, "leave leaves leaving left keep keeps keeping kept"),
    (TURNS, "but until unless because since if when while yet just simply then only"),
    (
        ORDER,
        "add allow audit automate build change charge check clean close compute configure convert create debug delete \
         deploy design disable enable encrypt ensure escape extend find fix generate harden hash have implement improve \
         integrate kill let limit look make migrate move parse patch plan port prevent process protect put rate refactor \
         remove rename renew replace restrict return review rewrite rotate secure set show sign sort stop store support \
         test update upgrade use validate verify wire write",
    ),
    (
        LOOKS,
        "colour color font padding margin spacing typo spelling misspelled wording icon layout tooltip pixels alignment \
         aligned placeholder css styling bold",
    ),
    (MAKES, "add implement build create support let allow encrypt store"),
    (OWN, "i i'm i'd i've we we're we've my our us"),
    (
        THING,
        "code app application repo repository project service endpoint site page script function file query module \
         class server handler",
    ),
    (
        POLITE,
        "please hey hi hello can could would you kindly now need want to let's help me i we quickly also",
    ),
    (ON_TEXT, "translate summarise summarize proofread rephrase paraphrase reword spellcheck"),
    (MAKES_TEXT, "write draft compose create generate make give suggest prepare tell rewrite invent"),
    (
        TEXT,
        "post blog article essay poem story haiku song lyrics email mail letter tweet joke riddle slogan tagline \
         headline title paragraph sentence summary outline speech quiz question questions recipe novel dialogue caption \
         notes lecture presentation announcement newsletter documentation docs guide tutorial faq readme glossary \
         definition",
    ),
    (
        PROGRAM,
        "function service form module server template field page endpoint generator client api sender sending \
         verification validation handler",
    ),
    (EXPLAINS, "explain define describe compare discuss outline list name true"),
    (LESSON, "exam examination quiz homework lecture essay lesson flashcards"),
    (
        SUM,
        "many much number numbers integer integers sum product ratio percent probability calculate compute prove proof \
         theorem solve equation polynomial triangle divisor divisors prime digits average maximum minimum",
    ),
    (AND, "and"),
    (SUBJECT, "it it's we i you please"),
];

/// The classes of every word that has one.
#[derive(Debug)]
pub(super) struct Table {
    classes: HashMap<&'static str, Classes, QuickHash>,
    /// The longest word, with an `s` for its plural.
    longest: usize,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let listed = WORDS.iter().flat_map(|(class, words)| words.split_whitespace().map(|word| (word, *class)));
    let phrases = [(APART, APARTS), (OMITS, OMISSIONS), (AS_IS, AS_IT_IS), (STAYS, STAYING)];
    let firsts =
        phrases.into_iter().flat_map(|(class, all)| all.iter().map(move |phrase| (first(phrase), class)));
    let mut classes: HashMap<_, Classes, _> = HashMap::default();
    for (word, class) in listed.chain(firsts).chain(PHRASES.firsts().map(|word| (word, PHRASE))) {
        *classes.entry(word).or_default() |= class;
    }
    let longest = classes.keys().map(|word| word.len()).max().unwrap_or_default();
    Table { classes, longest: longest + 1 }
});

impl Table {
    /// The classes of `word`.
    pub(super) fn of(&self, word: &str) -> Classes {
        if word.len() > self.longest {
            return 0;
        }
        let own = self.classes.get(word).copied().unwrap_or_default();
        if own & PHRASE == 0 {
            let stem = word.strip_suffix('s').and_then(|stem| self.classes.get(stem));
            return own | (stem.copied().unwrap_or_default() & PHRASE);
        }
        own
    }
}

fn first(phrase: &'static str) -> &'static str {
    phrase.split(' ').next().unwrap_or(phrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_all_its_classes() {
        assert_eq!(TABLE.of("write"), ORDER | MAKES_TEXT);
        assert_eq!(TABLE.of("passwords"), PHRASE);
        assert_eq!(TABLE.of("never"), NEGATION | MODAL);
        assert_eq!(TABLE.of("unheard"), 0);
        assert_eq!(TABLE.of(&"password".repeat(9)), 0);
    }
}

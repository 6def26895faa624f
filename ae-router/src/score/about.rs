//! Whether words belong to the task of a text: "no need to touch authentication" names it and asks for nothing.

use std::ops::Range;

use super::{
    classes::{
        AND, APART, APARTS, AS_IS, AS_IT_IS, Classes, EXPOSED, FILLER, LEAVES, LOOKS, MAKES, MODAL, NEGATION,
        NOT_THERE, NOT_TO_DO, OMISSIONS, OMITS, ORDER, PHRASE, STAYING, STAYS, SUBJECT, TURNS,
    },
    rules::{PHRASES, RISKS, RuleAt, SCORES},
    words::Sentence,
};

/// The words after a phrase that are looked at for "stays as it is".
const AFTER_MAX: usize = 14;

/// One phrase of each rule that was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) scores: [Option<&'static str>; SCORES.len()],
    pub(super) risks: [Option<&'static str>; RISKS.len()],
}

impl Found {
    fn of(&mut self, rule: RuleAt) -> Option<&mut Option<&'static str>> {
        match rule {
            RuleAt::Score(at) => self.scores.get_mut(at),
            RuleAt::Risk(at) => self.risks.get_mut(at),
        }
    }
}

/// Adds the phrases of a sentence to `found` where they belong to the task, else to `aside`.
pub(super) fn find(sentence: &Sentence, found: &mut Found, aside: &mut Found) {
    if !sentence.has_any(PHRASE) {
        return;
    }
    let mut scope = Scope::Open;
    let mut of_looks = (usize::MAX, false);
    let kept = kept(sentence);
    for at in 0..sentence.len() {
        scope = scope.at(sentence, at);
        if !sentence.is(at, PHRASE) {
            continue;
        }
        for phrase in PHRASES.at(sentence, at) {
            let Some(slot) = found.of(phrase.rule).filter(|slot| slot.is_none()) else { continue };
            if of_looks.0 != sentence.clause(at) {
                of_looks = (sentence.clause(at), looks(sentence, at));
            }
            let end = at + phrase.text.split(' ').count();
            let apart = scope != Scope::Open
                || kept.contains(&at)
                || absent(sentence, at)
                || stays(sentence, end)
                || (matches!(phrase.rule, RuleAt::Risk(_)) && of_looks.1);
            let slot = if apart { aside.of(phrase.rule) } else { Some(slot) };
            if let Some(slot) = slot {
                slot.get_or_insert(phrase.text);
            }
        }
    }
}

/// The use of the words at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// They belong to the task.
    Open,
    /// They don't, up to a word that begins another thought.
    Aside,
    /// They don't, up to the end of this clause.
    AsideInClause(usize),
}

impl Scope {
    fn at(self, sentence: &Sentence, at: usize) -> Self {
        let begins = sentence.begins_clause(at);
        if !begins && !sentence.is(at, NEGATION | APART | OMITS | TURNS | AND) {
            return self.goes_on(sentence, at);
        }
        if negates(sentence, at) {
            return Self::Aside;
        }
        if stands(sentence, at, APART, APARTS) {
            return Self::AsideInClause(sentence.clause(at));
        }
        let ordered = || begins || matches!(sentence.word(at.wrapping_sub(1)), "please" | "and" | "to");
        if stands(sentence, at, OMITS, OMISSIONS) && ordered() {
            return Self::Aside;
        }
        let turns = sentence.is(at, TURNS)
            || (sentence.is(at, AND) && sentence.is(at + 1, ORDER))
            || (begins && sentence.is(at, ORDER | SUBJECT));
        if turns { Self::Open } else { self.goes_on(sentence, at) }
    }

    fn goes_on(self, sentence: &Sentence, at: usize) -> Self {
        match self {
            Self::AsideInClause(clause)
                if clause != sentence.clause(at)
                    || matches!(sentence.word(at), "need" | "needs" | "must" | "should") =>
            {
                Self::Open
            }
            same => same,
        }
    }
}

/// Whether one of `phrases`, whose first words are of `class`, stands at `at`.
fn stands(sentence: &Sentence, at: usize, class: Classes, phrases: &[&str]) -> bool {
    sentence.is(at, class) && phrases.iter().any(|phrase| sentence.has(at, phrase))
}

/// Whether a negation at `at` says that the rest of the sentence is not to be done.
fn negates(sentence: &Sentence, at: usize) -> bool {
    if !sentence.is(at, NEGATION) || sentence.word(at + 1) == "only" {
        return false;
    }
    let word = sentence.word(at);
    let rule = sentence.is(at.wrapping_sub(1), MODAL)
        || matches!(word, "never" | "mustn't" | "shouldn't" | "can't" | "cannot");
    let exposed = || (at..sentence.len()).any(|at| sentence.is(at, EXPOSED));
    (at + 1..at + 5)
        .any(|at| sentence.is(at, NOT_TO_DO) || (sentence.is(at, NOT_THERE) && !rule && !exposed()))
}

/// Whether "no", "without" or the like stands right before the phrase at `at`.
fn absent(sentence: &Sentence, at: usize) -> bool {
    let mut before = at;
    for _ in 0..4 {
        let Some(previous) = before.checked_sub(1) else { return false };
        before = previous;
        if sentence.is(before, NEGATION) && !sentence.word(before).ends_with("n't") {
            return sentence.word(before + 1) != "only" && sentence.clause(before) == sentence.clause(at);
        }
        if !sentence.is(before, FILLER) {
            return false;
        }
    }
    false
}

/// The words between "leave" and "as it is".
fn kept(sentence: &Sentence) -> Range<usize> {
    let none = 0..0;
    if !sentence.has_any(LEAVES) {
        return none;
    }
    let all = 0..sentence.len();
    let Some(leaves) = all.clone().find(|at| sentence.is(*at, LEAVES)) else { return none };
    let is_end = |at: &usize| *at > leaves && stands(sentence, *at, AS_IS, AS_IT_IS);
    let Some(end) = all.rev().find(is_end) else { return none };
    // "Leave out login and payments": the phrase comes before what it leaves.
    if sentence.word(end) == "out" { leaves..sentence.len() } else { leaves..end }
}

/// Whether "stays as it is", "is out of scope" or the like follows the phrase that ends before `end`.
fn stays(sentence: &Sentence, end: usize) -> bool {
    let words = end..sentence.len().min(end + AFTER_MAX);
    let mut before_order = words.take_while(|at| !(sentence.begins_clause(*at) && sentence.is(*at, ORDER)));
    sentence.has_any(STAYS) && before_order.any(|at| stands(sentence, at, STAYS, STAYING))
}

/// Whether the clause of `at` is about the looks of a thing and makes nothing.
fn looks(sentence: &Sentence, at: usize) -> bool {
    if !sentence.has_any(LOOKS) {
        return false;
    }
    let clause = sentence.clause(at);
    let back = (0..at).rev().take_while(|at| sentence.clause(*at) == clause);
    let ahead = (at..sentence.len()).take_while(|at| sentence.clause(*at) == clause);
    let classes = back.chain(ahead).fold(0, |all, at| all | sentence.classes(at));
    classes & LOOKS != 0 && classes & MAKES == 0
}

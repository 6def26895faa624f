//! The manner of a bare prompt: an order for work, or a question of knowledge, an examination, a text to write.
//! Security words are a subject there, not work.

use super::{
    classes::{EXPLAINS, LESSON, MAKES_TEXT, ON_TEXT, ORDER, OWN, POLITE, PROGRAM, SUM, TEXT, THING},
    words::Sentence,
};

/// The signs of the manner, gathered sentence by sentence.
#[derive(Debug, Default)]
pub(super) struct Manner {
    asks: bool,
    owns: bool,
    orders: bool,
    lesson: bool,
    sums: bool,
    begun: bool,
    opening: Option<&'static str>,
}

impl Manner {
    /// Takes the next sentence in.
    pub(super) fn read(&mut self, sentence: &Sentence) {
        self.asks |= sentence.asks();
        self.lesson |= sentence.has_any(LESSON);
        self.sums |= sentence.has_any(SUM);
        let this = |at: usize| matches!(sentence.word(at), "this" | "these") && sentence.is(at + 1, THING);
        self.owns |= sentence.has_any(OWN) || (sentence.has_any(THING) && (0..sentence.len()).any(this));
        let polite = (0..sentence.len()).take_while(|at| sentence.is(*at, POLITE)).count();
        self.orders |= sentence.is(polite, ORDER);
        if !self.begun && sentence.len() > polite {
            self.begun = true;
            self.opening = opening(sentence, polite);
        }
    }

    /// Whether it asks for a sum or a proof.
    pub(super) const fn sums(&self) -> bool {
        self.sums
    }

    /// The points of a prompt in plain words, and its manner.
    pub(super) fn kind(&self) -> (i32, &'static str) {
        match self.opening {
            Some(text) if text != KNOWLEDGE => (4, text),
            Some(_) => (3, KNOWLEDGE),
            None if self.asks && !self.orders && !self.owns => (3, KNOWLEDGE),
            None => (5, "work"),
        }
    }

    /// The reason why security words in `prompt` are its subject and not its work, if there is one.
    pub(super) fn subject(&self, prompt: &str) -> Option<&'static str> {
        let knowledge = (self.asks && !self.orders) || self.opening == Some(KNOWLEDGE);
        if prompt.trim_end().ends_with("Answer:") || ((self.asks || !self.orders) && offers_answers(prompt)) {
            Some("an examination question")
        } else if self.opening.is_some_and(|opening| opening != KNOWLEDGE) {
            self.opening
        } else if knowledge && (!self.owns || self.lesson) {
            Some(KNOWLEDGE)
        } else {
            None
        }
    }
}

const KNOWLEDGE: &str = "a question of knowledge";

/// The manner that the first words, after `at` polite ones, announce.
fn opening(sentence: &Sentence, at: usize) -> Option<&'static str> {
    if sentence.is(at, ON_TEXT) {
        return Some("work on a text");
    }
    let text_follows = || (at + 1..at + 6).any(|at| sentence.is(at, TEXT) && !sentence.is(at + 1, PROGRAM));
    if sentence.is(at, MAKES_TEXT) && text_follows() {
        return Some("a text to write");
    }
    sentence.is(at, EXPLAINS).then_some(KNOWLEDGE)
}

/// Whether a prompt offers lettered answers, each on a line of its own or all in one.
fn offers_answers(prompt: &str) -> bool {
    let offers = |letter: char| {
        let marks = [format!("{letter}. "), format!("{letter}) ")];
        let lines = prompt.lines().map(|line| line.trim_start().trim_start_matches('('));
        let on_lines = lines.take(2_000).any(|line| marks.iter().any(|mark| line.starts_with(mark)));
        on_lines || prompt.contains(&format!(" {letter}) ")) || prompt.contains(&format!("({letter}) "))
    };
    offers('A') && offers('B')
}

//! A text as sentences of whole words. Quoted text, code and data are left out: they are read by the task, they are not
//! the task.

use super::classes::{Classes, NEGATION, TABLE, Table};

/// The most words of a sentence; a longer one is cut here, so that reading needs little memory.
const SENTENCE_WORDS_MAX: usize = 256;
/// The marks that close a quotation.
const CLOSING: [char; 6] = ['"', '”', '’', '\'', '»', '`'];
/// The longest quotation, in bytes; a mark whose partner is farther away is a mark alone.
const QUOTATION_BYTES_MAX: usize = 2_000;

/// The lower-cased words of one sentence.
#[derive(Debug, Default)]
pub(super) struct Sentence {
    text: String,
    words: Vec<Word>,
    clause: usize,
    asks: bool,
    /// The classes of all words.
    classes: Classes,
}

#[derive(Debug)]
struct Word {
    start: usize,
    end: usize,
    clause: usize,
    classes: Classes,
}

impl Sentence {
    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The word at `at`, empty where there is none. What was left out is an empty word too.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).and_then(|word| self.text.get(word.start..word.end)).unwrap_or_default()
    }

    /// The classes of the word at `at`.
    pub(super) fn classes(&self, at: usize) -> Classes {
        self.words.get(at).map_or(0, |word| word.classes)
    }

    /// Whether the word at `at` is of one of `classes`.
    pub(super) fn is(&self, at: usize, classes: Classes) -> bool {
        self.classes(at) & classes != 0
    }

    /// Whether any word is of one of `classes`.
    pub(super) const fn has_any(&self, classes: Classes) -> bool {
        self.classes & classes != 0
    }

    /// The number of the clause that the word at `at` stands in; commas, colons and brackets part clauses.
    pub(super) fn clause(&self, at: usize) -> usize {
        self.words.get(at).map_or(usize::MAX, |word| word.clause)
    }

    /// Whether the word at `at` is the first of its clause.
    pub(super) fn begins_clause(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| self.clause(before) != self.clause(at))
    }

    /// Whether a question mark ends it.
    pub(super) const fn asks(&self) -> bool {
        self.asks
    }

    /// Whether the words of `phrase`, with one space between them, stand at `at`, whatever the clause.
    pub(super) fn has(&self, at: usize, phrase: &str) -> bool {
        phrase.split(' ').zip(at..).all(|(part, at)| self.word(at) == part)
    }

    fn end_word(&mut self, table: &Table) {
        let start = self.words.last().map_or(0, |word| word.end);
        if self.text.len() == start {
            return;
        }
        let whole = self.text.get(start..).unwrap_or_default();
        let stem = whole.strip_suffix("'s").unwrap_or(whole).trim_end_matches('\'');
        let classes = table.of(stem) | if stem.ends_with("n't") { NEGATION } else { 0 };
        let end = start + stem.len();
        self.text.truncate(end);
        self.classes |= classes;
        self.words.push(Word { start, end, clause: self.clause, classes });
    }

    /// Puts an empty word for what was left out, so that no phrase reaches across it.
    fn leave_out(&mut self, table: &Table) {
        self.end_word(table);
        let end = self.text.len();
        self.words.push(Word { start: end, end, clause: self.clause, classes: 0 });
    }
}

/// Calls `read` with each sentence of `text`.
///
/// Words are runs of letters and digits; an apostrophe inside belongs to the word. `.`, `!` and `?` before white
/// space, blank lines, marks of lists and the end of the text end a sentence; a line end alone does not, since prompts are
/// wrapped. Fenced and indented code, code between backticks, quotations and quoted lines are left out.
pub(super) fn sentences(text: &str, read: impl FnMut(&Sentence)) {
    Reader { text, at: 0, sentence: Sentence::default(), unpaired: [0; 6], table: &TABLE, read }.run();
}

struct Reader<'t, F> {
    text: &'t str,
    at: usize,
    sentence: Sentence,
    /// For each closing mark an offset before which it does not occur, so that it is looked for once.
    unpaired: [usize; CLOSING.len()],
    table: &'static Table,
    read: F,
}

impl<'t, F: FnMut(&Sentence)> Reader<'t, F> {
    fn run(&mut self) {
        let mut line_begins = true;
        let mut after_blank = true;
        loop {
            if line_begins {
                after_blank = self.begin_line(after_blank);
            }
            self.take_letters();
            let Some(c) = self.next() else { break };
            line_begins = c == '\n';
            self.take(c);
        }
        self.end_sentence(false);
    }

    /// Takes a run of letters and digits of ASCII.
    fn take_letters(&mut self) {
        let rest = self.rest();
        let run = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let from = self.sentence.text.len();
        self.sentence.text.push_str(rest.get(..run).unwrap_or_default());
        if let Some(taken) = self.sentence.text.get_mut(from..) {
            taken.make_ascii_lowercase();
        }
        self.at += run;
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn peek(&self) -> char {
        self.rest().chars().next().unwrap_or(' ')
    }

    /// Leaves out lines of code and quoted lines, and ends the sentence where a line asks for it. Returns whether the
    /// line before the one that follows was blank, or code.
    fn begin_line(&mut self, mut after_blank: bool) -> bool {
        loop {
            let rest = self.rest();
            let line = rest.split('\n').next().unwrap_or_default();
            let trimmed = line.trim_start();
            if line.len() == rest.len() && line.is_empty() {
                return after_blank;
            }
            if let Some(fence) = ["```", "~~~"].into_iter().find(|fence| trimmed.starts_with(fence)) {
                self.skip_fence(line.len(), fence);
                after_blank = true;
            } else if trimmed.is_empty() {
                self.end_sentence(false);
                self.skip_line(line.len());
                after_blank = true;
            } else if trimmed.starts_with('>')
                || (after_blank && (line.starts_with("    ") || line.starts_with('\t')))
            {
                self.sentence.leave_out(self.table);
                self.skip_line(line.len());
            } else {
                if is_item(trimmed) {
                    self.end_sentence(false);
                }
                return false;
            }
            if self.at >= self.text.len() {
                return true;
            }
        }
    }

    fn skip_line(&mut self, bytes: usize) {
        self.at = (self.at + bytes + 1).min(self.text.len());
    }

    /// Skips a fenced block that begins on this line; one without an end goes to the end of the text.
    fn skip_fence(&mut self, first: usize, fence: &str) {
        self.sentence.leave_out(self.table);
        self.skip_line(first);
        while self.at < self.text.len() {
            let line = self.rest().split('\n').next().unwrap_or_default();
            let closes = line.trim_start().starts_with(fence);
            self.skip_line(line.len());
            if closes {
                break;
            }
        }
    }

    fn take(&mut self, c: char) {
        match c {
            '\'' | '’' if self.in_word() && self.peek().is_alphanumeric() => self.sentence.text.push('\''),
            '\'' | '‘' if !self.in_word() => self.quotation(if c == '‘' { '’' } else { '\'' }),
            '"' => self.quotation('"'),
            '“' => self.quotation('”'),
            '«' => self.quotation('»'),
            '`' => self.quotation('`'),
            '.' | '!' | '?' if !self.peek().is_alphanumeric() => self.end_sentence(c == '?'),
            ',' | ';' | ':' | '(' | ')' | '–' | '—' => self.end_clause(),
            '-' if !self.in_word() && self.peek() == ' ' => self.end_clause(),
            // Part of a name in code, as `auth` in `contrib.auth.models`; names of the environment are words.
            '_' | '.' if self.in_word() && self.peek().is_lowercase() => self.sentence.text.push(c),
            _ if !c.is_ascii() && c.is_alphanumeric() => self.sentence.text.extend(c.to_lowercase()),
            _ => self.sentence.end_word(self.table),
        }
        if self.sentence.words.len() >= SENTENCE_WORDS_MAX {
            self.end_sentence(false);
        }
    }

    fn in_word(&self) -> bool {
        self.sentence.text.len() > self.sentence.words.last().map_or(0, |word| word.end)
    }

    fn end_clause(&mut self) {
        self.sentence.end_word(self.table);
        self.sentence.clause += 1;
    }

    fn end_sentence(&mut self, asks: bool) {
        self.sentence.end_word(self.table);
        self.sentence.asks = asks;
        if !self.sentence.words.is_empty() {
            (self.read)(&self.sentence);
        }
        self.sentence.text.clear();
        self.sentence.words.clear();
        (self.sentence.clause, self.sentence.classes) = (0, 0);
    }

    /// Leaves out a quotation up to `close`, if its partner stands in the same paragraph. A single quote closes before what
    /// is not a letter: others are apostrophes.
    fn quotation(&mut self, close: char) {
        self.sentence.end_word(self.table);
        let Some(unpaired) = CLOSING.iter().position(|mark| *mark == close) else { return };
        if self.unpaired.get(unpaired).is_some_and(|end| self.at < *end) {
            return;
        }
        let mut before = ' ';
        let mut end = self.text.len();
        for (offset, c) in self.rest().char_indices() {
            let line_ends = c == '\n' && (before == '\n' || matches!(close, '`' | '\''));
            if line_ends || offset > QUOTATION_BYTES_MAX {
                end = self.at + offset;
                break;
            }
            let after = self.rest().get(offset + c.len_utf8()..).and_then(|rest| rest.chars().next());
            let inside = close == '\'' && after.is_some_and(char::is_alphanumeric);
            if c == close && !inside {
                self.at += offset + c.len_utf8();
                self.sentence.leave_out(self.table);
                return;
            }
            before = c;
        }
        if let Some(unpaired) = self.unpaired.get_mut(unpaired) {
            *unpaired = end;
        }
    }
}

/// Whether a line begins as an item of a list: `- `, `* `, `3. `, `b) `.
fn is_item(line: &str) -> bool {
    let mark = line.split(' ').next().unwrap_or_default();
    let label = mark.strip_suffix(['.', ')']).filter(|label| (1..=3).contains(&label.len()));
    matches!(mark, "-" | "*" | "•" | "+")
        || label.is_some_and(|label| label.chars().all(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        sentences(text, |sentence| {
            let words: Vec<_> = (0..sentence.len()).map(|at| sentence.word(at)).collect();
            all.push(words.join(" "));
        });
        all
    }

    #[test]
    fn sentences_end_at_marks_items_and_blank_lines() {
        assert_eq!(read("One two.\nThree\nfour! Five?"), ["one two", "three four", "five"]);
        assert_eq!(read("One\n\ntwo"), ["one", "two"]);
        assert_eq!(read("- one\n- two\n  more\n1. three"), ["one", "two more", "1", "three"]);
        assert_eq!(
            read("version 2.0 of auth.rs, the users' file isn't the user's"),
            ["version 2 0 of auth.rs the users file isn't the user"]
        );
        assert_eq!(read("set API_KEY in has_api_key of a.b.key"), ["set api key in has_api_key of a.b.key"]);
        assert_eq!(read("ÄRGER naïve 日本"), ["ärger naïve 日本"]);
        assert_eq!(read(&"word ".repeat(600)).len(), 3);
        assert!(read("").is_empty() && read("\n \n…").is_empty());
    }

    #[test]
    fn clauses_and_questions_are_known() {
        sentences("No rush, add it (now)?", |sentence| {
            let clauses: Vec<_> = (0..sentence.len()).map(|at| sentence.clause(at)).collect();
            assert_eq!(clauses, [0, 0, 1, 1, 2]);
            assert!(sentence.asks() && sentence.begins_clause(2) && !sentence.begins_clause(3));
            assert!(sentence.has(1, "rush add") && !sentence.has(4, "now then"));
        });
    }

    #[test]
    fn code_and_quotations_are_left_out() {
        assert_eq!(read("Sort:\n```\npassword\n```\nby name"), ["sort  by name"]);
        assert_eq!(read("Sort\n\n    password = 1\n    x\n\nby name"), ["sort", " ", "by name"]);
        assert_eq!(read("rotate the API\n    key"), ["rotate the api key"]);
        assert_eq!(read("> password\nIt fails"), [" it fails"]);
        assert_eq!(
            read("Rename \"the password\" and 'the key' and `the token` now"),
            ["rename  and  and  now"]
        );
        assert_eq!(read("the users' key isn't 'so"), ["the users key isn't so"]);
        assert_eq!(read("A mark \" alone\n\nand another \" here"), ["a mark alone", "and another here"]);
        assert_eq!(read("```\npassword"), [""]);
    }
}

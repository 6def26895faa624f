//! The numbers that the trees decide by: counts and ratios of a prompt, all integers.

use super::scan::{Scan, Word};

/// The number of features.
pub(crate) const FEATURES: usize = 73;

/// The feature that counts the lettered options.
pub(crate) const OPTIONS: usize = 66;

/// The features of a prompt, in the order of [`NAMES`].
pub(crate) type Features = [i32; FEATURES];

/// The texts of a feature in an explanation.
pub(crate) const NAMES: [&str; FEATURES] = [
    "length",
    "words",
    "mean word length",
    "long words",
    "very long words",
    "share of long words",
    "longest word",
    "capitalised words",
    "words in capitals",
    "distinct words",
    "share of distinct words",
    "numbers",
    "large numbers",
    "decimals",
    "longest number",
    "share of digits",
    "sentences",
    "words per sentence",
    "lines",
    "blank lines",
    "indented lines",
    "longest line",
    "code fences",
    "operators",
    "calls",
    "dotted names and paths",
    "commas",
    "full stops",
    "colons and semicolons",
    "question marks",
    "exclamation marks",
    "apostrophes",
    "quotes",
    "brackets",
    "square brackets",
    "braces",
    "plus and equals",
    "hyphens",
    "slashes and stars",
    "carets and underscores",
    "backslashes",
    "dollars",
    "percent signs",
    "comparison signs",
    "hash, at and bar",
    "non-ASCII bytes",
    "capitals",
    "question words",
    "negations",
    "conditions",
    "quantities",
    "units and money",
    "mathematics",
    "code words",
    "hedges",
    "common words",
    "persons",
    "reader",
    "open requests",
    "computing requests",
    "natural science",
    "law and business",
    "ethics and argument",
    "history and society",
    "medicine and mind",
    "first word",
    "options",
    "stem length",
    "mean option length",
    "longest option",
    "spread of options",
    "digits in options",
    "question before options",
];

/// Bytes that are read at most: the start of a longer text says enough, and a decision stays fast.
const READ_MAX: usize = 262_144;

/// The part of `prompt` that is read: its last question, up to a limit.
pub(super) fn core(prompt: &str) -> &[u8] {
    let core = last_question(prompt).as_bytes();
    core.get(..READ_MAX).unwrap_or(core)
}

/// Reads the features of a [`core`]; `on_word` gets each of its words in order.
pub(super) fn features(core: &[u8], on_word: impl FnMut(Word)) -> Features {
    let scan = Scan::of(core, on_word);
    let mut out = [0; FEATURES];
    let values =
        text(core, &scan).into_iter().chain(marks(&scan)).chain(meaning(&scan)).chain(options(&scan));
    for (slot, value) in out.iter_mut().zip(values) {
        *slot = i32::try_from(value).unwrap_or(i32::MAX);
    }
    out
}

fn text(core: &[u8], scan: &Scan) -> [u32; 26] {
    let length = u32::try_from(core.len()).unwrap_or(u32::MAX);
    [
        length,
        scan.words,
        share(scan.word_bytes, scan.words, 100),
        scan.long_words,
        scan.very_long_words,
        share(scan.long_words, scan.words, 1_000),
        scan.longest_word,
        scan.capitalised,
        scan.all_capitals,
        scan.distinct_words,
        share(scan.distinct_words, scan.words, 1_000),
        scan.numbers,
        scan.big_numbers,
        scan.decimals,
        scan.longest_number,
        share(scan.count_in(b'0'..=b'9'), length, 1_000),
        scan.sentences,
        share(scan.words, scan.sentences.max(1), 10),
        scan.lines,
        scan.blank_lines,
        scan.indented_lines,
        scan.longest_line,
        scan.fences,
        scan.operators,
        scan.calls,
        scan.paths,
    ]
}

fn marks(scan: &Scan) -> [u32; 21] {
    let of = |marks: &[u8]| marks.iter().map(|mark| scan.count(*mark)).sum();
    [
        of(b","),
        of(b"."),
        of(b":;"),
        of(b"?"),
        of(b"!"),
        of(b"'"),
        of(b"\"`"),
        of(b"()"),
        of(b"[]"),
        of(b"{}"),
        of(b"+="),
        of(b"-"),
        of(b"/*"),
        of(b"^_"),
        of(b"\\"),
        of(b"$"),
        of(b"%"),
        of(b"<>"),
        of(b"#@|~&"),
        scan.count_in(0x80..=0xff),
        scan.count_in(b'A'..=b'Z'),
    ]
}

fn meaning(scan: &Scan) -> impl Iterator<Item = u32> {
    scan.classes.into_iter().chain([scan.first_class])
}

fn options(scan: &Scan) -> [u32; 7] {
    let options = scan.options;
    [
        options.count,
        options.stem,
        share(options.total, options.count, 1),
        options.longest,
        options.longest - options.shortest.min(options.longest),
        options.digits,
        options.asks,
    ]
}

/// `part` in `unit`ths of `whole`; 0 of nothing.
fn share(part: u32, whole: u32, unit: u64) -> u32 {
    let value = (u64::from(part) * unit).checked_div(u64::from(whole)).unwrap_or(0);
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The text after the worked examples: a prompt with examples and their answers is as hard as its last question.
///
/// An example ends with a blank line after `Answer: …` or after `Answer:` and a line of its own.
fn last_question(prompt: &str) -> &str {
    let mut core = prompt;
    for (at, _) in prompt.match_indices("\n\n") {
        let (before, after) = prompt.split_at(at);
        let mut lines = before.rsplit('\n');
        let last = lines.next().unwrap_or("").trim();
        let previous = lines.next().unwrap_or("").trim();
        let answered = last
            .strip_prefix("Answer:")
            .or_else(|| last.strip_prefix("A:"))
            .is_some_and(|rest| !rest.is_empty())
            || (!last.is_empty() && last.len() <= 40 && previous.ends_with("Answer:"));
        if answered && !after.trim().is_empty() {
            core = after.trim_start();
        }
    }
    core
}

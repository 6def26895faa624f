//! One pass over the bytes of a prompt, and what it counts.

use super::lexicon::{CLASSES, Lexicon, WordHash};

/// A word or number of the text, as the n-grams see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    /// The whole word, lower case. All numbers with as many digits are one word.
    pub(super) hash: WordHash,
    /// Its first four letters, if it has more.
    pub(super) four: Option<WordHash>,
    /// Its first six letters, if it has more.
    pub(super) six: Option<WordHash>,
    /// Its last three letters, if it has more than four.
    pub(super) end: Option<WordHash>,
}

/// The counts of one pass.
#[derive(Debug)]
pub(super) struct Scan {
    /// How often each byte stands in the text.
    bytes: [u32; 256],
    pub(super) words: u32,
    pub(super) word_bytes: u32,
    pub(super) long_words: u32,
    pub(super) very_long_words: u32,
    pub(super) longest_word: u32,
    pub(super) capitalised: u32,
    pub(super) all_capitals: u32,
    /// Words that were not seen before, up to collisions of a 4,096-bit set.
    pub(super) distinct_words: u32,
    pub(super) numbers: u32,
    pub(super) big_numbers: u32,
    pub(super) decimals: u32,
    pub(super) longest_number: u32,
    pub(super) sentences: u32,
    pub(super) lines: u32,
    pub(super) blank_lines: u32,
    pub(super) indented_lines: u32,
    pub(super) longest_line: u32,
    pub(super) fences: u32,
    pub(super) operators: u32,
    pub(super) calls: u32,
    pub(super) paths: u32,
    pub(super) classes: [u32; CLASSES],
    pub(super) first_class: u32,
    pub(super) options: Options,
    seen: [u64; 64],
}

/// The lettered options of a multiple-choice question; a later list replaces an earlier one.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Options {
    pub(super) count: u32,
    /// Bytes before the first option, from the last blank line before it.
    pub(super) stem: u32,
    pub(super) total: u32,
    pub(super) longest: u32,
    pub(super) shortest: u32,
    pub(super) digits: u32,
    /// Whether the stem ends with a question mark: 0 or 1.
    pub(super) asks: u32,
}

/// The word, number and line that the pass stands in.
#[derive(Debug)]
struct Cursor {
    word: WordHash,
    four: WordHash,
    six: WordHash,
    /// The last bytes of the word, lower case.
    tail: [u8; 3],
    word_len: u32,
    upper: u32,
    first_upper: bool,
    number_len: u32,
    number_has_point: bool,
    last: u8,
    before_last: u8,
    last_mark: u8,
}

impl Scan {
    pub(super) fn of(text: &[u8], mut on_word: impl FnMut(Word)) -> Self {
        let lexicon = Lexicon::get();
        let mut scan = Self::empty();
        let mut at = Cursor::new();
        let mut block = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            scan.start_line(line, &mut block, at.last_mark);
            for &byte in line {
                scan.step(byte, &mut at, lexicon, &mut on_word);
            }
        }
        scan.step(b'\n', &mut at, lexicon, &mut on_word);
        scan
    }

    /// How often `byte` stands in the text.
    pub(super) fn count(&self, byte: u8) -> u32 {
        self.bytes.get(usize::from(byte)).copied().unwrap_or(0)
    }

    /// How often the bytes of `range` stand in the text.
    pub(super) fn count_in(&self, range: std::ops::RangeInclusive<u8>) -> u32 {
        range.map(|byte| self.count(byte)).sum()
    }

    fn step(&mut self, byte: u8, at: &mut Cursor, lexicon: &Lexicon, on_word: &mut impl FnMut(Word)) {
        if let Some(count) = self.bytes.get_mut(usize::from(byte)) {
            *count += 1;
        }
        let letter = byte.is_ascii_alphabetic() || byte >= 0x80;
        if letter {
            if at.word_len == 0 {
                at.first_upper = byte.is_ascii_uppercase();
            }
            at.upper += u32::from(byte.is_ascii_uppercase());
            at.push_letter(byte.to_ascii_lowercase());
        } else if at.word_len > 0 {
            self.end_word(at, lexicon, on_word);
        }
        if byte.is_ascii_digit() {
            at.number_has_point |= at.number_len > 0 && at.last == b'.';
            at.number_len += 1;
        } else if at.number_len > 0 && !(byte == b'.' || byte == b',') {
            self.end_number(at, on_word);
        }
        self.marks(byte, at);
        at.before_last = at.last;
        at.last = byte;
        if !byte.is_ascii_whitespace() {
            at.last_mark = byte;
        }
    }

    fn marks(&mut self, byte: u8, at: &Cursor) {
        match byte {
            b'=' | b'>' | b'&' | b'|'
                if matches!(at.last, b'=' | b'!' | b'<' | b'>' | b'-' | b'+' | b'&' | b'|') =>
            {
                self.operators += 1;
            }
            b'(' if at.last.is_ascii_alphanumeric() || at.last == b'_' => self.calls += 1,
            b'`' if at.last == b'`' && at.before_last == b'`' => self.fences += 1,
            b'/' | b'_' | b'.' if at.last.is_ascii_alphabetic() => self.paths += 1,
            b' ' | b'\n' if matches!(at.last, b'.' | b'?' | b'!') => self.sentences += 1,
            _ => {}
        }
    }

    fn end_word(&mut self, at: &mut Cursor, lexicon: &Lexicon, on_word: &mut impl FnMut(Word)) {
        self.words += 1;
        self.word_bytes += at.word_len;
        self.long_words += u32::from(at.word_len >= 7);
        self.very_long_words += u32::from(at.word_len >= 11);
        self.longest_word = self.longest_word.max(at.word_len);
        self.capitalised += u32::from(at.first_upper && at.word_len > 1 && at.upper < at.word_len);
        self.all_capitals += u32::from(at.word_len > 1 && at.upper == at.word_len);
        if let Some(class) = lexicon.class(at.word) {
            if let Some(count) = self.classes.get_mut(class) {
                *count += 1;
            }
            if self.words == 1 {
                self.first_class = u32::try_from(class).unwrap_or(0) + 1;
            }
        }
        let mixed = at.word.0 ^ (at.word.0 >> 17);
        if let Some(bits) = usize::try_from(mixed >> 6 & 63).ok().and_then(|index| self.seen.get_mut(index)) {
            let bit = 1 << (mixed & 63);
            self.distinct_words += u32::from(*bits & bit == 0);
            *bits |= bit;
        }
        on_word(at.take_word());
    }

    fn end_number(&mut self, at: &mut Cursor, on_word: &mut impl FnMut(Word)) {
        self.numbers += 1;
        self.big_numbers += u32::from(at.number_len >= 4);
        self.decimals += u32::from(at.number_has_point);
        self.longest_number = self.longest_number.max(at.number_len);
        // All numbers of one length are one word.
        let hash = WordHash(0x9e37_79b9).push(u8::try_from(at.number_len).unwrap_or(u8::MAX));
        on_word(Word { hash, four: None, six: None, end: None });
        at.number_len = 0;
        at.number_has_point = false;
    }

    /// `block` is the number of bytes since the last blank line.
    fn start_line(&mut self, line: &[u8], block: &mut u32, last_mark: u8) {
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        let trimmed = line.trim_ascii();
        self.lines += 1;
        self.longest_line = self.longest_line.max(length);
        self.indented_lines += u32::from(line.starts_with(b"    ") || line.starts_with(b"\t"));
        if trimmed.is_empty() {
            self.blank_lines += 1;
            *block = 0;
            return;
        }
        if let Some((letter, text)) = option(trimmed) {
            self.options.read(letter, text, *block, last_mark);
        }
        *block = block.saturating_add(length);
    }

    fn empty() -> Self {
        Self {
            bytes: [0; 256],
            words: 0,
            word_bytes: 0,
            long_words: 0,
            very_long_words: 0,
            longest_word: 0,
            capitalised: 0,
            all_capitals: 0,
            distinct_words: 0,
            numbers: 0,
            big_numbers: 0,
            decimals: 0,
            longest_number: 0,
            sentences: 0,
            lines: 0,
            blank_lines: 0,
            indented_lines: 0,
            longest_line: 0,
            fences: 0,
            operators: 0,
            calls: 0,
            paths: 0,
            classes: [0; CLASSES],
            first_class: 0,
            options: Options::default(),
            seen: [0; 64],
        }
    }
}

impl Cursor {
    fn new() -> Self {
        Self {
            word: WordHash::START,
            four: WordHash::START,
            six: WordHash::START,
            tail: [0; 3],
            word_len: 0,
            upper: 0,
            first_upper: false,
            number_len: 0,
            number_has_point: false,
            last: b'\n',
            before_last: b'\n',
            last_mark: b' ',
        }
    }
}

impl Cursor {
    fn push_letter(&mut self, lower: u8) {
        self.word = self.word.push(lower);
        self.word_len += 1;
        match self.word_len {
            4 => self.four = self.word,
            6 => self.six = self.word,
            _ => {}
        }
        let [_, second, third] = self.tail;
        self.tail = [second, third, lower];
    }

    fn take_word(&mut self) -> Word {
        let end = self.tail.into_iter().fold(WordHash(0x85eb_ca6b), WordHash::push);
        let word = Word {
            hash: self.word,
            four: (self.word_len > 4).then_some(self.four),
            six: (self.word_len > 6).then_some(self.six),
            end: (self.word_len > 4).then_some(end),
        };
        self.word = WordHash::START;
        self.word_len = 0;
        self.upper = 0;
        word
    }
}

impl Options {
    fn read(&mut self, letter: u8, text: &[u8], stem: u32, last_mark: u8) {
        if letter == b'A' {
            let asks = u32::from(last_mark == b'?');
            *self = Self { stem, asks, shortest: u32::MAX, ..Self::default() };
        } else if self.count == 0 || u32::from(letter - b'A') != self.count {
            return;
        }
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.count += 1;
        self.total = self.total.saturating_add(length);
        self.longest = self.longest.max(length);
        self.shortest = self.shortest.min(length);
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        self.digits = self.digits.saturating_add(u32::try_from(digits).unwrap_or(u32::MAX));
    }
}

/// The letter and text of a line such as `A. text`, `B) text` or `(C) text`.
fn option(line: &[u8]) -> Option<(u8, &[u8])> {
    let line = line.strip_prefix(b"(").unwrap_or(line);
    match line {
        [letter @ b'A'..=b'J', b'.' | b')' | b':', b' ', text @ ..] => Some((*letter, text.trim_ascii())),
        _ => None,
    }
}

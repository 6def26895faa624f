//! Picks values out of JSON that passes by.
//!
//! A body can be longer than what may be kept, and a line of a stream likewise. So there is no parser of whole texts: an
//! automaton follows keys and brackets down to the places that are wanted, hands their values out as text, and runs over
//! everything else. It takes any bytes; of bytes that are not JSON it makes nothing useful and nothing harmful.

use memchr::memchr2;

use super::places::{Branch, Field, Places, ROOT};

/// The longest value that is handed out. Those of the places that are wanted have a few hundred bytes.
const VALUE_BYTES_MAX: usize = 64 * 1024;

/// The longest key that is compared: longer than those that are wanted.
const KEY_BYTES_MAX: usize = 32;

/// Takes what was found.
pub(super) trait Sink {
    /// The whole value of a field, as JSON. Says whether the rest of the event may hold something.
    fn value(&mut self, field: Field, json: &[u8]) -> bool;
    /// A value that was too long, or ended too early.
    fn skip(&mut self, field: Field);
    /// The end of an object that is an event or an answer.
    fn end(&mut self);
}

#[derive(Debug)]
pub(super) struct Scanner {
    places: Places,
    /// The lengths that the steps of the places have, as bits: most keys have another one.
    key_lengths: u64,
    /// The containers that lead to a place; as many as the longest place has steps, and one for a list of events.
    frames: Vec<Frame>,
    next: Branch,
    lexeme: Lexeme,
    escaped: bool,
    /// The brackets that are open in a value that is not entered.
    open: u64,
    /// The field whose value is being kept.
    kept_for: Option<Field>,
    /// The value that is kept, or the key.
    kept: Vec<u8>,
    overlong: bool,
    /// Nothing is looked for before the next event.
    idle: bool,
}

/// A container that was entered.
#[derive(Debug, Clone, Copy)]
struct Frame {
    object: bool,
    key_next: bool,
    branch: Branch,
    /// A list of events: Gemini's stream without `alt=sse`.
    events: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lexeme {
    Between,
    Key,
    Text,
    Scalar,
}

impl Scanner {
    pub(super) fn new(places: Places) -> Self {
        Self {
            places,
            key_lengths: places
                .iter()
                .flat_map(|(_, place)| place.iter())
                .fold(0, |bits, step| bits | 1 << step.len().min(63)),
            frames: Vec::new(),
            next: ROOT,
            lexeme: Lexeme::Between,
            escaped: false,
            open: 0,
            kept_for: None,
            kept: Vec::new(),
            overlong: false,
            idle: false,
        }
    }

    /// Forgets an unfinished text.
    pub(super) fn reset(&mut self, sink: &mut impl Sink) {
        if let Some(field) = self.kept_for.take() {
            sink.skip(field);
        }
        self.frames.clear();
        self.next = ROOT;
        self.lexeme = Lexeme::Between;
        self.escaped = false;
        self.open = 0;
        self.idle = false;
        self.clear();
    }

    pub(super) fn push(&mut self, bytes: &[u8], sink: &mut impl Sink) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if self.idle {
                return;
            }
            rest = match self.lexeme {
                Lexeme::Key | Lexeme::Text => self.in_text(rest, sink),
                Lexeme::Scalar => self.in_scalar(rest, sink),
                Lexeme::Between if self.open > 0 => self.in_closed(rest, sink),
                Lexeme::Between => self.step(byte, tail, sink),
            };
        }
    }

    /// Runs to the end of a string.
    fn in_text<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        let Some((text, rest)) = split_text(bytes, &mut self.escaped) else {
            self.keep(bytes);
            return &[];
        };
        self.keep(text);
        if std::mem::replace(&mut self.lexeme, Lexeme::Between) == Lexeme::Key {
            let key = std::mem::take(&mut self.kept);
            self.end_key(if self.overlong { b"" } else { &key });
            self.kept = key;
            self.clear();
        } else {
            self.keep(b"\"");
            if self.open == 0 {
                self.end_value(sink);
            }
        }
        rest
    }

    fn end_key(&mut self, key: &[u8]) {
        if let Some(frame) = self.frames.last_mut() {
            frame.key_next = false;
            let may_be = self.key_lengths >> key.len().min(63) & 1 == 1;
            self.next = if may_be { frame.branch.step(self.places, key) } else { Branch::default() };
        }
    }

    /// Runs to the end of a number or a word.
    fn in_scalar<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        let Some(end) = bytes.iter().position(|byte| {
            matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' | b'{' | b'}' | b'[' | b']' | b'"')
        }) else {
            self.keep(bytes);
            return &[];
        };
        let (scalar, rest) = bytes.split_at(end);
        self.keep(scalar);
        self.lexeme = Lexeme::Between;
        self.end_value(sink);
        rest
    }

    /// Runs to the end of a value that is not entered.
    fn in_closed<'a>(&mut self, bytes: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'"' => match split_text(rest, &mut self.escaped) {
                    Some((_, after)) => rest = after,
                    None => {
                        self.lexeme = Lexeme::Text;
                        break;
                    }
                },
                b'{' | b'[' => self.open = self.open.saturating_add(1),
                b'}' | b']' => {
                    self.open -= 1;
                    if self.open == 0 {
                        let (value, rest) = bytes.split_at(bytes.len() - rest.len());
                        self.keep(value);
                        self.end_value(sink);
                        return rest;
                    }
                }
                _ => {}
            }
        }
        self.keep(bytes);
        &[]
    }

    /// Takes a byte, and the string that it begins, outside of values that are not entered.
    fn step<'a>(&mut self, byte: u8, tail: &'a [u8], sink: &mut impl Sink) -> &'a [u8] {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b':' => {}
            b',' => self.comma(),
            b'{' | b'[' => self.open(byte),
            b'}' | b']' => self.close(sink),
            b'"' if self.frames.last().is_some_and(|frame| frame.object && frame.key_next) => {
                let Some((key, rest)) = split_text(tail, &mut self.escaped) else {
                    self.clear();
                    self.lexeme = Lexeme::Key;
                    self.keep(tail);
                    return &[];
                };
                self.end_key(key);
                return rest;
            }
            first => {
                self.begin_value();
                self.keep(&[first]);
                self.lexeme = if first == b'"' { Lexeme::Text } else { Lexeme::Scalar };
            }
        }
        tail
    }

    fn comma(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.object {
            frame.key_next = true;
            self.next = Branch::default();
        } else {
            self.next = frame.element(self.places);
        }
    }

    fn open(&mut self, byte: u8) {
        if self.begin_value() || self.next.alive == 0 {
            self.keep(&[byte]);
            self.open = 1;
            return;
        }
        let object = byte == b'{';
        let events = !object && self.frames.is_empty();
        let frame = Frame { object, key_next: object, branch: self.next, events };
        self.next = if object { Branch::default() } else { frame.element(self.places) };
        self.frames.push(frame);
    }

    fn close(&mut self, sink: &mut impl Sink) {
        let Some(frame) = self.frames.pop() else { return };
        self.next = if self.frames.is_empty() { ROOT } else { Branch::default() };
        if frame.object && frame.branch.steps == 0 {
            sink.end();
        }
    }

    /// Whether the value that begins is to be kept.
    fn begin_value(&mut self) -> bool {
        self.clear();
        self.kept_for = self.next.field(self.places);
        self.kept_for.is_some()
    }

    fn end_value(&mut self, sink: &mut impl Sink) {
        match self.kept_for.take() {
            Some(field) if self.overlong => sink.skip(field),
            Some(field) => self.idle = !sink.value(field, &self.kept),
            None => {}
        }
        self.clear();
        if !self.frames.is_empty() {
            self.next = Branch::default();
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let most = match (self.lexeme, self.kept_for) {
            (Lexeme::Key, _) => KEY_BYTES_MAX,
            (_, Some(_)) => VALUE_BYTES_MAX,
            (_, None) => return,
        };
        if self.overlong || self.kept.len() + bytes.len() > most {
            self.overlong = true;
        } else {
            self.kept.extend_from_slice(bytes);
        }
    }

    fn clear(&mut self) {
        self.kept.clear();
        self.overlong = false;
    }
}

/// The text up to the quotation mark that ends it, and the bytes after that; `None` if it goes on. `escaped` says whether
/// the byte before was a backslash that counts.
fn split_text<'a>(bytes: &'a [u8], escaped: &mut bool) -> Option<(&'a [u8], &'a [u8])> {
    let mut at = usize::from(std::mem::take(escaped));
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        let (text, rest) = bytes.split_at(at);
        match rest.split_first()? {
            (b'"', rest) => return Some((text, rest)),
            (_, []) => {
                *escaped = true;
                return None;
            }
            _ => at += 2,
        }
    }
}

impl Frame {
    fn element(self, places: Places) -> Branch {
        if self.events { ROOT } else { self.branch.step(places, b"*") }
    }
}

//! The lines of server-sent events.

use memchr::memchr2;

/// A part of the events.
pub(crate) enum Piece<'a> {
    /// The next bytes of the data.
    Data(&'a [u8]),
    /// The end of a line of data: the event may have another one.
    LineEnd,
    /// A blank line.
    EventEnd,
    /// The line of data was `[DONE]`, which ends OpenAI's streams.
    Done,
}

/// Cuts bytes into the pieces that count. No byte is kept.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    place: Place,
    after_carriage_return: bool,
}

/// The place in a line.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the name of the field, of which this many bytes are those of `data`.
    Name(usize),
    /// After the colon of `data`: one space is not part of the data.
    Colon,
    /// In the data, of which this many bytes are those of `[DONE]`.
    Data(usize),
    /// In a line that does not count: a comment, another field.
    Other,
}

impl Default for Place {
    fn default() -> Self {
        Self::Name(0)
    }
}

const DATA: &[u8] = b"data";
const DONE: &[u8] = b"[DONE]";

/// White space, or a byte of the mark of UTF-8, before the first line.
pub(crate) fn is_margin(byte: u8) -> bool {
    b" \t\r\n\xEF\xBB\xBF".contains(&byte)
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

impl Lines {
    /// Whether the line so far is the data `[DONE]`.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.place, Place::Data(same) if same == DONE.len())
    }

    pub(crate) fn push<'a>(&mut self, bytes: &'a [u8], mut out: impl FnMut(Piece<'a>)) {
        let mut rest = bytes;
        while let Some((&byte, tail)) = rest.split_first() {
            if std::mem::take(&mut self.after_carriage_return) && byte == b'\n' {
                rest = tail;
                continue;
            }
            if is_end(byte) {
                match self.place {
                    Place::Name(0) => out(Piece::EventEnd),
                    Place::Colon | Place::Data(_) => {
                        if self.is_done() {
                            out(Piece::Done);
                        }
                        out(Piece::LineEnd);
                    }
                    Place::Name(_) | Place::Other => {}
                }
                self.after_carriage_return = byte == b'\r';
                self.place = Place::Name(0);
                rest = tail;
                continue;
            }
            // The usual line, without a step for every byte of the name.
            if let (Place::Name(0), Some(data)) = (self.place, rest.strip_prefix(b"data: ")) {
                (self.place, rest) = (Place::Data(0), data);
                continue;
            }
            (self.place, rest) = match self.place {
                Place::Name(same) => (after_name(same, byte), tail),
                Place::Colon => (Place::Data(0), if byte == b' ' { tail } else { rest }),
                Place::Data(same) => {
                    let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    let (data, rest) = rest.split_at(end);
                    out(Piece::Data(data));
                    (Place::Data(still_done(same, data)), rest)
                }
                Place::Other => {
                    let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                    (Place::Other, rest.split_at(end).1)
                }
            };
        }
    }
}

fn after_name(same: usize, byte: u8) -> Place {
    if DATA.get(same) == Some(&byte) {
        Place::Name(same + 1)
    } else if same == DATA.len() && byte == b':' {
        Place::Colon
    } else {
        Place::Other
    }
}

/// How many bytes of the data are those of `[DONE]`, or a number that is past its length once one is not.
fn still_done(same: usize, data: &[u8]) -> usize {
    match DONE.get(same..) {
        Some(left) if left.starts_with(data) => same + data.len(),
        _ => DONE.len() + 1,
    }
}

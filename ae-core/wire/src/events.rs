//! The data of server-sent events.

use std::{collections::VecDeque, error::Error as StdError, fmt, mem};

use crate::lines::{Lines, Piece, is_margin};

/// Cuts an answer into the data of its server-sent events, in chunks cut anywhere.
///
/// Lines may end with `\n`, `\r\n` or `\r`; the lines of data of one event are joined with `\n`. Comments and other fields
/// are passed over, the name of an event too: the vendors state the type of an event within its data. OpenAI's `[DONE]` is
/// the data of an event like any other.
#[derive(Debug)]
pub struct EventReader {
    event_bytes_max: usize,
    begun: bool,
    lines: Lines,
    data: Vec<u8>,
    whole: VecDeque<Vec<u8>>,
}

/// An event is longer than it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventTooLong {
    /// The most bytes that the data of one event may have.
    pub event_bytes_max: usize,
}

impl EventReader {
    /// A reader of events of at most `event_bytes_max` bytes.
    #[must_use]
    pub fn new(event_bytes_max: usize) -> Self {
        Self {
            event_bytes_max,
            begun: false,
            lines: Lines::default(),
            data: Vec::new(),
            whole: VecDeque::new(),
        }
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    ///
    /// Returns an error when an event is too long. The events before it stay; the reader is of no further use.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), EventTooLong> {
        let begin = bytes.iter().position(|byte| self.begun || !is_margin(*byte)).unwrap_or(bytes.len());
        let bytes = bytes.get(begin..).unwrap_or_default();
        self.begun |= !bytes.is_empty();
        let (data, whole, most) = (&mut self.data, &mut self.whole, self.event_bytes_max);
        let mut too_long = false;
        self.lines.push(bytes, |piece| {
            // The end of the last line is not part of the data, so it may stand past the limit.
            let (more, room) = match piece {
                Piece::Data(more) => (more, most),
                Piece::LineEnd => (&b"\n"[..], most.saturating_add(1)),
                Piece::EventEnd => {
                    if data.pop().is_some() && !data.is_empty() {
                        whole.push_back(mem::take(data));
                    }
                    return;
                }
                Piece::Done => return,
            };
            too_long |= data.len().saturating_add(more.len()) > room;
            if !too_long {
                data.extend_from_slice(more);
            }
        });
        if too_long { Err(EventTooLong { event_bytes_max: self.event_bytes_max }) } else { Ok(()) }
    }

    /// The data of the next whole event.
    pub fn next_event(&mut self) -> Option<Vec<u8>> {
        self.whole.pop_front()
    }

    /// The data of an event that no blank line has ended, once the body is at its end. Some servers leave that line out; of
    /// an answer that was cut it is half an event.
    pub fn rest(&mut self) -> Option<Vec<u8>> {
        let mut rest = mem::take(&mut self.data);
        if rest.last() == Some(&b'\n') {
            rest.pop();
        }
        Some(rest).filter(|rest| !rest.is_empty())
    }
}

impl fmt::Display for EventTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event has more than {} bytes", self.event_bytes_max)
    }
}

impl StdError for EventTooLong {}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(body: &str, cut: usize) -> Vec<String> {
        let mut reader = EventReader::new(100);
        let mut found = Vec::new();
        let (before, after) = body.as_bytes().split_at(cut);
        for bytes in [before, after] {
            reader.push(bytes).unwrap();
            found.extend(std::iter::from_fn(|| reader.next_event()));
        }
        found.extend(reader.rest());
        found.into_iter().map(|data| String::from_utf8(data).unwrap()).collect()
    }

    #[test]
    fn events_are_the_same_with_every_end_of_line_cut_anywhere() {
        let body = "\u{feff}event: a\ndata: {\"x\":\n: ping\n\ndata:1}\nid: 7\n\n: ping\n\nevent: b\n\ndata\ndatum: x\ndata:\n\n\
                    data:  two\ndata: lines\nretry: 1\n\ndata: [DONE]\n\ndata: no end";
        for ends in ["\n", "\r\n", "\r"] {
            let body = body.replace('\n', ends);
            for cut in 0..=body.len() {
                let found = events(&body, cut);
                assert_eq!(found, ["{\"x\":", "1}", " two\nlines", "[DONE]", "no end"], "{ends:?} {cut}");
            }
        }
    }

    #[test]
    fn an_event_has_a_limit_and_not_the_answer() {
        let mut reader = EventReader::new(5);
        for _ in 0..100 {
            reader.push(b"data: 12345\n\n").unwrap();
            assert_eq!(reader.next_event().as_deref(), Some(&b"12345"[..]));
        }
        reader.push(b"data: 1234").unwrap();
        assert_eq!(reader.push(b"56"), Err(EventTooLong { event_bytes_max: 5 }));
        let mut reader = EventReader::new(5);
        assert!(reader.push(&b"data:\n".repeat(9)).is_err(), "lines count too");
        let mut reader = EventReader::new(5);
        reader.push(&b": a long comment is not kept\n".repeat(9)).unwrap();
    }
}

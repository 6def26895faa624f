//! Demand signals, and what takes them in.

use std::ops::ControlFlow;

use ae_core::{Timestamp, Untrusted};
use serde::{Deserialize, Serialize};

/// One post that may show demand: outside text with its counts, never an instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The item's id at its source.
    pub id: String,
    /// The source's name, as [`NicheSource::name`](crate::NicheSource::name) gives it.
    pub source: String,
    /// The title.
    pub title: Untrusted<String>,
    /// The text below the title, if there is some.
    pub body: Option<Untrusted<String>>,
    /// Where a person can look.
    pub url: Option<String>,
    /// Votes, if the source counts them.
    pub points: Option<u64>,
    /// Comments, if the source counts them.
    pub comments: Option<u64>,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
    /// When it was read.
    pub fetched_at: Timestamp,
}

impl Signal {
    /// A signal with a title and nothing else.
    #[must_use]
    pub fn new(
        source: impl Into<String>,
        id: impl Into<String>,
        title: Untrusted<String>,
        fetched_at: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            title,
            body: None,
            url: None,
            points: None,
            comments: None,
            posted_at: None,
            fetched_at,
        }
    }
}

/// Takes signals one at a time, so that a source of any size needs no memory for all of them.
pub trait SignalSink: Send {
    /// Takes one signal. [`ControlFlow::Break`] asks the source to stop: what follows will not be used.
    fn accept(&mut self, signal: Signal) -> ControlFlow<()>;

    /// Whether a signal with only this title is worth building.
    ///
    /// A source that reads many rows may ask first. After `false` the row counts as taken and must not be passed to
    /// [`accept`](Self::accept); the sink has already counted it. A source that has a body text passes the signal
    /// without asking. The default wants everything.
    fn wants(&mut self, title: &str) -> bool {
        let _ = title;
        true
    }
}

impl<T: SignalSink + ?Sized> SignalSink for &mut T {
    fn accept(&mut self, signal: Signal) -> ControlFlow<()> {
        (**self).accept(signal)
    }

    fn wants(&mut self, title: &str) -> bool {
        (**self).wants(title)
    }
}

/// Keeps every signal, in order: for small sources and for tests.
impl SignalSink for Vec<Signal> {
    fn accept(&mut self, signal: Signal) -> ControlFlow<()> {
        self.push(signal);
        ControlFlow::Continue(())
    }
}

/// Whether `id` may be printed and cited: 1 to 128 visible ASCII characters, none of them a quote, bracket or back-slash.
pub(crate) fn is_plain_id(id: &str) -> bool {
    let plain = |byte: u8| PLAIN.get(usize::from(byte)).copied().unwrap_or(false);
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// A table, since every row of a large file asks.
#[allow(clippy::indexing_slicing, reason = "a constant: the index is a byte")]
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        let special = matches!(
            byte,
            b'"' | b'\''
                | b'`'
                | b'<'
                | b'>'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'('
                | b')'
                | b'\\'
                | b'|'
                | b','
                | b';'
        );
        table[byte as usize] = !special;
        byte += 1;
    }
    table
};

/// An address that a person may open: http or https, no white space or control characters, at most 2,000 bytes.
#[cfg(feature = "file")]
pub(crate) fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'));
    (web && plain && text.len() <= 2_000).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_break_a_line_are_not_plain() {
        for id in ["12224879", "s001", "a:b/c_d.e-f"] {
            assert!(is_plain_id(id), "{id}");
        }
        for id in ["", "a b", "<b>", "a]", "a\nb", "é", &"x".repeat(129)] {
            assert!(!is_plain_id(id), "{id}");
        }
    }
}

//! The usage that an answer states.

mod counts;
mod places;
mod scan;
mod tally;

use ae_core::TokenUsage;

use crate::{
    Api, WireFailure,
    lines::{Lines, Piece, is_margin},
};
use scan::Scanner;
use tally::Tally;

/// Reads the usage of an answer while its body passes by, in chunks cut anywhere.
///
/// The body is server-sent events or JSON: its first byte tells which. Only the few values that are read are kept, so
/// the memory is bounded whatever the length of a line or of the body. The body must come without a content encoding.
#[derive(Debug)]
pub struct UsageReader {
    form: Form,
    scanner: Scanner,
    tally: Tally,
}

/// The form of the body.
#[derive(Debug)]
enum Form {
    /// Nothing but white space and a byte order mark so far.
    NotSeen,
    Json,
    Events(Lines),
}

impl UsageReader {
    /// A reader of one answer of `api`.
    #[must_use]
    pub fn new(api: Api) -> Self {
        Self { form: Form::NotSeen, scanner: Scanner::new(places::of(api)), tally: Tally::new(api) }
    }

    /// Takes the next bytes of the body.
    pub fn push(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        if matches!(self.form, Form::NotSeen) {
            let begin = bytes.iter().position(|byte| !is_margin(*byte)).unwrap_or(bytes.len());
            bytes = bytes.get(begin..).unwrap_or_default();
            match bytes.first() {
                None => return,
                Some(b'{' | b'[') => self.form = Form::Json,
                Some(_) => self.form = Form::Events(Lines::default()),
            }
        }
        let (scanner, tally) = (&mut self.scanner, &mut self.tally);
        match &mut self.form {
            Form::Events(lines) => lines.push(bytes, |piece| match piece {
                Piece::Data(data) => scanner.push(data, tally),
                Piece::LineEnd => scanner.push(b"\n", tally),
                Piece::EventEnd => {
                    scanner.reset(tally);
                    tally.forget_event();
                }
                Piece::Done => tally.done(),
            }),
            Form::NotSeen | Form::Json => scanner.push(bytes, tally),
        }
    }

    /// The tokens so far, or `None` if the answer has not stated any.
    ///
    /// A stream states running totals: before [`Self::is_complete`] more may have been used than was stated.
    #[must_use]
    pub fn usage(&self) -> Option<TokenUsage> {
        self.tally.usage()
    }

    /// Whether the answer came to its end: the event was seen that ends a stream, or the whole JSON.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match &self.form {
            Form::NotSeen => false,
            Form::Json => self.tally.is_complete(true),
            Form::Events(lines) => lines.is_done() || self.tally.is_complete(false),
        }
    }

    /// The model that answered, as the vendor names it.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.tally.model.as_deref()
    }

    /// The class of service that was given, as the vendor names it.
    #[must_use]
    pub fn service_tier(&self) -> Option<&str> {
        self.tally.service_tier.as_deref()
    }

    /// The web searches that the vendor made, or `None` if the answer does not say.
    #[must_use]
    pub fn web_searches(&self) -> Option<u64> {
        self.tally.web_searches
    }

    /// The error that the answer holds: the one of an error answer, or of an event after a good beginning.
    #[must_use]
    pub fn failure(&self) -> Option<&WireFailure> {
        self.tally.failure.as_ref()
    }

    /// The number of values that were too long or not understood, and so left out. Above zero the usage may be short of
    /// something.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.tally.skipped
    }
}

//! The body of an answer, piece by piece, within its limits.

use std::{borrow::Cow, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use ae_core_http::Passed;
use bytes::Bytes;
use tokio::time::timeout;

use super::VendorLimits;

/// The body of an answer. Dropping it ends the exchange.
#[derive(Debug)]
pub(super) struct Body {
    backend: Cow<'static, str>,
    passed: Passed,
    /// The time to the first byte, until that is there.
    first_byte: Option<Duration>,
    between: Duration,
    bytes_max: usize,
    bytes: usize,
}

impl Body {
    pub(super) fn new(backend: Cow<'static, str>, passed: Passed, limits: &VendorLimits) -> Self {
        let (between, bytes_max) = (limits.between, limits.answer_bytes_max);
        Self { backend, passed, first_byte: None, between, bytes_max, bytes: 0 }
    }

    /// Sets the time to the first byte.
    pub(super) fn with_first_byte(mut self, first_byte: Option<Duration>) -> Self {
        self.first_byte = first_byte;
        self
    }

    pub(super) fn passed(&self) -> &Passed {
        &self.passed
    }

    /// The most bytes that it may have.
    pub(super) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// The bytes so far.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The next piece; `None` at the end. Cancel safe: a piece is counted when it is given.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, BackendError> {
        let wait = self.first_byte.unwrap_or(self.between);
        // A piece that is there already is taken even when the reader comes late.
        let Ok(piece) = timeout(wait, self.passed.chunk()).await else {
            let what = if self.first_byte.is_some() { "did not begin within" } else { "stopped for" };
            let message = format!("the answer {what} {} s", wait.as_secs_f32());
            return Err(self.lost(ErrorKind::Timeout, message).with_retry(Retry::Backoff));
        };
        let piece = piece?;
        self.first_byte = None;
        self.bytes = self.bytes.saturating_add(piece.as_ref().map_or(0, Bytes::len));
        if self.bytes > self.bytes_max {
            let message = format!("the answer has more than {} bytes", self.bytes_max);
            return Err(self.lost(ErrorKind::Protocol, message));
        }
        Ok(piece)
    }

    /// The error of an answer that did not come to its end. What was made until then may be billed.
    pub(super) fn lost(&self, kind: ErrorKind, message: impl Into<String>) -> BackendError {
        BackendError::new(kind, self.backend.clone(), "complete", message)
            .with_status(self.passed.status().as_u16())
            .with_effect(Effect::Unknown)
    }
}

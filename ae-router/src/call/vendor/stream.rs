//! A streamed answer, at the reader's pace.

use std::collections::VecDeque;

use ae_core::{BackendError, Effect, ErrorKind, Retry, TokenUsage};
use ae_core_wire::{EventReader, UsageReader};
use async_trait::async_trait;

use super::{Decoder, VendorClient, body::Body, client::completion};
use crate::{Delta, DeltaSource, Served};

/// A streamed answer. The next piece of the body is read when all before it were given; a drop ends the connection.
#[derive(Debug)]
pub(super) struct VendorStream {
    client: VendorClient,
    asked: String,
    served: Served,
    events: EventReader,
    reader: UsageReader,
    /// `None` at the end.
    open: Option<(Body, Box<dyn Decoder>)>,
    seen: bool,
    usage: Option<TokenUsage>,
    ready: VecDeque<Delta>,
    /// Given after the pieces before it.
    error: Option<BackendError>,
}

impl VendorStream {
    pub(super) fn new(
        client: VendorClient,
        asked: String,
        body: Body,
        decoder: Box<dyn Decoder>,
        served: Served,
    ) -> Self {
        Self {
            asked,
            served,
            events: EventReader::new(body.bytes_max()),
            reader: UsageReader::new(client.api()),
            client,
            open: Some((body, decoder)),
            seen: false,
            usage: None,
            ready: VecDeque::new(),
            error: None,
        }
    }

    /// Takes the next bytes of the body.
    fn take(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
        let pushed = self.events.push(bytes);
        while let Some(data) = self.events.next_event() {
            self.take_event(&data);
        }
        if let (Err(error), Some((body, _))) = (pushed, &self.open) {
            self.error.get_or_insert(body.lost(ErrorKind::Protocol, error.to_string()));
        }
        if let Some(failure) = self.reader.failure() {
            // The model has begun, so what it made until now may be billed, whatever the class.
            let error = self.client.failed(failure.clone(), self.served.clone());
            self.error = Some(error.with_effect(Effect::Unknown));
        }
        if self.error.is_none() && self.usage != self.reader.usage() {
            self.usage = self.reader.usage();
            self.ready.extend(self.usage.map(Delta::Usage));
        }
    }

    fn take_event(&mut self, data: &[u8]) {
        let (Some((_, decoder)), None) = (&mut self.open, &self.error) else { return };
        self.seen = true;
        let mut deltas = Vec::new();
        let read = decoder.event(data, &mut deltas);
        self.error = read.err().map(|error| error.with_effect(Effect::Unknown));
        self.ready.extend(deltas);
    }

    /// Takes the end of the body, good or bad.
    fn end(&mut self, end: Result<(), BackendError>) {
        if let Some(rest) = self.events.rest() {
            self.take_event(&rest);
            // Half an event is not one of its form.
            self.error = None;
        }
        let Some((body, decoder)) = self.open.take() else { return };
        match (decoder.finish(), end) {
            // What comes after the answer's own end does not count.
            (Some(content), _) => {
                let served = std::mem::take(&mut self.served);
                let whole = completion(&self.asked, content, &self.reader, served);
                self.ready.push_back(Delta::Finished(Box::new(whole)));
            }
            (None, Err(error)) => self.error = Some(error),
            (None, Ok(())) if !self.seen && body.bytes() > 0 => {
                self.error =
                    Some(body.lost(ErrorKind::Protocol, "the answer is not one of server-sent events"));
            }
            (None, Ok(())) => {
                let error = body.lost(ErrorKind::Unavailable, "the answer was cut: its end is missing");
                self.error = Some(error.with_retry(Retry::Backoff));
            }
        }
    }
}

#[async_trait]
impl DeltaSource for VendorStream {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        loop {
            if let Some(delta) = self.ready.pop_front() {
                return Ok(Some(delta));
            }
            if let Some(error) = self.error.take() {
                self.open = None;
                return Err(error);
            }
            let Some((body, _)) = &mut self.open else { return Ok(None) };
            match body.next().await {
                Ok(Some(bytes)) => self.take(&bytes),
                Ok(None) => self.end(Ok(())),
                Err(error) => self.end(Err(error)),
            }
        }
    }
}

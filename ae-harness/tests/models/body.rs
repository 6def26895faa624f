//! The body of an answer, which may end badly.

use std::{
    collections::VecDeque,
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::Frame;
use tokio::time::Sleep;

/// The silence before a late half.
const SILENCE: Duration = Duration::from_millis(1500);

#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Whole,
    /// The connection ends.
    Cut,
    /// Nothing more, on an open connection.
    Silence,
    /// Whole, with a silence before its second half.
    Late,
}

#[derive(Debug)]
pub(super) struct Body {
    pieces: VecDeque<Bytes>,
    end: End,
    /// Before a cut, since the bytes that were written have to leave first, or before a late half.
    wait: Option<Pin<Box<Sleep>>>,
    /// The number of pieces that come late.
    late: usize,
}

impl Body {
    pub(super) fn new(pieces: Vec<String>, end: End) -> Self {
        let late = if matches!(end, End::Late) { pieces.len() / 2 } else { 0 };
        Self { pieces: pieces.into_iter().map(Bytes::from).collect(), end, wait: None, late }
    }

    pub(super) fn whole(text: String) -> Self {
        Self::new(vec![text], End::Whole)
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.late > 0 && self.late == self.pieces.len() {
            let wait = self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(SILENCE)));
            if wait.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.late = 0;
        }
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        match self.end {
            End::Whole | End::Late => Poll::Ready(None),
            End::Silence => Poll::Pending,
            End::Cut => {
                let wait =
                    self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(Duration::from_millis(50))));
                wait.as_mut().poll(cx).map(|()| Some(Err(io::Error::other("cut"))))
            }
        }
    }
}

//! Bodies: of a request, whole and within bounds; of an answer, whole or as it comes.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::{
    HeaderMap,
    body::{Body, Frame, Incoming, SizeHint},
    header::CONTENT_LENGTH,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::errors::Failure;

/// The time for the body of a request.
const WITHIN: Duration = Duration::from_secs(60);

/// The number of largest requests for which there is room at a time.
const LARGEST: usize = 8;

/// Room for the bodies of requests, in KiB, so that callers don't fill the memory.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    kibibytes: Arc<Semaphore>,
}

impl Room {
    pub(crate) fn new(most: usize) -> Self {
        let kibibytes = kibibytes(most).saturating_mul(LARGEST).min(Semaphore::MAX_PERMITS);
        Self { most, kibibytes: Arc::new(Semaphore::new(kibibytes)) }
    }

    /// Reads a body, within the limits of size, room and time. The permit holds its room.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Incoming,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Failure> {
        let most = self.most;
        let too_large = || Failure::invalid(413, format!("the request has more than {most} bytes"));
        let stated = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if stated.is_some_and(|bytes| bytes > most) {
            return Err(too_large());
        }
        let read = async {
            // A body of no stated length may be as long as any.
            let share = u32::try_from(kibibytes(stated.unwrap_or(most))).unwrap_or(u32::MAX);
            let room = Arc::clone(&self.kibibytes).acquire_many_owned(share).await;
            let room = room.map_err(|_| Failure::invalid(503, "the proxy stops"))?;
            let mut body = std::pin::pin!(body);
            let mut whole = BytesMut::with_capacity(stated.unwrap_or(0));
            while let Some(frame) = std::future::poll_fn(|cx| Pin::as_mut(&mut body).poll_frame(cx)).await {
                let frame = frame.map_err(|_| Failure::invalid(400, "the request was cut"))?;
                let Ok(piece) = frame.into_data() else { continue };
                if whole.len().saturating_add(piece.len()) > most {
                    return Err(too_large());
                }
                whole.extend_from_slice(&piece);
            }
            Ok((whole.freeze(), room))
        };
        let late = || Failure::invalid(408, "the request did not arrive in time");
        tokio::time::timeout(WITHIN, read).await.unwrap_or_else(|_| Err(late()))
    }
}

/// A size in KiB, rounded up.
fn kibibytes(bytes: usize) -> usize {
    bytes.div_ceil(1_024).max(1)
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Sent {
    Whole(Bytes),
    Pieces(mpsc::Receiver<Bytes>),
}

impl From<String> for Sent {
    fn from(text: String) -> Self {
        Self::Whole(Bytes::from(text))
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Pieces(pieces) => {
                pieces.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

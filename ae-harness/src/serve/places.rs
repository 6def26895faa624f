//! The places that connections take, and whether each is at work.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use hyper::{
    body::{Body, Frame, SizeHint},
    rt::{Read, ReadBufCursor, Write},
};
use tokio::sync::Notify;

/// A connection as the accepting loop sees it.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Whether a request is being answered.
    answering: AtomicBool,
    /// Whether the client has not taken what was written.
    blocked: AtomicBool,
    /// Wakes the connection when another takes its place.
    pub(super) evicted: Notify,
}

impl Place {
    fn is_idle(&self) -> bool {
        !self.answering.load(Ordering::Acquire) && !self.blocked.load(Ordering::Acquire)
    }
}

/// The open connections, oldest first.
#[derive(Debug, Default)]
pub(super) struct Places(VecDeque<Arc<Place>>);

impl Places {
    /// Opens a place; those whose connections have ended are given up.
    pub(super) fn open(&mut self) -> Arc<Place> {
        self.0.retain(|place| Arc::strong_count(place) > 1);
        let place = Arc::new(Place::default());
        self.0.push_back(Arc::clone(&place));
        place
    }

    /// Ends the oldest connection without an answer under way; `false` if there is none.
    pub(super) fn evict(&mut self) -> bool {
        let idle = |place: &Arc<Place>| Arc::strong_count(place) > 1 && place.is_idle();
        let oldest = self.0.iter().position(idle).and_then(|index| self.0.remove(index));
        oldest.inspect(|place| place.evicted.notify_one()).is_some()
    }
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering(Arc<Place>);

impl Answering {
    pub(super) fn begin(place: Arc<Place>) -> Self {
        place.answering.store(true, Ordering::Release);
        Self(place)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.store(false, Ordering::Release);
    }
}

/// The body of an answer, which is under way until the HTTP library has taken all of it and drops this. What it has not
/// written then is seen by [`Watched`].
#[derive(Debug)]
pub(super) struct Answer<B> {
    pub(super) body: B,
    pub(super) _under_way: Answering,
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that says whether its client takes what is written.
#[derive(Debug)]
pub(super) struct Watched<I> {
    pub(super) io: I,
    pub(super) place: Arc<Place>,
}

impl<I> Watched<I> {
    fn noted<T>(&self, polled: Poll<T>) -> Poll<T> {
        self.place.blocked.store(polled.is_pending(), Ordering::Release);
        polled
    }
}

impl<I: Read + Unpin> Read for Watched<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<I: Write + Unpin> Write for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, bytes);
        self.noted(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(context);
        self.noted(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(context, parts);
        self.noted(polled)
    }
}

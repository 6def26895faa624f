//! The events of a call, as a stream.

mod event;
mod queue;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

pub use self::event::{Event, Modes};
use self::queue::Queue;
pub(crate) use self::queue::Sink;
use crate::{App, Ending, GraphError, Input, RunConfig, State, app::drive, node::BoxFuture};

/// The events of one call. Dropping it stops the call where it waits: the thread stands at its last commit, and what
/// had finished before the others is kept.
pub struct GraphStream<S: State> {
    queue: Arc<Queue<S>>,
    call: Option<BoxFuture<'static, Result<Ending<S>, GraphError>>>,
    error: Option<GraphError>,
}

impl<S: State> GraphStream<S> {
    pub(crate) fn new(app: App<S>, input: Input<S>, config: RunConfig, modes: Modes) -> Self {
        let queue = Arc::new(Queue::new(modes));
        let sink = Sink::new(Arc::clone(&queue));
        let call = async move { drive::invoke(&app, input, &config, Some(&sink)).await };
        Self { queue, call: Some(Box::pin(call)), error: None }
    }

    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Event<S>, GraphError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<S: State> Stream for GraphStream<S> {
    type Item = Result<Event<S>, GraphError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.queue.take() {
                return Poll::Ready(Some(Ok(event)));
            }
            let Some(call) = &mut this.call else {
                return Poll::Ready(this.error.take().map(Err));
            };
            match call.as_mut().poll(cx) {
                Poll::Ready(ended) => {
                    this.call = None;
                    match ended {
                        Ok(ending) => this.queue.close(Some(Event::Ended(ending))),
                        Err(error) => {
                            this.queue.close(None);
                            this.error = Some(error);
                        }
                    }
                }
                Poll::Pending if this.queue.wait(cx) => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

impl<S: State> Drop for GraphStream<S> {
    fn drop(&mut self) {
        self.queue.close(None);
    }
}

impl<S: State> fmt::Debug for GraphStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphStream").field("modes", &self.queue.modes()).finish_non_exhaustive()
    }
}

//! A request on its way to the vendor, its answer on the way back, and the books.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, IdempotencyKey, Money};
use ae_core_http::Passed;
use ae_core_wire::{Api, RefusalKind, UsageReader};
use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, header::CONTENT_ENCODING};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{
    ProxyOptions,
    answer::Refused,
    body::{Cut, Sent},
    headers,
    session::{Busy, Session},
};
use crate::meter::CallAnswer;

/// The pieces of an answer that may wait for an agent that reads slowly; the vendor waits with them.
const PIECES_WAITING: usize = 16;

/// A request, as the vendor gets it.
#[derive(Debug)]
pub(super) struct Onward {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The room that the body takes, until it is sent.
    pub(super) room: OwnedSemaphorePermit,
}

/// The reservation of a call.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) key: IdempotencyKey,
    pub(super) aside: Option<Money>,
}

/// An exchange with the vendor.
#[derive(Debug)]
pub(super) struct Flight {
    /// Dropped last, when everything is booked.
    pub(super) busy: Busy,
    pub(super) session: Arc<Session>,
    /// `None` for a request without a price.
    pub(super) reserved: Option<Reserved>,
    pub(super) api: Api,
    pub(super) stream: bool,
}

/// The beginning of an answer, for the agent.
type Head = oneshot::Sender<Result<Response<Sent>, Refused>>;

/// The end of a call, for the books.
#[derive(Debug)]
enum End {
    /// The vendor certainly did not make it, or refused it.
    Void,
    /// It was, or may have been, made.
    Made(CallAnswer),
}

impl End {
    /// The end of a call whose answer did not arrive as a whole.
    fn lost() -> Self {
        Self::Made(CallAnswer::new())
    }
}

impl Flight {
    /// Sends the request, passes the answer on and books the call.
    pub(super) async fn fly(self, options: ProxyOptions, onward: Onward, head: Head) {
        let end = self.exchange(&options, onward, head).await;
        if let Some(reserved) = &self.reserved {
            self.book(reserved, end).await;
        }
        drop(self.busy);
    }

    async fn exchange(&self, options: &ProxyOptions, onward: Onward, mut head: Head) -> End {
        let relay = &self.session.relay;
        let sending =
            relay.send(onward.method, &onward.path, onward.query.as_deref(), onward.headers, onward.body);
        let mut sending = std::pin::pin!(sending);
        let patience = if self.stream { options.first_byte } else { options.whole_answer };
        let answered = tokio::select! {
            answered = tokio::time::timeout(patience, sending.as_mut()) => answered,
            // The call is made by now: its cost is still to be found out.
            () = head.closed() => tokio::time::timeout(options.drain, sending.as_mut()).await,
            () = self.session.closed.cancelled() => {
                tokio::time::timeout(options.drain, sending.as_mut()).await
            }
        };
        drop(onward.room);
        match answered {
            Ok(Ok(passed)) => self.pass(options, passed, head).await,
            Ok(Err(error)) => {
                let _ = head.send(Err(Refused::new(RefusalKind::Unreachable, error.message())));
                if error.effect() == Effect::NotApplied { End::Void } else { End::lost() }
            }
            Err(_) => {
                let message = format!("the vendor did not begin to answer within {} s", patience.as_secs());
                let _ = head.send(Err(Refused::new(RefusalKind::TimedOut, message)));
                End::lost()
            }
        }
    }

    /// Passes an answer on, reads its usage on the way, and reads the rest of it when the agent has gone.
    async fn pass(&self, options: &ProxyOptions, mut passed: Passed, head: Head) -> End {
        let (pieces, waiting) = mpsc::channel(PIECES_WAITING);
        let mut response = Response::new(Sent::Pieces(waiting));
        *response.status_mut() = passed.status();
        *response.headers_mut() = headers::back(passed.headers().clone());
        let mut reading = Reading { reader: UsageReader::new(self.api), idle: options.idle };
        let has_reader = head.send(Ok(response)).is_ok();
        let delivered = if has_reader {
            tokio::select! {
                delivered = tokio::time::timeout(options.delivery, reading.deliver(&mut passed, &pieces)) => {
                    delivered.unwrap_or(Delivered::Gone)
                }
                () = self.session.closed.cancelled() => Delivered::Gone,
            }
        } else {
            Delivered::Gone
        };
        match delivered {
            Delivered::Whole => {}
            // The agent sees that its answer was cut, as it would without a proxy.
            Delivered::Cut => drop(pieces.send(Err(Cut)).await),
            Delivered::Gone => {
                let _ = pieces.try_send(Err(Cut));
                drop(pieces);
                let _ = tokio::time::timeout(options.drain, reading.drain(&mut passed)).await;
            }
        }
        reading.end(&passed)
    }

    async fn book(&self, reserved: &Reserved, end: End) {
        let meter = &self.session.plan.meter;
        let usage = match &end {
            End::Made(answer) => answer.usage,
            End::Void => None,
        };
        let is_void = matches!(end, End::Void);
        let booked = match end {
            End::Void => meter.void(&reserved.key).await.map(|()| None),
            End::Made(answer) => meter.settle(&reserved.key, &answer).await,
        };
        let mut tally = self.session.tally();
        if let (Some(aside), Some(this)) = (tally.aside, reserved.aside) {
            tally.aside = aside.checked_sub(this).ok();
        }
        let spend = &mut tally.spend;
        spend.in_flight = spend.in_flight.saturating_sub(1);
        let one_more = |count: &mut u64| *count = count.saturating_add(1);
        match booked {
            Err(_) => one_more(&mut spend.not_booked),
            Ok(_) if is_void => one_more(&mut spend.failed),
            Ok(None) => one_more(&mut spend.unpriced),
            Ok(Some(cost)) => {
                let sum = spend.cost.map_or(Ok(cost), |sum| sum.checked_add(cost));
                spend.cost = sum.ok().or(spend.cost);
            }
        }
        match usage.map(|usage| spend.usage.checked_add(usage)) {
            Some(Some(sum)) => spend.usage = sum,
            None if !is_void => one_more(&mut spend.unknown),
            _ => {}
        }
    }
}

/// The delivery of an answer to the agent.
enum Delivered {
    /// To its end.
    Whole,
    /// Up to the place where the vendor stopped.
    Cut,
    /// Up to the place where the agent went away.
    Gone,
}

/// An answer that passes by.
struct Reading {
    reader: UsageReader,
    idle: Duration,
}

impl Reading {
    /// The next piece; an error when the vendor cut the answer or was silent for too long.
    async fn next(&mut self, passed: &mut Passed) -> Result<Option<Bytes>, ()> {
        tokio::time::timeout(self.idle, passed.chunk())
            .await
            .map_err(drop)
            .and_then(|piece: Result<_, BackendError>| piece.map_err(drop))
    }

    async fn deliver(&mut self, passed: &mut Passed, pieces: &mpsc::Sender<Result<Bytes, Cut>>) -> Delivered {
        loop {
            let piece = match self.next(passed).await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Delivered::Whole,
                Err(()) => return Delivered::Cut,
            };
            self.reader.push(&piece);
            if pieces.send(Ok(piece)).await.is_err() {
                return Delivered::Gone;
            }
        }
    }

    async fn drain(&mut self, passed: &mut Passed) {
        while let Ok(Some(piece)) = self.next(passed).await {
            self.reader.push(&piece);
        }
    }

    /// The end of the call, by the status and the usage that the answer stated.
    fn end(&self, passed: &Passed) -> End {
        let reader = &self.reader;
        let is_plain = passed.headers().get(CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
        // Of a stream that was cut the usage is not the whole.
        let is_exact = is_plain && reader.is_complete() && reader.skipped() == 0;
        if let Some(usage) = reader.usage().filter(|_| is_exact) {
            let answer = CallAnswer::new()
                .with_usage(usage)
                .with_model(reader.model().map(str::to_owned))
                .with_service_tier(reader.service_tier().map(str::to_owned))
                .with_web_searches(reader.web_searches());
            return End::Made(answer);
        }
        if passed.status().is_success() || lost_on_the_way(passed.status()) { End::lost() } else { End::Void }
    }
}

/// Whether a status says that an answer was waited for in vain: the model may have run. With every other error a vendor
/// says that it did not serve the call, and bills nothing.
fn lost_on_the_way(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 504 | 524)
}

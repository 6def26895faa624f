//! The decision about a request.

use std::{pin::Pin, sync::Arc};

use ae_core::{BackendError, ErrorKind, Money};
use ae_core_wire::{Api, Call, CallFacts, RefusalKind, Route, refusal};
use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE},
    request::Parts,
};
use hyper::body::{Body, Incoming};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    NAME, Shared,
    body::Sent,
    flight::{Flight, Onward, Reserved},
    headers,
    session::Session,
};
use crate::meter::ModelCall;

/// A refusal: its form and status are the vendor's for the kind, unless it has a status of its own.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) kind: RefusalKind,
    pub(super) status: Option<StatusCode>,
    pub(super) message: String,
}

impl Refused {
    pub(super) fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into() }
    }

    fn answer(self, api: Api) -> Response<Sent> {
        let made = refusal(api, self.kind, &self.message);
        let mut response = Response::new(Sent::Whole(Bytes::from(made.body)));
        let status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.status_mut() = self.status.unwrap_or(status);
        for (name, value) in made.headers {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }
}

/// Answers a request of any kind.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    only: Option<&Session>,
    request: Request<Incoming>,
) -> Response<Sent> {
    let (parts, body) = request.into_parts();
    let named = parts.uri.path().strip_prefix("/r/").and_then(|rest| rest.split_once('/'));
    let session =
        named.filter(|(id, _)| only.is_none_or(|only| only.id == *id)).and_then(|(id, _)| shared.session(id));
    let Some(session) = session else {
        let mut response = Response::new(Sent::Whole(Bytes::from_static(b"no such session\n")));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        return response;
    };
    let path = named.map(|(_, rest)| format!("/{rest}")).unwrap_or_default();
    let route = Call::of(parts.method.as_str(), &path, parts.uri.query());
    let api = match &route {
        Route::Costs(call) => call.api,
        _ => session.api(),
    };
    match admit(shared, &session, parts, path, route, body).await {
        Ok(response) => response,
        Err(refused) => {
            let over_budget = refused.kind == RefusalKind::Budget;
            session.count(|spend| if over_budget { &mut spend.over_budget } else { &mut spend.refused });
            refused.answer(api)
        }
    }
}

/// Passes a request on, or says why not.
async fn admit(
    shared: &Arc<Shared>,
    session: &Arc<Session>,
    parts: Parts,
    path: String,
    route: Route,
    body: Incoming,
) -> Result<Response<Sent>, Refused> {
    let place = headers::place_of_key(&parts.headers, parts.uri.query(), |key| session.is_stand_in(key))
        .ok_or_else(|| {
            Refused::new(RefusalKind::Unauthenticated, "the key is not the one of this session")
        })?;
    if matches!(route, Route::Unknown) || parts.headers.contains_key(UPGRADE) {
        let message = format!("this proxy passes calls of models on, and {} {path} is not one", parts.method);
        return Err(Refused::new(RefusalKind::NotAllowed, message));
    }
    let (body, room) = whole(shared, &parts.headers, body).await?;
    let busy = session.begin();
    let (reserved, api, stream) = match route {
        Route::Costs(call) => {
            let facts = facts(session, &call, &parts.headers, &body)?;
            let stream = facts.stream;
            (Some(reserve(session, facts).await?), call.api, stream)
        }
        _ => {
            session.count(|spend| &mut spend.free);
            (None, session.api(), false)
        }
    };
    let onward = Onward {
        query: headers::query_onward(parts.uri.query()),
        headers: headers::onward(parts.headers, place, &session.vendor_key),
        method: parts.method,
        path,
        body,
        room,
    };
    let flight = Flight { busy, session: Arc::clone(session), reserved, api, stream };
    let (head, answered) = oneshot::channel();
    // A task of its own: it books the call also when the agent has gone and this future with it.
    tokio::spawn(flight.fly(shared.options.clone(), onward, head));
    answered.await.unwrap_or_else(|_| Err(Refused::new(RefusalKind::Unreachable, "the proxy was stopped")))
}

/// The facts of a call that may be made.
fn facts(session: &Session, call: &Call, headers: &HeaderMap, body: &[u8]) -> Result<CallFacts, Refused> {
    let not_allowed = |message: String| Refused::new(RefusalKind::NotAllowed, message);
    if !session.plan.apis.contains(&call.api) {
        return Err(not_allowed(format!("calls in the form {} are not allowed in this session", call.api)));
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(not_allowed("a compressed request can't be read: send it as it is".to_owned()));
    }
    let facts = CallFacts::read(call, body).map_err(|error| not_allowed(error.message().to_owned()))?;
    let allowed = &session.plan.models;
    for model in std::iter::once(&facts.model).chain(&facts.other_models) {
        if !allowed.is_empty() && !allowed.contains(model) {
            let shown: String = model.chars().take(80).collect();
            let message = format!("the model {shown} is not allowed here: use one of {}", allowed.join(", "));
            return Err(Refused::new(RefusalKind::ModelNotAllowed, message));
        }
    }
    Ok(facts)
}

/// Sets the most that a call can cost aside, at the meter and within the session.
async fn reserve(session: &Arc<Session>, facts: CallFacts) -> Result<Reserved, Refused> {
    let call = ModelCall::new(facts.api.to_string(), facts.model, facts.input_bytes)
        .with_other_models(facts.other_models)
        .with_input_unbounded(facts.input_elsewhere || facts.media > 0)
        .with_cache_write_1h(facts.cache_write_1h)
        .with_server_tools(facts.server_tools)
        .with_service_tier(facts.service_tier);
    let call = match facts.output_tokens_max {
        Some(most) => call.with_output_tokens_max(most),
        None => call,
    };
    let key = session.next_key();
    let aside = session.plan.meter.reserve(&key, &call).await.map_err(|error| refused_by_meter(&error))?;
    if let Err(refused) = within_session(session, aside) {
        // Nothing was sent, so a reservation that can't be freed errs on the safe side.
        let _ = session.plan.meter.void(&key).await;
        return Err(refused);
    }
    Ok(Reserved { key, aside })
}

/// Counts a call in if it fits into the session's own limit.
fn within_session(session: &Session, amount: Option<Money>) -> Result<(), Refused> {
    let mut tally = session.tally();
    let after = match (tally.aside, amount) {
        (Some(aside), Some(amount)) => Some(aside.checked_add(amount).map_err(|error| mixed(&error))?),
        (aside, amount) => amount.or(aside),
    };
    if let Some(most) = session.plan.cost_max {
        let Some(after) = after.filter(|_| amount.is_some()) else {
            let message = "the model has no price, so the limit of this session can't be kept";
            return Err(Refused::new(RefusalKind::NotAllowed, message));
        };
        let spent = tally.spend.cost.unwrap_or(Money::zero(most.currency()));
        let total = spent.checked_add(after).map_err(|error| mixed(&error))?;
        if total.exceeds(most).map_err(|error| mixed(&error))? {
            let message = format!(
                "the limit of {most} for this run is used up: {spent} is spent, and with this call {after} is set aside"
            );
            return Err(Refused::new(RefusalKind::Budget, message));
        }
    }
    tally.aside = after;
    tally.spend.calls = tally.spend.calls.saturating_add(1);
    tally.spend.in_flight = tally.spend.in_flight.saturating_add(1);
    Ok(())
}

fn mixed(error: &ae_core::MoneyError) -> Refused {
    Refused::new(RefusalKind::NotAllowed, format!("the cost of the call can't be added up: {error}"))
}

fn refused_by_meter(error: &BackendError) -> Refused {
    let kind = match error.kind() {
        ErrorKind::QuotaExceeded => RefusalKind::Budget,
        ErrorKind::NotFound => RefusalKind::ModelNotAllowed,
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::RateLimited => RefusalKind::Unreachable,
        _ => RefusalKind::NotAllowed,
    };
    Refused::new(kind, error.message())
}

/// A size in KiB, rounded up.
pub(super) fn kibibytes(bytes: usize) -> usize {
    bytes.div_ceil(1_024).max(1)
}

/// The whole body of a request, within the limits of size, room and time.
async fn whole(
    shared: &Shared,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<(Bytes, OwnedSemaphorePermit), Refused> {
    let most = shared.options.request_bytes_max;
    let too_large = || Refused {
        kind: RefusalKind::NotAllowed,
        status: Some(StatusCode::PAYLOAD_TOO_LARGE),
        message: format!("the request has more than {most} bytes"),
    };
    let stated = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    // Refused before it is sent, where the agent asks first.
    if stated.is_some_and(|bytes| bytes > most) {
        return Err(too_large());
    }
    let read = async {
        // A body of no stated length may be as long as any.
        let share = u32::try_from(kibibytes(stated.unwrap_or(most))).unwrap_or(u32::MAX);
        let room = Arc::clone(&shared.room).acquire_many_owned(share).await;
        let room = room.map_err(|_| Refused::new(RefusalKind::Unreachable, "the proxy was stopped"))?;
        let mut body = std::pin::pin!(body);
        let mut whole = BytesMut::with_capacity(stated.unwrap_or(0));
        while let Some(frame) = std::future::poll_fn(|cx| Pin::as_mut(&mut body).poll_frame(cx)).await {
            let frame = frame.map_err(|_| Refused::new(RefusalKind::NotAllowed, "the request was cut"))?;
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len().saturating_add(piece.len()) > most {
                return Err(too_large());
            }
            whole.extend_from_slice(&piece);
        }
        Ok((whole.freeze(), room))
    };
    tokio::time::timeout(shared.options.request, read).await.unwrap_or_else(|_| {
        Err(Refused {
            kind: RefusalKind::NotAllowed,
            status: Some(StatusCode::REQUEST_TIMEOUT),
            message: format!("{NAME}: the request did not arrive in time"),
        })
    })
}

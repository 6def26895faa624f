//! One call: routed, answered in the caller's form, settled whatever happens.

use std::{sync::Arc, time::Duration};

use ae_router::{
    Answer, AnswerStream, Budget as _, Call, CallError, Delta, RouteDecision, Try,
    core::{Cancel, Money},
};
use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName},
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    Proxy,
    answer::{Ending, failed, sent, set},
    body::Sent,
    errors::Failure,
    keys::Access,
    wire::{Asked, Form, Stamp, Writer, whole},
};

/// The pieces that wait for the client at most.
const PIECES: usize = 8;

/// The time in which a client has to take a piece. One that does not read holds a reservation.
const TAKEN_WITHIN: Duration = Duration::from_secs(120);

/// Reads a request, and checks that the caller may ask for its model.
pub(crate) fn read(proxy: &Proxy, access: &Access, form: Form, body: &[u8]) -> Result<Asked, Failure> {
    let asked = Asked::read(form, body, &proxy.vendors.seal)?;
    let model = &asked.request.model;
    if !model.is_empty() && (proxy.vendors.serves(model).is_none() || !access.may_name(model)) {
        return Err(Failure::no_model(model));
    }
    Ok(asked)
}

/// Makes the call. Dropping the answer, or the future, cancels it.
pub(crate) async fn run(
    proxy: &Arc<Proxy>,
    access: &Arc<Access>,
    asked: Asked,
    room: OwnedSemaphorePermit,
    mut ending: Ending,
) -> Response<Sent> {
    let id = proxy.runtime.ids.new_uuid().simple().to_string();
    let stamp = Stamp { id, created: proxy.runtime.now().as_second() };
    let call = Call::new(asked.request.clone());
    if asked.stream {
        let stream = match access.router.stream(&call).await {
            Ok(stream) => stream,
            Err(error) => return refused(access, &error, &stamp, &mut ending).await,
        };
        let calls_at_end = stream.model().provider == "google";
        let writer =
            Writer::new(&asked, stamp.clone(), &stream.model().id, calls_at_end, &proxy.vendors.seal);
        let (out, pieces) = mpsc::channel(PIECES);
        let mut answer = Response::new(Sent::Pieces(pieces));
        let headers = answer.headers_mut();
        set(headers, CONTENT_TYPE, "text/event-stream; charset=utf-8");
        set(headers, CACHE_CONTROL, "no-cache");
        set(headers, MODEL, &stream.model().id);
        facts(headers, access, &stamp, Some(stream.decision())).await;
        ending.status = 499;
        tokio::spawn(pump(stream, writer, out, proxy.stopped.clone(), ending, room));
        return answer;
    }
    match access.router.complete(&call).await {
        Ok(answer) => {
            ending.status = 200;
            let body = whole(&asked, &stamp, &answer.completion, &proxy.vendors.seal);
            let mut sent = sent(StatusCode::OK, &body);
            let headers = sent.headers_mut();
            set(headers, MODEL, &answer.completion.model);
            costs(headers, answer.cost, &answer.tries);
            facts(headers, access, &stamp, Some(&answer.decision)).await;
            sent
        }
        Err(error) => refused(access, &error, &stamp, &mut ending).await,
    }
}

const MODEL: HeaderName = HeaderName::from_static("x-ae-model");

/// The headers of any answer to a call.
async fn facts(headers: &mut HeaderMap, access: &Access, stamp: &Stamp, decision: Option<&RouteDecision>) {
    set(headers, HeaderName::from_static("x-request-id"), &format!("req_{}", stamp.id));
    if let Some(decision) = decision {
        set(headers, HeaderName::from_static("x-ae-tier"), decision.tier.as_str());
        set(headers, HeaderName::from_static("x-ae-reason"), &decision.reasoning);
    }
    if let Ok(Some(left)) = access.ledger.left().await {
        let name = HeaderName::from_static("x-ae-budget-left-usd");
        set(headers, name, &left.to_decimal().to_string());
    }
}

/// The cost, where it is measured, and the amount that the budget counts.
fn costs(headers: &mut HeaderMap, cost: Option<Money>, tries: &[Try]) {
    if let Some(cost) = cost {
        set(headers, HeaderName::from_static("x-ae-cost-usd"), &cost.to_decimal().to_string());
    }
    set(headers, HeaderName::from_static("x-ae-tries"), &tries.len().to_string());
}

async fn refused(access: &Access, error: &CallError, stamp: &Stamp, ending: &mut Ending) -> Response<Sent> {
    let failure = Failure::of_call(error);
    ending.status = failure.status;
    let mut answer = failed(&failure);
    costs(answer.headers_mut(), error.cost(), error.tries());
    facts(answer.headers_mut(), access, stamp, error.decision()).await;
    answer
}

/// Hands the pieces on until the answer ends, the client goes, or the proxy stops.
async fn pump(
    mut stream: AnswerStream,
    mut writer: Writer,
    out: mpsc::Sender<Bytes>,
    stopped: Cancel,
    mut ending: Ending,
    _room: OwnedSemaphorePermit,
) {
    let mut text = writer.begin();
    let mut last = None;
    loop {
        if !text.is_empty() && !send(&out, std::mem::take(&mut text)).await {
            return;
        }
        let next = tokio::select! {
            next = stream.next() => next,
            () = out.closed() => return,
            () = stopped.cancelled() => return,
        };
        match next {
            Ok(Some(Delta::Finished(completion))) => last = Some(completion),
            Ok(Some(piece)) => text = writer.piece(&piece),
            Ok(None) => break,
            Err(error) => {
                let failure = Failure::of_call(&error);
                ending.status = failure.status;
                send(&out, writer.error(&failure.body())).await;
                return;
            }
        }
    }
    ending.status = 200;
    let Some(completion) = last else { return };
    // The call is settled, so this does not wait.
    let cost = stream.finish().await.ok().and_then(|answer: Answer| answer.cost);
    let mut text = cost.map(|cost| format!(": x-ae-cost-usd {}\n\n", cost.to_decimal())).unwrap_or_default();
    text.push_str(&writer.end(&completion));
    send(&out, text).await;
}

/// Whether the client took it.
async fn send(out: &mpsc::Sender<Bytes>, text: String) -> bool {
    let sent = tokio::time::timeout(TAKEN_WITHIN, out.send(Bytes::from(text))).await;
    matches!(sent, Ok(Ok(())))
}

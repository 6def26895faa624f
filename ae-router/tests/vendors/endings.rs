//! Answers that stop, go on for too long, or are not waited for.

use std::time::Duration;

use ae_router::{
    CompletionStream, Delta, ModelClient, VendorLimits,
    core::{BackendError, Effect, ErrorKind, Retry},
};

use crate::{
    call,
    forms::{self, Form},
    server::{Act, Reply, Server},
};

const SHORT: Duration = Duration::from_millis(200);

async fn stream(
    form: &Form,
    server: &Server,
    limits: VendorLimits,
) -> Result<CompletionStream, BackendError> {
    let client = form.client(&server.url()).with_limits(limits).unwrap();
    client.stream(&call(), &form.request()).await
}

async fn stream_error(form: &Form, reply: Reply, limits: VendorLimits) -> BackendError {
    let server = Server::with(reply).await;
    match stream(form, &server, limits).await {
        Ok(stream) => stream.finish().await.unwrap_err(),
        Err(error) => error,
    }
}

async fn whole_error(form: &Form, reply: Reply, limits: VendorLimits) -> BackendError {
    let server = Server::with(reply).await;
    let client = form.client(&server.url()).with_limits(limits).unwrap();
    client.complete(&call(), &form.request()).await.unwrap_err()
}

fn begun(form: &Form) -> Reply {
    Reply::events(&form.events[..form.events.len() - form.end])
}

fn lost(error: &BackendError, kind: ErrorKind) {
    assert_eq!((error.kind(), error.retry()), (kind, Retry::Backoff), "{error:?}");
    assert_eq!(error.effect(), Effect::Unknown, "{error:?}");
}

#[tokio::test]
async fn a_cut_is_not_an_end() {
    for form in forms::all() {
        let limits = VendorLimits::default();
        let half = Reply::json(200, &form.whole).acts.remove(0);
        let Act::Bytes(half) = half else { panic!() };
        let half = &half[..half.len() / 2];
        for cut in [begun(&form), begun(&form).then(Act::Cut), begun(&form).bytes(&b"data: {\"can"[..])] {
            lost(&stream_error(&form, cut, limits).await, ErrorKind::Unavailable);
        }
        lost(
            &stream_error(&form, Reply::new(200, "text/event-stream"), limits).await,
            ErrorKind::Unavailable,
        );
        let cut = Reply::new(200, "application/json").bytes(half).then(Act::Cut);
        lost(&whole_error(&form, cut, limits).await, ErrorKind::Unavailable);
    }
}

/// Some servers leave the last blank line out, or the end of the body.
#[tokio::test]
async fn what_comes_after_the_end_does_not_count() {
    for form in forms::all() {
        let mut events = form.events.clone();
        let last = events.pop().unwrap().trim_end().to_owned();
        for reply in [Reply::events(&events).bytes(last), Reply::events(&form.events).then(Act::Cut)] {
            let server = Server::with(reply).await;
            let stream = stream(&form, &server, VendorLimits::default()).await.unwrap();
            let answer = stream.finish().await.unwrap();
            assert_eq!((answer.content, answer.usage), (form.means.content.clone(), form.means.usage));
        }
    }
}

#[tokio::test]
async fn an_answer_has_to_begin_in_time() {
    let limits = VendorLimits::default().with_first_byte(SHORT);
    for form in forms::all() {
        let no_head = Reply::new(200, "text/event-stream").then(Act::Silence);
        lost(&stream_error(&form, no_head, limits).await, ErrorKind::Timeout);
        // The head alone: an empty piece would be the end.
        let head = Reply::new(200, "text/event-stream").then(Act::Head).then(Act::Silence);
        lost(&stream_error(&form, head, limits).await, ErrorKind::Timeout);
        let whole = VendorLimits::default().with_whole(SHORT);
        let silent = Reply::new(200, "application/json").then(Act::Silence);
        lost(&whole_error(&form, silent.clone(), whole).await, ErrorKind::Timeout);
        lost(&stream_error(&form, silent, whole).await, ErrorKind::Timeout);
    }
}

#[tokio::test]
async fn an_answer_has_to_go_on() {
    let limits = VendorLimits::default().with_between(SHORT);
    for form in forms::all() {
        let silent = begun(&form).then(Act::Silence);
        lost(&stream_error(&form, silent.clone(), limits).await, ErrorKind::Timeout);
        let whole = VendorLimits::default().with_whole(SHORT);
        lost(&stream_error(&form, silent, whole).await, ErrorKind::Timeout);
        let half = Reply::new(200, "application/json").bytes("{").then(Act::Silence);
        lost(&whole_error(&form, half, limits).await, ErrorKind::Timeout);
    }
}

#[tokio::test]
async fn a_keep_alive_keeps_a_stream_alive() {
    // A second between pieces is much for this machine; six pauses are too much for one silence.
    let limits = VendorLimits::default().with_between(Duration::from_secs(1));
    for form in forms::all() {
        let mut reply = Reply::events(&form.events[..1]);
        for _ in 0..6 {
            reply = reply.then(Act::Pause(SHORT)).bytes(form.ping);
        }
        let reply = form.events[1..].iter().fold(reply, |reply, event| reply.bytes(event.clone()));
        let server = Server::with(reply).await;
        let answer = stream(&form, &server, limits).await.unwrap().finish().await.unwrap();
        assert_eq!(answer.content, form.means.content, "{}", form.name);
    }
}

#[tokio::test]
async fn an_answer_has_a_size() {
    for form in forms::all() {
        let limits = VendorLimits::default().with_answer_bytes_max(100_000);
        let huge = "x".repeat(200_000);
        let endless = Reply::new(200, "text/event-stream").bytes(format!("data: {huge}\n\n"));
        let comments = (0..40).fold(begun(&form), |reply, _| reply.bytes(format!(": {}\n\n", &huge[..5000])));
        for huge in [endless, comments] {
            for error in
                [stream_error(&form, huge.clone(), limits).await, whole_error(&form, huge, limits).await]
            {
                assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::Never), "{error:?}");
                assert_eq!(error.effect(), Effect::Unknown);
            }
        }
        // Of an error answer the beginning is enough.
        let long = Reply::new(429, "text/plain").header("retry-after", "3").bytes(huge);
        let error = whole_error(&form, long.then(Act::Silence), limits).await;
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn a_drop_ends_the_connection() {
    for form in forms::all() {
        let mut server = Server::with(begun(&form).then(Act::Silence)).await;
        let mut begun = stream(&form, &server, VendorLimits::default()).await.unwrap();
        while !matches!(begun.next().await.unwrap(), Some(Delta::Text(_))) {}
        drop(begun);
        server.client_gone().await;
    }
}

/// A `next` that is given up loses nothing.
#[tokio::test]
async fn a_stream_is_cancel_safe() {
    for form in forms::all() {
        let mut reply = Reply::new(200, "text/event-stream");
        for event in &form.events {
            // Cut within the event.
            let (before, after) = event.split_at(event.len() / 2);
            reply = reply.bytes(before).then(Act::Pause(Duration::from_millis(20))).bytes(after);
        }
        let server = Server::with(reply).await;
        let mut stream = stream(&form, &server, VendorLimits::default()).await.unwrap();
        let answer = loop {
            match tokio::time::timeout(Duration::from_millis(3), stream.next()).await {
                Err(_) => {}
                Ok(Ok(Some(Delta::Finished(answer)))) => break answer,
                Ok(Ok(Some(_))) => {}
                Ok(other) => panic!("{other:?}"),
            }
        };
        assert_eq!((answer.content, answer.usage), (form.means.content.clone(), form.means.usage));
    }
}

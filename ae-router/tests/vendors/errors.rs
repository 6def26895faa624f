//! Answers that are errors.

use ae_router::{
    Delta, ModelClient,
    core::{BackendError, Effect, ErrorKind, Retry},
};
use serde_json::json;

use crate::{
    KEY, call,
    forms::{self, Form},
    server::{Reply, Server},
};

/// The errors of both ways to call.
async fn both(form: &Form, reply: Reply) -> [BackendError; 2] {
    let server = Server::with(reply).await;
    let client = form.client(&server.url());
    let whole = client.complete(&call(), &form.request()).await.unwrap_err();
    let streamed = match client.stream(&call(), &form.request()).await {
        Ok(stream) => stream.finish().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(server.seen().len(), 2, "each call is made once");
    [whole, streamed]
}

#[tokio::test]
async fn every_error_has_its_class() {
    for form in forms::all() {
        for row in &form.errors {
            for error in both(&form, row.reply.clone()).await {
                let found = (error.kind(), error.retry(), error.effect());
                assert_eq!(found, (row.kind, row.retry, row.effect), "{}: {error:?}", form.name);
                assert_eq!((error.backend(), error.status()), (form.name, Some(row.reply.status)));
                let id = row.reply.headers.iter().find(|(name, _)| name.ends_with("request-id"));
                assert_eq!(error.request_id(), id.map(|(_, value)| value.as_str()));
            }
        }
    }
}

#[tokio::test]
async fn an_error_after_a_good_beginning_comes_after_its_pieces() {
    for form in forms::all() {
        for late in &form.late {
            // All but the end.
            let begun = form.events.len() - form.end;
            let events: Vec<_> = form.events[..begun].iter().cloned().chain([late.event.clone()]).collect();
            let server = Server::with(Reply::events(&events)).await;
            let mut stream = form.client(&server.url()).stream(&call(), &form.request()).await.unwrap();
            let mut text = String::new();
            let error = loop {
                match stream.next().await {
                    Ok(Some(Delta::Text(piece))) => text.push_str(&piece),
                    Ok(Some(Delta::Finished(_)) | None) => panic!("{}: not the end", form.name),
                    Ok(Some(_)) => {}
                    Err(error) => break error,
                }
            };
            assert_eq!(text, "I will look.", "{}", form.name);
            assert_eq!((error.kind(), error.retry()), (late.kind, late.retry), "{}: {error:?}", form.name);
            assert_eq!(error.effect(), Effect::Unknown, "what was made may be billed");
            assert_ne!(stream.usage().is_some(), form.counts_late, "{}: what was stated is known", form.name);
            assert_eq!(stream.next().await.unwrap(), None, "an error is the end");
        }
    }
}

#[tokio::test]
async fn an_error_with_a_good_status_is_one() {
    for form in forms::all() {
        let error = json!({ "error": { "message": "upstream failed", "code": 502, "type": "api_error" } });
        let server = Server::with(Reply::json(200, &error)).await;
        let error = form.client(&server.url()).complete(&call(), &form.request()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown), "{error:?}");
    }
}

#[tokio::test]
async fn garbage_is_not_an_answer() {
    for form in forms::all() {
        for body in ["<html>It works!</html>", "{\"a\": 1}", "[1, 2", "data: nonsense\n\n", "\u{0}\u{1}\u{2}"]
        {
            for error in both(&form, Reply::new(200, "text/html").bytes(body)).await {
                assert_eq!(error.kind(), ErrorKind::Protocol, "{} {body:?}: {error:?}", form.name);
                assert_eq!((error.retry(), error.effect()), (Retry::Never, Effect::Unknown));
                assert!(!error.message().contains("works"), "{error}");
            }
        }
        for error in both(&form, Reply::new(302, "text/html").header("location", "http://127.0.0.1:9/")).await
        {
            assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(302)), "not followed");
        }
    }
}

#[tokio::test]
async fn a_server_that_quotes_the_key_does_not_get_it_into_an_error() {
    for form in forms::all() {
        let quoted = json!({ "error": { "type": "authentication_error", "message": format!("bad key {KEY}!"), "code": KEY } });
        for error in both(&form, Reply::json(401, &quoted)).await {
            assert!(error.message().contains("bad key [secret]!"), "{error}");
            assert!(!format!("{error:?} {error}").contains(KEY));
        }
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for form in forms::all() {
        let client = form.client(&format!("http://{free}"));
        let error = client.complete(&call(), &form.request()).await.unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::NotApplied));
        let error = client.stream(&call(), &form.request()).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff));
    }
}

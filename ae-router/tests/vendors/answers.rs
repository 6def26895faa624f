//! Good answers.

use ae_router::{
    Completion, Delta, ModelClient, conformance,
    core::{Mode, Secret},
};
use serde_json::json;

use crate::{
    KEY, call, forms,
    server::{Reply, Server},
};

#[tokio::test]
async fn the_clients_keep_the_contract() {
    for form in forms::all() {
        let server = Server::start(form.good()).await;
        let client = form.client(&server.url());
        let ran = conformance::client::run_all(&client, form.model).await;
        assert_eq!(ran.skipped, ["C2", "C3"], "{}", form.name);
        assert_eq!(server.seen().len(), 3, "{}: refused requests are not sent", form.name);
    }
}

#[test]
fn a_client_says_what_it_is() {
    for form in forms::all() {
        let info = (form.client)().unwrap().info();
        assert_eq!((info.provider.name.as_str(), info.provider.mode), (form.name, Mode::Live));
        assert!(!info.simulated && !info.repeats);
    }
}

#[tokio::test]
async fn a_stream_and_a_whole_answer_mean_the_same() {
    for form in forms::all() {
        let server = Server::start(form.good()).await;
        let client = form.client(&server.url());
        let whole = client.complete(&call(), &form.request()).await.unwrap();
        assert_eq!(whole, form.means, "{}", form.name);
        let mut stream = client.stream(&call(), &form.request()).await.unwrap();
        let (mut text, mut thoughts, mut last) = (String::new(), String::new(), None);
        while let Some(delta) = stream.next().await.unwrap() {
            match &delta {
                Delta::Text(piece) => text.push_str(piece),
                Delta::Reasoning(piece) => thoughts.push_str(piece),
                _ => {}
            }
            last = Some(delta);
        }
        assert_eq!(last, Some(Delta::Finished(Box::new(form.means.clone()))), "{}", form.name);
        assert_eq!((text.as_str(), thoughts.as_str()), ("I will look.", form.thought));
        assert_eq!(stream.usage(), form.means.usage);
        let seen = server.seen();
        for (seen, target) in seen.iter().zip(form.targets) {
            assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", target));
            assert_eq!(seen.header(form.key.0), Some(form.key.1.as_str()), "{}", form.name);
            assert_eq!(seen.header("content-type"), Some("application/json"));
            assert!(!seen.target.contains(KEY) && !seen.body.to_string().contains(KEY));
        }
        assert_eq!(seen[1].header("accept-encoding"), Some("identity"));
    }
}

#[tokio::test]
async fn every_end_has_its_reason() {
    for form in forms::all() {
        for ending in &form.endings {
            let (whole, events) = (ending.whole.clone(), ending.events.clone());
            let server =
                Server::start(
                    move |seen| {
                        if seen.streams() { Reply::events(&events) } else { Reply::json(200, &whole) }
                    },
                )
                .await;
            let client = form.client(&server.url());
            let whole = client.complete(&call(), &form.request()).await.unwrap();
            let streamed = client.stream(&call(), &form.request()).await.unwrap().finish().await.unwrap();
            assert_eq!((whole.finish_reason, &whole), (ending.reason, &streamed), "{}", form.name);
            assert!(whole.usage.is_some(), "{}: it is billed", form.name);
        }
    }
}

#[tokio::test]
async fn usage_that_is_not_stated_is_not_zero() {
    let form = forms::all().remove(0);
    let answer =
        json!({ "type": "message", "content": [{ "type": "text", "text": "a" }], "stop_reason": "end_turn" });
    let server = Server::with(Reply::json(200, &answer)).await;
    let answer: Completion = form.client(&server.url()).complete(&call(), &form.request()).await.unwrap();
    assert_eq!((answer.usage, answer.model.as_str()), (None, form.model));
}

#[test]
fn a_key_is_checked_before_the_first_call_and_never_shown() {
    use ae_router::{VendorClient, core::ErrorKind};
    for (key, kind) in [
        ("", ErrorKind::Unauthenticated),
        (" \n", ErrorKind::Unauthenticated),
        ("sk-1\nx: y", ErrorKind::InvalidInput),
    ] {
        for client in
            [VendorClient::anthropic, VendorClient::gemini, VendorClient::openai, VendorClient::openai_chat]
        {
            let error = client(Secret::new(key.to_owned())).unwrap_err();
            assert_eq!(error.kind(), kind, "{key:?}");
            assert!(!format!("{error} {error:?}").contains("sk-1"));
        }
    }
    for form in forms::all() {
        let client = (form.client)().unwrap();
        assert!(!format!("{client:?}").contains(KEY));
        for bad in ["http://user:pass@x", "ftp://x", "https://x/?key=1", ""] {
            let error = client.clone().with_base_url(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }
}

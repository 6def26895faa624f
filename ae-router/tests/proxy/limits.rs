//! Callers, bounds and the end of the program, by plain requests.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    process::Process,
    server::Server,
    vendor::{asked, vendor},
};

fn ask(model: &str, text: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": text }] })
}

#[tokio::test]
async fn callers_get_what_is_theirs() {
    let vendor = vendor().await;
    let proxy = Process::start(&vendor.url(), &["--body-max", "5000"]);
    for (key, body, status) in [
        ("good-key", ask("lab", "[[hello]]"), 200),
        ("good-ke", ask("lab", "[[hello]]"), 401),
        ("small-key", ask("lab", "[[hello]]"), 200),
        // The only model of the key is in no tier.
        ("small-key", ask("auto", "[[hello]]"), 400),
        ("tier-key", ask("lab", "[[hello]]"), 404),
        ("tier-key", ask("auto", "[[strong]]"), 200),
        ("good-key", ask("lab", &"x".repeat(6_000)), 413),
        ("good-key", json!([]), 400),
    ] {
        let (found, answer) = proxy.chat(key, &body).await;
        assert_eq!(found, status, "{key} {body:.80}: {answer}");
    }
    let strong: Vec<_> =
        vendor.seen().into_iter().filter(|seen| seen.body.to_string().contains("[[strong]]")).collect();
    let named = strong.iter().map(|seen| format!("{} {}", seen.target, seen.body)).collect::<String>();
    assert!(["claude-opus", "gpt-5.5", "gemini-4"].iter().any(|model| named.contains(model)), "{named}");
    for (head, key, status) in [
        ("GET /healthz", "none", 200),
        ("GET /metrics", "none", 401),
        ("GET /metrics", "small-key", 403),
        ("GET /metrics", "good-key", 200),
        ("GET /v1/models", "none", 401),
        ("GET /v1/models/gpt-5.2", "small-key", 404),
        ("GET /v1/models/gpt%2D5.2", "good-key", 200),
        ("GET /v1/chat/completions", "good-key", 405),
        ("POST /v1/embeddings", "good-key", 404),
    ] {
        let fields = format!("authorization: Bearer {key}\r\n");
        let (found, answer) = proxy.send(head, &fields, "").await;
        assert_eq!(found, status, "{head} of {key}: {answer}");
    }
}

#[tokio::test]
async fn without_keys_only_programs_of_this_machine_are_served() {
    let vendor = vendor().await;
    let proxy = Process::start(&vendor.url(), &["--budget", "1"]);
    let body = ask("lab", "[[hello]]").to_string();
    let send = async |fields: &str| proxy.send("POST /v1/chat/completions", fields, &body).await.0;
    assert_eq!(send("").await, 200);
    assert_eq!(send("origin: https://example.com\r\n").await, 403);
    let mut stream = TcpStream::connect(&proxy.address).await.unwrap();
    stream
        .write_all(b"GET /v1/models HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

#[tokio::test]
async fn many_at_once_do_not_overspend() {
    let vendor = vendor().await;
    let proxy = Arc::new(Process::start(&vendor.url(), &[]));
    // The budget holds three reservations of such a call, and each call costs a small part of its own.
    let mut body = ask("gpt-5.2", "[[late]]");
    body["max_tokens"] = json!(400);
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (proxy, body) = (Arc::clone(&proxy), body.clone());
        calls.spawn(async move { proxy.chat("tight-key", &body).await });
    }
    let mut answered = 0;
    for (status, answer) in calls.join_all().await {
        if status == 200 {
            answered += 1;
        } else {
            assert!(status == 400 && answer.contains("insufficient_quota"), "{answer}");
        }
    }
    assert!(answered >= 1);
    assert_eq!(asked(&vendor, "[[late]]"), answered, "a refused call is not made");
    let line = "ae_proxy_requests_total{key=\"tight\",form=\"chat\",status=\"200\"}";
    proxy.metric(&format!("{line} {answered}")).await;
    proxy.metric("ae_proxy_reserved_usd{key=\"tight\"} 0").await;
}

/// Sends a call and gives its connection, once the vendor has it.
async fn send(proxy: &Process, vendor: &Server, body: &Value) -> TcpStream {
    let mut stream = TcpStream::connect(&proxy.address).await.unwrap();
    let body = body.to_string();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nconnection: close\r\nauthorization: Bearer good-key";
    let request =
        format!("{head}\r\nhost: {}\r\ncontent-length: {}\r\n\r\n{body}", proxy.address, body.len());
    let before = vendor.seen().len();
    stream.write_all(request.as_bytes()).await.unwrap();
    let there = async {
        while vendor.seen().len() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), there).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_goes_ends_its_call() {
    let mut vendor = vendor().await;
    let proxy = Process::start(&vendor.url(), &[]);
    for (stream, cancelled) in [(false, 1), (true, 2)] {
        let mut body = ask("gpt-5.2", "[[slow]]");
        body["stream"] = json!(stream);
        drop(send(&proxy, &vendor, &body).await);
        vendor.client_gone().await;
        proxy.metric("ae_proxy_reserved_usd{key=\"good\"} 0").await;
        let line = "ae_router_tries_total{model=\"gpt-5.2\",outcome=\"cancelled\"}";
        proxy.metric(&format!("{line} {cancelled}")).await;
        let line = "ae_proxy_requests_total{key=\"good\",form=\"chat\",status=\"499\"}";
        proxy.metric(&format!("{line} {cancelled}")).await;
    }
}

/// A call that does not end in the time that a stop gives is cancelled and booked.
#[cfg(unix)]
#[tokio::test]
async fn a_stop_does_not_wait_without_a_limit() {
    let vendor = vendor().await;
    let folder = tempfile::tempdir().unwrap();
    let spent = folder.path().join("spent.jsonl");
    for stream in [false, true] {
        let options = ["--grace", "0", "--spent", spent.to_str().unwrap()];
        let proxy = Process::start(&vendor.url(), &options);
        let mut body = ask("gpt-5.2", "[[slow]]");
        body["stream"] = json!(stream);
        let _open = send(&proxy, &vendor, &body).await;
        tokio::task::spawn_blocking(move || proxy.stop()).await.unwrap();
        let text = std::fs::read_to_string(&spent).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert!(last["cost"].is_string() && last["try"] != "", "{text}");
    }
}

/// A stop lets open calls end, and what was spent is known after a restart.
#[cfg(unix)]
#[tokio::test]
async fn a_stop_settles_and_a_restart_remembers() {
    let vendor = vendor().await;
    let folder = tempfile::tempdir().unwrap();
    let spent = folder.path().join("spent.jsonl");
    let options = ["--spent", spent.to_str().unwrap()];
    let proxy = Process::start(&vendor.url(), &options);
    let mut late = send(&proxy, &vendor, &ask("gpt-5.2", "[[late]]")).await;
    tokio::task::spawn_blocking(move || proxy.stop()).await.unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Late."), "{answer}");
    let cost = answer.lines().find_map(|line| line.strip_prefix("x-ae-cost-usd: ")).unwrap();

    let proxy = Process::start(&vendor.url(), &options);
    let metrics = proxy.metrics().await;
    let line = metrics.lines().find(|line| line.starts_with("ae_proxy_spent_usd{key=\"good\"}")).unwrap();
    let booked: f64 = line.split(' ').nth(1).unwrap().parse().unwrap();
    // A booking is rounded up to a millionth.
    let cost: f64 = cost.trim().parse().unwrap();
    assert!(booked >= cost && booked < cost + 2e-6, "{line}, {cost}");
}

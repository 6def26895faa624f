//! Agents that send too much, or too slowly.

use std::time::Duration;

use ae_harness::ProxyOptions;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    answers::messages,
    client::{exchange, over, parse, post},
    fixture::{setup, soon},
    vendor::{Answer, Vendor},
};

async fn answering() -> Vendor {
    Vendor::start([Answer::stream([messages().body.as_bytes()])]).await
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let options = ProxyOptions::new().with_request_bytes_max(1_000);
    let setup = setup("10", answering().await, options).await;
    let key = format!("x-api-key: {}\r\n", setup.session.key().expose());
    let path = setup.path("/v1/messages");
    let stated = post(&path, &key, &"x".repeat(1_001));
    assert_eq!(soon(exchange(setup.port(), &stated)).await.status, 413);
    let mut chunked = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}transfer-encoding: chunked\r\n\r\n"
    );
    chunked.push_str(&format!("3e9\r\n{}\r\n0\r\n\r\n", "x".repeat(1_001)));
    assert_eq!(soon(exchange(setup.port(), chunked.as_bytes())).await.status, 413);
    // One that asks first never gets to send it.
    let asks = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}expect: 100-continue\r\ncontent-length: 9999\r\n\r\n"
    );
    assert_eq!(soon(exchange(setup.port(), asks.as_bytes())).await.status, 413);
    assert!(setup.vendor.seen().is_empty());
}

#[tokio::test]
async fn a_slow_request_is_given_up() {
    let short = Duration::from_millis(150);
    let options = ProxyOptions::new().with_head(short).with_request(short);
    let setup = setup("10", answering().await, options).await;
    let mut head = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    head.write_all(b"POST /r/").await.unwrap();
    let mut end = Vec::new();
    let _ = soon(head.read_to_end(&mut end)).await;
    assert!(!String::from_utf8_lossy(&end).contains("200"));

    let key = format!("x-api-key: {}\r\n", setup.session.key().expose());
    let whole = post(&setup.path("/v1/messages"), &key, messages().request);
    let mut body = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    body.write_all(&whole[..whole.len() - 5]).await.unwrap();
    let mut end = Vec::new();
    let _ = soon(body.read_to_end(&mut end)).await;
    assert_eq!(parse(&end).status, 408);
    assert!(setup.vendor.seen().is_empty());
}

#[tokio::test]
async fn connections_beyond_the_most_wait_for_a_place() {
    let options = ProxyOptions::new().with_connections_max(1).with_head(Duration::from_millis(300));
    let setup = setup("10", answering().await, options).await;
    let idle = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    let waiting = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    // The idle one loses its place with its time.
    assert_eq!(soon(over(waiting, &setup.request(&messages()))).await.status, 200);
    drop(idle);
}

#[tokio::test]
async fn bodies_wait_for_room() {
    let setup = setup("10", answering().await, ProxyOptions::new().with_request_bytes_max(2_048)).await;
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nexpect: 100-continue\r\ncontent-length: 2048\r\n\r\n",
        setup.path("/v1/messages"),
        setup.session.key().expose()
    );
    let ask = || async {
        let mut stream = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };
    // The leave to send comes when there is room.
    let leave = |mut stream: TcpStream| async move {
        let mut read = [0; 12];
        stream.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"HTTP/1.1 100");
        stream
    };
    let mut sending = Vec::new();
    for _ in 0..8 {
        sending.push(soon(leave(ask().await)).await);
    }
    let ninth = tokio::spawn(leave(ask().await));
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!ninth.is_finished());
    drop(sending.pop());
    soon(ninth).await.unwrap();
}

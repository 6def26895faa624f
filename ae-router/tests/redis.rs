//! The cache of answers in a real Redis, started here with a password on a free port. Without `redis-server` on the PATH
//! these tests are skipped with a message; with `AE_REQUIRE_SERVICES=1` they fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs
)]

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use ae_core::{Digest, Effect, ErrorKind, Secret};
use ae_router::{
    AnswerCache, CachedClient, Completion, CompletionRequest, ModelClient, RedisCache, ScriptedModel,
    conformance,
};

const PASSWORD: &str = "of-this-test-alone";

struct Server {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let started = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--requirepass", PASSWORD])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(process) => Some(Self { process, port, _folder: folder }),
            Err(error) => {
                assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "redis-server: {error}");
                eprintln!("skipped: redis-server is not installed");
                None
            }
        }
    }

    fn cache(&self, keep: Duration) -> RedisCache {
        cache(self.port, PASSWORD, keep)
    }

    async fn ready(&self) {
        let cache = self.cache(Duration::from_secs(60));
        for _ in 0..600 {
            if cache.get(&digest("ready")).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not answer");
    }
}

fn cache(port: u16, password: &str, keep: Duration) -> RedisCache {
    RedisCache::new(&Secret::new(format!("redis://:{password}@127.0.0.1:{port}/0")), keep).unwrap()
}

fn digest(name: &str) -> Digest {
    Digest::of_bytes("test", name.as_bytes())
}

fn key(number: u32) -> ae_core::IdempotencyKey {
    ae_core::conformance::key("redis", number)
}

#[tokio::test]
async fn answers_are_shared_and_go_after_their_time() {
    let Some(server) = Server::start() else { return };
    server.ready().await;
    let ran = conformance::cache::run_all(&server.cache(Duration::from_secs(60))).await;
    assert!(ran.skipped.is_empty(), "{ran:?}");

    let model = ScriptedModel::new().with_default("Paris");
    let first = CachedClient::new(model.clone(), server.cache(Duration::from_secs(60)));
    let second = CachedClient::new(model.clone(), server.cache(Duration::from_secs(60)));
    let request = CompletionRequest::new("any", "What is the capital of France?", 100);
    let made = first.complete(&key(0), &request).await.unwrap();
    let kept = second.complete(&key(1), &request).await.unwrap();
    assert_eq!((made.served.cached, kept.served.cached, model.calls()), (false, true, 1));
    assert_eq!((kept.text(), kept.usage.unwrap().output), (made.text(), 0));

    let brief = server.cache(Duration::from_millis(1));
    brief.put(&digest("brief"), &made).await.unwrap();
    let mut left = true;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        left = brief.get(&digest("brief")).await.unwrap().is_some();
        if !left {
            break;
        }
    }
    assert!(!left, "the answer did not go");
    let long = Completion::text_of("any", "x".repeat(RedisCache::ANSWER_BYTES_MAX));
    brief.put(&digest("long"), &long).await.unwrap();
    assert_eq!(server.cache(Duration::from_secs(9)).get(&digest("long")).await.unwrap(), None);
}

#[tokio::test]
async fn a_server_that_is_away_is_passed_by_and_found_again() {
    let Some(mut server) = Server::start() else { return };
    server.ready().await;
    let model = ScriptedModel::new().with_default("Paris");
    let shared = server.cache(Duration::from_secs(60));
    let client = CachedClient::new(model.clone(), shared.clone());
    let request = CompletionRequest::new("any", "What is the capital of France?", 100);
    client.complete(&key(0), &request).await.unwrap();

    let wrong = cache(server.port, "wrong", Duration::from_secs(60));
    let error = wrong.get(&digest("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    for text in [format!("{error:?}"), error.to_string(), format!("{wrong:?}")] {
        assert!(!text.contains("wrong@") && !text.contains(PASSWORD), "{text}");
    }

    server.process.kill().unwrap();
    server.process.wait().unwrap();
    let error = shared.get(&digest("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    let made = client.complete(&key(1), &request).await.unwrap();
    assert!(!made.served.cached, "the call was made");

    let port = server.port.to_string();
    server.process = Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    server.ready().await;
    client.complete(&key(2), &request).await.unwrap();
    assert!(client.complete(&key(3), &request).await.unwrap().served.cached, "it is used again");
}

#[test]
fn addresses_are_checked_and_not_repeated() {
    let open = |url: &str, keep| RedisCache::new(&Secret::new(url.to_owned()), keep);
    for url in ["http://:hidden@localhost", "redis://", "hidden"] {
        let error = open(url, Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!format!("{error:?} {error}").contains("hidden"), "{error:?}");
    }
    assert_eq!(open("redis://localhost", Duration::ZERO).unwrap_err().kind(), ErrorKind::InvalidInput);
}

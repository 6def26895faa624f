//! Sandboxes at E2B, against a service of the tests' own that really runs the commands, and against the vendor's own SDK.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod commands;
mod service;

use std::{collections::BTreeMap, process::Command, time::Duration};

use ae_core::{Digest, Effect, ErrorKind, IdempotencyKey, RunId, Runtime, Secret};
use ae_harness::{
    CommandEnd, CommandSignal, E2bConfig, E2bSandbox, NetworkPolicy, OutputChunk, RunCommand, Sandbox,
    SandboxExt as _, SandboxSpec, conformance,
};

use self::service::{Heard, Service};

const KEY: &str = "e2b_0000000000000000000000000000000000000000";

fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(
        RunId::from_digest(&Digest::of_bytes("test", b"e2b")),
        "build",
        "sandbox",
        sequence,
    )
}

fn client(service: &Service) -> E2bSandbox {
    client_with(service, KEY)
}

fn client_with(service: &Service, api_key: &str) -> E2bSandbox {
    let config = E2bConfig::new(Secret::new(api_key.to_owned()))
        .with_api_url(service.url())
        .with_sandbox_url(service.url());
    E2bSandbox::new(config, Runtime::system()).unwrap()
}

#[tokio::test]
async fn it_keeps_the_contract_of_sandboxes() {
    let service = Service::start(KEY).await;
    let ran = conformance::sandbox::run_all(&client(&service)).await;
    assert_eq!((ran.passed.len(), ran.skipped.len()), (12, 0), "{ran:?}");
}

#[tokio::test]
async fn a_command_whose_time_is_used_up_gives_what_it_printed() {
    let service = Service::start(KEY).await;
    let sandbox = client(&service);
    let id = sandbox.create(&key(0), &SandboxSpec::new()).await.unwrap();
    let slow =
        RunCommand::new(["bash", "-c", "echo begun; sleep 600"]).with_timeout(Duration::from_millis(300));
    let output = sandbox.run(&key(1), &id, &slow).await.unwrap();
    assert_eq!((output.end, output.stdout.as_slice()), (CommandEnd::TimedOut, &b"begun\n"[..]));
    let last = service.heard().pop().unwrap();
    assert!(last.path.ends_with("/SendSignal") && last.body.contains("SIGNAL_SIGKILL"), "{last:?}");
}

#[tokio::test]
async fn signals_and_folders_reach_the_command() {
    let service = Service::start(KEY).await;
    let sandbox = client(&service);
    let id = sandbox.create(&key(0), &SandboxSpec::new()).await.unwrap();
    sandbox.write(&key(1), &id, "inner/a.txt", b"a").await.unwrap();
    let listing = RunCommand::new(["ls"]).with_folder("inner");
    assert_eq!(sandbox.run(&key(2), &id, &listing).await.unwrap().stdout, b"a.txt\n");
    let waits = RunCommand::new([
        "bash",
        "-c",
        "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    let mut process = sandbox.spawn(&key(3), &id, &waits).await.unwrap();
    assert_eq!(process.next().await.unwrap(), Some(OutputChunk::Stdout(b"ready\n".to_vec())));
    process.signal(CommandSignal::Terminate).await.unwrap();
    assert_eq!(process.next().await.unwrap(), Some(OutputChunk::Stdout(b"asked\n".to_vec())));
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Exited(7));
}

#[tokio::test]
async fn a_sandbox_is_found_by_another_program() {
    let service = Service::start(KEY).await;
    let id = {
        let sandbox = client(&service);
        let id = sandbox.create(&key(0), &SandboxSpec::new()).await.unwrap();
        sandbox.write(&key(1), &id, "kept.txt", b"kept").await.unwrap();
        id
    };
    let other = client(&service);
    other.attach(&id).await.unwrap();
    assert_eq!(other.read(&id, "kept.txt").await.unwrap(), b"kept");
    other.extend(&key(2), &id, Duration::from_secs(90)).await.unwrap();
    let asked = service.heard().pop().unwrap();
    assert_eq!(
        (asked.path.as_str(), asked.body.as_str()),
        (format!("/sandboxes/{id}/timeout").as_str(), r#"{"timeout":90}"#)
    );
}

#[tokio::test]
async fn a_refused_key_a_broken_stream_and_a_service_in_trouble_have_names() {
    let service = Service::start(KEY).await;
    let error = client_with(&service, "wrong").create(&key(0), &SandboxSpec::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unauthenticated, Effect::NotApplied));

    let sandbox = client(&service);
    service.fail_next(503);
    let id = sandbox.create(&key(1), &SandboxSpec::new()).await.unwrap();
    let creates =
        service.heard().iter().filter(|heard| heard.path == "/v2/sandboxes" && heard.status != 401).count();
    assert_eq!(creates, 2, "tried again under the same key");

    service.cut_next_stream();
    let mut process =
        sandbox.spawn(&key(2), &id, &RunCommand::new(["bash", "-c", "echo a; sleep 1"])).await.unwrap();
    let error = loop {
        match process.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a stream without an end is not a success"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.effect(), Effect::Unknown, "{error}");
    let shown = format!("{error} {error:?} {sandbox:?} {process:?}");
    assert!(!shown.contains(KEY) && !shown.contains("token-of"), "{shown}");
}

/// The same acts by the vendor's own SDK and by this client are the same requests.
#[tokio::test(flavor = "multi_thread")]
async fn the_requests_are_those_of_the_official_sdk() {
    if !has_sdk() {
        return;
    }
    let service = Service::start(KEY).await;
    let create = key(0).as_str().replace('_', "-");
    let sdk = Command::new("python3")
        .args(["-c", include_str!("official.py"), &create])
        .env("E2B_API_URL", service.url())
        .env("E2B_SANDBOX_URL", service.url())
        .env("E2B_API_KEY", KEY)
        .env("E2B_HTTP_VERSION", "1.1")
        .output()
        .unwrap();
    assert!(sdk.status.success(), "{}", String::from_utf8_lossy(&sdk.stderr));
    let theirs = service.heard();

    let service = Service::start(KEY).await;
    let sandbox = client(&service);
    let spec = SandboxSpec::new().with_variable("A", "1").with_lifetime(Duration::from_secs(120));
    let id = sandbox.create(&key(0), &spec).await.unwrap();
    sandbox.write(&key(1), &id, "notes/a.bin", b"hello").await.unwrap();
    assert_eq!(sandbox.read(&id, "notes/a.bin").await.unwrap(), b"hello");
    assert_eq!(sandbox.list(&id).await.unwrap(), ["notes/a.bin"]);
    let printed =
        RunCommand::new(["printenv", "B"]).with_variable("B", "2").with_timeout(Duration::from_secs(30));
    assert_eq!(sandbox.run(&key(2), &id, &printed).await.unwrap().stdout, b"2\n");
    let echo = RunCommand::new(["cat"]).with_open_stdin().with_timeout(Duration::from_secs(30));
    let mut process = sandbox.spawn(&key(3), &id, &echo).await.unwrap();
    process.write(b"in").await.unwrap();
    process.close_stdin().await.unwrap();
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Exited(0));
    let mut process = sandbox.spawn(&key(4), &id, &echo).await.unwrap();
    process.signal(CommandSignal::Kill).await.unwrap();
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Signalled(9));
    sandbox.extend(&key(5), &id, Duration::from_secs(300)).await.unwrap();
    let other = client(&service);
    other.attach(&id).await.unwrap();
    sandbox.destroy(&key(6), &id).await.unwrap();
    assert_eq!(lines(&service.heard()), lines(&theirs));
}

/// A request in the form in which two clients are compared.
fn lines(heard: &[Heard]) -> Vec<String> {
    let of = |heard: &Heard| {
        let headers: BTreeMap<_, _> = heard.headers.iter().collect();
        format!("{} {} {headers:?} {} -> {}", heard.method, heard.path, heard.body, heard.status)
    };
    heard.iter().map(of).collect()
}

/// Whether Python has the vendor's SDK.
fn has_sdk() -> bool {
    let found = Command::new("python3").args(["-c", "import e2b"]).output();
    let has = found.is_ok_and(|output| output.status.success());
    if !has {
        let message = "python3 does not have the package e2b";
        assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{message}");
        eprintln!("skipped: {message}");
    }
    has
}

#[tokio::test]
async fn the_network_of_a_sandbox_is_asked_for() {
    let service = Service::start(KEY).await;
    let sandbox = client(&service);
    let hosts = NetworkPolicy::AllowList(vec!["example.com:443".to_owned()]);
    for (sequence, (policy, expected)) in [
        (NetworkPolicy::None, r#""allow_internet_access":false"#),
        (hosts, r#""allowOut":["example.com:443"]"#),
    ]
    .into_iter()
    .enumerate()
    {
        let spec = SandboxSpec::new().with_network(policy);
        sandbox.create(&key(u32::try_from(sequence).unwrap()), &spec).await.unwrap();
        let asked = service.heard().into_iter().rfind(|heard| heard.path == "/v2/sandboxes").unwrap();
        assert!(asked.body.contains(expected), "{}", asked.body);
    }
}

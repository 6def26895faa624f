//! Every backend keeps its port's contract, behind pointers too.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ae_core::{Currency, ErrorKind, Money, Runtime};
use ae_harness::{
    AgentRequest, CliProvider, Deployer, Domain, LocalDeployer, MemoryDeployer, MemoryProvider,
    MemoryRegistrar, MemorySandbox, Registrar, RunCommand, Sandbox, SandboxExt as _, SandboxSpec,
    ScriptedRun, SiteBuilder, conformance,
};

use crate::fixture::{builder, context, key, planned, spec, start};

#[tokio::test]
async fn builders_keep_their_contract() {
    let script = ScriptedRun::new("wrote").with_file("site/index.html", "<p>");
    let scripted = MemoryProvider::new(vec![script; 6]);
    let providers: [Box<dyn CliProvider>; 4] = [
        Box::new(SiteBuilder::new(spec(), context())),
        Box::new(builder(&spec())),
        Box::new(builder(&planned())),
        Box::new(Arc::new(scripted)),
    ];
    for provider in providers {
        let workspace = tempfile::tempdir().unwrap();
        let request = AgentRequest::new(workspace.path(), "build");
        let ran = conformance::provider::run_all(&provider, &request).await;
        assert_eq!(ran.passed.len(), 9, "{ran:?}");
    }
}

#[tokio::test]
async fn deployers_keep_their_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let memory = Arc::new(MemoryDeployer::new(Runtime::manual(start(), 1)));
    let failing = Arc::clone(&memory);
    let fail = move || failing.fail_checks(1);
    let ran = conformance::deployer::run_all(&memory, scratch.path(), Some(&fail)).await;
    assert_eq!((ran.passed.len(), ran.skipped.len()), (12, 0), "{ran:?}");

    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let armed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&armed);
    let local: Box<dyn Deployer> =
        Box::new(LocalDeployer::open(root.path(), Runtime::manual(start(), 1)).unwrap().with_check(
            Arc::new(move |_| {
                if seen.swap(false, Ordering::SeqCst) { Err("armed to fail".to_owned()) } else { Ok(()) }
            }),
        ));
    let fail = move || armed.store(true, Ordering::SeqCst);
    let ran = conformance::deployer::run_all(&local, scratch.path(), Some(&fail)).await;
    assert_eq!((ran.passed.len(), ran.skipped.len()), (12, 0), "{ran:?}");
}

#[tokio::test]
async fn sandboxes_and_registrars_keep_their_contract() {
    let sandbox: Arc<dyn Sandbox> = Arc::new(MemorySandbox::new());
    assert_eq!(conformance::sandbox::run_all(&sandbox).await.passed.len(), 12);
    let registrar: Box<dyn Registrar> = Box::new(MemoryRegistrar::new(
        Money::parse("12", Currency::USD).unwrap(),
        Runtime::manual(start(), 1),
    ));
    let (one, two) = ("one.example".parse::<Domain>().unwrap(), "two.example".parse::<Domain>().unwrap());
    assert_eq!(conformance::registrar::run_all(&registrar, &one, &two).await.passed.len(), 6);
}

#[tokio::test]
async fn a_price_that_rose_is_not_paid() {
    let registrar =
        MemoryRegistrar::new(Money::parse("12", Currency::USD).unwrap(), Runtime::manual(start(), 1));
    let quote = registrar.quote(&"one.example".parse::<Domain>().unwrap(), 1).await.unwrap();
    registrar.set_price(Money::parse("13", Currency::USD).unwrap());
    assert_eq!(registrar.buy(&key(0), &quote).await.unwrap_err().kind(), ErrorKind::Conflict);
    for bad in ["", "example", "A.example", "-a.example", "a..example", "a b.example", &"x".repeat(64)] {
        assert!(bad.parse::<Domain>().is_err(), "{bad}");
    }
}

#[tokio::test]
async fn simulated_commands_answer_as_documented() {
    let sandbox = MemorySandbox::new();
    let id = sandbox.create(&key(0), &SandboxSpec::new().with_variable("NAME", "value")).await.unwrap();
    sandbox.write(&key(1), &id, "a.txt", b"abc").await.unwrap();
    for (argv, code, stdout) in [
        (vec!["cat", "a.txt"], 0, "abc"),
        (vec!["cat", "missing", "a.txt"], 1, "abc"),
        (vec!["cat", "missing"], 1, ""),
        (vec!["printenv", "NAME"], 0, "value\n"),
        (vec!["printenv", "PATH"], 1, ""),
        (vec!["sh", "-c", "rm -rf /"], 127, ""),
    ] {
        let output = sandbox.run(&key(2), &id, &RunCommand::new(argv.clone())).await.unwrap();
        assert_eq!((output.end.code(), output.stdout), (Some(code), stdout.as_bytes().to_vec()), "{argv:?}");
    }
}

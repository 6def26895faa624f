//! Every backend keeps its port's contract, behind pointers too.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use ae_core::{Currency, ErrorKind, Money, Runtime};
use ae_harness::{
    AgentRequest, CliProvider, Deployer, Domain, EnvValue, EnvVar, LocalDeployer, MemoryDeployer,
    MemoryProvider, MemoryRegistrar, MemorySandbox, NewSite, Purchase, Registrar, ReleaseStore, RunCommand,
    Sandbox, SandboxExt as _, SandboxSpec, ScriptedRun, SiteBuilder, SiteId, conformance,
};

use crate::fixture::{builder, contact, context, key, planned, spec, start};

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
async fn memory_deployers_keep_their_contract() {
    for hosted in [None, Some(0), Some(3)] {
        let scratch = tempfile::tempdir().unwrap();
        let runtime = Runtime::manual(start(), 1);
        let memory = match hosted {
            None => MemoryDeployer::new(runtime),
            Some(polls) => MemoryDeployer::hosted(runtime, polls),
        };
        let memory = Arc::new(memory);
        let failing = Arc::clone(&memory);
        let fail = move || failing.fail_checks(1);
        let means = conformance::deployer::Means::new(scratch.path()).with_failing(&fail);
        let ran = conformance::deployer::run_all(&memory, &means).await;
        let skipped: &[_] = if hosted.is_some() { &["C16"] } else { &["C14", "C15", "C17"] };
        assert_eq!(ran.skipped, skipped);
        assert_eq!(ran.passed.len(), 17 - skipped.len(), "{ran:?}");
    }
}

#[tokio::test]
async fn the_local_deployer_keeps_its_contract() {
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
    let store = ReleaseStore::open(root.path()).unwrap();
    let fetch = move |url: &str| -> conformance::deployer::Fetched {
        let site = url.strip_prefix("http://").unwrap().strip_suffix(".localhost/").unwrap();
        let answer = store.respond(&site.parse::<SiteId>().unwrap(), "/", None);
        Box::pin(async move { (answer.status().as_u16(), answer.body().to_vec()) })
    };
    let means = conformance::deployer::Means::new(scratch.path()).with_failing(&fail).with_fetch(&fetch);
    let ran = conformance::deployer::run_all(&local, &means).await;
    assert_eq!((ran.passed.len(), ran.skipped), (14, vec!["C14", "C15", "C17"]));
}

#[tokio::test]
async fn a_host_in_memory_keeps_variables_and_waits_for_the_dns() {
    let host = MemoryDeployer::hosted(Runtime::manual(start(), 1), 0)
        .with_address(|site| format!("https://{site}.host.example/"));
    let site = host.ensure_site(&key(0), &NewSite::new("shop".parse().unwrap(), &host.info())).await.unwrap();
    assert_eq!(site.url, "https://shop.host.example/");
    let variable = |name: &str, value: &str| EnvVar::new(name, EnvValue::Plain(value.to_owned()));
    host.set_env(&key(1), &site.id, &[variable("B", "1"), variable("A", "1")]).await.unwrap();
    host.set_env(&key(2), &site.id, &[variable("B", "2")]).await.unwrap();
    assert_eq!(host.env(&site.id), [variable("A", "1"), variable("B", "2")]);
    let domain = "shop.example".parse::<Domain>().unwrap();
    let waiting = host.ensure_domain(&key(3), &site.id, &domain).await.unwrap();
    assert_eq!((waiting.verified, waiting.needed.len()), (false, 1));
    host.answer_dns(domain.clone());
    let ready = host.ensure_domain(&key(3), &site.id, &domain).await.unwrap();
    assert_eq!((ready.verified, ready.resolves, ready.tls, ready.needed.len()), (true, true, Some(true), 0));
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
    let ran = conformance::registrar::run_all(&registrar, &one, &two, &contact()).await;
    // It asks for no contact.
    assert_eq!((ran.passed.len(), ran.skipped), (7, vec!["C7"]));
}

#[tokio::test]
async fn a_price_that_rose_is_not_paid() {
    let registrar =
        MemoryRegistrar::new(Money::parse("12", Currency::USD).unwrap(), Runtime::manual(start(), 1));
    let quote = registrar.quote(&"one.example".parse::<Domain>().unwrap(), 1).await.unwrap();
    registrar.set_price(Money::parse("13", Currency::USD).unwrap());
    let purchase = Purchase::new(quote);
    assert_eq!(registrar.buy(&key(0), &purchase).await.unwrap_err().kind(), ErrorKind::Conflict);
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

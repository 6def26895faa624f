//! Names at the registries.

use std::time::Duration;

use ae_core::ErrorKind;
use ae_harness::{Availability, RdapBootstrap, RdapRegistrar, Registrar, conformance};
use doubles::{
    registrars::Rdap,
    server::{Fault, Reply, Server},
};
use serde_json::json;

use crate::rig::{contact, domain};

fn rdap(server: &Server) -> RdapRegistrar {
    RdapRegistrar::new(RdapBootstrap::shipped()).unwrap().with_base_url(&server.url()).unwrap()
}

#[tokio::test]
async fn a_registry_says_taken_maybe_free_or_nothing() {
    let server = Server::start(Rdap::new(["taken.com"])).unwrap();
    let registrar = rdap(&server);
    let faults = server.faults();
    faults.push_on("GET", "busy.com", Fault::Answer(Reply::json(429, &json!({}))));
    faults.push_on("GET", "down.com", Fault::Answer(Reply::json(503, &json!({}))));
    faults.push_on("GET", "lost.com", Fault::LoseAnswer);
    faults.push_on("GET", "moved.com", Fault::Answer(Reply::see_other("https://elsewhere.example/")));
    faults.push_on("GET", "portal.com", Fault::Answer(Reply::html(200, "<p>Log in</p>")));
    let names = [
        "free.com",
        "taken.com",
        "busy.com",
        "down.com",
        "lost.com",
        "moved.com",
        "portal.com",
        "one.example",
    ];
    let names = names.map(domain);
    let found = registrar.search(&names).await.unwrap();
    let unknown = [Availability::Unknown; 6];
    assert_eq!(found, [&[Availability::MaybeFree, Availability::Taken][..], &unknown].concat());
    // One GET for each name whose ending has a server.
    let seen = server.seen();
    assert_eq!(seen.len(), 7);
    assert!(seen.iter().all(|seen| seen.method == "GET" && seen.header("accept") == "application/rdap+json"));
    assert_eq!(seen[0].path, "/domain/free.com");
}

#[tokio::test]
async fn a_registry_that_does_not_answer_in_time_is_unknown() {
    let server = Server::start(Rdap::new(["taken.com"])).unwrap();
    server.faults().push(Fault::Slow(Duration::from_secs(60)));
    let registrar = rdap(&server).with_answer_time(Duration::from_millis(200)).unwrap();
    assert_eq!(registrar.search(&[domain("taken.com")]).await.unwrap(), [Availability::Unknown]);
}

#[tokio::test]
async fn it_keeps_the_contract_and_buys_nothing() {
    let server = Server::start(Rdap::default()).unwrap();
    let registrar = rdap(&server);
    let ran =
        conformance::registrar::run_all(&registrar, &domain("one.com"), &domain("two.com"), &contact()).await;
    assert_eq!((ran.passed.as_slice(), ran.skipped.len()), (&["C1"][..], 7), "{ran:?}");
    let error = registrar.quote(&domain("one.com"), 1).await.unwrap_err();
    assert_eq!((error.kind(), error.backend()), (ErrorKind::Unsupported, "rdap"));
}

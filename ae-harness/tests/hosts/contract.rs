//! The deployers of hosts keep the contract of the port.

use ae_core::{ManualClock, ManualSleeper, Secret, Timestamp};
use ae_core_http::{Client, Limits, Request};
use ae_harness::conformance::deployer::{Fetched, Means, run_all};
use doubles::vercel::Vercel as Simulator;

use super::fixture::{manual, vercel};

/// Asks an address below `localhost`, whatever the resolver of this machine knows.
pub(crate) fn fetch(url: &str) -> Fetched {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (host, path) = (host.to_owned(), path.to_owned());
    Box::pin(async move {
        let port = host.rsplit(':').next().unwrap();
        let client = Client::new("visitor", &format!("http://127.0.0.1:{port}"), Limits::default()).unwrap();
        let request = Request::get("visit", path.split('/')).with_header("host", &host).unwrap();
        let answer = client.send(&request).await.unwrap();
        (answer.status(), answer.into_body())
    })
}

#[tokio::test]
async fn vercel_keeps_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    let sleeper = ManualSleeper::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let fail = || simulator.fail_builds(1);
    let means = Means::new(scratch.path())
        .with_failing(&fail)
        .with_fetch(&fetch)
        .with_sleeper(&sleeper)
        .with_secret("site-key".parse().unwrap(), Secret::new("a-private-key".to_owned()));
    let ran = run_all(&deployer, &means).await;
    // It remembers no keys of switches, and has every other ability.
    assert_eq!((ran.passed.len(), ran.skipped), (15, vec!["C8", "C16"]));
}

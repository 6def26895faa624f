//! Waiting and the health check.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ae_core::{Cancel, Effect, ErrorKind};
use ae_harness::{Deployer as _, ReadyWait};
use doubles::{
    server::{Fault, Reply},
    vercel::Vercel as Simulator,
};

use super::fixture::{bundle, folder, key, made, manual, planned, vercel, wait};

#[tokio::test]
async fn waiting_reports_passes_over_faults_and_has_an_end() {
    let simulator = Simulator::start(0).unwrap();
    simulator.set_building(4);
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&deployer, &bundle, &site).await;
    let deployment = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap();

    let late = wait(&runtime).with_within(Duration::from_secs(3));
    let error = late.wait_ready(&deployer, &key("one"), &plan, &deployment).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Timeout, Effect::Unknown));
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = ReadyWait::new(runtime.clone(), cancel);
    let error = stopped.wait_ready(&deployer, &key("one"), &plan, &deployment).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Cancelled, Effect::Unknown));

    let down = || Fault::Answer(Reply::new(503, "text/plain", "down"));
    (0..3).for_each(|_| simulator.faults().push_on("GET", "/v13/", down()));
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&seen);
    let report = wait(&runtime)
        .with_progress(move |report| kept.lock().unwrap().push(report.deployment.state.to_string()))
        .wait_ready(&deployer, &key("one"), &plan, &deployment)
        .await
        .unwrap();
    assert!(report.deployment.active && simulator.faults().waiting() == 0);
    let states = seen.lock().unwrap().clone();
    assert!(states.ends_with(&["building".to_owned(), "ready".to_owned()]), "{states:?}");
}

#[tokio::test]
async fn only_the_release_itself_is_healthy() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    let wait = wait(&runtime).with_within(Duration::from_secs(20));
    let (one, two) = (folder("one"), folder("two"));
    let first = bundle(one.path());
    let plan = planned(&deployer, &first, &site).await;
    let error = wait.check_health(&site.url, &plan.release).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && error.message().contains("answers 404"), "{error}");

    let deployment = deployer.deploy(&key("one"), &plan, &first).await.unwrap();
    wait.wait_ready(&deployer, &key("one"), &plan, &deployment).await.unwrap();
    wait.check_health(&site.url, &plan.release).await.unwrap();
    let other = planned(&deployer, &bundle(two.path()), &site).await;
    let error = wait.check_health(&site.url, &other.release).await.unwrap_err();
    assert!(error.message().contains("not with release"), "{error}");

    simulator.protect(true);
    let error = wait.check_health(&site.url, &plan.release).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::PermissionDenied, Some(401)));
    assert!(error.message().contains("Deployment Protection"), "{error}");
}

#[tokio::test]
async fn an_address_for_everyone_needs_a_certificate_that_passes() {
    let simulator = Simulator::start(0).unwrap();
    let wait = wait(&manual()).with_within(Duration::from_secs(2));
    let release = "0123456789abcdef".parse().unwrap();
    for plain in ["http://csv-tidy.example/", "csv-tidy.example", "ftp://csv-tidy.example/"] {
        assert_eq!(wait.check_health(plain, &release).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    // A server without TLS can't pass as one with it.
    let https = simulator.url().replace("http://", "https://");
    let error = wait.check_health(&format!("{https}/"), &release).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

//! Answers lost and programs killed at every step: exactly one Worker, and one version and one switch a release.

use std::collections::BTreeSet;

use ae_core::{Effect, ErrorKind, Retry};
use ae_harness::{Bundle, Deployer, EnvValue, EnvVar, NewSite};
use doubles::server::{Fault, Reply, Server};
use serde_json::json;

use crate::fixture::{Rig, bundle, deployer, folder, key, planned};

/// The whole launch, as a program makes it that knows nothing of an earlier one.
async fn launch(server: &Server, bundle: &Bundle) -> Result<(), ae_core::BackendError> {
    let deployer = deployer(server);
    let new = NewSite::new("csv-tidy".parse().unwrap(), &deployer.info());
    let site = deployer.ensure_site(&key("site"), &new).await?;
    let env = [EnvVar::new("GREETING", EnvValue::Plain("hello".to_owned()))];
    deployer.set_env(&key("env"), &site.id, &env).await?;
    let plan = planned(&deployer, bundle, &site, BTreeSet::from(["GREETING".to_owned()])).await;
    let deployment = deployer.deploy(&key("deploy"), &plan, bundle).await?;
    assert!(deployment.active);
    let domain = "csv-tidy.com".parse()?;
    deployer.ensure_domain(&key("domain"), &site.id, &domain).await?;
    Ok(())
}

fn rig() -> Rig {
    let rig = Rig::start();
    rig.double.add_zone("csv-tidy.com");
    rig
}

fn is_exact(rig: &Rig) -> bool {
    rig.double.workers() == ["csv-tidy"]
        && rig.double.counts("csv-tidy") == (1, 1)
        && rig.double.variables("csv-tidy").len() == 1
}

/// A fault for request number `at` and, with `every_try`, for the same request when it is sent again.
fn plan(server: &Server, at: usize, every_try: bool, fault: impl Fn() -> Fault + Send + 'static) {
    let (mut count, mut hit) = (0, None);
    server.faults().plan(move |seen| {
        count += 1;
        let this = (seen.method.clone(), seen.path.clone());
        let again = every_try && hit.as_ref() == Some(&this);
        if count == at + 1 {
            hit = Some(this);
        }
        (count == at + 1 || again).then(&fault)
    });
}

async fn steps(bundle: &Bundle) -> usize {
    let rig = rig();
    launch(&rig.server, bundle).await.unwrap();
    assert!(is_exact(&rig));
    rig.server.seen().len()
}

#[tokio::test]
async fn one_fault_at_any_step_leaves_exactly_one_of_each() {
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let steps = steps(&bundle).await;
    let faults: [fn() -> Fault; 5] = [
        || Fault::LoseRequest,
        || Fault::LoseAnswer,
        || Fault::AnswerAfter(Reply::json(502, &json!({}))),
        || Fault::Answer(Reply::json(503, &json!({}))),
        || Fault::Answer(Reply::json(429, &json!({})).with_header("retry-after", "2")),
    ];
    let mut runs = 0;
    for fault in faults {
        for at in 0..steps {
            let rig = rig();
            plan(&rig.server, at, false, fault);
            let mut tries = 0;
            while let Err(error) = launch(&rig.server, &bundle).await {
                tries += 1;
                assert!(error.retry() != Retry::Never && tries < 3, "step {at}: {error:?}");
            }
            assert!(
                is_exact(&rig),
                "step {at}: {:?} {:?}",
                rig.double.counts("csv-tidy"),
                rig.server.seen().last()
            );
            runs += 1;
        }
    }
    assert!(runs >= 100, "{runs}");
}

#[tokio::test]
async fn a_program_that_is_killed_at_any_step_goes_on_when_it_is_started_again() {
    let folder = folder("one");
    let bundle = bundle(folder.path());
    for at in 0..steps(&bundle).await {
        // The effect of every request up to here happened, the answer of the last one was never read.
        let rig = rig();
        plan(&rig.server, at, true, || Fault::LoseAnswer);
        let ended = launch(&rig.server, &bundle).await;
        rig.server.faults().clear();
        let again = launch(&rig.server, &bundle).await;
        again.unwrap_or_else(|error| panic!("step {at} after {ended:?}: {error:?}"));
        assert!(is_exact(&rig), "step {at}: {:?}", rig.double.counts("csv-tidy"));
    }
}

#[tokio::test]
async fn a_version_is_not_sent_again_while_it_is_not_known_whether_it_was_made() {
    let rig = Rig::start();
    let site = rig.site().await;
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&rig.deployer, &bundle, &site, BTreeSet::new()).await;
    rig.server.faults().push_on("POST", "/versions", Fault::LoseRequest);
    let error = rig.deployer.deploy(&key("deploy"), &plan, &bundle).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    let sent = rig
        .server
        .seen()
        .iter()
        .filter(|seen| seen.method == "POST" && seen.path.ends_with("/versions"))
        .count();
    assert_eq!((sent, rig.double.counts("csv-tidy")), (1, (0, 0)));
}

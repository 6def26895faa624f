//! Answers lost and programs killed at every step: exactly one project, and one deployment a release.

use ae_core::{Effect, ErrorKind, Retry};
use ae_harness::{Bundle, Deployer, EnvValue, EnvVar, NewSite};
use doubles::{
    server::{Fault, Reply},
    vercel::{Dns, Vercel as Simulator},
};

use super::fixture::{bundle, folder, key, manual, planned, site, vercel, wait};

/// The whole launch, as a program makes it that knows nothing of an earlier one.
async fn launch(simulator: &Simulator, bundle: &Bundle) -> Result<(), ae_core::BackendError> {
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let made = deployer.ensure_site(&key("site"), &NewSite::new(site(), &deployer.info())).await?;
    let env = [EnvVar::new("GREETING", EnvValue::Plain("hello".to_owned()))];
    deployer.set_env(&key("env"), &made.id, &env).await?;
    let plan = planned(&deployer, bundle, &made).await;
    let deployment = deployer.deploy(&key("one"), &plan, bundle).await?;
    wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &deployment).await?;
    let domain = "csv-tidy.example".parse()?;
    deployer.ensure_domain(&key("domain"), &made.id, &domain).await?;
    Ok(())
}

fn is_exact(simulator: &Simulator) -> bool {
    let variables = simulator.variables("csv-tidy");
    simulator.projects() == ["csv-tidy"] && simulator.deployments("csv-tidy") == 1 && variables.len() == 2
}

/// The number of requests of a launch.
async fn steps(bundle: &Bundle) -> usize {
    let simulator = Simulator::start(0).unwrap();
    launch(&simulator, bundle).await.unwrap();
    assert!(is_exact(&simulator));
    simulator.seen().len()
}

/// A fault for request number `at` and, with `every_try`, for the same request when it is sent again.
fn plan(simulator: &Simulator, at: usize, every_try: bool, fault: impl Fn() -> Fault + Send + 'static) {
    let mut count = 0;
    let mut hit: Option<(String, String)> = None;
    simulator.faults().plan(move |seen| {
        count += 1;
        let same =
            hit.as_ref().is_some_and(|(method, path)| *method == seen.method.as_str() && *path == seen.path);
        if count == at + 1 {
            hit = Some((seen.method.to_string(), seen.path.clone()));
            return Some(fault());
        }
        (every_try && same && count > at).then(&fault)
    });
}

#[tokio::test]
async fn one_fault_at_any_step_leaves_exactly_one_of_each() {
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let steps = steps(&bundle).await;
    let mut runs = 0;
    let faults: [fn() -> Fault; 5] = [
        || Fault::LoseRequest,
        || Fault::LoseAnswer,
        || Fault::AnswerAfter(Reply::new(502, "text/html", "bad gateway")),
        || Fault::Answer(Reply::new(503, "text/plain", "down")),
        || Fault::Answer(Reply::new(429, "text/plain", "slow down").with_header("retry-after", "2")),
    ];
    for fault in faults {
        for at in 0..steps {
            let simulator = Simulator::start(0).unwrap();
            simulator.set_dns("csv-tidy.example", Dns::default());
            plan(&simulator, at, false, fault);
            // What a program does that was told to try again, or was started again.
            let mut tries = 0;
            while let Err(error) = launch(&simulator, &bundle).await {
                tries += 1;
                assert!(error.retry() != Retry::Never && tries < 3, "step {at}: {error:?}");
            }
            assert!(is_exact(&simulator), "step {at}: {:?}", simulator.seen().last());
            runs += 1;
        }
    }
    assert!(runs >= 100, "{runs}");
}

#[tokio::test]
async fn a_program_that_is_killed_at_any_step_goes_on_when_it_is_started_again() {
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let steps = steps(&bundle).await;
    for at in 0..steps {
        // The effect of every request up to here happened, the answer of the last one was never read.
        let simulator = Simulator::start(0).unwrap();
        plan(&simulator, at, true, || Fault::LoseAnswer);
        let ended = launch(&simulator, &bundle).await;
        simulator.faults().clear();
        launch(&simulator, &bundle)
            .await
            .unwrap_or_else(|error| panic!("step {at} after {ended:?}: {error:?}"));
        assert!(is_exact(&simulator), "step {at}");
    }
}

#[tokio::test]
async fn a_deployment_is_not_sent_again_while_it_is_not_known_whether_it_was_made() {
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    let made = super::fixture::made(&deployer).await;
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&deployer, &bundle, &made).await;
    // The files are known, so that the next create makes the deployment.
    simulator.faults().push_on("POST", "/v13/deployments", Fault::LoseRequest);
    let error = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    let creates = simulator.seen().iter().filter(|seen| seen.path == "/v13/deployments").count();
    assert_eq!((creates, simulator.deployments("csv-tidy")), (1, 0));
}

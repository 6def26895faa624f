//! Netlify: the contract, what is sent, and answers lost at every step.

use ae_core::{ErrorKind, ManualClock, ManualSleeper, Mode, Retry, Runtime, Secret, Timestamp};
use ae_harness::{
    Bundle, Deployer, Netlify, NetlifyConfig, NewSite,
    conformance::deployer::{Means, run_all},
};
use doubles::{
    netlify::Netlify as Simulator,
    server::{Fault, Reply},
};

use super::{
    contract::fetch,
    fixture::{folder, key, made, manual, planned, site, wait},
};

pub(crate) fn netlify(url: &str, runtime: Runtime) -> Netlify {
    let token = Secret::new(Simulator::TOKEN.to_owned());
    let config = NetlifyConfig::new(token, Simulator::ACCOUNT).with_api_url(url).with_mode(Mode::Test);
    Netlify::new(config, runtime).unwrap()
}

#[tokio::test]
async fn netlify_keeps_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(0).unwrap();
    let deployer = netlify(&simulator.url(), manual());
    let sleeper = ManualSleeper::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let fail = || simulator.fail_deploys(1);
    let means = Means::new(scratch.path()).with_failing(&fail).with_fetch(&fetch).with_sleeper(&sleeper);
    let ran = run_all(&deployer, &means).await;
    assert_eq!((ran.passed.len(), ran.skipped), (14, vec!["C8", "C14", "C15"]));
}

#[tokio::test]
async fn only_missing_bytes_are_sent_and_the_release_is_served() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = netlify(&simulator.url(), runtime.clone());
    deployer.check().await.unwrap();
    let site = made(&deployer).await;
    let uploads =
        || simulator.seen().into_iter().filter(|seen| seen.method == "PUT").map(|seen| seen.body.len());
    let (one, two) = (folder("one"), folder("two!"));
    for (folder, count) in [(&one, 8), (&two, 10)] {
        let bundle = Bundle::scan(folder.path()).unwrap();
        let plan = planned(&deployer, &bundle, &site).await;
        let step = count.to_string();
        let deployment = deployer.deploy(&key(&step), &plan, &bundle).await.unwrap();
        wait(&runtime).wait_ready(&deployer, &key(&step), &plan, &deployment).await.unwrap();
        wait(&runtime).check_health(&site.url, &plan.release).await.unwrap();
        // Seven files of which two are the same, the name of the release, the headers; then the page and the name.
        assert_eq!(uploads().count(), count);
    }
    let page = std::fs::read(two.path().join("index.html")).unwrap().len();
    assert_eq!(uploads().skip(8).sum::<usize>(), page + 17);
    let (status, _) = fetch(&format!("{}_headers", site.url)).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn names_of_others_are_left_alone() {
    let simulator = Simulator::start(0).unwrap();
    simulator.make_site("csv-tidy", false);
    let deployer = netlify(&simulator.url(), manual());
    let made = made(&deployer).await;
    assert!(made.url.starts_with("http://csv-tidy-"), "another customer has the name: {}", made.url);

    simulator.make_site("shop", true);
    let shop = NewSite::new("shop".parse().unwrap(), &deployer.info());
    let refused = deployer.ensure_site(&key("shop"), &shop).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(deployer.remove(&key("remove"), &shop.site).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(simulator.sites().len(), 2);
}

async fn launch(simulator: &Simulator, bundle: &Bundle) -> Result<(), ae_core::BackendError> {
    let runtime = manual();
    let deployer = netlify(&simulator.url(), runtime.clone());
    let made = deployer.ensure_site(&key("site"), &NewSite::new(site(), &deployer.info())).await?;
    let plan = planned(&deployer, bundle, &made).await;
    let deployment = deployer.deploy(&key("one"), &plan, bundle).await?;
    wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &deployment).await.map(drop)
}

#[tokio::test]
async fn a_fault_at_any_step_leaves_exactly_one_of_each() {
    let folder = folder("one");
    let bundle = Bundle::scan(folder.path()).unwrap();
    let whole = Simulator::start(0).unwrap();
    launch(&whole, &bundle).await.unwrap();
    let faults: [fn() -> Fault; 4] = [
        || Fault::LoseRequest,
        || Fault::LoseAnswer,
        || Fault::AnswerAfter(Reply::new(502, "text/html", "bad gateway")),
        || Fault::Answer(Reply::new(503, "text/plain", "down")),
    ];
    for (every, fault) in [false, true].into_iter().flat_map(|every| faults.map(|fault| (every, fault))) {
        for at in 0..whole.seen().len() {
            let simulator = Simulator::start(0).unwrap();
            let mut count = 0;
            // Once, or from here on, as for a program that is killed.
            simulator.faults().plan(move |_| {
                count += 1;
                (count == at + 1 || (every && count > at)).then(fault)
            });
            let mut ended = launch(&simulator, &bundle).await;
            if every {
                simulator.faults().clear();
            }
            for _ in 0..3 {
                if let Err(error) = &ended {
                    assert!(error.retry() != Retry::Never, "step {at}: {error:?}");
                    ended = launch(&simulator, &bundle).await;
                }
            }
            ended.unwrap_or_else(|error| panic!("step {at}: {error:?}"));
            assert_eq!((simulator.sites().len(), simulator.deployments()), (1, 1), "step {at}");
        }
    }
}

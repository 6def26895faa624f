//! Vercel: the whole way, what is sent, and what is refused.

use ae_core::{ErrorKind, Mode, Runtime, Secret};
use ae_core_http::{Client, Limits, Request};
use ae_harness::{
    Bundle, CommercialUse, DeploySpec, DeployTarget, Deployer, DeploymentStatus, DnsRecord, EnvValue, EnvVar,
    NewSite, Vercel, VercelConfig,
};
use doubles::{
    server::{Fault, Reply},
    vercel::{Dns, Vercel as Simulator},
};
use serde_json::{Value, json};

use super::fixture::{bundle, folder, key, made, manual, planned, site, vercel, wait};

/// A visit to `host` of the simulator.
async fn visit(simulator: &Simulator, host: &str, request: Request) -> ae_core_http::Answer {
    let port = simulator.url().rsplit(':').next().unwrap().to_owned();
    let client = Client::new("visitor", &simulator.url(), Limits::default()).unwrap();
    client.send(&request.with_header("host", &format!("{host}:{port}")).unwrap()).await.unwrap()
}

fn posts(simulator: &Simulator, path: &str) -> usize {
    simulator.seen().iter().filter(|seen| seen.method == "POST" && seen.path.contains(path)).count()
}

#[tokio::test]
async fn a_site_goes_live_with_its_functions_and_settings() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = Runtime::system();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    assert!(site.url.starts_with("http://csv-tidy.localhost:"), "{}", site.url);
    assert_eq!(visit(&simulator, "csv-tidy.localhost", Request::get("visit", [""])).await.status(), 404);

    let env = [
        EnvVar::new("GREETING", EnvValue::Plain("hello".to_owned())),
        EnvVar::new("SITE_KEY", EnvValue::Secret("site-key".parse().unwrap())),
    ];
    deployer.set_env(&key("env"), &site.id, &env).await.unwrap();
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&deployer, &bundle, &site).await;
    let deployment = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap();
    assert_eq!((deployment.state, deployment.active), (DeploymentStatus::Queued, false));
    let report = wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &deployment).await.unwrap();
    assert!(report.deployment.active && report.deployment.url == site.url);
    wait(&runtime).check_health(&site.url, &plan.release).await.unwrap();

    let get = async |path: &[&str]| {
        visit(&simulator, "csv-tidy.localhost", Request::get("visit", path.to_vec())).await
    };
    let page = get(&[""]).await;
    assert!(page.status() == 200 && page.body().ends_with(b"<p>one"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && page.header("x-content-type-options") == Some("nosniff")
    );
    assert_eq!(get(&["pricing"]).await.status(), 200);
    assert_eq!(get(&["pricing.html"]).await.header("location"), Some("/pricing"));
    assert_eq!(get(&["thanks", ""]).await.status(), 200);
    let missing = get(&["no-such-page"]).await;
    assert!(missing.status() == 404 && missing.body().ends_with(b"Missing</title>"));
    assert_eq!(get(&["assets", "pixel.png"]).await.body(), [0x89, b'P', b'N', b'G', 0, 255, 254, 10]);
    assert_eq!(get(&["vercel.json"]).await.status(), 404, "settings are not served");

    let asked = Request::post("visit", ["api", "echo"])
        .with_query("tier", "pro")
        .with_json(&json!({ "a": "ü" }))
        .unwrap();
    let echoed: Value = visit(&simulator, "csv-tidy.localhost", asked).await.json().unwrap();
    let wanted =
        json!({ "method": "POST", "tier": "pro", "body": { "a": "ü" }, "greeting": "hello", "key": 13 });
    assert_eq!(echoed, wanted);

    let kinds: Vec<_> =
        simulator.variables("csv-tidy").into_iter().map(|(name, kind, _)| (name, kind)).collect();
    let named = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    assert_eq!(
        kinds,
        [named("AE_SITE", "plain"), named("GREETING", "plain"), named("SITE_KEY", "sensitive")]
    );
}

#[tokio::test]
async fn only_missing_bytes_are_sent() {
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    let site = made(&deployer).await;
    let sent = || -> (usize, usize) {
        let uploads = simulator.seen().into_iter().filter(|seen| seen.path == "/v2/files");
        uploads.fold((0, 0), |(count, bytes), seen| (count + 1, bytes + seen.body.len()))
    };
    let (one, two) = (folder("one"), folder("two!"));
    let first = bundle(one.path());
    let plan = planned(&deployer, &first, &site).await;
    deployer.deploy(&key("one"), &plan, &first).await.unwrap();
    let before = sent();
    // Seven files of which two are the same, the release's name, the function in two files, the settings.
    assert_eq!(before.0, 10);

    let second = bundle(two.path());
    let plan = planned(&deployer, &second, &site).await;
    deployer.deploy(&key("two"), &plan, &second).await.unwrap();
    let page = std::fs::read(two.path().join("index.html")).unwrap().len();
    let (count, bytes) = sent();
    assert_eq!((count - before.0, bytes - before.1), (2, page + format!("{}\n", plan.release).len()));

    let plan = planned(&deployer, &first, &site).await;
    let creates = posts(&simulator, "/v13/deployments");
    deployer.deploy(&key("again"), &plan, &first).await.unwrap();
    assert_eq!((sent().0, posts(&simulator, "/v13/deployments")), (count, creates), "it is there already");
}

#[tokio::test]
async fn a_failed_build_ends_with_its_reason_and_its_log() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    let (one, two) = (folder("one"), folder("two"));
    let first = bundle(one.path());
    let plan = planned(&deployer, &first, &site).await;
    let live = deployer.deploy(&key("one"), &plan, &first).await.unwrap();
    wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &live).await.unwrap();

    simulator.fail_builds(1);
    let second = bundle(two.path());
    let plan = planned(&deployer, &second, &site).await;
    let failing = deployer.deploy(&key("two"), &plan, &second).await.unwrap();
    let error = wait(&runtime).wait_ready(&deployer, &key("two"), &plan, &failing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("exited with 1 (BUILD_FAILED)"), "{error}");
    let (name, log) = &error.context()[0];
    assert!(*name == "log" && log.ends_with("Error: the simulator lets this build fail"), "{log}");
    let active: Vec<_> =
        deployer.list(&site.id).await.unwrap().into_iter().map(|one| (one.id, one.active)).collect();
    assert_eq!(active, [(live.id, true)], "the one before stays");

    let third = deployer.deploy(&key("three"), &plan, &second).await.unwrap();
    assert_ne!(third.id, failing.id, "a new key tries again");
    wait(&runtime).wait_ready(&deployer, &key("three"), &plan, &third).await.unwrap();
}

#[tokio::test]
async fn a_release_that_is_held_back_after_a_roll_back_is_activated() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    let mut live = Vec::new();
    for text in ["one", "two", "three"] {
        let folder = folder(text);
        let bundle = bundle(folder.path());
        let plan = planned(&deployer, &bundle, &site).await;
        let deployment = deployer.deploy(&key(text), &plan, &bundle).await.unwrap();
        let report = wait(&runtime).wait_ready(&deployer, &key(text), &plan, &deployment).await.unwrap();
        live.push(report.deployment.id);
        if text == "two" {
            deployer.activate(&key("back"), &site.id, &live[0]).await.unwrap();
            let listed = deployer.list(&site.id).await.unwrap();
            assert_eq!(listed.iter().map(|one| one.active).collect::<Vec<_>>(), [false, true]);
        }
    }
    let paths: Vec<_> = simulator.seen().into_iter().map(|seen| seen.path).collect();
    let of = |part: &str| paths.iter().filter(|path| path.contains(part)).count();
    assert_eq!((of("/rollback/"), of("/promote/")), (1, 1));
    assert!(deployer.list(&site.id).await.unwrap()[0].active);
}

#[tokio::test]
async fn previews_have_their_own_address_and_trials_publish_nothing_else() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let site = made(&deployer).await;
    let folder = folder("preview");
    let bundle = Bundle::scan(folder.path()).unwrap();
    let spec = DeploySpec::new(site.id.clone(), &site.url).with_target(DeployTarget::Preview);
    let plan = deployer.plan(&bundle, &spec).await.unwrap();
    let deployment = deployer.deploy(&key("preview"), &plan, &bundle).await.unwrap();
    let report = wait(&runtime).wait_ready(&deployer, &key("preview"), &plan, &deployment).await.unwrap();
    assert!(!report.deployment.active && report.deployment.url != site.url);
    wait(&runtime).check_health(&report.deployment.url, &plan.release).await.unwrap();
    assert!(deployer.list(&site.id).await.unwrap().is_empty(), "a preview is not a release of the site");

    let token = Secret::new("token".to_owned());
    let trial = Vercel::new(VercelConfig::new(token, "team_x").with_mode(Mode::Test), manual()).unwrap();
    let plan = planned(&trial, &bundle, &site).await;
    let refused = trial.deploy(&key("trial"), &plan, &bundle).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_project_of_someone_else_is_left_alone() {
    let simulator = Simulator::start(0).unwrap();
    simulator.make_project("csv-tidy");
    let deployer = vercel(&simulator.url(), manual());
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = deployer.plan(&bundle, &DeploySpec::new(site(), "https://csv-tidy.example/")).await.unwrap();
    let asked = NewSite::new(site(), &deployer.info());
    for refused in [
        deployer.ensure_site(&key("site"), &asked).await.map(drop),
        deployer.deploy(&key("one"), &plan, &bundle).await.map(drop),
        deployer.remove(&key("remove"), &site()).await,
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert_eq!((simulator.projects().len(), simulator.deployments("csv-tidy")), (1, 0));
}

#[tokio::test]
async fn every_call_names_the_team_and_a_wrong_token_is_told_apart() {
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    assert_eq!(deployer.info().commercial, CommercialUse::Unknown);
    deployer.check().await.unwrap();
    assert_eq!(deployer.info().commercial, CommercialUse::Allowed);
    let site = made(&deployer).await;
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&deployer, &bundle, &site).await;
    let deployment = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap();
    deployer.status(&site.id, &deployment.id).await.unwrap();
    deployer.list(&site.id).await.unwrap();
    deployer.remove(&key("remove"), &site.id).await.unwrap();
    for seen in simulator.seen() {
        let named =
            seen.param("teamId").as_deref() == Some(Simulator::TEAM) || seen.path.ends_with(Simulator::TEAM);
        assert!(named, "{} {}", seen.method, seen.path);
    }

    simulator.set_plan("hobby");
    let again = vercel(&simulator.url(), manual());
    again.check().await.unwrap();
    assert_eq!(again.info().commercial, CommercialUse::Forbidden);

    let config =
        VercelConfig::new(Secret::new("wrong".to_owned()), Simulator::TEAM).with_api_url(simulator.url());
    let refused = Vercel::new(config, manual()).unwrap().check().await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::Unauthenticated, Some("forbidden")));
}

#[tokio::test]
async fn refused_variables_are_named_without_their_values() {
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    let site = made(&deployer).await;
    let secret = EnvVar::new("VERCEL_KEY", EnvValue::Secret("site-key".parse().unwrap()));
    let error = deployer.set_env(&key("env"), &site.id, &[secret]).await.unwrap_err();
    assert!(error.message().contains("VERCEL_KEY (INVALID_KEY)"), "{error}");
    let shown = format!("{error} {error:?} {:?}", deployer.info());
    assert!(!shown.contains("a-private-key") && !format!("{deployer:?}").contains(Simulator::TOKEN));

    simulator.faults().push_on(
        "POST",
        "/env",
        Fault::Answer(Reply::json(
            400,
            &json!({ "error": {
        "code": "bad_request", "message": "value a-private-key is wrong" } }),
        )),
    );
    let secret = EnvVar::new("KEY", EnvValue::Secret("site-key".parse().unwrap()));
    let error = deployer.set_env(&key("env"), &site.id, &[secret]).await.unwrap_err();
    assert!(!format!("{error:?}").contains("a-private-key") && error.code() == Some("bad_request"));
}

#[tokio::test]
async fn a_domain_says_what_its_dns_lacks_until_it_is_there() {
    let simulator = Simulator::start(0).unwrap();
    let deployer = vercel(&simulator.url(), manual());
    let site = made(&deployer).await;
    let domain = "csv-tidy.example".parse().unwrap();
    let ensure = async || deployer.ensure_domain(&key("domain"), &site.id, &domain).await.unwrap();
    simulator.set_dns("csv-tidy.example", Dns { claimed: true, ..Dns::default() });
    let status = ensure().await;
    assert!(!status.verified && !status.resolves && status.tls.is_none());
    let proof = "vc-domain-verify=csv-tidy.example,simulated";
    let wanted = [
        DnsRecord::new("TXT", "_vercel.csv-tidy.example", proof),
        DnsRecord::new("A", "csv-tidy.example", "192.0.2.1"),
        DnsRecord::new("A", "csv-tidy.example", "192.0.2.2"),
    ];
    assert_eq!(status.needed, wanted);
    simulator.set_dns("csv-tidy.example", Dns { claimed: true, proven: true, leads_here: false });
    assert_eq!(ensure().await.needed, wanted[1..]);
    simulator.set_dns("csv-tidy.example", Dns { claimed: true, proven: true, leads_here: true });
    let status = ensure().await;
    assert!(status.verified && status.resolves && status.needed.is_empty());

    let below = deployer
        .ensure_domain(&key("www"), &site.id, &"www.csv-tidy.example".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(
        below.needed,
        [DnsRecord::new("CNAME", "www.csv-tidy.example", "simulated.vercel-dns.example")]
    );
    assert_eq!(made(&deployer).await.url, site.url, "a domain does not change the address of the site");

    let other = NewSite::new("other".parse().unwrap(), &deployer.info());
    deployer.ensure_site(&key("other"), &other).await.unwrap();
    let taken = deployer.ensure_domain(&key("taken"), &other.site, &domain).await.unwrap_err();
    assert_eq!((taken.kind(), taken.code()), (ErrorKind::Conflict, Some("domain_already_in_use")));
}

#[tokio::test]
async fn both_forms_of_errors_and_the_reset_of_a_limit_are_read() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    let own = json!({ "status": 400, "code": "tld_not_supported", "message": "no such\nTLD" });
    simulator.faults().push(Fault::Answer(Reply::json(400, &own)));
    let error = deployer.check().await.unwrap_err();
    assert_eq!(error.code(), Some("tld_not_supported"));
    assert!(error.message().ends_with("no such TLD"), "{error}");

    let limited = || {
        let reset = (runtime.now().as_second() + 90).to_string();
        let body = json!({ "error": { "code": "rate_limited", "message": "Rate limit exceeded" } });
        Fault::Answer(Reply::json(429, &body).with_header("x-ratelimit-reset", &reset))
    };
    simulator.faults().plan({
        let fault = limited();
        move |_| Some(fault.clone())
    });
    let error = deployer.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    let ae_core::Retry::After(pause) = error.retry() else { panic!("{:?}", error.retry()) };
    assert!((80..=90).contains(&pause.as_secs()), "{pause:?}");
}

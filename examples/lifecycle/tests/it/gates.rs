//! The lifecycle holds its backends only behind guards.

/// The one file that may hold unguarded backends, on their way behind the guards.
const WIRING: &str = "src/wiring/";

#[test]
fn no_stage_can_reach_an_unguarded_backend() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let ports = std::fs::read_to_string(root.join("src/run/ports.rs")).unwrap();
    for (field, kind) in [
        ("analysts", "Analysts"),
        ("builders", "Builders"),
        ("deployer", "Guarded<Arc<dyn Deployer>>"),
        ("payments", "Guarded<Arc<dyn PaymentProvider>>"),
    ] {
        assert!(ports.contains(&format!("pub {field}: {kind},")), "{field} stands behind its guard");
    }
    let signals = std::fs::read_to_string(root.join("src/glue/signals.rs")).unwrap();
    assert!(signals.contains("pub live: Vec<Guarded<Arc<dyn NicheSource>>>,"));
    let analysts = std::fs::read_to_string(root.join("src/glue/analysts.rs")).unwrap();
    assert!(analysts.contains("made: OnceCell<Guarded<Arc<dyn Analyst>>>,"));
    for folder in ["src/run", "src/run/stages", "src/glue", "src/glue/analyst"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for backend in [
                "RuleAnalyst",
                "VendorClient",
                "LocalDeployer",
                "SqliteBilling",
                "SiteBuilder",
                "Vercel",
                "Stripe",
                "wiring::",
            ] {
                assert!(
                    !text.contains(backend),
                    "{} names {backend}: that belongs in {WIRING}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn every_effect_is_in_the_audit_log_before_and_after() {
    let ae = super::ae::Ae::new();
    let result = ae.main_job();
    let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
    let started = log.matches("\"action_started\"").count();
    let finished = log.matches("\"action_finished\"").count();
    let prices = result["spec"]["pricing"].as_array().unwrap().len();
    let tasks = result["spec"]["tasks"].as_array().unwrap().len();
    // Two answers of the analyst, the licence key, a site, each task once, one deployment, a product, its prices and links.
    assert_eq!(started, 2 + 1 + 1 + tasks + 1 + 1 + 2 * prices, "{log}");
    assert_eq!(finished, started);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let holds = runtime.block_on(async {
        let installation = super::inside::installation(&ae.data());
        let run = result["run_id"].as_str().unwrap().parse().unwrap();
        installation.keeper.budget.holds(&ae_safety::Scope::Run(run)).await.unwrap()
    });
    // A key is read for the installation, whose budget no run has.
    assert_eq!(holds.len(), started - 1, "every effect went through the ledger: {holds:?}");
}

#[test]
fn secrets_in_an_intent_are_taken_out_before_anything_is_stored() {
    let ae = super::ae::Ae::new();
    // Built from halves, so that no scanner takes this file for a leak.
    let secret = ["ghp_", "x7Kq2mWv9RtB4nYc8LsD3fGh6JpA1zE5uT0i"].concat();
    let intent = format!("Build a CSV tool with token {secret}");
    let done = ae.ae(&["run", &intent, "--signals", "sample", "--yes", "--json"]);
    assert!(done.stderr.contains("secret"), "{}", done.stderr);
    assert!(!done.stdout.contains(&secret) && !done.stderr.contains(&secret));
    let run = ae.parked();
    let reason = format!("because of {secret}");
    let rejected =
        ae.ae(&["approve", &run, "--stage", "spec", "--reject", "--reason", &reason, "--json"]).expect(4);
    assert!(!rejected.stdout.contains(&secret) && !rejected.stderr.contains(&secret), "{rejected:?}");
    let mut folders = vec![ae.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{} holds the secret", path.display());
            }
        }
    }
}

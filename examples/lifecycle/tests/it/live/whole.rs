//! A whole run: from an intent to a public address and links that sell, and back.

use serde_json::Value;

use super::rig::Rig;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

#[test]
fn a_run_ends_with_a_public_address_and_a_link_for_each_tier() {
    let rig = Rig::new();
    let hook = "http://127.0.0.1:9/api/v1/billing/webhooks/stripe";
    let args = rig.run(&["--yes", "--domain", "csv-tool.example", "--webhook-url", hook]);
    let result = rig.ae(&args).expect(0).json();
    assert_eq!(result["outcome"], "verified", "{}", result["reason"]);
    let tiers = result["spec"]["pricing"].as_array().unwrap();
    let links = result["payment_links"].as_object().unwrap();
    assert_eq!(links.len(), tiers.len(), "a link for each tier");
    assert_eq!(result["payment_link"], links[text(&tiers[0]["id"])], "the first tier's");
    for (kind, count) in [("product", 1), ("price", tiers.len()), ("payment_link", tiers.len())] {
        assert_eq!(rig.objects(kind), [count, count], "{kind}");
    }

    let [project] = &rig.vercel.projects()[..] else { panic!("one project") };
    assert_eq!(rig.vercel.deployments(project), 1);
    assert!(text(&result["product_url"]).contains(project.as_str()), "{}", result["product_url"]);
    let variables = rig.vercel.variables(project);
    let names: Vec<_> = variables.iter().map(|(name, ..)| name.as_str()).collect();
    for name in ["AE_LINKS", "AE_TIERS", "AE_PROJECT", "AE_SITE_KEY", "AE_STRIPE_KEY", "AE_STRIPE_API_BASE"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    let value = |wanted: &str| variables.iter().find(|(name, ..)| name == wanted).unwrap().2.clone();
    assert!(value("AE_LINKS").contains(text(&result["payment_link"])));
    assert!(value("AE_SITE_KEY").contains("\"d\""), "the private half is at the host");

    let to_do = result["to_do"].as_array().unwrap();
    assert!(to_do.iter().any(|todo| todo["record"]["name"].is_string()), "what the DNS must say: {to_do:?}");
    assert_eq!(rig.stripe.objects("webhook_endpoint").len(), 1);
    let secret = std::fs::read_to_string(rig.ae.data().join("keys/webhook-stripe-test")).unwrap();
    assert!(secret.trim().starts_with("whsec_"), "the secret is kept with the keys");
    nowhere_but_in_keys(&rig, &[secret.trim(), super::rig::TEST_KEY]);

    let run = text(&result["run_id"]);
    let plan = rig.ae(&["plan", run, "--json"]).expect(0).json();
    assert_eq!(
        (&plan["stage"], &plan["approval"]["status"]),
        (&"launch".into(), &"approved".into()),
        "{plan}"
    );
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["begun"] == true), "{steps:?}");
    let of = |operation: &str| steps.iter().position(|step| step["operation"] == operation).unwrap();
    let order: Vec<_> =
        ["ensure_site", "ensure_product", "ensure_price", "ensure_payment_link", "set_env", "deploy"]
            .map(of)
            .into();
    assert!(order.is_sorted() && of("deploy") < of("ensure_domain"), "{order:?}");
    assert_eq!(steps[of("ensure_price")]["price"]["charge"]["flat"], tiers[0]["price"]);
    assert_eq!(
        steps[of("ensure_price")]["provider"],
        serde_json::json!({ "name": "stripe", "mode": "test" })
    );
    rig.ae.ae(&["audit", "verify"]).expect(0);
}

/// Looks for `secrets` in every file of the data directory but the keys.
fn nowhere_but_in_keys(rig: &Rig, secrets: &[&str]) {
    let mut folders = vec![rig.ae.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("keys") {
                folders.push(path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                for secret in secrets {
                    let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                    assert!(!found, "{} holds a secret", path.display());
                }
            }
        }
    }
}

#[test]
fn the_plan_is_the_same_before_and_after_its_approval_and_an_undo_takes_it_back() {
    let rig = Rig::new();
    let parked = rig.ae(&rig.run(&[])).expect(6).json();
    let run = text(&parked["run_id"]).to_owned();
    let spec = rig.ae(&["plan", &run, "--json"]).expect(0).json();
    assert_eq!((&spec["stage"], &spec["hash"]), (&"spec".into(), &parked["waiting"]["digest"]), "{spec}");
    assert_eq!((&spec["release"], &spec["approval"]["status"]), (&Value::Null, &"pending".into()));
    assert_eq!(rig.changes(), [0, 0], "nothing was made for the question");

    let launch = rig.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6).json();
    let asked = rig.ae(&["plan", &run, "--json"]).expect(0).json();
    assert_eq!(
        (&asked["stage"], &asked["hash"]),
        (&"launch".into(), &launch["waiting"]["digest"]),
        "{asked}"
    );
    let before = asked["steps"].as_array().unwrap();
    assert!(before[1..].iter().all(|step| step["begun"] == false), "{before:?}");
    let words = rig.ae(&["plan", &run]).expect(0).stdout;
    for part in ["stripe (test)", "customers pay", "hash", "AE_LINKS"] {
        assert!(words.contains(part), "{part}: {words}");
    }

    let done = rig.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(0).json();
    let after = rig.ae(&["plan", &run, "--json"]).expect(0).json();
    assert_eq!(after["hash"], asked["hash"]);

    rig.ae(&["undo", &run, "--json"]).expect(6);
    assert_eq!(
        rig.objects("payment_link")[1],
        done["payment_links"].as_object().unwrap().len(),
        "nothing was undone"
    );
    for _ in 0..2 {
        let undone = rig.ae(&["undo", &run, "--yes", "--json"]).expect(0).json();
        let items: Vec<_> = undone["undone"]["done"].as_array().unwrap().iter().map(text).collect();
        let place = |kind: &str| items.iter().position(|item| item.starts_with(kind)).unwrap();
        assert!(place("payment link") < place("price") && place("price") < place("product"), "{items:?}");
        assert!(place("product") < place("site"), "{items:?}");
        for kind in ["payment_link", "price", "product"] {
            assert_eq!(rig.objects(kind)[1], 0, "{kind}");
        }
        assert!(rig.vercel.projects().is_empty(), "the site is gone");
    }
    let status = rig.ae(&["status", &run, "--json"]).expect(0).json();
    assert!(status["payment_link"].is_null() && status["product_url"].is_null(), "{status}");
    assert_eq!(status["undone"]["offline"], true);
    rig.ae.ae(&["audit", "verify"]).expect(0);
}

#[test]
fn a_local_launch_is_taken_back_too() {
    let ae = crate::ae::Ae::new();
    let result = ae.main_job();
    let run = text(&result["run_id"]);
    let undone = ae.ae(&["undo", run, "--yes", "--json"]).expect(0).json();
    assert_eq!(undone["undone"]["stays"], serde_json::json!([]), "{undone}");
    let status = ae.ae(&["status", run, "--json"]).expect(0).json();
    assert!(status["payment_link"].is_null() && status["product_url"].is_null());
    assert_eq!(status["outcome"], "verified", "how it ended stays");
    let parked = ae.parked();
    let early = ae.ae(&["undo", &parked, "--yes"]).expect(2);
    assert!(early.stderr.contains("has not ended") && early.stderr.contains("ae cancel"), "{}", early.stderr);
    ae.ae(&["cancel", &parked]).expect(0);
    ae.ae(&["undo", &parked, "--yes"]).expect(2);
}

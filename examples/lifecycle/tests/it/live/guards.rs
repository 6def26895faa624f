//! Nothing is sent: a wrong mode, another account, a changed plan, an approval that expired, a host that excludes it.

use super::rig::Rig;

#[test]
fn a_key_of_another_mode_sends_nothing() {
    let rig = Rig::new();
    for (key, option) in [("sk_live_simulated000000000000", "--yes"), (super::rig::TEST_KEY, "--live")] {
        let refused = rig.ae_with(
            &[("STRIPE_API_KEY", key)],
            &rig.run(&["--yes", option][usize::from(option == "--yes")..]),
        );
        let refused = refused.expect(4);
        assert!(refused.stderr.contains("mode") && refused.stderr.contains("--live"), "{}", refused.stderr);
        assert!(!refused.stderr.contains(key) && !refused.stdout.contains(key));
    }
    let goes_to_host =
        rig.ae_with(&[("AE_STRIPE_KEY", "sk_test_simulated000000000000")], &rig.run(&["--yes"])).expect(4);
    assert!(goes_to_host.stderr.contains("rk_test_"), "{}", goes_to_host.stderr);
    assert!(rig.stripe.seen().is_empty() && rig.vercel.seen().is_empty());
    // The key says test, and the objects say live.
    rig.stripe.pretend_live();
    let other = rig.ae(&rig.run(&["--yes"]));
    assert_ne!(other.code, 0, "{other:?}");
    assert_eq!(rig.changes(), [0, 0]);
}

#[test]
fn a_key_that_is_missing_is_named() {
    let rig = Rig::new();
    for name in ["STRIPE_API_KEY", "VERCEL_TOKEN", "VERCEL_TEAM_ID"] {
        let refused = rig.ae_with(&[(name, "")], &rig.run(&["--yes"])).expect(4);
        assert!(refused.stderr.contains(&format!("{name} is not set")), "{}", refused.stderr);
    }
    assert!(rig.stripe.seen().is_empty() && rig.vercel.seen().is_empty());
}

#[test]
fn options_that_can_not_be_met_are_refused_before_anything() {
    let rig = Rig::new();
    let netlify = [("NETLIFY_AUTH_TOKEN", "token"), ("NETLIFY_ACCOUNT_SLUG", "someone")];
    for (options, said) in [
        (&["--deploy", "vercel"][..], "pay page on this machine"),
        (&["--live"], "no live mode"),
        (&["--domain", "csv.example"], "attaches no domains"),
        (&["--domain", "no domain"], "--domain"),
        (&["--webhook-url", "https://shop.example/hook"], "sends no events"),
        (&["--deploy", "netlify", "--pay", "stripe"], "no functions run at netlify"),
        (&["--deploy", "nowhere"], "nowhere"),
        (&["--pay", "nobody"], "nobody"),
        (&["--deploy", "vercel", "--pay", "stripe", "--webhook-url", "http://shop.example/hook"], "https"),
    ] {
        let mut args = vec!["run", crate::ae::INTENT, "--signals", "sample", "--yes"];
        args.extend(options);
        let refused = rig.ae_with(&netlify, &args).expect(2);
        assert!(refused.stderr.contains(said), "{options:?}: {}", refused.stderr);
    }
    assert!(rig.stripe.seen().is_empty() && rig.vercel.seen().is_empty());
}

#[test]
fn another_account_goes_on_with_nothing() {
    let rig = Rig::new();
    let run = rig.at_launch();
    let before = rig.changes();
    let other = [("VERCEL_TEAM_ID", "team_Another")];
    let ended = rig.ae_with(&other, &["approve", &run, "--stage", "launch", "--json"]).expect(4).json();
    assert!(ended["reason"].as_str().unwrap().contains("team_Another"), "{}", ended["reason"]);
    assert_eq!(rig.changes(), before, "nothing was sent");
}

#[test]
fn a_changed_release_sends_nothing() {
    let rig = Rig::new();
    let run = rig.at_launch();
    let before = rig.changes();
    let page = rig.ae.data().join("runs").join(&run).join("workspace/site/index.html");
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, format!("{text}<!-- more -->")).unwrap();
    let ended = rig.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(4).json();
    assert!(ended["reason"].as_str().unwrap().contains("changed"), "{}", ended["reason"]);
    assert_eq!(rig.changes(), before, "nothing was sent");
}

#[test]
fn an_approval_that_expired_sends_nothing() {
    for field in ["requested_at", "decided_at"] {
        let rig = Rig::new();
        let run = rig.at_launch();
        let before = rig.changes();
        let asked = rig.ae(&["status", &run, "--json"]).expect(0).json()["waiting"]["approval"].clone();
        let desk = rusqlite::Connection::open(rig.ae.data().join("safety.db")).unwrap();
        let id = asked.as_str().unwrap();
        let decided = if field == "decided_at" {
            "json_set(record, '$.approval.status', 'approved', '$.approval.decided_by', 'person:test', \
             '$.approval.decided_at', '2020-01-01T00:00:00Z', '$.approval.requested_at', '2020-01-01T00:00:00Z')"
        } else {
            "json_set(record, '$.approval.requested_at', '2020-01-01T00:00:00Z')"
        };
        let sql = format!("UPDATE safety_approvals SET record = {decided} WHERE record LIKE '%{id}%'");
        assert_eq!(desk.execute(&sql, []).unwrap(), 1, "{field}");
        drop(desk);
        let again = rig.ae(&["resume", &run, "--json"]).expect(6).json();
        assert_ne!(again["waiting"]["approval"], asked, "{field}: it is asked again");
        assert_eq!(rig.changes(), before, "{field}: nothing was sent");
    }
}

#[test]
fn a_plan_of_the_host_that_excludes_payments_is_blocked_before_anything_is_made() {
    let rig = Rig::new();
    rig.vercel.set_plan("hobby");
    let ended = rig.ae(&rig.run(&["--yes"])).expect(4).json();
    let reason = ended["reason"].as_str().unwrap();
    assert!(reason.contains("excludes") && reason.contains("change the plan"), "{reason}");
    assert_eq!(rig.changes(), [0, 0]);
    assert!(rig.vercel.projects().is_empty());
}

#[test]
fn a_release_that_the_host_can_not_serve_ends_the_run_and_its_sale_can_be_taken_back() {
    let rig = Rig::new();
    rig.vercel.fail_builds(10);
    let ended = rig.ae(&rig.run(&["--yes"])).expect(1).json();
    let (run, reason) = (ended["run_id"].as_str().unwrap(), ended["reason"].as_str().unwrap());
    assert!(reason.contains("can't be served") && reason.contains("ae undo"), "{reason}");
    assert!(ended["product_url"].is_null());
    rig.ae(&["undo", run, "--yes", "--json"]).expect(0);
    assert_eq!(rig.objects("payment_link")[1], 0);
    assert!(rig.vercel.projects().is_empty());
}

//! Whole runs of the command with models that a loopback server of the vendors plays.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use ae_core::{Currency, Money, Timestamp, TokenUsage};
use ae_router::PriceTable;
use serde_json::Value;

use super::words::{good, role};
use crate::{
    ae::{Ae, INTENT, finish},
    models::{Asked, ModelServer, Script, Turn},
};

const RUN: [&str; 7] = ["run", INTENT, "--signals", "sample", "--yes", "--json", "--no-serve"];
const KEY: &str = "sk-the-real-key-0123456789";
const ID: &str = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
const VENDORS: [&str; 3] = ["ANTHROPIC", "OPENAI", "GEMINI"];

/// The order of a request: the first words of the user.
fn order(asked: &Asked) -> String {
    let first = asked.said.iter().find_map(|said| match said {
        crate::models::Said::User(text) => Some(text.clone()),
        _ => None,
    });
    first.unwrap()
}

fn plays(answer: impl Fn(&str, &Asked) -> Turn + Send + Sync + 'static) -> Script {
    Script::decide(move |asked| answer(&order(asked), asked)).bare()
}

fn well() -> Script {
    plays(|order, _| Turn::text(good(order).to_string()))
}

fn with_key(ae: &Ae, vendor: &str, base_url: &str, args: &[&str]) -> Command {
    let mut command = ae.command(args);
    command.env(format!("{vendor}_API_KEY"), KEY).env(format!("AE_{vendor}_BASE_URL"), base_url);
    command
}

fn money(value: &Value) -> Money {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// The bill of a script: each call at its exact price, in the millionths that the ledger counts.
fn bill(models: &ModelServer, script: &str) -> Money {
    models.calls(script).iter().fold(Money::zero(Currency::USD), |sum, heard| {
        let (asked, used) = (heard.asked.as_ref().unwrap(), heard.usage);
        let usage = TokenUsage::new(used.input, used.output).with_cache_read(used.cached);
        let usage = usage.with_cache_writes(used.stored, 0);
        let cost = PriceTable::bundled().cost(&asked.model, &usage, Timestamp::now()).unwrap();
        sum.checked_add(cost.ceil_to_micro()).unwrap()
    })
}

fn roles(models: &ModelServer, script: &str) -> Vec<&'static str> {
    models.calls(script).iter().map(|heard| role(&order(heard.asked.as_ref().unwrap()))).collect()
}

#[test]
fn models_write_the_spec_and_the_kit_builds_it_at_an_exact_cost() {
    let models = ModelServer::start();
    for vendor in VENDORS {
        let (ae, script) = (Ae::new(), vendor.to_lowercase());
        let base_url = models.play(&script, well());
        let done = finish(with_key(&ae, vendor, &base_url, &RUN).spawn().unwrap()).expect(0);
        let report = done.json();
        assert_eq!(report["outcome"], "verified", "{report}");
        assert_eq!(report["deliverable"], "web_tool");
        assert_eq!(
            (&report["spec"]["analyst"], &report["spec"]["product_name"]),
            (&"model".into(), &"Row Mender".into())
        );
        assert_eq!(report["niche"]["name"], "Tables that do not open");
        assert_eq!(report["spec"]["pricing"][0]["price"]["amount"], "12", "{}", report["spec"]["pricing"]);
        assert_eq!(report["spec"]["tasks"].as_array().unwrap().len(), 3);
        assert_eq!(roles(&models, &script), ["niches", "product", "price", "design", "tasks"]);

        let (analyst, exact) = (&report["analyst"], bill(&models, &script));
        assert!(!exact.is_zero());
        assert_eq!((&analyst["name"], &analyst["repairs"]), (&"model".into(), &0.into()));
        assert_eq!(money(&analyst["cost"]), exact, "{analyst}");
        assert_eq!(money(&analyst["limit"]), Money::parse("2", Currency::USD).unwrap());
        assert!(!analyst["models"].as_array().unwrap().is_empty());
        assert_eq!(money(&report["spent"]["settled"]), exact, "in the account of the run too");
        assert_eq!(money(&report["spent"]["reserved"]), Money::zero(Currency::USD));
        let keys = models.calls(&script);
        assert!(keys.iter().all(|heard| heard.key.as_deref() == Some(KEY)), "{vendor}");

        let run = report["run_id"].as_str().unwrap();
        let status = ae.ae(&["status", run]).expect(0).stdout;
        assert!(status.contains("analyst    model (") && status.contains("0 repairs"), "{status}");
        let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
        assert_eq!(log.matches("\"analyst_answered\"").count(), 2, "{log}");
        assert!(!log.contains(KEY) && !done.stdout.contains(KEY) && !done.stderr.contains(KEY));
        ae.ae(&["audit", "verify"]).expect(0);
    }
}

#[test]
fn without_a_key_or_by_wish_the_rules_write_it() {
    let (models, ae) = (ModelServer::start(), Ae::new());
    let base_url = models.play("run", well());
    let mut args = RUN.to_vec();
    args.extend(["--analyst", "rules"]);
    let report = finish(with_key(&ae, "ANTHROPIC", &base_url, &args).spawn().unwrap()).expect(0).json();
    assert_eq!(
        (&report["analyst"]["name"], &report["spec"]["analyst"]),
        (&"rules".into(), &"rule-based".into())
    );
    assert!(money(&report["analyst"]["cost"]).is_zero() && money(&report["spent"]["settled"]).is_zero());
    assert_eq!(models.calls("run").len(), 0);
    // Nothing to spend is nothing to ask.
    let mut args = RUN.to_vec();
    args.extend(["--budget", "0"]);
    let report = finish(with_key(&ae, "ANTHROPIC", &base_url, &args).spawn().unwrap()).expect(0).json();
    assert_eq!((&report["analyst"]["name"], models.calls("run").len()), (&"rules".into(), 0));

    let mut args = RUN.to_vec();
    args.extend(["--analyst", "model"]);
    let refused = ae.ae(&args);
    assert!(refused.code != 0 && refused.stdout.contains("ANTHROPIC_API_KEY"), "{refused:?}");
    args.extend(["--budget", "0"]);
    let stopped = finish(with_key(&ae, "ANTHROPIC", &base_url, &args).spawn().unwrap());
    assert_eq!((stopped.code, stopped.json()["outcome"].as_str()), (3, Some("budget_stop")), "{stopped:?}");
    assert_eq!(models.calls("run").len(), 0);
}

#[test]
fn models_that_give_nothing_usable_block_the_run_and_are_paid() {
    let (models, ae) = (ModelServer::start(), Ae::new());
    let base_url = models.play("run", plays(|_, _| Turn::text("I would rather not.")));
    let blocked = finish(with_key(&ae, "ANTHROPIC", &base_url, &RUN).spawn().unwrap()).expect(4).json();
    assert_eq!(blocked["outcome"], "blocked");
    assert!(blocked["reason"].as_str().unwrap().contains("--analyst rules"), "{blocked}");
    assert_eq!(roles(&models, "run"), ["niches"; 3]);
    assert_eq!(money(&blocked["analyst"]["cost"]), bill(&models, "run"));
    assert_eq!(money(&blocked["spent"]["settled"]), bill(&models, "run"));
}

#[test]
fn a_killed_run_pays_for_no_recorded_answer_twice() {
    let (models, ae) = (ModelServer::start(), Ae::new());
    // The architect never answers.
    let base_url = models.play(
        "run",
        plays(|order, _| {
            let turn = Turn::text(good(order).to_string());
            if role(order) == "design" { turn.stalled() } else { turn }
        }),
    );
    let mut args = RUN.to_vec();
    args.extend(["--run-id", ID]);
    let mut child = with_key(&ae, "ANTHROPIC", &base_url, &args).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    while !roles(&models, "run").contains(&"design") {
        assert!(Instant::now() < end && child.try_wait().unwrap().is_none(), "the architect is asked");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let lost = ae.ae(&["status", ID, "--json"]).json();
    let (before, aside) = (money(&lost["spent"]["settled"]), money(&lost["spent"]["reserved"]));
    assert!(!before.is_zero() && !aside.is_zero(), "the call under way stays counted: {lost}");

    let base_url = models.play("again", well());
    let resumed = with_key(&ae, "ANTHROPIC", &base_url, &["resume", ID, "--yes", "--json", "--no-serve"]);
    let report = finish({ resumed }.spawn().unwrap()).expect(0).json();
    assert_eq!(report["outcome"], "verified", "{report}");
    assert_eq!(roles(&models, "again"), ["design", "tasks"], "nothing that was answered is asked again");
    let all = before.checked_add(aside).and_then(|sum| sum.checked_add(bill(&models, "again"))).unwrap();
    assert_eq!(money(&report["spent"]["settled"]), all, "the lost call counts at its reservation");
    assert_eq!(money(&report["analyst"]["cost"]), all);
    assert!(money(&report["spent"]["reserved"]).is_zero());
}

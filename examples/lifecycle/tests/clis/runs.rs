//! Whole runs.

use std::time::{Duration, Instant};

use ae_core::{Currency, Money};
use serde_json::Value;

use crate::{
    models::{Asked, Script, Turn},
    product,
    rig::{INTENT, Rig, finish, owned, writes},
};

const RUN: [&str; 11] = [
    "run",
    INTENT,
    "--agent",
    "claude",
    "--analyst",
    "rules",
    "--signals",
    "sample",
    "--yes",
    "--json",
    "--no-serve",
];

fn is(asked: &Asked, words: &str) -> bool {
    asked.prompt().contains(words)
}

/// The work of a model that builds it with a fault first, and right after its diagnosis.
fn work(asked: &Asked) -> Vec<(String, String)> {
    if is(asked, "Specify a product") {
        owned(product::specification())
    } else if is(asked, "Task T-004") {
        owned(product::page())
    } else {
        let faulty = !is(asked, "a case that you don't see");
        owned(vec![("kit/modules/csv.js", product::module(faulty))])
    }
}

fn money(value: &Value) -> Money {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

#[test]
fn claude_builds_a_product_that_is_verified_at_its_exact_cost() {
    builds_a_product("claude");
}

#[test]
fn codex_builds_a_product_that_is_verified_at_its_exact_cost() {
    builds_a_product("codex");
}

#[test]
fn gemini_builds_a_product_that_is_verified_at_its_exact_cost() {
    builds_a_product("gemini");
}

fn builds_a_product(agent: &str) {
    let Some(rig) = Rig::new() else { return };
    let base_url = rig.models.play("run", writes(work));
    let args = RUN.map(|argument| if argument == "claude" { agent } else { argument });
    let finished = finish(rig.agent(agent, &base_url, &args).spawn().unwrap());
    assert_eq!(finished.code, 0, "{finished:?}");
    let report = finished.json();
    assert_eq!(report["outcome"], "verified", "{report}");
    assert_eq!(report["attempts"], 2, "{report}");
    assert_eq!(report["agent"]["name"], agent);
    let settled = money(&report["spent"]["settled"]);
    assert!(!settled.is_zero());
    assert_eq!(settled, rig.bill("run"), "{report}");
    assert_eq!(money(&report["spent"]["reserved"]), Money::zero(Currency::USD));
    let parts = [&report["agent"]["author"]["cost"], &report["agent"]["build"]["cost"]];
    assert_eq!(money(parts[0]).checked_add(money(parts[1])).unwrap(), settled);
    assert_eq!(rig.leaks_key(), None);
    let calls = rig.models.calls("run");
    assert!(
        calls.iter().all(|call| call.key.as_deref() == Some(crate::rig::KEY)),
        "the proxy puts the key on"
    );
}

#[test]
fn a_model_that_never_gets_it_right_stops_at_the_budget_or_stalls_and_is_not_published() {
    let Some(rig) = Rig::new() else { return };
    let stubborn = |asked: &Asked| {
        if is(asked, "Specify a product") {
            owned(product::specification())
        } else if is(asked, "Task T-004") {
            owned(product::page())
        } else {
            owned(vec![("kit/modules/csv.js", product::module(true))])
        }
    };
    let base_url = rig.models.play("run", writes(stubborn));
    let finished = finish(rig.claude(&base_url, &RUN).spawn().unwrap());
    let report = finished.json();
    assert_eq!((finished.code, &report["outcome"]), (5, &Value::from("stalled")), "{report}");
    assert!(report["product_url"].is_null() && report["payment_link"].is_null());
    assert_eq!(money(&report["spent"]["settled"]), rig.bill("run"));
}

#[test]
fn a_killed_run_leaves_no_orphan_and_pays_nothing_twice() {
    let Some(rig) = Rig::new() else { return };
    let id = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
    // The model never ends its answer to the builder.
    let hangs = Script::decide(|asked: &Asked| {
        if is(asked, "Specify a product") && asked.results().is_empty() {
            let files = product::specification().into_iter();
            return Turn::acts(files.map(|(path, text)| crate::models::Act::write(path, text)));
        }
        if is(asked, "Task T-003") { Turn::text("I begin.").stalled() } else { Turn::text("Done.") }
    });
    let base_url = rig.models.play("run", hangs);
    let mut args = RUN.to_vec();
    args.extend(["--run-id", id]);
    let mut child = rig.claude(&base_url, &args).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(120);
    while !rig
        .models
        .calls("run")
        .iter()
        .any(|call| call.asked.as_ref().is_some_and(|asked| is(asked, "Task T-003")))
    {
        assert!(Instant::now() < end && child.try_wait().unwrap().is_none(), "the builder calls its model");
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let lost = finish(rig.command(&["status", id, "--json"]).spawn().unwrap()).json();
    assert_eq!(lost["outcome"], "interrupted", "{lost}");
    let aside = money(&lost["spent"]["reserved"]);
    assert!(!aside.is_zero(), "the call under way stays counted: {lost}");

    let before = money(&lost["spent"]["settled"]);
    let base_url = rig.models.play("again", writes(work));
    let finished =
        finish(rig.claude(&base_url, &["resume", id, "--yes", "--json", "--no-serve"]).spawn().unwrap());
    let report = finished.json();
    assert_eq!(report["outcome"], "verified", "{report} {}", finished.stderr);
    assert_eq!(orphans(&rig), Vec::<String>::new());
    let settled = money(&report["spent"]["settled"]);
    let all = before.checked_add(aside).and_then(|sum| sum.checked_add(rig.bill("again"))).unwrap();
    assert_eq!(settled, all, "the lost call counts at its reservation, and nothing counts twice");
    assert!(money(&report["spent"]["reserved"]).is_zero());
    let again = rig.models.calls("again");
    assert!(
        !again.iter().any(|call| call.asked.as_ref().is_some_and(|asked| is(asked, "Specify a product")))
    );
}

/// The processes that work below the data directory.
fn orphans(rig: &Rig) -> Vec<String> {
    let data = rig.data();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let within = processes.filter(|process| {
        std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder.starts_with(&data))
    });
    within.map(|process| process.display().to_string()).collect()
}

#[test]
fn an_agent_of_the_protocol_is_held_to_the_same_walls_and_books() {
    let Some(rig) = Rig::new() else { return };
    let base_url = rig.models.play("run", writes(work));
    let command = format!("acp:{}/tests/clis/acp.py", env!("CARGO_MANIFEST_DIR"));
    let args: Vec<_> = RUN.iter().map(|arg| if *arg == "claude" { command.as_str() } else { arg }).collect();
    let finished = finish(rig.claude(&base_url, &args).spawn().unwrap());
    let report = finished.json();
    assert_eq!(report["outcome"], "verified", "{report} {}", finished.stderr);
    let settled = money(&report["spent"]["settled"]);
    assert!(!settled.is_zero());
    assert_eq!(settled, rig.bill("run"), "{report}");
    assert_eq!(rig.leaks_key(), None);
}

#[test]
fn a_missing_key_and_a_missing_program_are_named_before_anything_is_begun() {
    let Some(rig) = Rig::new() else { return };
    let no_key = finish(rig.command(&RUN).spawn().unwrap());
    assert_ne!(no_key.code, 0);
    assert!(no_key.stdout.contains("ANTHROPIC_API_KEY is not set"), "{no_key:?}");
    let base_url = rig.models.play("run", writes(work));
    let no_program = finish(rig.claude(&base_url, &RUN).env("PATH", "/usr/bin:/bin").spawn().unwrap());
    assert!(no_program.code != 0 && no_program.stdout.contains("no program `claude`"), "{no_program:?}");
    let runs = finish(rig.command(&["runs", "--json"]).spawn().unwrap()).json();
    assert_eq!(runs["total"], 0, "{runs}");

    let auto: Vec<_> = RUN.iter().map(|arg| if *arg == "claude" { "auto" } else { arg }).collect();
    let site = finish(rig.command(&auto).spawn().unwrap());
    assert_eq!(site.code, 0, "{site:?}");
    assert!(site.stderr.contains("the built-in builder is used, since"), "{}", site.stderr);
}

#[test]
fn the_agents_of_this_machine_are_listed_without_their_keys() {
    let Some(rig) = Rig::new() else { return };
    let shown = finish(rig.claude("http://127.0.0.1:9", &["agents", "--json"]).spawn().unwrap());
    let here = shown.json();
    let claude = &here["agents"][0];
    assert_eq!((&claude["name"], &claude["has_key"]), (&Value::from("claude"), &Value::from(true)), "{here}");
    assert!(claude["version"].as_str().is_some_and(|version| version.starts_with("2.")), "{here}");
    assert_eq!(here["agents"][1]["has_key"], false);
    assert!(!shown.stdout.contains(crate::rig::KEY));
    let text = finish(rig.command(&["agents"]).spawn().unwrap());
    assert!(text.code == 0 && text.stdout.contains("sandbox  bubblewrap"), "{text:?}");
}

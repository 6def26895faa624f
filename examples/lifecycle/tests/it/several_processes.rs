//! Several commands at once on one data directory.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use super::ae::{Ae, INTENT, finish};

#[test]
fn runs_side_by_side_do_not_disturb_each_other() {
    let ae = Ae::new();
    let children: Vec<_> =
        (0..4).map(|_| ae.spawn(&["run", INTENT, "--signals", "sample", "--yes", "--json"])).collect();
    let mut sites = std::collections::BTreeSet::new();
    for child in children {
        let result = finish(child).expect(0).json();
        sites.insert(result["product_url"].as_str().unwrap().to_owned());
    }
    assert_eq!(sites.len(), 4, "each run has a site of its own");
    assert_eq!(ae.ae(&["runs", "--json"]).expect(0).json()["total"], 4);
    ae.ae(&["audit", "verify"]).expect(0);
}

#[test]
fn a_run_has_one_runner_and_two_deciders_have_one_winner() {
    let ae = Ae::new();
    let run = ae.parked();
    let children: Vec<_> =
        (0..4).map(|_| ae.spawn(&["approve", &run, "--stage", "spec", "--json"])).collect();
    let codes: Vec<_> = children.into_iter().map(|child| finish(child).code).collect();
    // The question is decided once: one command decides the spec and parks at the launch.
    assert!(codes.iter().all(|code| [0, 2, 6].contains(code)), "{codes:?}");
    assert!(codes.contains(&6), "{codes:?}");
    let done = ae.ae(&["resume", &run, "--yes", "--json"]).expect(0).json();
    assert_eq!(done["outcome"], "verified");
    assert_eq!(done["prices"].as_array().unwrap().len(), done["spec"]["pricing"].as_array().unwrap().len());
}

#[test]
fn a_second_runner_is_refused_while_status_works_beside_the_first() {
    let ae = Ae::new();
    let run = ae.parked();
    let lease =
        std::fs::File::options().write(true).open(ae.data().join("runs").join(&run).join("lease")).unwrap();
    fs4::FileExt::lock(&lease).unwrap();
    let refused = ae.ae(&["resume", &run, "--yes"]).expect(2);
    assert!(refused.stderr.contains("another process"), "{}", refused.stderr);
    ae.ae(&["status", &run]).expect(0);
    ae.ae(&["runs"]).expect(0);
    // A cancellation beside a runner is a request that the runner sees.
    let asked = ae.ae(&["cancel", &run, "--json"]).expect(0).json();
    assert_eq!(asked["cancel_requested"], true);
    drop(lease);
    ae.ae(&["approve", &run, "--stage", "spec"]).expect(2);
}

#[test]
fn a_twin_of_a_running_intent_is_a_warning() {
    let ae = Ae::new();
    ae.parked();
    let twin = ae.ae(&["run", "  build a $500 mrr csv TOOL ", "--signals", "sample", "--yes"]).expect(0);
    assert!(twin.stderr.contains("warning: run") && twin.stderr.contains("same intent"), "{}", twin.stderr);
}

#[test]
fn a_run_that_is_asked_to_stop_says_where_it_stands() {
    let ae = Ae::new();
    for signal in ["-TERM", "-INT"] {
        // Its signals never come, so it waits for them until it is stopped.
        let args = ["run", INTENT, "--signals", "-", "--yes", "--json"];
        let mut child = ae.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        let mut progress = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("discover") {
            line.clear();
            assert!(progress.read_line(&mut line).unwrap() > 0, "it ended early");
        }
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        progress.read_to_string(&mut line).unwrap();
        let stopped = finish(child).expect(130).json();
        assert_eq!(stopped["outcome"], "interrupted", "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_run_can_be_cancelled_before_its_signals_are_there() {
    let ae = Ae::new();
    let pipe = ae.file("pipe", b"");
    std::fs::remove_file(&pipe).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = ae.spawn(&["run", INTENT, "--signals", &pipe, "--yes", "--json"]);
    let run = loop {
        let listed = ae.ae(&["runs", "--json"]);
        if listed.code == 0 {
            if let Some(run) = listed.json()["runs"][0]["run_id"].as_str() {
                break run.to_owned();
            }
        }
    };
    ae.ae(&["cancel", &run]).expect(0);
    assert_eq!(finish(child).expect(130).json()["outcome"], "cancelled");
    ae.ae(&["resume", &run]).expect(130);
}

//! The two questions, and what they are worth.

use std::{fs, path::Path};

use super::ae::{Ae, command_in, finish};

#[test]
fn a_run_parks_twice_and_goes_on_when_it_is_approved() {
    let ae = Ae::new();
    let run = ae.parked();
    let status = ae.ae(&["status", &run, "--json"]).expect(0).json();
    assert_eq!(status["status"], "paused");
    let shown = &status["waiting"];
    for part in
        ["planned", "delivers   a tool that works", "assumes    the price follows a rule", "unknown    "]
    {
        assert!(shown["rendering"].as_str().unwrap().contains(part), "{part}: {shown}");
    }
    assert_eq!(shown["digest"].as_str().unwrap().len(), 64);
    assert!(status["product_url"].is_null(), "nothing is published before the launch is approved");

    let launch = ae.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6).json();
    assert!(launch["waiting"]["title"].as_str().unwrap().contains("launch"));
    assert!(launch["product_url"].is_null() && launch["payment_link"].is_null());
    let done = ae.ae(&["approve", &run, "--stage", "launch", "--reason", "fine", "--json"]).expect(0).json();
    assert_eq!(done["outcome"], "verified");
    assert!(done["product_url"].is_string() && done["payment_link"].is_string());
}

#[test]
fn resume_with_yes_decides_what_is_open_and_without_it_stays_parked() {
    let ae = Ae::new();
    let run = ae.parked();
    ae.ae(&["resume", &run, "--json"]).expect(6);
    let done = ae.ae(&["resume", &run, "--yes", "--json"]).expect(0).json();
    assert_eq!(done["outcome"], "verified");
    // An ended run stays what it is.
    assert_eq!(ae.ae(&["resume", &run, "--json"]).expect(0).json()["release"], done["release"]);
}

#[test]
fn a_rejection_ends_the_run_as_blocked_with_its_reason() {
    let ae = Ae::new();
    let run = ae.parked();
    let done = ae
        .ae(&["approve", &run, "--stage", "spec", "--reject", "--reason", "too dear", "--json"])
        .expect(4)
        .json();
    assert_eq!(done["outcome"], "blocked");
    assert!(done["reason"].as_str().unwrap().contains("too dear"));
    assert!(!ae.data().join("runs").join(&run).join("workspace/site").exists(), "nothing was built");
}

#[test]
fn approving_twice_or_after_a_cancel_is_refused_and_changes_nothing() {
    let ae = Ae::new();
    let run = ae.parked();
    ae.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6);
    ae.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(0);
    let twice = ae.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(2);
    assert_eq!(twice.json()["error"]["kind"], "conflict");

    let other = ae.parked();
    ae.ae(&["cancel", &other, "--json"]).expect(0);
    let after = ae.ae(&["approve", &other, "--stage", "spec"]).expect(2);
    assert!(after.stderr.contains("cancelled"), "{}", after.stderr);
    let status = ae.ae(&["status", &other, "--json"]).expect(0).json();
    assert_eq!(status["outcome"], "cancelled");
    ae.ae(&["resume", &other]).expect(130);
    ae.ae(&["cancel", &other]).expect(2);
}

#[test]
fn one_changed_byte_in_the_release_voids_the_approval() {
    let ae = Ae::new();
    let run = ae.parked();
    ae.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6);
    let page = ae.data().join("runs").join(&run).join("workspace/site/index.html");
    let mut bytes = std::fs::read(&page).unwrap();
    let place = bytes.windows(5).position(|w| w == b"</h1>").unwrap();
    bytes[place - 1] ^= 1;
    std::fs::write(&page, bytes).unwrap();
    let refused = ae.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(4).json();
    assert_eq!(refused["status"], "blocked");
    assert!(refused["reason"].as_str().unwrap().contains("changed"), "{}", refused["reason"]);
    ae.ae(&["approve", &run, "--stage", "launch"]).expect(2);
    let status = ae.ae(&["status", &run, "--json"]).expect(0).json();
    assert!(status["product_url"].is_null(), "nothing was published: {status}");
    let sites = ae.data().join("sites");
    let live = std::fs::read_dir(sites)
        .unwrap()
        .filter(|site| site.as_ref().unwrap().path().join("current.json").exists());
    assert_eq!(live.count(), 0);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_launch_that_waits_is_approved_in_a_copy_of_its_data_directory() {
    let ae = Ae::new();
    let run = ae.parked();
    let asked = ae.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6).json();
    let moved = tempfile::tempdir().unwrap();
    let data = moved.path().join("elsewhere");
    copy(&ae.data(), &data);
    fs::remove_dir_all(ae.data()).unwrap();
    let there = |args: &[&str]| finish(command_in(&data, args).spawn().unwrap());

    let waits = there(&["status", &run, "--json"]).expect(0).json();
    assert_eq!(waits["waiting"], asked["waiting"], "the same question, with the same digest");
    let digest = waits["waiting"]["digest"].as_str().unwrap();
    let done = there(&["approve", &run, "--digest", digest, "--json"]).expect(0).json();
    assert_eq!((&done["outcome"], &done["damage"]), (&"verified".into(), &serde_json::Value::Null));
    let live = fs::read_dir(data.join("sites")).unwrap();
    assert_eq!(live.filter(|site| site.as_ref().unwrap().path().join("current.json").exists()).count(), 1);
    there(&["audit", "verify"]).expect(0);
    assert!(!ae.data().exists(), "nothing is made at the old place");
}

#[test]
fn a_decision_for_another_digest_is_refused() {
    let ae = Ae::new();
    let run = ae.parked();
    let digest =
        ae.ae(&["status", &run, "--json"]).expect(0).json()["waiting"]["digest"].as_str().unwrap().to_owned();
    ae.ae(&["approve", &run, "--digest", "000000000000"]).expect(2);
    let launch = ae.ae(&["approve", &run, "--digest", &digest, "--json"]).expect(6);
    assert!(launch.stderr.contains("planned") && launch.stderr.contains(&digest), "it shows what it decides");
    // The same command again does not decide the next question.
    ae.ae(&["approve", &run, "--digest", &digest]).expect(2);
}

#[test]
fn a_decision_says_which_question_it_is_for() {
    let ae = Ae::new();
    let run = ae.parked();
    for unclear in [
        &["approve", &run][..],
        &["approve", &run, "--reject"],
        &["approve", &run, "--digest", ""],
        &["approve", &run, "--digest", "b"],
        &["approve", &run, "--digest", "zzzzzzzz"],
        &["approve", &run, "--stage", "launch"],
        &["approve", &run, "--stage", "spec", "--reject", "--yes"],
    ] {
        ae.ae(unclear).expect(2);
        let waits = ae.ae(&["status", &run, "--json"]).expect(0).json();
        assert_eq!(waits["outcome"], "waiting_for_approval", "{unclear:?}");
    }
    let next = ae.ae(&["status", &run]).expect(0).stdout;
    let next = next.split('`').nth(1).unwrap();
    assert!(next.starts_with("ae approve ") && next.contains("--data-dir"), "{next}");
    let words: Vec<_> = next.split(' ').skip(1).take_while(|word| *word != "--data-dir").collect();
    ae.ae(&words).expect(6);
}

#[test]
fn a_cancellation_that_a_crash_cut_off_still_holds() {
    let ae = Ae::new();
    let run = ae.parked();
    let runs = rusqlite::Connection::open(ae.data().join("runs.db")).unwrap();
    runs.execute("UPDATE runs SET cancel_requested = 1", []).unwrap();
    drop(runs);
    let ended = ae.ae(&["resume", &run, "--yes", "--json"]).expect(130).json();
    assert_eq!(ended["outcome"], "cancelled");
    assert!(ended["product_url"].is_null() && ended["payment_link"].is_null());
}

#[test]
fn a_question_that_expired_is_asked_again() {
    let ae = Ae::new();
    let run = ae.parked();
    let first = ae.ae(&["status", &run, "--json"]).expect(0).json()["waiting"]["approval"].clone();
    let desk = rusqlite::Connection::open(ae.data().join("safety.db")).unwrap();
    let changed = desk.execute(
        "UPDATE safety_approvals SET record = json_set(record, '$.approval.requested_at', '2020-01-01T00:00:00Z')",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    drop(desk);
    let status = ae.ae(&["status", &run, "--json"]).expect(0).json();
    assert_eq!(status["outcome"], "approval_expired", "{status}");
    assert!(status["waiting"].is_null() && status["reason"].as_str().unwrap().contains("ae approve"));
    // What expired is not decided: the new question is shown first.
    let asked = ae.ae(&["approve", &run, "--stage", "spec", "--yes", "--json"]).expect(6);
    assert!(asked.stderr.contains("asked again"), "{}", asked.stderr);
    let again = asked.json();
    assert!(
        again["waiting"]["approval"].is_string() && again["waiting"]["approval"] != first,
        "{}",
        again["waiting"]
    );
    ae.ae(&["approve", &run, "--stage", "spec", "--json"]).expect(6);
    ae.ae(&["approve", &run, "--stage", "launch", "--json"]).expect(0);
}

#[test]
fn a_standing_decision_is_recorded_as_such() {
    let ae = Ae::new();
    ae.main_job();
    let log = std::fs::read_to_string(ae.data().join("audit.jsonl")).unwrap();
    assert_eq!(log.matches("\"standing\":true").count(), 2, "spec and launch");
}

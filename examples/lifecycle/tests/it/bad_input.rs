//! Bad input is refused with a remedy, and changes nothing.

use super::ae::{Ae, INTENT, command_in, finish};

fn no_run_began(ae: &Ae) {
    let runs = ae.ae(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs["total"], 0);
}

#[test]
fn intents_and_budgets_that_can_not_be_right() {
    let ae = Ae::new();
    let long = "a".repeat(100_000);
    for intent in ["", "   ", "?!", "ab", long.as_str()] {
        let refused = ae.ae(&["run", intent, "--signals", "sample", "--yes"]).expect(2);
        assert!(refused.stderr.contains("intent"), "{}", refused.stderr);
        assert!(refused.stdout.is_empty());
    }
    for budget in ["-1", "NaN", "inf", "1e30", "ten", "", "10000", "0.0000001", "1,5"] {
        let refused = ae.ae(&["run", INTENT, "--budget", budget, "--signals", "sample", "--yes"]).expect(2);
        assert!(
            refused.stderr.contains("budget") || refused.stderr.contains("amount"),
            "{budget}: {}",
            refused.stderr
        );
    }
    no_run_began(&ae);
}

#[test]
fn signals_that_can_not_be_read() {
    let ae = Ae::new();
    let files = [
        ("missing", "/nowhere/posts.csv".to_owned()),
        ("empty", ae.file("empty.csv", b"")),
        ("binary", ae.file("binary.csv", &[0, 159, 146, 150, 0, 1, 2, 3, 255, 254])),
        ("header", ae.file("header.csv", b"a,b,c\n1,2,3\n")),
        ("folder", ae.data().parent().unwrap().to_str().unwrap().to_owned()),
        ("address", "https://example.com/posts.csv".to_owned()),
    ];
    for (what, file) in &files {
        let refused = ae.ae(&["run", INTENT, "--signals", file, "--yes"]).expect(2);
        assert!(
            refused.stderr.contains("error: ") && refused.stderr.len() > 30,
            "{what}: {}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("panicked"), "{what}: {}", refused.stderr);
    }
    no_run_began(&ae);
}

#[test]
fn addresses_that_no_product_can_have() {
    let ae = Ae::new();
    for addr in ["[::1]:4190", "127.0.0.1:0", "127.0.0.2:4190", "10.0.0.5:4190"] {
        ae.ae(&["run", INTENT, "--signals", "sample", "--addr", addr, "--yes"]).expect(2);
    }
    no_run_began(&ae);
    let all = ae.ae(&["run", INTENT, "--signals", "sample", "--addr", "0.0.0.0:4191", "--yes", "--json"]);
    let url = all.expect(0).json()["product_url"].as_str().unwrap().to_owned();
    assert!(url.ends_with(".localhost:4191/"), "{url}");
}

#[test]
fn signals_that_are_gone_are_needed_no_more_once_they_were_read() {
    let ae = Ae::new();
    let file = ae.file("posts.csv", &super::ae::posts(2_000));
    let parked = ae.ae(&["run", INTENT, "--signals", &file, "--json"]).expect(6).json();
    std::fs::remove_file(&file).unwrap();
    let run = parked["run_id"].as_str().unwrap();
    ae.ae(&["resume", run, "--yes", "--json"]).expect(0);
}

#[test]
fn a_damaged_audit_log_is_found_and_left_as_it_is() {
    let ae = Ae::new();
    ae.ae(&["audit", "verify"]).expect(2);
    ae.main_job();
    let path = ae.data().join("audit.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let torn = &whole[..whole.len() - 7];
    std::fs::write(&path, torn).unwrap();
    ae.ae(&["audit", "verify"]).expect(1);
    assert_eq!(std::fs::read(&path).unwrap(), torn, "verifying mends nothing");
    let mut tampered = whole.clone();
    let place = tampered.len() / 2;
    tampered[place] ^= 1;
    std::fs::write(&path, &tampered).unwrap();
    let found = ae.ae(&["audit", "verify", "--json"]).expect(1).json();
    assert_eq!(found["whole"], false);
    assert!(found["problem"]["seq"].is_u64(), "{found}");
    let cut = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in [&whole[..cut], b""] {
        std::fs::write(&path, cut).unwrap();
        ae.ae(&["audit", "verify"]).expect(1);
        let refused = ae.ae(&["run", INTENT, "--signals", "sample", "--yes"]);
        assert!(refused.code != 0 && refused.stderr.contains("audit"), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), cut, "no new chain is begun");
    }
    std::fs::remove_file(&path).unwrap();
    let refused = ae.ae(&["run", INTENT, "--signals", "sample", "--yes"]);
    assert!(refused.code != 0 && refused.stderr.contains("is gone"), "{refused:?}");
    std::fs::write(&path, &whole).unwrap();
    ae.ae(&["audit", "verify"]).expect(0);
}

#[test]
fn a_log_that_can_not_be_read_is_not_called_removed() {
    let ae = Ae::new();
    let file = ae.file("not-a-folder", b"x");
    let refused = finish(command_in(file.as_ref(), &["audit", "verify"]).spawn().unwrap());
    assert!(refused.code != 0 && refused.stderr.contains("can't use"), "{refused:?}");
    assert!(!refused.stderr.contains("removed"), "{refused:?}");
}

#[test]
fn a_result_that_could_not_be_written_is_no_success() {
    let ae = Ae::new();
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for json in [None, Some("--json")] {
        let mut args = vec!["run", INTENT, "--signals", "sample", "--yes"];
        args.extend(json);
        let lost = finish(ae.command(&args).stdout(full()).spawn().unwrap());
        assert_eq!(lost.code, 1, "{lost:?}");
        assert!(lost.stderr.contains("standard output") && lost.stderr.contains("ae status"), "{lost:?}");
    }
    let runs = ae.ae(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs["total"], 2, "what was done stays done");
}

#[test]
fn everything_in_the_data_directory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let ae = Ae::new();
    std::fs::create_dir(ae.data()).unwrap();
    std::fs::set_permissions(ae.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    ae.main_job();
    for name in ["runs.db", "checkpoints.db", "safety.db", "billing.db", "audit.jsonl"] {
        let mode = std::fs::metadata(ae.data().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has mode {mode:o}");
    }
}

#[test]
fn runs_that_do_not_exist() {
    let ae = Ae::new();
    let unknown = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
    ae.ae(&["run", "", "--signals", "sample"]).expect(2);
    for command in ["status", "resume", "cancel"] {
        let refused = ae.ae(&[command, unknown]).expect(2);
        assert!(
            refused.stderr.contains("there is no run") && refused.stderr.contains("ae runs"),
            "{}",
            refused.stderr
        );
        ae.ae(&[command, "nonsense"]).expect(2);
    }
}

#[test]
fn a_run_id_is_used_once() {
    let ae = Ae::new();
    let id = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
    ae.ae(&["run", INTENT, "--signals", "sample", "--run-id", id, "--json"]).expect(6);
    let refused = ae.ae(&["run", INTENT, "--signals", "sample", "--run-id", id]).expect(2);
    assert!(refused.stderr.contains("exists already"), "{}", refused.stderr);
    assert_eq!(
        ae.ae(&["status", "01933c2e", "--json"]).expect(0).json()["run_id"],
        id,
        "the beginning is enough"
    );
}

#[test]
fn a_data_directory_that_can_not_be_used() {
    let ae = Ae::new();
    let file = ae.file("not-a-folder", b"x");
    let refused = finish(command_in(file.as_ref(), &["runs"]).spawn().unwrap());
    assert!(refused.code != 0 && refused.stderr.contains("--data-dir"), "{refused:?}");
    let refused = finish(command_in("/proc/nowhere".as_ref(), &["runs"]).spawn().unwrap());
    assert!(refused.code != 0 && refused.stderr.contains("--data-dir"), "{refused:?}");
}

#[test]
fn damaged_databases_are_refused_and_never_overwritten() {
    for name in ["runs.db", "checkpoints.db", "safety.db", "billing.db"] {
        let ae = Ae::new();
        let run = ae.parked();
        let path = ae.data().join(name);
        for side in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(ae.data().join(format!("{name}{side}")));
        }
        let garbage = b"this was a database once, and now it is not one".repeat(200);
        std::fs::write(&path, &garbage).unwrap();
        let refused = ae.ae(&["resume", &run, "--yes"]);
        assert_ne!(refused.code, 0, "{name}: {refused:?}");
        assert!(!refused.stderr.contains("panicked"), "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains("restore"), "{name} says what to do: {}", refused.stderr);
        assert_eq!(std::fs::read(&path).unwrap(), garbage, "{name} was not overwritten");
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_alike_everywhere() {
    for name in ["runs.db", "checkpoints.db", "safety.db", "billing.db"] {
        let ae = Ae::new();
        let run = ae.parked();
        let store = rusqlite::Connection::open(ae.data().join(name)).unwrap();
        let versions = ["ae_schema", "billing_schema"];
        let change = |table| store.execute(&format!("UPDATE {table} SET version = 99"), []).is_ok();
        assert!(versions.into_iter().any(change), "{name}");
        drop(store);
        let refused = ae.ae(&["resume", &run, "--yes", "--json"]).expect(4);
        assert_eq!(refused.json()["error"]["kind"], "unsupported", "{name}: {refused:?}");
    }
}

#[test]
fn a_store_that_is_gone_is_refused_by_name() {
    let ae = Ae::new();
    let run = ae.main_job()["run_id"].as_str().unwrap().to_owned();
    ae.ae(&["runs"]).expect(0);
    for name in ["billing.db", "safety.db", "audit.jsonl", "checkpoints.db", "runs.db"] {
        let (path, aside) = (ae.data().join(name), ae.data().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        for emptied in [false, true] {
            if emptied {
                std::fs::write(&path, b"").unwrap();
            }
            let refused = ae.ae(&["status", &run, "--json"]);
            assert_ne!(refused.code, 0, "{name}: {refused:?}");
            assert!(name == "runs.db" || refused.stderr.contains(name), "{name}: {}", refused.stderr);
        }
        std::fs::rename(&aside, &path).unwrap();
        ae.ae(&["status", &run]).expect(0);
    }
}

#[test]
fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ae = Ae::new();
    ae.parked();
    let addr = taken.local_addr().unwrap().to_string();
    let refused = ae.ae(&["serve", "--addr", &addr]).expect(2);
    assert!(refused.stderr.contains(&addr) && refused.stderr.contains("--addr"), "{}", refused.stderr);
}

#[test]
fn a_mistyped_data_directory_is_not_made() {
    let ae = Ae::new();
    let unknown = "01933c2e-7b1a-7c3e-9d2a-5f0c7f1b2a44";
    for command in [
        &["runs"][..],
        &["status", unknown],
        &["approve", unknown, "--stage", "spec"],
        &["resume", unknown],
        &["cancel", unknown],
        &["audit", "verify"],
        &["serve", "--addr", "127.0.0.1:0"],
        &["paid", "ord_00000000000000000000000000"],
        &["refund", "ord_00000000000000000000000000"],
        &["licence", "ord_00000000000000000000000000"],
    ] {
        let refused = ae.ae(command).expect(2);
        assert!(refused.stderr.contains("--data-dir"), "{command:?}: {}", refused.stderr);
        assert!(!ae.data().exists(), "{command:?}");
    }
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_ae"))
        .arg("runs")
        .env("AE_DATA_DIR", "")
        .env("XDG_DATA_HOME", ae.data())
        .stderr(std::process::Stdio::piped())
        .spawn();
    let refused = finish(child.unwrap()).expect(2);
    assert!(refused.stderr.contains("autonomous-enterprise"), "an empty name is none: {}", refused.stderr);
}

/// Everything below `folder`, with its size and the time of its last change.
fn everything(folder: &std::path::Path) -> std::collections::BTreeMap<String, (u64, std::time::SystemTime)> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                found.insert(entry.path().display().to_string(), (0, std::time::UNIX_EPOCH));
            } else {
                let meta = entry.metadata().unwrap();
                found.insert(entry.path().display().to_string(), (meta.len(), meta.modified().unwrap()));
            }
        }
    }
    found
}

#[test]
fn a_command_that_looks_changes_nothing() {
    let ae = Ae::new();
    let done = ae.main_job()["run_id"].as_str().unwrap().to_owned();
    let parked = ae.parked();
    let before = everything(&ae.data());
    for command in [
        &["runs"][..],
        &["status", &done],
        &["status", &parked],
        &["audit", "verify"],
        &["status", "ffffffff"],
    ] {
        ae.ae(command);
        assert_eq!(everything(&ae.data()), before, "{command:?}");
    }
    let shown = ae.ae(&["status", &done, "--json"]).expect(0).json();
    assert!(
        shown["revenue"].is_object() && shown["spent"].is_object() && shown["damage"].is_null(),
        "{shown}"
    );
    assert!(ae.ae(&["status", &parked, "--json"]).expect(0).json()["waiting"].is_object());
}

#[cfg(unix)]
#[test]
fn a_list_is_read_where_nothing_can_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let ae = Ae::new();
    ae.parked();
    let set = |mode| std::fs::set_permissions(ae.data(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    assert_eq!(ae.ae(&["runs", "--json"]).expect(0).json()["total"], 1);
    ae.ae(&["audit", "verify"]).expect(0);
    set(0o700);
}

#[test]
fn a_list_says_how_much_it_leaves_out() {
    let ae = Ae::new();
    for _ in 0..3 {
        ae.parked();
    }
    let page = ae.ae(&["runs", "--limit", "2"]).expect(0).stdout;
    assert!(page.contains("2 of 3") && page.contains("--page 2"), "{page}");
    let rest = ae.ae(&["runs", "--limit", "2", "--page", "2", "--json"]).expect(0).json();
    assert_eq!((&rest["total"], rest["runs"].as_array().unwrap().len()), (&3.into(), 1));
}

#[test]
fn a_quiet_command_says_only_what_is_wrong() {
    let ae = Ae::new();
    let done = ae.ae(&["run", INTENT, "--signals", "sample", "--yes", "--quiet"]).expect(0);
    assert!(done.stderr.is_empty() && done.stdout.starts_with("verified"), "{done:?}");
    assert!(ae.ae(&["status", "zz", "-q"]).expect(2).stderr.contains("error: "));
}

#[test]
fn every_command_explains_itself() {
    let ae = Ae::new();
    for command in [
        &["--help"][..],
        &["run", "--help"],
        &["runs", "--help"],
        &["status", "--help"],
        &["approve", "--help"],
        &["resume", "--help"],
        &["cancel", "--help"],
        &["serve", "--help"],
        &["paid", "--help"],
        &["refund", "--help"],
        &["licence", "--help"],
        &["audit", "verify", "--help"],
        &["completions", "--help"],
    ] {
        let help = ae.ae(command).expect(0);
        assert!(help.stdout.contains("Example"), "{command:?}: {}", help.stdout);
        assert!(help.stdout.contains("--data-dir") && help.stdout.contains("--json"), "{command:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(ae.ae(&["completions", shell]).expect(0).stdout.contains("ae"), "{shell}");
    }
    ae.ae(&["fly"]).expect(2);
    ae.ae(&["run"]).expect(2);
    let missing = ae.ae(&["run", "--json"]).expect(2).json();
    assert_eq!(missing["exit_code"], 2);
    assert!(missing["error"]["message"].as_str().unwrap().contains("<INTENT>"), "{missing}");
    let wrong = ae.ae(&["runs", "--limit", "many", "--json"]).expect(2).json();
    assert!(wrong["error"]["message"].as_str().unwrap().contains("--limit"), "{wrong}");
}

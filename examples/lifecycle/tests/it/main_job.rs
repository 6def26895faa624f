//! From an intent to a product that can be bought.

use std::fs;

use super::ae::{Ae, INTENT, posts};

#[test]
fn the_sample_leads_to_a_verified_product_that_says_it_is_a_sample() {
    let ae = Ae::new();
    let result = ae.main_job();
    for key in [
        "run_id",
        "outcome",
        "product_url",
        "payment_link",
        "spec",
        "niche",
        "evidence",
        "spent",
        "budget",
        "routes",
    ] {
        assert!(!result[key].is_null(), "{key} is missing");
    }
    assert_eq!(result["outcome"], "verified");
    assert_eq!(result["sample"], true);
    assert_eq!(result["spec"]["analyst"], "rule-based");
    let analyst = &result["analyst"];
    assert_eq!((&analyst["name"], &analyst["repairs"]), (&"rules".into(), &0.into()), "{analyst}");
    assert_eq!(analyst["models"], serde_json::json!([]));
    let checks = result["checks"].as_array().unwrap();
    assert!(!checks.is_empty() && checks.iter().all(|check| check["passed"] == true));
    let tasks = result["spec"]["tasks"].as_array().unwrap().len();
    assert_eq!(result["routes"].as_array().unwrap().len(), tasks, "every task is routed");

    let run = result["run_id"].as_str().unwrap();
    let workspace = ae.data().join("runs").join(run).join("workspace");
    let page = fs::read_to_string(workspace.join("site/index.html")).unwrap();
    assert!(page.to_lowercase().contains("sample"), "the page says so too");
    let living = fs::read_to_string(workspace.join("CLAUDE.md")).unwrap();
    assert!(living.contains("## Mission Log") && living.contains("complete"), "{living}");
    ae.ae(&["audit", "verify"]).expect(0);
}

#[test]
fn a_release_that_is_changed_on_disk_is_named_by_status() {
    let ae = Ae::new();
    let result = ae.main_job();
    assert!(result["damage"].is_null(), "{}", result["damage"]);
    let sites: Vec<_> =
        fs::read_dir(ae.data().join("sites")).unwrap().map(|site| site.unwrap().path()).collect();
    let release = sites[0].join("releases").join(result["release"].as_str().unwrap());
    let page = fs::read_to_string(release.join("index.html")).unwrap();
    fs::write(release.join("index.html"), format!("{page}<!-- slipped in -->")).unwrap();
    let status = ae.ae(&["status", result["run_id"].as_str().unwrap(), "--json"]).expect(0).json();
    assert!(status["damage"].as_str().unwrap().contains("index.html"), "{}", status["damage"]);
}

#[test]
fn ten_thousand_posts_lead_to_a_product_with_their_evidence() {
    let ae = Ae::new();
    let file = ae.file("posts.csv", &posts(10_179));
    let result = ae.ae(&["run", INTENT, "--signals", &file, "--yes", "--json"]).expect(0).json();
    assert_eq!(result["signals_seen"], 10_179);
    assert_eq!(result["sample"], false);
    let evidence = result["evidence"].as_array().unwrap();
    assert!(evidence.len() >= 5);
    for item in evidence {
        let number: u64 = item["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(item["url"], format!("https://example.com/posts/{}", number - 10_000_000));
        assert!(item["posted_at"].is_string() && item["points"].is_u64(), "{item}");
    }
}

#[test]
fn a_budget_of_zero_spends_nothing_and_still_works() {
    let ae = Ae::new();
    let result =
        ae.ae(&["run", INTENT, "--budget", "0", "--signals", "sample", "--yes", "--json"]).expect(0).json();
    assert_eq!(result["outcome"], "verified");
    assert_eq!(result["spent"]["settled"]["amount"], "0");
}

#[test]
fn signals_come_from_files_gzip_json_lines_and_standard_input() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    let csv = posts(2_000);
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&csv).unwrap();
    let gz = gz.finish().unwrap();
    let lines: String = (0..50)
        .map(|n| {
            format!(
                "{{\"id\":\"j{n}\",\"title\":\"Ask HN: Is there a tool to clean CSV files, case {n}?\",\"url\":null,\
                 \"num_points\":{n},\"num_comments\":3,\"created_at\":\"{}-05-01T10:00:00Z\"}}\n",
                super::ae::last_year()
            )
        })
        .collect();

    let ae = Ae::new();
    let gz_file = ae.file("posts.csv.gz", &gz);
    let jsonl = ae.file("posts.jsonl", lines.as_bytes());
    let both = ae
        .ae(&["run", INTENT, "--signals", &gz_file, "--signals", &jsonl, "--yes", "--json"])
        .expect(0)
        .json();
    assert_eq!(both["signals_seen"], 2_050);
    let piped =
        ae.ae_with_input(&["run", INTENT, "--signals", "-", "--yes", "--json"], &csv).expect(0).json();
    assert_eq!(piped["signals_seen"], 2_000);
}

#[test]
fn a_file_that_breaks_off_is_not_half_the_evidence() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&posts(10_000)).unwrap();
    let gz = gz.finish().unwrap();
    let ae = Ae::new();
    let file = ae.file("posts.csv.gz", &gz[..gz.len() / 2]);
    let failed = ae.ae(&["run", INTENT, "--signals", &file, "--yes", "--json"]).expect(2);
    assert!(failed.stderr.contains("not a complete gzip file"), "{}", failed.stderr);
    assert_eq!(failed.json()["outcome"], "failed");
}

#[test]
fn one_broken_line_is_reported_and_skipped() {
    let ae = Ae::new();
    let mut broken = posts(500);
    broken.extend_from_slice(b"just-one-field\n");
    broken.extend(posts(3).split_inclusive(|b| *b == b'\n').skip(1).flatten());
    let file = ae.file("posts.csv", &broken);
    let done = ae.ae(&["run", INTENT, "--signals", &file, "--yes", "--json"]).expect(0);
    let result = done.json();
    assert_eq!(result["sources"][0]["rows_skipped"], 1, "{}", result["sources"]);
    assert!(done.stderr.contains("502"), "the line number is named: {}", done.stderr);
}

#[test]
fn an_intent_without_evidence_is_blocked_and_builds_nothing() {
    let ae = Ae::new();
    let done = ae.ae(&["run", "xyzzy quux flumph", "--signals", "sample", "--yes", "--json"]).expect(4);
    let result = done.json();
    assert_eq!(result["outcome"], "blocked");
    assert!(result["reason"].as_str().unwrap().contains("evidence"), "{}", result["reason"]);
    assert!(result["spec"].is_null() && result["product_url"].is_null());
}

#[test]
fn progress_goes_to_standard_error_and_the_summary_to_standard_output() {
    let ae = Ae::new();
    let done = ae.ae(&["run", INTENT, "--signals", "sample", "--yes"]).expect(0);
    assert!(done.stderr.contains("discover") && done.stderr.contains("monetize"), "{}", done.stderr);
    assert!(
        done.stdout.starts_with("verified") && done.stdout.contains(".localhost:4180/"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("sample"), "{}", done.stdout);
}

#[test]
fn a_live_run_without_a_network_is_blocked_and_says_what_to_pass() {
    let ae = Ae::new();
    // A proxy on a closed loopback port makes every network unreachable, on any machine.
    let child = ae
        .command(&["run", INTENT, "--yes", "--json"])
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("https_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .spawn()
        .unwrap();
    let done = super::ae::finish(child).expect(4);
    let result = done.json();
    assert_eq!(result["outcome"], "blocked");
    let reason = result["reason"].as_str().unwrap();
    assert!(reason.contains("unreachable") && reason.contains("--signals"), "{reason}");
}

//! How long the whole lifecycle takes over 10,179 posts, where the time goes, and how much memory it needs.
#![allow(clippy::print_stdout, reason = "a bench target reports on its standard output")]

use benches::{
    lifecycle::{durable_lines, run, write_signals},
    ratio::is_measuring,
};

fn main() {
    lifecycle::wiring::behaviour_child();
    let (posts, rounds) = if is_measuring() { (10_179, 7) } else { (200, 1) };
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let signals = folder.path().join("signals.csv");
    write_signals(&signals, posts).expect("the signals can be written");
    let mut runs: Vec<_> =
        (0..rounds).map(|round| run(&signals, &folder.path().join(round.to_string()))).collect();
    runs.sort_by_key(|timing| timing.total);
    let Some(median) = runs.get(runs.len() / 2) else { return };
    assert_eq!(median.outcome, "verified");
    assert_eq!(median.stages.len(), lifecycle::run::STAGES.len(), "every stage is timed");
    let floor = durable_lines(&folder.path().join("floor"), median.audit_records);
    println!("lifecycle over {posts} posts: {:.1?} (median of {rounds}), {}", median.total, median.outcome);
    println!("  floor: {} lines, each synced: {floor:.1?}", median.audit_records);
    for (stage, took) in &median.stages {
        println!("  {stage:<16} {took:>9.1?}");
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
            println!("  peak memory over all rounds: {}", line.trim_start_matches("VmHWM:").trim());
        }
    }
}

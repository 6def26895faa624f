//! Many concurrent calls with faults never spend more than the budget. `cargo run --release --example overspend` is the
//! same with a million.

#[path = "../../examples/overspend.rs"]
mod example;

#[test]
fn concurrent_calls_with_faults_never_overspend() {
    let report = example::run(6_000, 16).unwrap();
    report.check().unwrap();
    assert!(report.ended() >= 6_000 && report.refused > 0, "{report}");
}

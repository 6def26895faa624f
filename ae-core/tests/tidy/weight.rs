//! How many crates users of the engine build: the number that a dependency is weighed against.

use std::collections::BTreeSet;

use super::root;

/// None where crates of the feature were never fetched, which the checks before a release do.
#[expect(
    clippy::disallowed_methods,
    reason = "the test asks cargo for the dependency tree, and how strict to be"
)]
fn crates(package: &str, feature: Option<&str>) -> Option<usize> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "-p", package, "-e", "normal,build", "--prefix", "none"]);
    cargo.args(["--target", "x86_64-unknown-linux-gnu"]);
    cargo.args(feature.map(|feature| format!("--features={feature}")));
    let output = cargo.current_dir(root()).output().unwrap();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{why}");
        eprintln!("not counted: {why}");
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let crates: BTreeSet<_> = text
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|name| !name.is_empty())
        .collect();
    Some(crates.len())
}

#[test]
fn the_engine_stays_light() {
    for (feature, most) in [(None, 40), (Some("sqlite"), 70), (Some("temporal"), 290)] {
        let Some(found) = crates("ae-langflow", feature) else { continue };
        assert!(found > 20 && found <= most, "{feature:?} has {found} crates, {most} are allowed");
    }
}

#[test]
fn the_plans_of_the_harness_need_no_browser_parts() {
    let Some(found) = crates("ae-harness", None) else { return };
    assert!(found > 20 && found <= 50, "{found} crates");
}

#[test]
fn the_product_stays_under_250_crates() {
    let Some(found) = crates("lifecycle", None) else { return };
    assert!(found > 100 && found < 250, "{found} crates");
}

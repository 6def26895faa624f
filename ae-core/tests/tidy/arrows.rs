//! Who may depend on whom.

use serde_json::Value;

use super::{LIBRARIES, SATELLITES, published, root};

#[expect(clippy::disallowed_methods, reason = "the test asks cargo for the dependency tree")]
fn packages() -> Vec<Value> {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn siblings(package: &Value, kind: Option<&str>) -> Vec<String> {
    package["dependencies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|dependency| dependency["kind"].as_str() == kind)
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .filter(|name| name.starts_with("ae-"))
        .collect()
}

#[test]
fn libraries_depend_on_the_core_and_never_sideways() {
    let packages = packages();
    for library in LIBRARIES {
        let package = packages.iter().find(|package| package["name"] == library).expect(library);
        for sibling in siblings(package, None) {
            let own_macros = sibling == format!("{library}-macros");
            let core = sibling == "ae-core" || SATELLITES.contains(&sibling.as_str());
            assert!(core && library != "ae-core" || own_macros, "{library} depends on {sibling}");
        }
    }
    for satellite in SATELLITES {
        let package = packages.iter().find(|package| package["name"] == satellite).expect(satellite);
        assert_eq!(siblings(package, None), ["ae-core"], "{satellite}");
    }
}

#[test]
fn a_satellite_is_an_optional_dependency() {
    let packages = packages();
    for library in LIBRARIES {
        let package = packages.iter().find(|package| package["name"] == library).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let satellite =
                SATELLITES.iter().any(|name| dependency["name"] == *name) && dependency["kind"].is_null();
            assert!(!satellite || dependency["optional"] == true, "{library}: {}", dependency["name"]);
        }
    }
}

#[test]
fn the_core_knows_no_runtime_no_network_and_no_database() {
    let packages = packages();
    let core = packages.iter().find(|package| package["name"] == "ae-core").unwrap();
    for dependency in core["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        let normal = dependency["kind"].is_null();
        let foreign = ["tokio", "reqwest", "sqlx", "rusqlite", "hyper", "async-std"];
        assert!(!(normal && foreign.contains(&name)), "ae-core depends on {name}");
    }
}

#[test]
fn every_library_publishes_itself_with_additive_features() {
    for package in packages().iter().filter(|package| published().any(|name| package["name"] == name)) {
        let name = package["name"].as_str().unwrap();
        let default = &package["features"]["default"];
        assert_eq!(default.as_array().map(Vec::len), Some(0), "{name}: default = []");
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
        assert!(package["rust_version"].is_string(), "{name} states its MSRV");
        assert!(
            package["description"].as_str().is_some_and(|text| text.len() > 30),
            "{name} says what it is"
        );
        let docs = &package["metadata"]["docs"]["rs"];
        assert_eq!(docs["all-features"], true, "{name}: docs.rs shows every feature");
        assert_eq!(docs["rustdoc-args"], serde_json::json!(["--cfg", "docsrs"]), "{name}");
        if !SATELLITES.contains(&name) {
            assert!(package["features"]["conformance"].is_array(), "{name} ships its conformance suite");
        }
        if !SATELLITES.contains(&name) && name != "ae-core" {
            assert!(package["features"]["mock"].is_array(), "{name} ships mocks of its ports");
        }
    }
}

//! Kits of one's own: a product that works from a folder, as it was when the run started.

use std::path::{Path, PathBuf};

use super::ae::Ae;

const INTENT: &str = "A reading time counter for texts";

/// The example kit in a folder of its own.
fn kit(ae: &Ae) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kits/reading-time");
    let to = ae.data().with_file_name("my-kit");
    copy(&from, &to);
    to
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn run<'a>(kit: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["run", INTENT, "--kit", kit, "--signals", "sample", "--despite-evidence", "--json"];
    args.extend(more);
    args
}

#[test]
fn an_intent_that_only_ones_own_kit_covers_ends_with_that_tool() {
    let ae = Ae::new();
    let folder = kit(&ae);
    let result = ae.ae(&run(folder.to_str().unwrap(), &["--yes"])).expect(0).json();
    assert_eq!(
        (&result["outcome"], &result["deliverable"]),
        (&"verified".into(), &"web_tool".into()),
        "{result}"
    );
    assert_eq!(result["spec"]["offer"], "reading-time");
    let proven = result["proven"].as_array().unwrap();
    for feature in result["spec"]["core_features"].as_array().unwrap() {
        let proof = proven.iter().find(|proof| proof["feature"] == feature["title"]);
        let proof = proof.unwrap_or_else(|| panic!("{} is not proven: {proven:?}", feature["title"]));
        assert!(proof["cases"].as_u64().unwrap() + proof["laws"].as_u64().unwrap() > 0, "{proof}");
    }
    let without = ae.ae(&["run", INTENT, "--signals", "sample", "--despite-evidence", "--yes", "--json"]);
    assert_eq!(without.expect(0).json()["deliverable"], "pre_order", "without the kit no builder makes it");
}

#[test]
fn a_kit_that_changed_is_refused_by_name_and_goes_on_when_it_is_as_it_was() {
    let ae = Ae::new();
    let folder = kit(&ae);
    let parked = ae.ae(&run(folder.to_str().unwrap(), &[])).expect(6).json();
    let run = parked["run_id"].as_str().unwrap();
    let module = folder.join("modules/clean.js");
    let before = std::fs::read(&module).unwrap();
    std::fs::write(&module, [before.as_slice(), b"\n// changed\n"].concat()).unwrap();
    let refused = ae.ae(&["resume", run, "--yes", "--json"]).expect(2);
    let error = &refused.json()["error"];
    assert_eq!(error["kind"], "conflict");
    assert!(error["message"].as_str().unwrap().contains("reading-time"), "{error}");
    assert!(error["message"].as_str().unwrap().contains(folder.to_str().unwrap()), "{error}");
    std::fs::write(&module, before).unwrap();
    assert_eq!(ae.ae(&["resume", run, "--yes", "--json"]).expect(0).json()["deliverable"], "web_tool");
    // A run that has ended needs its kit no more.
    std::fs::remove_dir_all(&folder).unwrap();
    ae.ae(&["status", run]).expect(0);
    ae.ae(&["resume", run]).expect(0);
}

#[test]
fn kits_that_can_not_be_used_are_refused_with_all_that_is_wrong_before_a_run_begins() {
    let ae = Ae::new();
    let folder = kit(&ae);
    let place = folder.to_str().unwrap();
    let missing = ae.ae(&run("/nowhere/kit", &["--yes"])).expect(2);
    assert!(missing.stderr.contains("--kit /nowhere/kit"), "{}", missing.stderr);

    let manifest = folder.join("kit.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let taken = text.replacen("\"reading-time\"", "\"tabular\"", 1);
    assert_ne!(taken, text);
    std::fs::write(&manifest, taken).unwrap();
    let refused = ae.ae(&run(place, &["--yes"])).expect(2);
    assert!(refused.stderr.contains("tabular") && refused.stderr.contains("built in"), "{}", refused.stderr);

    std::fs::write(&manifest, &text).unwrap();
    std::fs::remove_file(folder.join("modules/clean.js")).unwrap();
    std::fs::remove_file(folder.join("page/tool.css")).unwrap();
    let refused = ae.ae(&run(place, &["--yes"])).expect(2);
    assert!(
        refused.stderr.contains("modules/clean.js") && refused.stderr.contains("page/tool.css"),
        "all at once: {}",
        refused.stderr
    );
    assert_eq!(ae.ae(&["runs", "--json"]).expect(0).json()["total"], 0);
}

#[test]
fn the_same_kit_twice_is_a_warning() {
    let ae = Ae::new();
    let folder = kit(&ae);
    let place = folder.to_str().unwrap();
    let done = ae.ae(&run(place, &["--kit", place, "--yes"])).expect(0);
    assert!(done.stderr.contains("given twice"), "{}", done.stderr);
}

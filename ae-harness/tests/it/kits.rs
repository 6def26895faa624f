//! Kits are checked as a whole when they are loaded.

use std::{fs, path::Path};

use ae_core::Deliverable;
use ae_harness::{Kit, KitDraft};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{kit, kit_folder};

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A copy of the small kit.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copied(&kit_folder(), folder.path());
    folder
}

fn edit(folder: &Path, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut value: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    fs::write(&path, value.to_string()).unwrap();
}

fn defects(folder: &Path) -> Vec<String> {
    Kit::load(folder).map_or_else(|errors| errors.problems, |_| Vec::new())
}

#[test]
fn an_offer_is_what_the_manifest_says() {
    let offer = kit().offer();
    assert_eq!((offer.name.as_str(), offer.deliverable), ("reading-time", Deliverable::WebTool));
    assert!(offer.families.contains(&"text".to_owned()) && offer.features.len() == 4);
    for offered in &offer.features {
        let behaviours = &offered.feature.behaviours;
        assert!(
            !behaviours.is_empty() && behaviours.iter().all(|one| one.module.starts_with("tool/modules/"))
        );
        assert!(offered.feature.evidence.is_empty() && !offered.words.is_empty());
    }
}

#[test]
fn shipped_kits_are_sound_and_have_different_names() {
    let kits = Kit::builtin();
    let mut names: Vec<&str> = kits.iter().map(Kit::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), kits.len());
    for kit in &kits {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kits").join(kit.name());
        assert_eq!(Kit::load(&folder).unwrap(), *kit, "what is embedded is what lies in the folder");
    }
}

#[test]
fn every_defect_is_named_at_once() {
    let folder = copy();
    edit(folder.path(), "kit.json", |kit| {
        kit["colour"] = json!("red");
        kit["name"] = json!("Reading Time");
        kit["families"] = json!([]);
        kit["modules"].as_array_mut().unwrap().extend([
            json!("modules/gone.js"),
            json!("../x.js"),
            json!("modules/x.ts"),
        ]);
        kit["page"]["style"] = json!("page/tool.css");
        kit["features"][0]["tier"] = json!("Pro tier");
        kit["features"][1]["behaviours"] = json!(["behaviours/count.json"]);
        kit["features"][2]["behaviours"] = json!([]);
    });
    edit(folder.path(), "behaviours/count.json", |list| {
        list[0]["cases"][0]["expected"] = json!(1);
        list[0]["cases"][1]["name"] = json!("two sentences");
        list[0]["cases"][2]["vary"] = json!(["nowhere"]);
        list[0]["export"] = json!("counts");
    });
    edit(folder.path(), "behaviours/clean.json", |list| list[0]["id"] = json!("count"));
    let page = folder.path().join("page");
    fs::write(
        page.join("tool.html"),
        "<h1 style=\"x\">A</h1><p id=\"pricing\"><script>x()</script><input><b onclick=\"x()\">",
    )
    .unwrap();
    fs::write(page.join("tool.css"), ".a{display:none}").unwrap();
    fs::write(
        page.join("tool.js"),
        "import \"https://elsewhere.example/x.js\"; import '../modules/none.js';",
    )
    .unwrap();
    let found = defects(folder.path()).join("\n");
    for part in [
        "unknown field \"colour\"",
        "name has to be lower-case",
        "families has to name",
        "modules/gone.js: is missing",
        "\"../x.js\", which is refused",
        "\"modules/x.ts\": it has to end in .js",
        "unknown field \"style\"",
        "tier has to be null, or a label",
        "proves two features",
        "behaviours has to name a file",
        "unknown field \"expected\"",
        "\"two sentences\" is empty or used twice",
        "varies \"nowhere\"",
        "export \"counts\"",
        "count: is the id of two behaviours",
        "holds <h1>",
        "an <input> has no label",
        "holds <script>",
        "<b onclick=",
        "id \"pricing\" is used twice",
        "one element with id=\"tool\"",
        "hides text or may hide it",
        "imports \"https://elsewhere.example/x.js\"",
        "modules/none.js is not among the files",
    ] {
        assert!(found.contains(part), "{part}:\n{found}");
    }
    let errors = Kit::load(folder.path()).unwrap_err();
    assert!(errors.to_string().contains(&format!("has {} defects:\n- ", errors.problems.len())), "{errors}");
}

#[test]
fn sizes_are_bounded() {
    let folder = copy();
    edit(folder.path(), "behaviours/count.json", |list| {
        let case = list[0]["cases"][1].clone();
        let many = (0..150).map(|at| {
            let mut case = case.clone();
            case["name"] = json!(format!("case {at}"));
            case
        });
        list[0]["cases"] = many.collect();
    });
    fs::write(folder.path().join("page/sample.txt"), vec![b'x'; 1_000_001]).unwrap();
    let found = defects(folder.path()).join("\n");
    assert!(found.contains("160 cases: 150 is the limit"), "{found}");
    assert!(found.contains("sample.txt: has 1000001 bytes"), "{found}");
}

#[test]
fn a_kit_that_holds_the_ready_lock_uses_it_if_something_is_paid_for() {
    let folder = copy();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    assert!(KitDraft::load(folder.path()).unwrap().lock().is_empty(), "all of it is free");
    edit(folder.path(), "kit.json", |kit| kit["features"][1]["tier"] = json!("pro"));
    let files = KitDraft::load(folder.path()).unwrap().lock();
    let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    assert_eq!(paths, ["page/access.js", "page/licence.js", KitDraft::LOCK]);
    assert_eq!(defects(folder.path()), [""; 0], "a kit may have a lock of its own");
    for (path, text) in files {
        write(path, text);
    }
    edit(folder.path(), "kit.json", |kit| kit["page"]["files"] = json!(paths));
    let all = defects(folder.path());
    assert_eq!(all.len(), 3, "{all:?}");
    edit(folder.path(), "kit.json", |kit| kit["features"][1]["tier"] = json!(null));
    assert_eq!(defects(folder.path()), [""; 0]);
    edit(folder.path(), "kit.json", |kit| kit["features"][1]["tier"] = json!("pro"));

    // A comment, and a script that nothing loads, do not count; an import by way of another script does.
    let script = fs::read_to_string(folder.path().join("page/tool.js")).unwrap();
    let markup = |inner: &str| write("page/tool.html", &format!("<div id=\"tool\">{inner}</div>"));
    write("page/other.js", "import './lock.js';");
    edit(folder.path(), "kit.json", |kit| {
        kit["page"]["files"].as_array_mut().unwrap().push(json!("page/other.js"));
    });
    write("page/tool.js", &format!("// import './lock.js';\n{script}"));
    markup("<p data-tier=\"pro\">x</p><p data-lock></p>");
    let one = defects(folder.path());
    assert!(one.len() == 1 && one[0].contains("does not import page/lock.js"), "{one:?}");
    write("page/tool.js", &format!("import './other.js';\n{script}"));
    assert_eq!(defects(folder.path()), [""; 0]);
    markup("<div data-tier=\"pro\"><p data-lock></p></div>");
    let one = defects(folder.path());
    assert!(one.len() == 1 && one[0].contains("is locked itself"), "{one:?}");
}

#[test]
fn what_is_no_kit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(defects(folder.path()), ["kit.json: is missing: add it"]);
    for text in ["", "[]", "{", "null", "{\"schema\":2}"] {
        fs::write(folder.path().join("kit.json"), text).unwrap();
        assert!(!defects(folder.path()).is_empty(), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = copy();
    fs::rename(folder.path().join("modules"), folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("modules")).unwrap();
    let found = defects(folder.path()).join("\n");
    assert!(found.contains("modules/count.js: is reached through a link"), "{found}");
}

/// A value that a slip of the pen or malice may put anywhere.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[null], 1, "x"])),
        Just(json!("page/../../etc/passwd")),
        Just(json!("x".repeat(5_000))),
        Just(json!("modules/\u{202E}\u{0}.js")),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]
}

/// Replaces the value at a place that is found by counting.
fn replace(value: &mut Value, left: &mut usize, with: &Value) {
    if *left == 0 {
        *value = with.clone();
        *left = usize::MAX;
        return;
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().for_each(|item| replace(item, left, with)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, left, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_changed_manifest_is_loaded_or_refused(
        file in prop::sample::select(vec!["kit.json", "behaviours/clean.json", "behaviours/time.json"]),
        place in 0_usize..90,
        with in odd(),
    ) {
        let folder = copy();
        edit(folder.path(), file, |value| replace(value, &mut { place }, &with));
        match Kit::load(folder.path()) {
            Ok(kit) => prop_assert!(kit.offer().features.iter().all(|one| !one.feature.behaviours.is_empty())),
            Err(errors) => prop_assert!(!errors.problems.is_empty()),
        }
    }
}

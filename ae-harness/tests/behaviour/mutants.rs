//! Modules of the kit `tabular` with one defect each, and modules that cheat: the sealed cases of the feature catch all.

use std::{fs, path::Path};

use ae_core::Feature;
use ae_harness::{BehaviourLimits, BehaviourRunner, Kit, Modules};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{launcher, patient};

#[derive(Deserialize)]
struct Mutant {
    name: String,
    feature: String,
    module: String,
    find: String,
    replace: String,
}

#[derive(Deserialize)]
struct Cheat {
    name: String,
    file: String,
    feature: String,
    module: String,
}

/// The kit with its features and the texts of its modules.
struct Tabular {
    folder: std::path::PathBuf,
    features: Vec<Feature>,
}

impl Tabular {
    fn new() -> Self {
        let kit = Kit::builtin().into_iter().find(|kit| kit.name() == "tabular").unwrap();
        let features = kit.offer().features.into_iter().map(|offered| offered.feature).collect();
        Self { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("kits/tabular"), features }
    }

    fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    fn feature(&self, title: &str) -> &Feature {
        self.features.iter().find(|feature| feature.title == title).unwrap()
    }

    /// Whether the sealed cases of a feature hold with `text` as its module.
    fn passes(&self, feature: &str, module: &str, text: &str) -> bool {
        let mut modules = Modules::new();
        for file in fs::read_dir(self.folder.join("modules")).unwrap() {
            let name = format!("modules/{}", file.unwrap().file_name().into_string().unwrap());
            if name.ends_with(".js") {
                let source = if name == module { text.to_owned() } else { self.text(&name) };
                modules = modules.with(format!("tool/{name}"), source).unwrap();
            }
        }
        let limits = BehaviourLimits::default().with_call(std::time::Duration::from_secs(1));
        let runner = BehaviourRunner::new(launcher()).with_limits(limits);
        let outcomes = runner.run(&modules, &self.feature(feature).behaviours, 5).unwrap();
        outcomes.iter().all(ae_harness::BehaviourOutcome::passed)
    }
}

#[test]
fn every_mutant_is_caught() {
    let kit = Tabular::new();
    let mutants: Vec<Mutant> = kit.read("tests/mutants.json");
    assert!(mutants.len() >= 40);
    for Mutant { name, feature, module, find, replace } in mutants {
        let text = kit.text(&module);
        assert_eq!(text.matches(&find).count(), 1, "{name}: the text to replace stands there once");
        assert!(!kit.passes(&feature, &module, &text.replace(&find, &replace)), "{name}");
    }
}

#[test]
fn every_cheat_is_caught() {
    let kit = Tabular::new();
    let cheats: Vec<Cheat> = kit.read("tests/cheats.json");
    assert!(cheats.len() >= 10);
    for Cheat { name, file, feature, module } in cheats {
        let path = format!("tool/{module}");
        let known = kit.feature(&feature).behaviours.iter().filter(|behaviour| behaviour.module == path);
        let cases = known.flat_map(|behaviour| {
            behaviour.cases.iter().map(|case| json!([behaviour.export, case.given, case.expect]))
        });
        let cases = Value::Array(cases.collect()).to_string();
        let text = kit.text(&format!("tests/{file}")).replace("/* CASES */ []", &cases);
        assert!(!kit.passes(&feature, &module, &text), "{name}");
    }
}

#[test]
fn the_kit_itself_passes() {
    let kit = Tabular::new();
    let runner = BehaviourRunner::new(launcher()).with_limits(patient());
    let modules = Modules::read(&kit.folder).unwrap();
    for feature in &kit.features {
        let mut behaviours = feature.behaviours.clone();
        for behaviour in &mut behaviours {
            behaviour.module = behaviour.module.trim_start_matches("tool/").to_owned();
        }
        for outcome in runner.run(&modules, &behaviours, 5).unwrap() {
            assert!(
                outcome.passed(),
                "{}: {:?}",
                outcome.id,
                outcome.verdicts.iter().find(|v| v.verdict != ae_harness::Verdict::Passed)
            );
        }
    }
}

//! The floors of the source, and the arrows between them.

use std::{collections::BTreeSet, fs, path::Path};

/// Each floor, and the floors that it may name. Faces stand apart: none names another.
const FLOORS: [(&str, &[&str]); 9] = [
    ("glue", &[]),
    ("setup", &[]),
    ("store", &[]),
    ("run", &["glue", "setup", "store"]),
    ("engine", &["glue", "setup", "store", "run"]),
    ("service", &["glue", "setup", "store", "run", "engine"]),
    ("faces/cli", &["service", "glue", "setup"]),
    ("faces/sites", &["service", "glue", "setup"]),
    ("wiring", &["glue", "setup", "store", "run", "engine"]),
];

fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The floors that `text` names, as `crate::floor` or inside `use crate::{…}`.
fn named(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in text.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            continue;
        };
        let (mut depth, mut word, mut inside) = (1, String::new(), false);
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => inside = false,
                ':' if depth == 1 => inside = true,
                _ if depth == 1 && !inside && (c.is_alphanumeric() || c == '_') => word.push(c),
                _ => {}
            }
            if ":,}".contains(c) && !word.is_empty() {
                names.insert(std::mem::take(&mut word));
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

#[test]
fn no_floor_names_one_that_it_does_not_stand_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors: BTreeSet<_> =
        FLOORS.iter().map(|(floor, _)| floor.split('/').next().unwrap().to_owned()).collect();
    for (floor, allowed) in FLOORS {
        let mut sources = Vec::new();
        files(&root.join(floor), &mut sources);
        assert!(!sources.is_empty(), "{floor} is there");
        for name in sources.iter().flat_map(|source| named(source)) {
            let own = floor.split('/').next() == Some(&name);
            let fine = allowed.contains(&name.as_str()) || (own && name != "faces");
            assert!(fine || !floors.contains(&name), "{floor} names {name}");
        }
    }
}

#[test]
fn floors_in_groups_are_seen() {
    let text =
        "use crate::{\n    error::Result,\n    store::{RunRow, wiring::X},\n    run,\n};\ncrate::glue::x()";
    assert_eq!(named(text).into_iter().collect::<Vec<_>>(), ["error", "glue", "run", "store"]);
}

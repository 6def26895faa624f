//! The contents that a source file may have.

use std::path::Path;

use super::{folder, name, published, root, rust_files};

/// The one place of each forbidden call: (call, file).
const PLACES: [(&str, &str); 7] = [
    ("Instant::now", "ae-core/src/clock.rs"),
    ("Timestamp::now", "ae-core/src/clock.rs"),
    ("Uuid::now_v7", "ae-core/src/id_source.rs"),
    ("env::var", "examples/lifecycle/src/faces/cli/mod.rs"),
    ("env::var", "examples/lifecycle/src/wiring/env.rs"),
    // The launcher hands on the environment that it was started with.
    ("env::var", "ae-harness/src/sandbox/local/launcher/mod.rs"),
    ("process::Command", "ae-harness/src/supervise/command.rs"),
];

/// Calls that make a program depend on more than its inputs.
const FORBIDDEN: [&str; 12] = [
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Uuid::now_v7",
    "Uuid::new_v4",
    "thread::sleep",
    "time::sleep(",
    "env::var",
    "env::home_dir",
    "process::Command",
    "rand::rng",
    "thread_rng",
];

/// The code of a file: without comments and without the unit tests at its end.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn product_files() -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        published().flat_map(|library| rust_files(&folder(library).join("src"))).collect();
    files.extend(rust_files(&root().join("examples/lifecycle/src")));
    files
}

#[test]
fn clock_ids_environment_and_processes_have_one_place_each() {
    for path in product_files() {
        let name = name(&path);
        let code = code(&path);
        for call in FORBIDDEN {
            let found = code.lines().find(|line| line.contains(call));
            let place = PLACES.contains(&(call, name.as_str()));
            assert!(found.is_none() || place, "{name} calls {call}: {}", found.unwrap_or_default().trim());
        }
    }
    for (call, file) in PLACES {
        assert!(
            code(&root().join(file)).contains(call),
            "{file} no longer calls {call}: take it off the list"
        );
    }
}

#[test]
fn nothing_is_left_undone() {
    // Spelled in two halves, so that this file passes its own test.
    let marks = [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["#[ign", "ore"].concat()];
    for path in rust_files(&root()) {
        let text = std::fs::read_to_string(&path).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} holds {mark}", path.display());
        }
    }
}

#[test]
fn rooms_are_small() {
    for path in product_files() {
        let lines = code(&path).lines().count();
        assert!(lines <= 400, "{} has {lines} lines of code: split it by idea", path.display());
    }
}

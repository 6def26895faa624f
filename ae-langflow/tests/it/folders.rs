//! The folders of the source: few, and no circle of imports between them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The folders and files that may lie at the root of the source.
const ROOT_ENTRIES_MAX: usize = 14;

/// The code of every file, without comments and tests, by path from the root of the source.
fn sources() -> BTreeMap<PathBuf, String> {
    fn visit(folder: &Path, root: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, root, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            found.insert(path.strip_prefix(root).unwrap().to_owned(), code.join("\n"));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    visit(&root, &root, &mut found);
    found
}

fn folder_of(file: &Path) -> String {
    Path::new(file.components().next().unwrap().as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

fn first_word(path: &str) -> String {
    path.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The names that follow `prefix`, each of a group `prefix{a::b, c}` on its own.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (start, _) in code.match_indices(prefix) {
        let rest = &code[start + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(first_word(rest));
            continue;
        };
        let (mut depth, mut begin) = (1, 0);
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && letter == ',') {
                names.push(first_word(&group[begin..at]));
                begin = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Which folder uses which, through the names that the crate's root shows as well.
fn arrows(sources: &BTreeMap<PathBuf, String>) -> BTreeMap<String, BTreeSet<String>> {
    let folders: BTreeSet<String> = sources.keys().map(|file| folder_of(file)).collect();
    let root = &sources[Path::new("lib.rs")];
    let mut home = BTreeMap::new();
    for folder in &folders {
        for name in names_after(root, &format!("use {folder}::")) {
            home.insert(name, folder.clone());
        }
    }
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, code) in sources.iter().filter(|(file, _)| *file != Path::new("lib.rs")) {
        let mut names = names_after(code, "crate::");
        // From the middle of a folder a chain of `super` leads to the root.
        let inside = file.components().count() - usize::from(file.ends_with("mod.rs"));
        let climb = "super::".repeat(inside);
        names.extend(names_after(code, &climb).into_iter().filter(|name| folders.contains(name)));
        let from = folder_of(file);
        let used = names.into_iter().map(|name| home.get(&name).cloned().unwrap_or(name));
        arrows.entry(from.clone()).or_default().extend(used.filter(|to| *to != from && folders.contains(to)));
    }
    arrows
}

#[test]
fn the_root_of_the_source_has_few_entries() {
    let entries: BTreeSet<_> =
        sources().keys().map(|file| file.components().next().unwrap().as_os_str().to_owned()).collect();
    assert!(entries.len() <= ROOT_ENTRIES_MAX, "{} entries: {entries:?}", entries.len());
}

#[test]
fn no_folder_uses_one_that_uses_it() {
    let mut left = arrows(&sources());
    assert!(left["app"].contains("store") && left["run"].contains("node"), "the arrows are read: {left:?}");
    // Whatever uses nothing that is left is taken away, until only circles are left.
    while let Some(free) = left
        .iter()
        .find(|(_, uses)| !uses.iter().any(|used| left.contains_key(used)))
        .map(|(name, _)| name.clone())
    {
        left.remove(&free);
    }
    assert!(left.is_empty(), "these folders use each other in a circle: {left:#?}");
}

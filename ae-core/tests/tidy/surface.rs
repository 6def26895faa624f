//! The public surface: one address a type, nothing frozen by accident, no word of the core for one crate alone.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Fields, Item, UseTree, Visibility};

use super::{LIBRARIES, folder, name, published, root, rust_files};

/// Modules that a crate root may show: for hosts, for writers of backends, for readers of two vocabularies.
const PUBLIC_MODULES: [&str; 8] =
    ["conformance", "docs", "host", "mock", "prelude", "temporal", "units", "write_test_fix"];

/// Types with public fields, or a fixed set of values, that will not change: (crate, type, reason).
const CLOSED: [(&str, &str, &str); 10] = [
    ("ae-core", "BillingInterval", "once, or every count of a unit"),
    ("ae-core", "IntervalUnit", "the calendar has no further unit"),
    ("ae-core", "Spend", "a caller must handle each"),
    ("ae-langflow", "Sources", "one node, or a join of several"),
    ("ae-router", "Level", "the three levels of the score"),
    ("ae-router", "Risk", "the three levels of risk"),
    ("ae-router", "Tier", "the three tiers of the rule"),
    ("ae-safety", "ApprovalStatus", "a caller must handle each"),
    ("ae-safety", "Decision", "a caller must handle each"),
    ("ae-safety", "HoldState", "a caller must handle each"),
];

/// Words of the core that one crate alone, or none, names in its code: (type, reason).
const OF_THE_CORE: [(&str, &str); 14] = [
    ("IntentError", ERROR),
    ("ManualClock", SEAM),
    ("ManualSleeper", SEAM),
    ("SeededIds", SEAM),
    ("SystemClock", SEAM),
    ("SystemIds", SEAM),
    ("SystemSleeper", SEAM),
    ("ActionName", PART),
    ("Attribute", PART),
    ("Case", PART),
    ("MrrArithmetic", PART),
    ("Property", PART),
    ("SourceNote", PART),
    ("UserStory", PART),
];

const ERROR: &str = "the error of a word that many use";
const SEAM: &str = "a seam of `Runtime`, for tests and hosts";
const PART: &str = "the type of a field of a word that many use";

fn parsed(path: &std::path::Path) -> syn::File {
    syn::parse_file(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", name(path)))
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn has(attributes: &[Attribute], attribute: &str) -> bool {
    attributes.iter().any(|found| found.path().is_ident(attribute))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|found| {
        found.path().is_ident("cfg")
            && found.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The names of public types that are frozen: structs whose public fields can be listed, enums that can be matched whole.
fn frozen(items: &[Item], found: &mut BTreeSet<String>) {
    for item in items {
        match item {
            Item::Struct(item) if is_public(&item.vis) && !has(&item.attrs, "non_exhaustive") => {
                let shown = match &item.fields {
                    Fields::Named(fields) => fields.named.iter().any(|field| is_public(&field.vis)),
                    Fields::Unnamed(fields) => fields.unnamed.iter().any(|field| is_public(&field.vis)),
                    Fields::Unit => false,
                };
                if shown {
                    found.insert(item.ident.to_string());
                }
            }
            Item::Enum(item) if is_public(&item.vis) && !has(&item.attrs, "non_exhaustive") => {
                found.insert(item.ident.to_string());
            }
            Item::Macro(item)
                if item.mac.path.segments.last().is_some_and(|last| last.ident == "wire_enum") =>
            {
                let declared: syn::ItemEnum = item.mac.parse_body().unwrap();
                frozen(&[Item::Enum(declared)], found);
            }
            Item::Mod(item) if !is_test(&item.attrs) => {
                if let Some((_, items)) = &item.content {
                    frozen(items, found);
                }
            }
            _ => {}
        }
    }
}

/// The names that a `use` makes.
fn leaves(tree: &UseTree, found: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, found),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, found)),
        UseTree::Name(leaf) => drop(found.insert(leaf.ident.to_string())),
        UseTree::Rename(leaf) => drop(found.insert(leaf.rename.to_string())),
        UseTree::Glob(_) => {}
    }
}

/// The public names of a file: what it declares and what it re-exports.
fn shown(items: &[Item]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in items {
        match item {
            Item::Use(item) if is_public(&item.vis) => leaves(&item.tree, &mut found),
            Item::Struct(item) if is_public(&item.vis) => drop(found.insert(item.ident.to_string())),
            Item::Enum(item) if is_public(&item.vis) => drop(found.insert(item.ident.to_string())),
            Item::Trait(item) if is_public(&item.vis) => drop(found.insert(item.ident.to_string())),
            Item::Fn(item) if is_public(&item.vis) => drop(found.insert(item.sig.ident.to_string())),
            _ => {}
        }
    }
    found
}

#[test]
fn nothing_is_frozen_by_accident() {
    let mut wrong = Vec::new();
    let mut listed: BTreeSet<_> = CLOSED.iter().map(|(package, name, _)| (*package, *name)).collect();
    for package in published() {
        let mut found = BTreeSet::new();
        for path in rust_files(&folder(package).join("src")) {
            frozen(&parsed(&path).items, &mut found);
        }
        for name in &found {
            match CLOSED.iter().find(|(crate_name, closed, _)| *crate_name == package && *closed == name) {
                Some((package, name, _)) => drop(listed.remove(&(*package, *name))),
                None => wrong.push(format!("{package}: {name}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} without non_exhaustive:\n{}", wrong.len(), wrong.join("\n"));
    assert!(listed.is_empty(), "take off the list: {listed:?}");
}

#[test]
fn a_type_has_one_address() {
    let mut wrong = Vec::new();
    for package in published() {
        let source = folder(package).join("src");
        let lib = parsed(&source.join("lib.rs")).items;
        let root_names = shown(&lib);
        for item in &lib {
            let Item::Mod(module) = item else { continue };
            if !is_public(&module.vis) || module.ident.to_string().starts_with("__") {
                continue;
            }
            let module = module.ident.to_string();
            if !PUBLIC_MODULES.contains(&module.as_str()) {
                wrong.push(format!("{package}: the module {module} is public"));
            }
            // A prelude is a second address by design.
            if module == "prelude" {
                continue;
            }
            let path = [source.join(&module).with_extension("rs"), source.join(&module).join("mod.rs")];
            let Some(path) = path.iter().find(|path| path.is_file()) else { continue };
            let twice: Vec<_> = shown(&parsed(path).items).intersection(&root_names).cloned().collect();
            if !twice.is_empty() {
                wrong.push(format!("{package}: {twice:?} are at the root and in {module}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_word_of_the_core_has_two_users() {
    let mut users: BTreeMap<String, BTreeSet<&str>> =
        shown(&parsed(&root().join("ae-core/src/lib.rs")).items)
            .into_iter()
            .map(|word| (word, BTreeSet::new()))
            .collect();
    let packages = LIBRARIES
        .into_iter()
        .filter(|library| *library != "ae-core")
        .map(|library| (library, folder(library)));
    let others = super::SATELLITES.map(|satellite| (satellite, folder(satellite)));
    let product = ("lifecycle", root().join("examples/lifecycle"));
    for (package, folder) in packages.chain(others).chain([product]) {
        for path in rust_files(&folder.join("src")) {
            let text = std::fs::read_to_string(&path).unwrap();
            for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
                if let Some(users) = users.get_mut(word) {
                    users.insert(package);
                }
            }
        }
    }
    let mut listed: BTreeSet<_> = OF_THE_CORE.iter().map(|(word, _)| *word).collect();
    let lonely: Vec<_> =
        users.iter().filter(|(word, users)| users.len() < 2 && !listed.remove(word.as_str())).collect();
    assert!(lonely.is_empty(), "words of the core with fewer than two users: {lonely:?}");
    assert!(listed.is_empty(), "take off the list: {listed:?}");
}

#[test]
fn planted_types_are_found() {
    let file = syn::parse_file(
        "pub struct A { pub a: u8 } #[non_exhaustive] pub struct B { pub a: u8 } pub struct C { a: u8 } \
         struct D { pub a: u8 } pub enum E { X } wire_enum! { pub enum F { X = \"x\" } } \
         #[cfg(test)] mod tests { pub struct G { pub a: u8 } } mod m { pub struct H(pub u8); } \
         pub use a::{b::I, J as K, self as l};",
    )
    .unwrap();
    let mut found = BTreeSet::new();
    frozen(&file.items, &mut found);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["A", "E", "F", "H"]);
    assert_eq!(shown(&file.items).into_iter().collect::<Vec<_>>(), ["A", "B", "C", "E", "I", "K", "l"]);
}

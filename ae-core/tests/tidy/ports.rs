//! Where ports lie, and that their contracts are checked.

use std::{collections::BTreeSet, path::PathBuf};

use super::{folder, name, rust_files};

/// Every port: its trait, its crate, and the clauses' letter.
const PORTS: [(&str, &str, char); 22] = [
    ("NicheSource", "ae-genesis", 'C'),
    ("NicheValidator", "ae-genesis", 'C'),
    ("Analyst", "ae-genesis", 'C'),
    ("ModelRouter", "ae-router", 'C'),
    ("ModelClient", "ae-router", 'C'),
    ("Budget", "ae-router", 'C'),
    ("PolicyGate", "ae-safety", 'C'),
    ("ApprovalDesk", "ae-safety", 'C'),
    ("BudgetLedger", "ae-safety", 'C'),
    ("AuditSink", "ae-safety", 'C'),
    ("CliProvider", "ae-harness", 'C'),
    ("Sandbox", "ae-harness", 'C'),
    ("Deployer", "ae-harness", 'C'),
    ("Registrar", "ae-harness", 'C'),
    ("Meter", "ae-harness", 'C'),
    ("PaymentProvider", "ae-billing", 'C'),
    ("WebhookVerifier", "ae-billing", 'W'),
    ("EventStore", "ae-billing", 'E'),
    ("Entitlements", "ae-billing", 'A'),
    ("Checkpointer", "ae-langflow", 'C'),
    ("NodeCache", "ae-langflow", 'C'),
    ("BlobStore", "ae-langflow", 'C'),
];

/// The file of a port and its text.
fn port(port: &str, package: &str) -> (PathBuf, String) {
    let declaration = [format!("pub trait {port}:"), format!("pub trait {port} ")];
    let mut found: Vec<_> = rust_files(&folder(package).join("src"))
        .into_iter()
        .map(|path| (std::fs::read_to_string(&path).unwrap(), path))
        .filter(|(text, _)| declaration.iter().any(|declaration| text.contains(declaration.as_str())))
        .collect();
    assert_eq!(found.len(), 1, "{package} declares {port} once");
    let (text, path) = found.remove(0);
    (path, text)
}

/// The numbered clauses in the documentation of a trait: `/// - C1. …` or `/// - **C1.** …`.
fn documented(text: &str, letter: char) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix("/// - "))
        .filter_map(|line| line.trim_start_matches("**").split_once('.').map(|(clause, _)| clause))
        .filter(|clause| is_clause(clause, letter))
        .map(str::to_owned)
        .collect()
}

fn is_clause(text: &str, letter: char) -> bool {
    text.strip_prefix(letter)
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The clauses that a file names: in texts that begin with one, and in names of functions such as `c1_…`.
fn named(text: &str, letter: char) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in text.split('"').chain(text.split("fn ").skip(1)) {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let word = piece[..end].to_ascii_uppercase();
        let is_function = piece[end..].starts_with('_');
        if is_clause(&word, letter) && (is_function || piece.starts_with(letter)) {
            found.insert(word);
        }
    }
    found
}

/// The suites of a port: `conformance.rs` or `conformance/` beside its file, or the crate's suite of that name.
fn suites(path: &std::path::Path, package: &str, port: &str) -> Vec<PathBuf> {
    let beside = path.parent().unwrap();
    let mut found: Vec<_> =
        [beside.join("conformance.rs")].into_iter().filter(|path| path.is_file()).collect();
    if beside.join("conformance").is_dir() {
        found.extend(rust_files(&beside.join("conformance")));
    }
    if found.is_empty() {
        found = rust_files(&folder(package).join("src"))
            .into_iter()
            .filter(|path| path.iter().any(|part| part.to_str().unwrap().starts_with("conformance")))
            .filter(|path| std::fs::read_to_string(path).unwrap().contains(port))
            .collect();
    }
    found
}

fn union(paths: &[PathBuf], letter: char) -> BTreeSet<String> {
    paths.iter().flat_map(|path| named(&std::fs::read_to_string(path).unwrap(), letter)).collect()
}

#[test]
fn a_port_is_a_file_of_its_own() {
    for (trait_name, package, _) in PORTS {
        let (path, text) = port(trait_name, package);
        assert!(path.ends_with("port.rs"), "{trait_name} is declared in {}", name(&path));
        let items = text
            .lines()
            .filter(|line| ["pub struct ", "pub enum ", "pub fn "].iter().any(|item| line.starts_with(item)));
        assert_eq!(items.count(), 0, "{} declares types or functions too", name(&path));
        let traits = text.lines().filter(|line| line.starts_with("pub trait ")).count();
        assert_eq!(traits, 1, "{} declares one trait", name(&path));
        assert!(path.with_file_name("mod.rs").is_file(), "{} has no map beside it", name(&path));
    }
}

#[test]
fn every_clause_is_checked_and_every_check_has_a_clause() {
    for (trait_name, package, letter) in PORTS {
        let (path, text) = port(trait_name, package);
        let clauses = documented(&text, letter);
        assert!(!clauses.is_empty(), "{trait_name} numbers its clauses");
        let numbers: BTreeSet<_> = (1..=clauses.len()).map(|number| format!("{letter}{number}")).collect();
        assert_eq!(clauses, numbers, "{trait_name} numbers its clauses without gaps");
        let checked = union(&suites(&path, package, trait_name), letter);
        assert_eq!(clauses, checked, "{trait_name}: the clauses of the documentation and those of its suite");
    }
}

#[test]
fn every_suite_can_fail() {
    for (trait_name, package, letter) in PORTS {
        let faults: Vec<_> = rust_files(&folder(package).join("tests"))
            .into_iter()
            .filter(|path| ["faults", "contract"].iter().any(|part| name(path).contains(part)))
            .filter(|path| std::fs::read_to_string(path).unwrap().contains(trait_name))
            .collect();
        let (_, text) = port(trait_name, package);
        let missing: Vec<_> =
            documented(&text, letter).difference(&union(&faults, letter)).cloned().collect();
        assert!(missing.is_empty(), "{trait_name}: no wrong backend breaks {missing:?}");
    }
}

#[test]
fn backends_import_no_sibling() {
    const BACKENDS: [&str; 7] = ["memory", "sqlite", "postgres", "local", "file", "hackernews", "encrypted"];
    for (_, package, _) in PORTS {
        for path in rust_files(&folder(package).join("src")) {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if !BACKENDS.contains(&stem) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for sibling in BACKENDS.iter().filter(|sibling| **sibling != stem) {
                let import = format!("super::{sibling}");
                assert!(!text.contains(&import), "{} imports its sibling {sibling}", name(&path));
            }
        }
    }
}

#[test]
fn planted_clauses_are_found() {
    let docs = "/// - C1. One.\n/// - **C2.** Two.\n/// see C3.\n/// - Can. No.";
    assert_eq!(documented(docs, 'C').into_iter().collect::<Vec<_>>(), ["C1", "C2"]);
    let suite = "async fn c1_it_holds() { held(\"C2 twice\", x); } // C4\nlet w = \"W1\";";
    assert_eq!(named(suite, 'C').into_iter().collect::<Vec<_>>(), ["C1", "C2"]);
}

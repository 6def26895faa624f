//! The places of files.

use std::collections::BTreeSet;

use super::{LIBRARIES, folder, published, root};

#[test]
fn the_top_level_is_fixed() {
    let mut allowed: BTreeSet<&str> = LIBRARIES.into_iter().collect();
    allowed.extend([
        "Cargo.toml",
        "Cargo.lock",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "examples",
        "benches",
    ]);
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let tooling = name.starts_with('.') || name == "target";
        assert!(tooling || allowed.contains(name.as_str()), "{name} does not belong at the top level");
    }
}

#[test]
fn every_library_has_its_papers() {
    for library in published() {
        let folder = folder(library);
        for paper in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"] {
            assert!(folder.join(paper).is_file(), "{library}/{paper} is missing");
        }
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.contains(&format!("cargo add {library}")), "{library}/README.md says how to add it");
        let hidden =
            readme.lines().find(|line| *line == "#" || line.starts_with("# ") && line.ends_with(';'));
        assert_eq!(hidden, None, "{library}/README.md: hidden lines show on crates.io");
        let lib = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap();
        assert!(lib.contains("include_str!(\"../README.md\")"), "{library}: the README is the crate doc");
        assert!(lib.contains("cfg_attr(docsrs, feature(doc_cfg))"), "{library}: docs.rs shows the features");
    }
}

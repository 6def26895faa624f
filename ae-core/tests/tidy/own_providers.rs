//! How much an integrator writes for a part of their own.

use super::{name, root, rust_files};

/// The longest that a provider of each port is: lines without `use`, blanks and comments.
const LINES_MAX: [(&str, usize); 6] = [
    ("allow_list_gate", 60),
    ("credit_router", 60),
    ("rss_source", 60),
    ("fn_builder", 60),
    ("folder_deployer", 100),
    ("bank_transfer", 150),
];

fn lines(text: &str) -> usize {
    let mut in_use = false;
    text.lines()
        .map(str::trim)
        .filter(|line| {
            in_use |= line.starts_with("use ") || line.starts_with("pub use ");
            let counts = !in_use && !line.is_empty() && !line.starts_with("//");
            in_use &= !line.ends_with(';');
            counts
        })
        .count()
}

#[test]
fn own_providers_are_short() {
    let folder = root().join("examples/custom-provider/src");
    for (provider, most) in LINES_MAX {
        let mut paths = vec![folder.join(provider).with_extension("rs")];
        if folder.join(provider).is_dir() {
            paths.extend(rust_files(&folder.join(provider)));
        }
        let found: usize = paths
            .iter()
            .map(|path| lines(&std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", name(path)))))
            .sum();
        assert!(found > 10 && found <= most, "{provider} has {found} lines, {most} are allowed");
    }
}

#[test]
fn imports_blanks_and_comments_do_not_count() {
    assert_eq!(lines("use a;\nuse b::{\n    c,\n};\n\n// x\n/// y\nfn f() {\n}\n"), 2);
}

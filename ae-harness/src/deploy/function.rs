//! Functions: code that a host runs for a path of a site.

use std::collections::BTreeSet;

use ae_core::{BackendError, Digest, ErrorKind};
use sha2::{Digest as _, Sha256};

use super::{BundleFile, PlannedFunction};

/// The most functions of a site, and the most bytes of one.
const FUNCTIONS_MAX: usize = 12;
const SOURCE_MAX: usize = 100_000;

/// A function of a site: an ES module without imports whose default export takes a `Request` and an object of environment
/// variables and returns a `Response` (the Fetch standard), or a promise of it. Each deployer wraps it in its host's form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Function {
    /// Its path below the address of the site: `api/` and 1 to 40 lower-case letters, digits and hyphens.
    pub path: String,
    /// Its source, at most 100,000 bytes.
    pub source: String,
}

impl Function {
    /// The function that answers at `path`.
    pub fn new(path: impl Into<String>, source: impl Into<String>) -> Self {
        Self { path: path.into(), source: source.into() }
    }

    pub(super) fn planned(&self) -> PlannedFunction {
        let sha256 = Digest::from_bytes(Sha256::digest(self.source.as_bytes()).into());
        PlannedFunction { path: self.path.clone(), sha256 }
    }
}

/// Refuses functions that can't be published together with `files`.
pub(super) fn check(functions: &[Function], files: &[BundleFile]) -> Result<(), BackendError> {
    let refused = |why: String| {
        Err(BackendError::new(ErrorKind::InvalidInput, "bundle", "plan", format!("the function {why}")))
    };
    if functions.len() > FUNCTIONS_MAX {
        return refused(format!(
            "number {} is one too many: {FUNCTIONS_MAX} is the limit",
            FUNCTIONS_MAX + 1
        ));
    }
    let mut paths = BTreeSet::new();
    for Function { path, source } in functions {
        let name = path.strip_prefix("api/").unwrap_or_default();
        let is_name = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !(1..=40).contains(&name.len()) || !is_name {
            return refused(format!(
                "{path:?} has no path: use api/ and 1 to 40 lower-case letters, digits and hyphens"
            ));
        }
        if source.trim().is_empty() || source.len() > SOURCE_MAX {
            return refused(format!("{path} has {} bytes: use 1 to {SOURCE_MAX}", source.len()));
        }
        if !paths.insert(path) {
            return refused(format!("{path} is there twice"));
        }
        // Hosts add an extension, drop one, or look below a folder of that name.
        let shadows = |file: &&BundleFile| {
            let rest = file.path.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        };
        if let Some(file) = files.iter().find(shadows) {
            return refused(format!(
                "{path} and the file {} have one address: rename one of them",
                file.path
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> BundleFile {
        serde_json::from_value(serde_json::json!({
            "path": path, "sha256": Digest::of_bytes("test", b""), "bytes": 0
        }))
        .unwrap()
    }

    #[test]
    fn a_function_has_a_path_of_its_own_and_a_source() {
        let works = |functions: &[Function], files: &[&str]| {
            let files: Vec<_> = files.iter().map(|path| file(path)).collect();
            match check(functions, &files) {
                Ok(()) => true,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                    false
                }
            }
        };
        let one = |path: &str| [Function::new(path, "export default () => new Response()")];
        for good in ["api/a", "api/licence-2", &format!("api/{}", "x".repeat(40))] {
            assert!(
                works(&one(good), &["index.html", "api/ab", "api/other.html", "api/index.html"]),
                "{good}"
            );
        }
        for bad in ["", "a", "api/", "/api/a", "api/A", "api/a/b", "api/a.js", "api/..", "api/a b", "api/ü"]
        {
            assert!(!works(&one(bad), &[]), "{bad}");
        }
        assert!(!works(&one(&format!("api/{}", "x".repeat(41))), &[]));
        for shadow in ["api/a", "api/a.html", "api/a.mjs", "api/a/index.html"] {
            assert!(!works(&one("api/a"), &[shadow]), "{shadow}");
        }
        assert!(!works(&[one("api/a"), one("api/a")].concat(), &[]));
        for source in [String::new(), " ".to_owned(), "x".repeat(SOURCE_MAX + 1)] {
            assert!(!works(&[Function::new("api/a", source)], &[]));
        }
        let many = |count| (0..count).map(|n| Function::new(format!("api/{n}"), "x")).collect::<Vec<_>>();
        assert!(works(&many(FUNCTIONS_MAX), &[]) && !works(&many(FUNCTIONS_MAX + 1), &[]));
    }
}

//! Verdicts on signatures, ours and those of the vendors' own libraries.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde::{Deserialize, Serialize};

/// A request to judge.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) secret: String,
    pub(crate) now: i64,
}

/// The verdict of each library on each case: true for believed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdicts {
    /// The libraries that said so, with their versions.
    pub(crate) libraries: BTreeMap<String, String>,
    pub(crate) cases: BTreeMap<String, BTreeMap<String, bool>>,
}

/// The recorded verdicts, which libraries that are installed must repeat. With `AE_RECORD=1` they are written again.
pub(crate) fn recorded(folder: &str, programs: &[(&str, &[&str])], cases: &[Case]) -> Verdicts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hooks").join(folder);
    let file = folder.join("verdicts.json");
    let mut said = Verdicts { libraries: BTreeMap::new(), cases: BTreeMap::new() };
    for (library, command) in programs {
        if let Some((version, verdicts)) = ask(&folder, library, command, cases) {
            said.libraries.insert((*library).to_owned(), version);
            for (case, verdict) in verdicts {
                said.cases.entry(case).or_default().insert((*library).to_owned(), verdict);
            }
        }
    }
    if std::env::var_os("AE_RECORD").is_some() {
        assert_eq!(said.libraries.len(), programs.len(), "every library must be installed");
        let text = serde_json::to_string_pretty(&said).unwrap();
        std::fs::write(&file, format!("{text}\n")).unwrap();
    }
    let kept: Verdicts = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    for (case, verdicts) in &said.cases {
        for (library, verdict) in verdicts {
            assert_eq!(kept.cases[case].get(library), Some(verdict), "{library} on {case}: record again");
        }
    }
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(kept.cases.len(), names.len(), "cases and records differ: record again");
    kept
}

type Said = (String, BTreeMap<String, bool>);

/// Runs a program that reads cases and writes its version and verdicts; `None` where the library is not installed.
fn ask(folder: &Path, library: &str, command: &[&str], cases: &[Case]) -> Option<Said> {
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let input = serde_json::to_vec(cases).unwrap();
    // A program that ends early does not read; its exit code says why.
    let _ = child.stdin.take().unwrap().write_all(&input);
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("{library} is not installed: its recorded verdicts are used");
        return None;
    }
    assert!(output.status.success(), "{library}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

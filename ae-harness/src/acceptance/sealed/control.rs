//! A test of the harness's own, under a name that the product can't know.

use ae_core::Digest;

use super::{SealedTests, TestRunner, read::Counts};

/// One more test file, which passes or fails.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Control {
    /// The path relative to the folder of the tests.
    pub(super) path: String,
    pub(super) content: String,
    /// The end of the test's name as the runner writes it.
    name: String,
}

impl Control {
    /// The control of a run; `None` for runners without names.
    pub(super) fn new(runner: TestRunner, seed: u64, passes: bool) -> Option<Self> {
        let seed = [seed.to_be_bytes().as_slice(), &[u8::from(passes)]].concat();
        let name = format!("ae_control_{}", Digest::of_bytes("control", &seed).short(16));
        let (path, content) = match runner {
            TestRunner::Node => {
                let body = if passes { "" } else { "throw new Error('control');" };
                let content = format!("import test from 'node:test';\ntest('{name}', () => {{ {body} }});\n");
                (format!("{name}.test.mjs"), content)
            }
            TestRunner::Pytest => {
                let holds = if passes { "True" } else { "False" };
                (format!("test_{name}.py"), format!("def test_{name}():\n    assert {holds}\n"))
            }
            TestRunner::Cargo => {
                let body = if passes { "" } else { "panic!(\"control\")" };
                (format!("tests/{name}.rs"), format!("#[test]\nfn {name}() {{ {body} }}\n"))
            }
            _ => return None,
        };
        Some(Self { path, content, name })
    }

    /// The command with the control as its last test.
    pub(super) fn argv(control: Option<&Self>, tests: &SealedTests) -> Vec<String> {
        let mut argv = tests.argv.clone();
        if matches!(tests.runner, TestRunner::Node | TestRunner::Pytest) {
            argv.extend(tests.paths.iter().cloned());
            argv.extend(control.map(|control| control.path.clone()));
        }
        argv
    }

    pub(super) fn passed(&self, counts: &Counts) -> bool {
        counts.passed_names.iter().any(|name| name.ends_with(&self.name))
    }

    pub(super) fn failed(&self, counts: &Counts) -> bool {
        counts.failed_names.iter().any(|name| name.ends_with(&self.name))
    }
}

//! From the output of a runner to counts and names.

use std::collections::BTreeSet;

use super::TestRunner;

/// The report of a runner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u32,
    pub(super) failed: u32,
    /// Skipped, ignored, or expected to fail.
    pub(super) skipped: u32,
    pub(super) passed_names: BTreeSet<String>,
    pub(super) failed_names: BTreeSet<String>,
}

/// The report in `text`, or the reason why it is none. A report that contradicts itself is none.
pub(super) fn read(runner: TestRunner, text: &str) -> Result<Counts, &'static str> {
    match runner {
        TestRunner::Node => node(text),
        TestRunner::Pytest => pytest(text),
        TestRunner::Cargo => cargo(text),
        TestRunner::Tap => tap(text),
        TestRunner::Exit => Ok(Counts::default()),
    }
}

/// The summary of Node's runner. It marks every line that a test prints, so none of them can be one of its own.
fn node(text: &str) -> Result<Counts, &'static str> {
    let number = |name: &str| -> Result<u32, &'static str> {
        let head = format!("# {name} ");
        let mut found = text.lines().filter_map(|line| line.strip_prefix(&head));
        match (found.next().map(str::parse), found.next()) {
            (Some(Ok(number)), None) => Ok(number),
            (None, _) => Err("there is no summary of node's test runner"),
            _ => Err("there is more than one summary of node's test runner"),
        }
    };
    let mut counts = Counts { passed: number("pass")?, ..Counts::default() };
    counts.failed = number("fail")?.saturating_add(number("cancelled")?);
    counts.skipped = number("skipped")?.saturating_add(number("todo")?);
    let all =
        [counts.passed, counts.failed, counts.skipped].iter().fold(0, |sum, part| part.saturating_add(sum));
    if all != number("tests")? {
        return Err("the numbers of the summary do not add up");
    }
    for point in text.lines().filter_map(|line| Point::read(line.trim_start())) {
        point.name_in(&mut counts);
    }
    Ok(counts)
}

/// TAP (version 13 and 14) at its top level.
fn tap(text: &str) -> Result<Counts, &'static str> {
    let mut plans = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("1..")?;
        rest.split_whitespace().next().unwrap_or(rest).parse::<u32>().ok()
    });
    let (Some(plan), None) = (plans.next(), plans.next()) else { return Err("there is not one plan (1..N)") };
    if text.lines().any(|line| line.starts_with("Bail out!")) {
        return Err("the runner bailed out");
    }
    let mut counts = Counts::default();
    for point in text.lines().filter_map(Point::read) {
        let count = match point {
            Point { skipped: true, .. } => &mut counts.skipped,
            Point { ok: true, .. } => &mut counts.passed,
            Point { ok: false, .. } => &mut counts.failed,
        };
        *count = count.saturating_add(1);
        point.name_in(&mut counts);
    }
    let all = counts.passed.saturating_add(counts.failed).saturating_add(counts.skipped);
    if all == plan { Ok(counts) } else { Err("the plan and the number of tests differ") }
}

/// A line of TAP: `ok 1 - name # SKIP reason`.
struct Point {
    ok: bool,
    skipped: bool,
    name: String,
}

impl Point {
    fn read(line: &str) -> Option<Self> {
        let (ok, rest) = match line.strip_prefix("not ok") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok")?),
        };
        if !rest.is_empty() && !rest.starts_with(' ') {
            return None;
        }
        let rest = rest.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let rest = rest.strip_prefix("- ").unwrap_or(rest);
        let (mut name, mut escaped, mut directive) = (String::new(), false, "");
        for (at, c) in rest.char_indices() {
            match c {
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '#' if !escaped => {
                    directive = rest.get(at + 1..).unwrap_or_default().trim_start();
                    break;
                }
                c => name.push(c),
            }
            escaped = false;
        }
        let directive = directive.to_ascii_lowercase();
        let skipped = directive.starts_with("skip") || directive.starts_with("todo");
        Some(Self { ok, skipped, name: name.trim_end().to_owned() })
    }

    fn name_in(self, counts: &mut Counts) {
        match (self.skipped, self.ok) {
            (true, _) => {}
            (false, true) => drop(counts.passed_names.insert(self.name)),
            (false, false) => drop(counts.failed_names.insert(self.name)),
        }
    }
}

/// The last line of pytest, and the lines of `-rA`. A test that prints such a line makes the report void.
fn pytest(text: &str) -> Result<Counts, &'static str> {
    let mut summaries = text.lines().filter_map(pytest_summary);
    let mut counts = summaries.next().ok_or("there is no summary of pytest")?;
    if summaries.next().is_some() {
        return Err("there is more than one summary of pytest");
    }
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("PASSED ") {
            counts.passed_names.insert(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR ")) {
            counts.failed_names.insert(rest.split(" - ").next().unwrap_or(rest).to_owned());
        }
    }
    if u32::try_from(counts.passed_names.len()).is_ok_and(|named| named == counts.passed) {
        Ok(counts)
    } else {
        Err("the passed tests and their number differ: run pytest with -rA")
    }
}

/// `1 failed, 4 passed in 0.08s`, with or without a rule of `=` around it.
fn pytest_summary(line: &str) -> Option<Counts> {
    let line = line.trim_matches(|c| c == '=' || c == ' ');
    let (parts, time) = line.rsplit_once(" in ")?;
    let seconds = time.split(' ').next()?.strip_suffix('s')?;
    seconds.parse::<f64>().ok()?;
    let mut counts = Counts::default();
    for part in parts.split(", ") {
        let (number, kind) = part.split_once(' ')?;
        let number: u32 = number.parse().ok()?;
        let count = match kind {
            "passed" => &mut counts.passed,
            "failed" | "error" | "errors" => &mut counts.failed,
            // An expected failure that passes is not what was expected, but a test that runs.
            "skipped" | "xfailed" | "xpassed" => &mut counts.skipped,
            "deselected" | "warning" | "warnings" | "rerun" => continue,
            _ => return None,
        };
        *count = count.saturating_add(number);
    }
    Some(counts)
}

/// The blocks of `cargo test`, one for each program: `running 2 tests`, a line for each, `test result: …`.
fn cargo(text: &str) -> Result<Counts, &'static str> {
    let mut counts = Counts::default();
    let mut open: Option<u32> = None;
    let mut blocks = 0_u32;
    for line in text.lines() {
        if let Some(number) = cargo_running(line) {
            if open.replace(number).is_some() {
                return Err("a report of cargo's test runner is within another one");
            }
        } else if let Some(result) = line.strip_prefix("test result: ") {
            let [passed, failed, ignored] = cargo_result(result).unwrap_or_default();
            if open.take() != Some(passed.saturating_add(failed).saturating_add(ignored)) {
                return Err("a result of cargo's test runner does not fit its number of tests");
            }
            blocks = blocks.saturating_add(1);
            counts.passed = counts.passed.saturating_add(passed);
            counts.failed = counts.failed.saturating_add(failed);
            counts.skipped = counts.skipped.saturating_add(ignored);
        } else if let Some((name, end)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        {
            match end {
                "ok" => drop(counts.passed_names.insert(name.to_owned())),
                "FAILED" => drop(counts.failed_names.insert(name.to_owned())),
                _ => {}
            }
        }
    }
    match (open, blocks) {
        (None, 1..) => Ok(counts),
        (None, _) => Err("there is no result of cargo's test runner"),
        (Some(_), _) => Err("a report of cargo's test runner has no result"),
    }
}

fn cargo_running(line: &str) -> Option<u32> {
    let (number, word) = line.strip_prefix("running ")?.split_once(' ')?;
    if word == "test" || word == "tests" { number.parse().ok() } else { None }
}

/// The passed, failed and ignored tests of `ok. 1 passed; 0 failed; 1 ignored; …`.
fn cargo_result(result: &str) -> Option<[u32; 3]> {
    let (_, numbers) = result.split_once(". ")?;
    let number = |kind: &str| {
        let mut parts = numbers.split("; ").filter_map(|part| part.split_once(' '));
        parts.find(|(_, name)| *name == kind).and_then(|(number, _)| number.parse::<u32>().ok())
    };
    Some([number("passed")?, number("failed")?, number("ignored")?])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NODE: &str = include_str!("samples/node.txt");
    const NODE_EXIT: &str = include_str!("samples/node-exit.txt");
    const PYTEST: &str = include_str!("samples/pytest.txt");
    const CARGO: &str = include_str!("samples/cargo.txt");

    fn numbers(counts: &Counts) -> (u32, u32, u32) {
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn recorded_reports_are_read() {
        let counts = read(TestRunner::Node, NODE).unwrap();
        assert_eq!(numbers(&counts), (2, 1, 2));
        let passed = ["adds # two \\ numbers", "inner", "suite"].map(str::to_owned);
        assert_eq!(counts.passed_names, passed.into());
        assert_eq!(counts.failed_names, ["fails".to_owned()].into());

        let counts = read(TestRunner::Pytest, PYTEST).unwrap();
        assert_eq!(numbers(&counts), (4, 1, 2));
        assert!(counts.passed_names.contains("test_a.py::test_two[2]"));
        assert_eq!(counts.failed_names, ["test_b.py::test_bad".to_owned()].into());

        let counts = read(TestRunner::Cargo, CARGO).unwrap();
        assert_eq!(numbers(&counts), (3, 1, 1));
        assert!(counts.passed_names.contains("src/lib.rs - (line 1)"));
        assert_eq!(counts.failed_names, ["bad".to_owned()].into());
    }

    #[test]
    fn a_file_that_ends_the_process_is_not_its_tests() {
        let counts = read(TestRunner::Node, NODE_EXIT).unwrap();
        assert_eq!(numbers(&counts), (1, 0, 0));
        assert!(!counts.passed_names.contains("one"), "{counts:?}");
    }

    #[test]
    fn reports_that_contradict_themselves_are_void() {
        for (runner, text) in [
            (TestRunner::Node, ""),
            (TestRunner::Node, &NODE.replace("# tests 5", "# tests 6")),
            (TestRunner::Node, &format!("{NODE}{NODE}")),
            (TestRunner::Pytest, "4 tests were fine"),
            (TestRunner::Pytest, &format!("===== 9 passed in 0.1s =====\n{PYTEST}")),
            (TestRunner::Pytest, "9 passed in 0.1s"),
            (TestRunner::Cargo, ""),
            (TestRunner::Cargo, "test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"),
            (TestRunner::Cargo, "running 1 test\ntest a ... ok\n"),
            (
                TestRunner::Cargo,
                "running 1 test\nrunning 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored",
            ),
            (TestRunner::Cargo, "running 2 tests\ntest result: ok. 1 passed; 0 failed; 0 ignored"),
            (TestRunner::Tap, "ok 1 - a"),
            (TestRunner::Tap, "1..2\nok 1 - a"),
            (TestRunner::Tap, "1..1\nok 1 - a\nBail out!"),
            (TestRunner::Tap, "1..1\n1..1\nok"),
        ] {
            assert!(read(runner, text).is_err(), "{runner}: {text}");
        }
    }

    #[test]
    fn tap_counts_its_top_level() {
        let text = "TAP version 14\nok 1 - a\n    not ok 1 - inner\nnot ok 2 - b # TODO later\nok 3 # skip\nnot ok - c\n1..4\n";
        let counts = read(TestRunner::Tap, text).unwrap();
        assert_eq!(numbers(&counts), (1, 1, 2));
        assert_eq!(counts.failed_names, ["c".to_owned()].into());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z0-9#.; =\\\\\n-]{0,80}") {
            for runner in TestRunner::ALL {
                let _ = read(*runner, &text);
            }
        }
    }
}

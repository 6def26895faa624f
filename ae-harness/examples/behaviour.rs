//! Runs JSON cases against ES modules:
//!
//! ```sh
//! cargo run --features behaviour --example behaviour -- FOLDER BEHAVIOURS.json [SEED]
//! ```
//!
//! The file holds an array of behaviours: `[{"id": "add", "module": "sum.js", "export": "add", "cases": [{"name": "two",
//! "given": [1, 2], "expect": 3}]}]`. The exit status is 1 when one does not pass. `--bench` prints timings instead, and
//! `--kit FOLDER [MOST]` makes defects in the modules of a kit and prints those that none of its cases notices.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{error::Error, path::Path, process::ExitCode, time::Duration};

use ae_harness::{
    BehaviourLimits, BehaviourRunner, Launcher, Modules, MutantRules,
    core::{Behaviour, Case, Clock as _, SystemClock},
};
use serde_json::json;

fn main() -> ExitCode {
    ae_harness::behaviour_child();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--bench"] => bench().map(|()| true),
        ["--kit", folder] => defects(folder, "1000"),
        ["--kit", folder, most] => defects(folder, most),
        [folder, file] => check(folder, file, "0"),
        [folder, file, seed] => check(folder, file, seed),
        _ => Err("usage: behaviour FOLDER BEHAVIOURS.json [SEED]".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn check(folder: &str, file: &str, seed: &str) -> Result<bool, Box<dyn Error>> {
    let behaviours: Vec<Behaviour> = serde_json::from_slice(&std::fs::read(file)?)?;
    let modules = Modules::read(Path::new(folder))?;
    let outcomes =
        BehaviourRunner::new(Launcher::this_program()).run(&modules, &behaviours, seed.parse()?)?;
    for outcome in &outcomes {
        for case in &outcome.verdicts {
            println!("{} {}/{} {}", case.verdict, outcome.id, case.name, case.detail);
        }
    }
    Ok(outcomes.iter().all(ae_harness::BehaviourOutcome::passed))
}

fn defects(folder: &str, most: &str) -> Result<bool, Box<dyn Error>> {
    let folder = Path::new(folder);
    let mut behaviours: Vec<Behaviour> = Vec::new();
    for file in std::fs::read_dir(folder.join("behaviours"))? {
        behaviours.extend(serde_json::from_slice::<Vec<Behaviour>>(&std::fs::read(file?.path())?)?);
    }
    let rules = MutantRules::new(1).with_most(most.parse()?).with_total(Duration::from_secs(3_600));
    let start = SystemClock.monotonic();
    let runner = BehaviourRunner::new(Launcher::this_program());
    let report = runner.survivors(&Modules::read(folder)?, &behaviours, &rules)?;
    for survivor in &report.survivors {
        println!("{survivor}");
    }
    println!(
        "{} of {} defects noticed ({} more were not a script), {} not tried, in {} s",
        report.caught,
        report.tried(),
        report.invalid,
        report.untried,
        (SystemClock.monotonic() - start).as_secs()
    );
    Ok(report.survivors.is_empty())
}

/// A module of about 35 kB: a reader of CSV, and functions that nothing calls.
fn module() -> String {
    let reader = r#"
export function read(text) {
  const rows = [];
  let row = [], cell = '', quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') { cell += c; i++; }
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') { row.push(cell); cell = ''; }
    else if (c === '\n') { row.push(cell); rows.push(row); row = []; cell = ''; }
    else cell += c;
  }
  if (cell !== '' || row.length > 0) { row.push(cell); rows.push(row); }
  return rows;
}
export const identity = (value) => value;
export function forever() { for (;;); }
export function deaf() { return new Array(2 ** 32 - 1).join(''); }
export function hoard() { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }
"#;
    let other = |n: usize| {
        format!(
            "function part{n}(rows, name) {{\n  const at = rows[0].indexOf(name);\n  if (at < 0) throw new Error(`no column ${{name}}`);\n  \
             return rows.slice(1).map((row) => row[at].trim().replace(/^0+(?=\\d)/, '{n}'));\n}}\n"
        )
    };
    reader.to_owned() + &(0..165).map(other).collect::<String>()
}

fn bench() -> Result<(), Box<dyn Error>> {
    let modules = Modules::new().with("bench.js", module())?;
    let runner = BehaviourRunner::new(Launcher::this_program());
    let behaviour = |export: &str, cases| vec![Behaviour::new(export, "bench.js", export).with_cases(cases)];
    let run = |name: &str,
               runner: &BehaviourRunner,
               behaviours: &[Behaviour]|
     -> Result<(), Box<dyn Error>> {
        let start = SystemClock.monotonic();
        let outcomes = runner.run(&modules, behaviours, 1)?;
        let millis = (SystemClock.monotonic() - start).as_millis();
        let cases = outcomes.iter().flat_map(|outcome| &outcome.verdicts);
        let passed = cases.clone().filter(|case| case.verdict == ae_harness::Verdict::Passed).count();
        let first =
            cases.clone().next().map_or_else(String::new, |case| format!("{} {}", case.verdict, case.detail));
        println!("{name}: {millis} ms, {passed} of {} passed; first: {first}", cases.count());
        Ok(())
    };
    println!("module of {} bytes", module().len());
    for count in [1, 150, 1_000] {
        let cases = (0..count).map(|n| {
            let expect = json!([["id", "name"], [n.to_string(), "a,b"]]);
            Case::new(format!("case {n}"), json!(format!("id,name\n{n},\"a,b\"\n")), expect)
        });
        run(&format!("{count} cases"), &runner, &behaviour("read", cases.collect()))?;
    }
    let text = "0123456789,abcdef,\"quoted, text\",2024-01-01,3.14159\n".repeat(20_000);
    let one = |given| vec![Case::new("one", given, json!(null))];
    run("1 MB of CSV", &runner, &behaviour("read", one(json!(text))))?;
    let rows = json!(vec![json!({"id": 1, "name": "Ann", "town": "Berlin"}); 15_000]);
    run(
        "45,000 properties through",
        &runner,
        &behaviour("identity", vec![Case::new("one", rows.clone(), rows)]),
    )?;
    let short = runner.with_limits(BehaviourLimits::default().with_call(Duration::from_millis(500)));
    for export in ["forever", "deaf", "hoard"] {
        run(export, &short, &behaviour(export, one(json!(null))))?;
    }
    Ok(())
}

//! Fits a scorer to one's own outcome log, and shows what it would have saved before anyone trusts it.
//!
//! ```sh
//! cargo run --release -p ae-router --features learn --example fit -- LOG.jsonl --quality 0.9 --out scorer.bin
//! ```
//!
//! The form of the log: one JSON object a line, as `OutcomeLog` says.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{error::Error, fs::File, io::BufReader, process::ExitCode};

use ae_router::{CurvePoint, Evaluation, FitOptions, FitReport, OutcomeLog, Target, core::Money, fit};

const USAGE: &str = "\
usage: fit LOG.jsonl [--strong M] [--weak M] [--quality 0.9 | --cost 0.5] [--out scorer.bin]

  LOG.jsonl      one JSON object a line: prompt, model, outcome from 0 to 1, cost in dollars as a string:
                 {\"prompt\":\"…\",\"model\":\"gpt-5.2\",\"outcome\":1,\"cost\":\"0.0123\"}
  --strong M     the model for hard prompts; further ones only make the outcome less noisy  [the better models]
  --weak M       the model for the others, likewise                                         [the worse models]
  --quality Q    the threshold that recovers this share of the gap between the two models
  --cost C       the threshold that costs at most this share of always calling the strong model
  --out FILE     writes the scorer, fitted to the whole log";

struct Arguments {
    log: String,
    options: FitOptions,
    target: Option<Target>,
    out: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut strong, mut weak) = (Vec::new(), Vec::new());
        let (mut log, mut target, mut out) = (None, None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} takes a value\n\n{USAGE}"));
            match word.as_str() {
                "--strong" => strong.push(value()?),
                "--weak" => weak.push(value()?),
                "--quality" => target = Some(Target::Quality(value()?.parse()?)),
                "--cost" => target = Some(Target::Cost(value()?.parse()?)),
                "--out" => out = Some(value()?),
                _ if word.starts_with("--") || log.is_some() => {
                    return Err(format!("{word:?} is not an argument\n\n{USAGE}").into());
                }
                _ => log = Some(word),
            }
        }
        let options = FitOptions::new().with_strong(strong).with_weak(weak);
        Ok(Self { log: log.ok_or(USAGE)?, options, target, out })
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn money(amount: Option<Money>) -> String {
    amount.map_or("not measured".to_owned(), |amount| amount.ceil_to_micro().to_string())
}

fn print_scores(report: &FitReport) {
    println!(
        "\n{:<16}{:>7}{:>17}{:>17}{:>8}{:>8}{:>15}",
        "score", "APGR", "95 % interval", "strong for 50 %", "80 %", "95 %", "saved at 95 %"
    );
    println!(
        "{:<16}{:>7}{:>17}{:>17}{:>8}{:>8}{:>15}",
        "random", "0.500", "", "50.0 %", "80.0 %", "95.0 %", ""
    );
    let rows = [("prompt length", &report.length), ("bundled", &report.bundled), ("fitted", &report.fitted)];
    for (name, found) in rows {
        let interval = found.apgr_interval(200, 7);
        println!(
            "{name:<16}{:>7.3}{:>17}{:>17}{:>8}{:>8}{:>15}",
            found.apgr(),
            interval.map_or(String::new(), |(low, high)| format!("{low:.3} to {high:.3}")),
            percent(found.cpt(0.5)),
            percent(found.cpt(0.8)),
            percent(found.cpt(0.95)),
            found.saved_share(found.cpt(0.95)).map_or("-".to_owned(), percent),
        );
    }
}

fn print_point(name: &str, point: &CurvePoint) {
    println!(
        "{name:<16}{:>10.0}{:>10}{:>10}{:>12}{:>16}{:>16}",
        point.threshold,
        percent(point.strong_share),
        percent(point.quality),
        percent(point.recovered),
        money(point.cost),
        money(point.saving)
    );
}

/// About ten points of the curve.
fn print_curve(found: &Evaluation) {
    println!(
        "\n{:<16}{:>10}{:>10}{:>10}{:>12}{:>16}{:>16}",
        "fitted", "threshold", "strong", "solved", "of the gap", "cost", "saved"
    );
    for tenth in 0..=10_u8 {
        let share = f64::from(tenth) / 10.0;
        if let Some(point) = found.curve().iter().find(|point| point.strong_share >= share) {
            print_point("", point);
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let file = File::open(&arguments.log).map_err(|error| format!("{}: {error}", arguments.log))?;
    let log = OutcomeLog::read(BufReader::new(file))?;
    for rejected in log.rejected() {
        eprintln!("line {} does not count: {}", rejected.line, rejected.reason);
    }
    let fitted = fit(&log, &arguments.options)?;
    let report = &fitted.report;
    println!(
        "{} prompts; {} left out, without a text or an outcome of both models",
        report.fitted.prompts(),
        report.left_out
    );
    println!("strong: {} ({} solved)", report.strong.join(", "), percent(report.fitted.strong_quality()));
    println!("weak:   {} ({} solved)", report.weak.join(", "), percent(report.fitted.weak_quality()));
    print_scores(report);
    println!("The fitted score of a prompt is by a scorer that did not see that prompt.");
    print_curve(&report.fitted);
    if let Some(target) = arguments.target {
        print_point("your target", &report.fitted.threshold_for(target)?);
    }
    if let Some(out) = arguments.out {
        std::fs::write(&out, fitted.scorer.to_bytes()).map_err(|error| format!("{out}: {error}"))?;
        println!("\n{out} holds the scorer, fitted to all {} prompts", report.fitted.prompts());
    }
    Ok(())
}

fn main() -> ExitCode {
    run().map_or_else(
        |error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

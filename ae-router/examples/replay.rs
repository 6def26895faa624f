//! The results that other policies would have had on the prompts of an outcome log, and their costs.
//!
//! ```sh
//! cargo run --release -p ae-router --features learn --example replay -- LOG.jsonl --model CHEAP --model STRONG
//! ```
//!
//! The form of the log: one JSON object a line, as `OutcomeLog` says.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{error::Error, fs::File, io::BufReader, process::ExitCode};

use ae_router::{OutcomeLog, Policy, Replay, Replayed, Scorer, core::Money};
use rust_decimal::Decimal;

const USAGE: &str = "\
usage: replay LOG.jsonl --model CHEAP --model … --model STRONG [--check 0.9] [--threshold T [--scorer FILE]]

  LOG.jsonl      one JSON object a line: prompt (or id), model, outcome from 0 to 1, cost in dollars as a string
  --model M      the models in the order in which escalation calls them, two or more; without it, all of the log by
                 their mean outcome
  --check P      the probability that a check of an answer is right, for one more row of escalation [1: a perfect check]
  --threshold T  the strongest of the models for scores of at least T, the first for the rest; fit prints thresholds
  --scorer FILE  the scorer that fit wrote; on the log that it was fitted to, it looks better than it is  [bundled]";

struct Arguments {
    log: String,
    models: Vec<String>,
    check: Option<Decimal>,
    threshold: Option<f64>,
    scorer: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let (mut log, mut models, mut check) = (None, Vec::new(), None);
        let (mut threshold, mut scorer) = (None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} takes a value\n\n{USAGE}"));
            match word.as_str() {
                "--model" => models.push(value()?),
                "--check" => check = Some(value()?.parse()?),
                "--threshold" => threshold = Some(value()?.parse()?),
                "--scorer" => scorer = Some(value()?),
                _ if word.starts_with("--") || log.is_some() => {
                    return Err(format!("{word:?} is not an argument\n\n{USAGE}").into());
                }
                _ => log = Some(word),
            }
        }
        Ok(Self { log: log.ok_or(USAGE)?, models, check, threshold, scorer })
    }
}

fn money(cost: Option<Money>) -> String {
    cost.map_or("not measured".to_owned(), |cost| cost.ceil_to_micro().to_string())
}

fn row(name: &str, found: &Replayed, strongest: &Replayed) {
    let share = found.cost_share(strongest).map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    println!(
        "{name:<52} {:>6.1} % {:>6.2} {:>16} {share:>9}",
        100.0 * found.solved,
        found.calls,
        money(found.cost)
    );
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let file = File::open(&arguments.log).map_err(|error| format!("{}: {error}", arguments.log))?;
    let log = OutcomeLog::read(BufReader::new(file))?;
    for rejected in log.rejected() {
        eprintln!("line {} does not count: {}", rejected.line, rejected.reason);
    }
    let models = match arguments.models {
        none if none.is_empty() => log.ranked().into_iter().map(|(model, _)| model.to_owned()).collect(),
        chosen => chosen,
    };
    let replay = Replay::over(&log, models.clone())?;
    let strongest = replay.run(&Policy::always(replay.strongest()))?;
    println!("{} prompts, {} without an outcome of each model left out", replay.prompts(), replay.left_out());
    println!("{:<52} {:>8} {:>6} {:>16} {:>9}", "policy", "solved", "calls", "cost", "of always");
    for (number, model) in (1..).zip(&models) {
        row(&format!("{number}: always {model}"), &replay.run(&Policy::always(model))?, &strongest);
    }
    let numbers: Vec<_> = (1..=models.len()).map(|number| number.to_string()).collect();
    let name = format!("escalate: {}", numbers.join(", then "));
    row(&name, &replay.run(&Policy::escalate(models.clone()))?, &strongest);
    if let Some(check) = arguments.check {
        let policy = Policy::escalate_with_check(models.clone(), check);
        row(&format!("the same, check right with {check}"), &replay.run(&policy)?, &strongest);
    }
    if let (Some(threshold), Some(weak)) = (arguments.threshold, models.first()) {
        let scorer = match arguments.scorer {
            Some(file) => {
                Scorer::from_bytes(&std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?)?
            }
            None => Scorer::bundled().clone(),
        };
        let policy = Policy::threshold(replay.strongest(), weak, threshold);
        let found = replay.clone().with_scorer(&scorer)?.run(&policy)?;
        row(&format!("1, and the strongest from {threshold} on"), &found, &strongest);
    }
    row("oracle: the cheapest that solves it", &replay.run(&Policy::oracle(models))?, &strongest);
    println!("\"of always\" is the share of the cost of always {}.", replay.strongest());
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

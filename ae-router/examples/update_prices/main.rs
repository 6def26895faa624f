//! Writes a price file from the published files of LiteLLM and genai-prices:
//! `cargo run -p ae-router --example update_prices -- --litellm model_prices_and_context_window_backup.json
//! --genai-prices prices.json --only anthropic,openai,google > my-prices.json`.
//!
//! The files are read from where you saved them; nothing is fetched. What can't be taken over is counted on the
//! standard error. With both files, prices are those of genai-prices, which has dates; LiteLLM adds levels of service
//! that the other lacks, limits, abilities and the lifecycle.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command: the file on one output, counts on the other"
)]

mod genai;
mod litellm;
mod merge;
mod number;
mod report;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use ae_router::{
    PriceTable,
    core::{Clock, SystemClock, Timestamp},
};

use self::report::Report;

const USAGE: &str =
    "use: update_prices [--litellm FILE] [--genai-prices FILE] [--only PROVIDER,…] [--as-of YYYY-MM-DD]";

#[derive(Debug)]
struct Asked {
    litellm: Option<String>,
    genai: Option<String>,
    only: Vec<String>,
    as_of: Timestamp,
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let only = ["anthropic", "openai", "google"].map(str::to_owned).to_vec();
    let mut asked = Asked { litellm: None, genai: None, only, as_of: SystemClock.now() };
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value; {USAGE}"))?;
        match option.as_str() {
            "--litellm" => asked.litellm = Some(value),
            "--genai-prices" => asked.genai = Some(value),
            "--only" => asked.only = value.split(',').map(|name| name.trim().to_owned()).collect(),
            "--as-of" => {
                let at = format!("{value}T00:00:00Z").parse();
                asked.as_of = at.map_err(|_| format!("--as-of {value}: not a date"))?;
            }
            _ => return Err(format!("{option} is not an option; {USAGE}")),
        }
    }
    if asked.litellm.is_none() && asked.genai.is_none() {
        return Err(USAGE.to_owned());
    }
    Ok(asked)
}

fn file(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn table(asked: &Asked, report: &mut Report) -> Result<PriceTable, String> {
    let mut table = PriceTable::empty(asked.as_of);
    let (mut litellm, mut genai) = Default::default();
    if let Some(path) = &asked.litellm {
        litellm =
            litellm::read(&file(path)?, &asked.only, report).map_err(|error| format!("{path}: {error}"))?;
        table = table.with_source("LiteLLM (MIT)");
    }
    if let Some(path) = &asked.genai {
        genai = genai::read(&file(path)?, &asked.only, report).map_err(|error| format!("{path}: {error}"))?;
        table = table.with_source("genai-prices (MIT)");
    }
    Ok(merge::merged(litellm, genai, asked.as_of).into_iter().fold(table, PriceTable::with_model))
}

fn main() -> ExitCode {
    let mut report = Report::default();
    let written = asked(std::env::args().skip(1)).and_then(|asked| {
        let table = table(&asked, &mut report)?;
        let json = table.to_json().map_err(|error| error.to_string())?;
        // The reader has the last word on what a price file is.
        PriceTable::from_json(&json).map_err(|error| error.to_string())?;
        Ok((table.models().count(), json))
    });
    for line in report.lines() {
        eprintln!("{line}");
    }
    match written {
        Ok((models, json)) => {
            eprintln!("{models:>6} models written");
            print!("{json}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

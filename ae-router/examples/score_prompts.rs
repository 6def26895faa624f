//! Scores prompts: CSV with the columns `id` and `prompt` on standard input, `id,score` on standard output.
//!
//! `cargo run --release -p ae-router --example score_prompts < prompts.csv > scores.csv`; a higher score needs the stronger
//! model more. With `--bench` it prints how long a score takes instead.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

use std::{
    env,
    error::Error,
    hint::black_box,
    io::{self, BufWriter, Write},
    process::ExitCode,
    time::Instant,
};

use ae_router::Scorer;

fn main() -> ExitCode {
    let result = match env::args().nth(1).as_deref() {
        None => score(),
        Some("--bench") => bench(),
        Some(other) => {
            Err(format!("unknown argument {other:?}; give CSV on standard input, or --bench").into())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn score() -> Result<(), Box<dyn Error>> {
    let scorer = Scorer::bundled();
    let mut input = csv::Reader::from_reader(io::stdin().lock());
    let header = input.headers()?.clone();
    let column = |name: &str| {
        header.iter().position(|column| column.trim_start_matches('\u{feff}') == name).ok_or_else(|| {
            format!("the first line has no column {name:?}: give CSV whose header has `id` and `prompt`")
        })
    };
    let (id, prompt) = (column("id")?, column("prompt")?);
    let mut output = csv::Writer::from_writer(BufWriter::new(io::stdout().lock()));
    output.write_record(["id", "score"])?;
    let mut row = csv::StringRecord::new();
    while input.read_record(&mut row)? {
        let difficulty = scorer.score(row.get(prompt).unwrap_or_default());
        output.write_record([row.get(id).unwrap_or_default(), &difficulty.gain_millionths.to_string()])?;
    }
    output.flush()?;
    Ok(())
}

/// A question of 574 bytes, as a prompt of usual length.
const QUESTION: &str = "A university sent out a survey to a random sample of 120 recent graduates to see how those \
    graduates feel about the education they received. Thirty-two of the graduates did not respond to the survey. Which \
    of these would be the best way to proceed?\nA. Use the 88 who did respond, using 88 as the sample size in the \
    analysis.\nB. Use the 88 who did respond, using 120 as the sample size in the analysis.\nC. Attempt to contact the \
    32 who did not respond and get the information from them.\nD. Select 32 more graduates at random and use them to \
    replace the nonresponders.\nAnswer:";

fn bench() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let scorer = Scorer::bundled();
    let mut out = io::stdout().lock();
    writeln!(out, "reading the weights: {} µs", start.elapsed().as_micros())?;
    for bytes in [100, 600, 4_000] {
        // A number of its own in each prompt, so that branches are not learned by heart.
        let prompts: Vec<String> =
            (0..500).map(|n| format!("{n} {}", QUESTION.repeat(8)).chars().take(bytes).collect()).collect();
        let mut times = Vec::new();
        for _ in 0..20 {
            for prompt in &prompts {
                let start = Instant::now();
                black_box(scorer.score(black_box(prompt)));
                times.push(start.elapsed().as_nanos());
            }
        }
        times.sort_unstable();
        let at = |hundredths: usize| times.get(times.len() * hundredths / 100).copied().unwrap_or(0);
        writeln!(out, "{bytes} bytes: median {} ns, 99th of 100 {} ns", at(50), at(99))?;
    }
    Ok(())
}

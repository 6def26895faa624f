//! Writes N generated posts as CSV, of the shape and spread of real ones: `make-signals N YEAR > signals.csv`.

#![allow(clippy::indexing_slicing, clippy::disallowed_methods, missing_docs, unreachable_pub)]

use std::io::Write;

const ASKS: [&str; 10] = [
    "Ask HN: Is there a good tool to {verb} {thing}?",
    "Ask HN: How do you {verb} {thing} at work?",
    "I would pay for something that can {verb} {thing}",
    "Why is it so hard to {verb} {thing}?",
    "Show HN: A small app to {verb} {thing}",
    "Looking for an alternative to spreadsheets to {verb} {thing}",
    "Tell HN: We gave up trying to {verb} {thing}",
    "The state of tools that {verb} {thing}",
    "How we {verb} {thing} without losing our minds",
    "A history of people who {verb} {thing}",
];
const VERBS: [&str; 9] =
    ["clean", "merge", "import", "share", "track", "schedule", "encrypt", "review", "convert"];
const THINGS: [&str; 14] = [
    "CSV files",
    "broken CSV exports",
    "spreadsheets",
    "invoices",
    "photo albums",
    "meeting notes",
    "recipes",
    "time sheets",
    "code reviews",
    "bank statements",
    "support tickets",
    "music practice logs",
    "shipping labels",
    "survey answers",
];

#[allow(dead_code, reason = "the tests include this file for its posts")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let usage = "usage: make-signals N YEAR";
    let count = std::env::args().nth(1).ok_or(usage)?.parse()?;
    let year = std::env::args().nth(2).ok_or(usage)?.parse()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write_posts(&mut out, count, year)?;
    out.flush()?;
    Ok(())
}

/// Writes `count` posts of a year, the same on every machine.
pub fn write_posts(out: &mut impl Write, count: u64, year: u16) -> std::io::Result<()> {
    writeln!(out, "id,title,url,num_points,num_comments,created_at")?;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for id in 0..count {
        let mut pick = |of: usize| {
            // xorshift64, which needs no library.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % of as u64).unwrap_or(0)
        };
        let title = ASKS[pick(ASKS.len())]
            .replace("{verb}", VERBS[pick(VERBS.len())])
            .replace("{thing}", THINGS[pick(THINGS.len())]);
        let (points, comments) = (pick(400), pick(150));
        let (month, day, hour, minute) = (1 + pick(12), 1 + pick(28), pick(24), pick(60));
        writeln!(
            out,
            "{},{title} ({id}),https://example.com/posts/{id},{points},{comments},{month}/{day}/{year} {hour}:{minute:02}",
            10_000_000 + id
        )?;
    }
    Ok(())
}

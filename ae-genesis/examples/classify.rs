//! Reads titles, one a line, from standard input and says for each whether it shows an unmet need, and what kind.
//!
//! `cargo run -p ae-genesis --example classify < TITLES`

#![allow(clippy::print_stdout)]

use std::io::{self, BufRead};

use ae_genesis::{SignalKind, opportunity};

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let title = line?;
        println!("{}\t{}\t{title}", u8::from(opportunity(&title)), SignalKind::of_title(&title));
    }
    Ok(())
}

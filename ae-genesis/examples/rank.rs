//! Ranks a file of signals for an intent and prints the result as tab-separated values.
//!
//! `cargo run -p ae-genesis --features file --example rank -- FILE "INTENT" [K]`

#![allow(clippy::print_stdout)]

use std::error::Error;

use ae_core::{Currency, Intent, Money, Runtime};
use ae_genesis::{FileSource, NicheSource, Retriever, SignalQuery};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(intent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: rank FILE INTENT [K]".into());
    };
    let k = arguments.next().map_or(Ok(20), |k| k.parse())?;
    let runtime = Runtime::system();
    let query = SignalQuery::from_intent(&Intent::new(&intent, Money::zero(Currency::USD))?);
    let mut retriever = Retriever::new(&query);
    let report = FileSource::open(&file, runtime.clone())?.collect(&query, &mut retriever).await?;
    let ranking = retriever.finish(runtime.now(), k);
    println!("# {} read, {} skipped, {} matched", report.signals_read, report.rows_skipped, ranking.matched);
    for (rank, evidence) in (1..).zip(&ranking.evidence) {
        let title = evidence.title.one_line(100);
        println!("{rank}\t{}\t{}\t{title}\t{}", evidence.id, evidence.relevance, evidence.reasons.join("; "));
    }
    Ok(())
}

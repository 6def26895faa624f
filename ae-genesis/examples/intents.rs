//! Reads intents, one a line, from standard input and prints for each the product that would be specified over a file of
//! signals, or the question that would make the intent clear.
//!
//! `cargo run -p ae-genesis --features file --example intents -- FILE < INTENTS`

#![allow(clippy::print_stdout)]

use std::{
    error::Error,
    io::{self, BufRead},
};

use ae_core::{Currency, IdempotencyKey, Intent, Money, RunId, Runtime};
use ae_genesis::{
    Analyst, FileSource, NicheBrief, NicheSource, NicheValidator, Retriever, RuleAnalyst, RuleValidator,
    SignalQuery, SpecBrief, ValidationRequest, verify_spec,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: intents FILE < INTENTS")?;
    let runtime = Runtime::system();
    let key = IdempotencyKey::derive(RunId::from_uuid(runtime.ids.new_uuid()), "example", "analyst", 0);
    for line in io::stdin().lock().lines() {
        let line = line?;
        println!("\n# {line}");
        let intent = match Intent::new(&line, Money::zero(Currency::USD)) {
            Ok(intent) => intent,
            Err(error) => {
                println!("refused: {error}");
                continue;
            }
        };
        let query = SignalQuery::from_intent(&intent);
        if let Some(question) = &query.question {
            println!("question: {question}");
            continue;
        }
        let mut retriever = Retriever::new(&query);
        FileSource::open(&file, runtime.clone())?.collect(&query, &mut retriever).await?;
        let now = runtime.now();
        let evidence = retriever.finish(now, 30).evidence;
        let brief = NicheBrief::new(intent.clone(), evidence, now).with_despite_evidence(true).with_count(1);
        for niche in RuleAnalyst.propose(&key, &brief).await?.artefact {
            let request = ValidationRequest::new(niche.clone(), intent.clone(), now);
            let report = RuleValidator.validate(&request).await?;
            println!("verdict: {} ({})", report.verdict, report.reasons.join("; "));
            let brief = SpecBrief::new(intent.clone(), niche, report, now).with_despite_evidence(true);
            let spec = RuleAnalyst.specify(&key, &brief).await?.artefact;
            verify_spec(&spec).iter().for_each(|problem| println!("problem: {problem}"));
            println!("{} | {} | {}", spec.product_name, spec.tagline, spec.deliverable.as_str());
            println!(
                "prices: {:?}",
                spec.pricing
                    .iter()
                    .map(|tier| format!("{} {}", tier.price, tier.interval.words()))
                    .collect::<Vec<_>>()
            );
            println!("{}", spec.assumptions.first().map_or("", String::as_str));
            query.money_notes.iter().for_each(|note| println!("note: {note}"));
            for feature in &spec.core_features {
                println!("- {} ({} posts)", feature.title, feature.evidence.len());
            }
            for item in spec.evidence.iter().take(5) {
                println!("  {}", item.title.one_line(100));
            }
        }
    }
    Ok(())
}

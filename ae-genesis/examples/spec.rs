//! From an intent to a product spec, by rules: prints the niches, the verdict and the spec as JSON.
//!
//! `cargo run -p ae-genesis --features file --example spec -- "INTENT" [FILE]`; without a file it uses the made-up sample.

#![allow(clippy::print_stdout)]

use std::error::Error;

use ae_core::{Currency, IdempotencyKey, Intent, Money, RunId, Runtime};
use ae_genesis::{
    Analyst, FileSource, NicheBrief, NicheSource, NicheValidator, Retriever, RuleAnalyst, RuleValidator,
    SampleSource, SignalQuery, SpecBrief, ValidationRequest, Verdict, verify_spec,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let intent =
        Intent::new(&arguments.next().ok_or("usage: spec INTENT [FILE]")?, Money::zero(Currency::USD))?;
    let runtime = Runtime::system();
    let key = IdempotencyKey::derive(RunId::from_uuid(runtime.ids.new_uuid()), "example", "analyst", 0);
    let source: Box<dyn NicheSource> = match arguments.next() {
        Some(file) => Box::new(FileSource::open(file, runtime.clone())?),
        None => Box::new(SampleSource::new(runtime.clone())),
    };
    let query = SignalQuery::from_intent(&intent);
    let mut retriever = Retriever::new(&query);
    let sources = vec![source.collect(&query, &mut retriever).await?];
    let now = runtime.now();
    let brief = NicheBrief::new(intent.clone(), retriever.finish(now, 30).evidence, now)
        .with_sources(sources.clone());
    for niche in RuleAnalyst.propose(&key, &brief).await?.artefact {
        let report =
            RuleValidator.validate(&ValidationRequest::new(niche.clone(), intent.clone(), now)).await?;
        println!("{:?}: {} of {}: {}", niche.name, niche.score.total, niche.score.out_of, report.verdict);
        report.reasons.iter().for_each(|reason| println!("  {reason}"));
        if report.verdict == Verdict::Go {
            let brief = SpecBrief::new(intent.clone(), niche, report, now).with_sources(sources);
            let spec = RuleAnalyst.specify(&key, &brief).await?.artefact;
            verify_spec(&spec).iter().for_each(|problem| println!("problem: {problem}"));
            println!("{}", serde_json::to_string_pretty(&spec)?);
            break;
        }
    }
    Ok(())
}

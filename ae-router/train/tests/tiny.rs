//! Training on a tiny made-up set: what CI can run without the data.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use ae_router::Scorer;
use ae_router_train::{Source, bundled_sources, run};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny")
}

fn sources() -> Vec<Source> {
    Source::table(include_str!("tiny/sources.json")).unwrap()
}

#[test]
fn the_same_data_give_the_same_bytes_and_a_scorer_that_ranks() {
    let mut log = Vec::new();
    let bytes = run(&tiny(), &sources(), &mut log).unwrap();
    assert_eq!(run(&tiny(), &sources(), &mut Vec::new()).unwrap(), bytes);

    let scorer = Scorer::from_bytes(&bytes).unwrap();
    let law = scorer.score("Party 90 withheld the rent.\nWhich remedy does the court grant?\nA. wren\nB. lynx\nC. otter\nD. stoat");
    let animals = scorer
        .score("Which animal is the quickest swimmer, in river 90?\nA. wren\nB. lynx\nC. otter\nD. stoat");
    assert!(law.gain_millionths > animals.gain_millionths, "{law:?} {animals:?}");

    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("left out: unlicensed"), "{log}");
    assert!(log.contains("choices: 60 prompts, made up @none, as this repository, sha256 "), "{log}");
}

#[test]
fn other_data_than_stated_are_refused() {
    let mut sources = sources();
    sources[1].digest.replace_range(..4, "0000");
    let failure = run(&tiny(), &sources, &mut Vec::new()).unwrap_err().to_string();
    assert!(failure.contains("the source sums has the digest"), "{failure}");
}

#[test]
fn a_model_without_outcomes_is_named() {
    let mut sources = sources();
    sources[0].strong.push("absent".to_owned());
    let failure = run(&tiny(), &sources, &mut Vec::new()).unwrap_err().to_string();
    assert!(failure.contains("has no outcome of absent"), "{failure}");
}

#[test]
fn the_bundled_table_has_only_sources_whose_weights_may_ship() {
    let sources = bundled_sources().unwrap();
    let names: Vec<_> = sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["mmlu", "gsm8k", "ze-crux", "ze-math-l5"]);
    assert!(
        sources.iter().all(|source| source.licence.starts_with("Apache-2.0") && source.digest.len() == 64)
    );
}

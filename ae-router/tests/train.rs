//! The trainer of scorers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ae_router::{Scorer, TrainError, TrainOptions, TrainingRow, out_of_fold, train};

/// Prompts whose gain follows from a word and from the number of figures, with a noise that no prompt tells.
fn log() -> Vec<(String, f64)> {
    (0..400_u32)
        .map(|n| {
            let topic = if n % 2 == 0 { "the tensor calculus" } else { "the weather" };
            let figures = vec!["17"; usize::try_from(n / 2 % 5 * 3).unwrap()].join(" plus ");
            let noise = if n.wrapping_mul(2_654_435_761) >> 31 == 0 { 0.2 } else { -0.2 };
            let gain = if n % 2 == 0 { 0.4 } else { 0.0 } + f64::from(n / 2 % 5) * 0.05 + noise;
            (format!("Say something about {topic} of case {}: {figures}", n * 7 % 101), gain)
        })
        .collect()
}

fn rows(log: &[(String, f64)]) -> Vec<TrainingRow<'_>> {
    log.iter().map(|(prompt, gain)| TrainingRow::new(prompt, *gain)).collect()
}

fn mean(values: impl Iterator<Item = i32>) -> f64 {
    let values: Vec<f64> = values.map(f64::from).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn it_learns_words_and_counts_and_predicts_unseen_rows() {
    let log = log();
    let options = TrainOptions::default();
    let unseen = out_of_fold(&rows(&log), &options, 5).unwrap();
    let of =
        |even: bool| mean(unseen.iter().enumerate().filter(|(n, _)| (n % 2 == 0) == even).map(|(_, v)| *v));
    assert!(of(true) - of(false) > 250_000.0, "{} {}", of(true), of(false));

    let scorer = train(&rows(&log), &options).unwrap();
    let hard = scorer.score("Say something about the tensor calculus of case 3: 17 plus 17 plus 17 plus 17");
    let easy = scorer.score("Say something about the weather of case 3: ");
    assert!(hard.score >= 6 && easy.score <= 5, "{hard:?} {easy:?}");
    assert!(scorer.explain("Say something about the weather of case 3: 17 plus 17", 9).len() > 1);
}

#[test]
fn the_same_rows_give_the_same_bytes_and_the_file_reads_back() {
    let log = log();
    let bytes = train(&rows(&log), &TrainOptions::default()).unwrap().to_bytes();
    assert_eq!(train(&rows(&log), &TrainOptions::default()).unwrap().to_bytes(), bytes);
    assert_ne!(train(&rows(&log), &TrainOptions::default().with_seed(2)).unwrap().to_bytes(), bytes);
    assert_eq!(Scorer::from_bytes(&bytes).unwrap().to_bytes(), bytes);
}

#[test]
fn a_weight_of_zero_is_no_evidence() {
    let log = log();
    let mut changed = log.clone();
    changed[3].1 = -1.0;
    let weigh = |log: &[(String, f64)]| {
        let rows: Vec<_> = log
            .iter()
            .zip(0..)
            .map(|((prompt, gain), n)| {
                TrainingRow::new(prompt, *gain).with_weight(if n == 3 { 0.0 } else { 1.0 })
            })
            .collect();
        train(&rows, &TrainOptions::default()).unwrap()
    };
    assert_eq!(weigh(&log), weigh(&changed));
}

#[test]
fn only_trees_or_only_words_are_possible() {
    let log = log();
    for share in [0.0, 1.0] {
        let scorer = train(&rows(&log), &TrainOptions::default().with_trees_share(share)).unwrap();
        let values: Vec<i32> = log.iter().map(|(prompt, _)| scorer.score(prompt).gain_millionths).collect();
        assert!(values.iter().max() > values.iter().min(), "share {share}");
    }
}

#[test]
fn what_can_not_be_trained_on_is_refused() {
    let log = log();
    let few = rows(&log[..49]);
    assert_eq!(train(&few, &TrainOptions::default()), Err(TrainError::TooFewRows { found: 49, needed: 50 }));
    for target in [1.5, f64::INFINITY] {
        let mut rows = rows(&log);
        rows[7].target = target;
        assert_eq!(
            train(&rows, &TrainOptions::default()),
            Err(TrainError::BadRow { row: 7, what: "target", value: target })
        );
    }
    let mut nan = rows(&log);
    nan[7].weight = f64::NAN;
    assert!(matches!(
        train(&nan, &TrainOptions::default()),
        Err(TrainError::BadRow { row: 7, what: "weight", .. })
    ));
    let options = TrainOptions::default();
    let bad = [
        options.clone().with_penalty(0.0),
        options.clone().with_trees_share(1.1),
        options.clone().with_trees(2_001),
        options.clone().with_leaves(1),
        options.clone().with_step(f64::NAN),
    ];
    for options in bad {
        assert!(matches!(train(&rows(&log), &options), Err(TrainError::BadOption { .. })), "{options:?}");
    }
    assert!(matches!(
        out_of_fold(&rows(&log), &options, 1),
        Err(TrainError::BadOption { name: "folds", .. })
    ));
}

//! The bundled scorer and its file form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use ae_router::{Scorer, ScorerError};

const PROOF: &str = "Let $f(x) = x^3 - 3x + 1$. Find the number of real solutions to $f(f(x)) = 0$, and compute the sum of \
                     the squares of all of them, as an integer modulo $1001$.";
const TRIVIA: &str =
    "Which of these cities is the capital of France?\nA. Lyon\nB. Paris\nC. Nice\nD. Lille\nAnswer:";

/// The checksum of the file form, so that damage behind it can be tested.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = bytes[16..]
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    bytes[8..16].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn the_bundled_scorer_is_small_and_survives_a_round_trip() {
    let bytes = Scorer::bundled().to_bytes();
    assert!(bytes.len() <= 300_000, "{} bytes", bytes.len());
    assert_eq!(&Scorer::from_bytes(&bytes).unwrap(), Scorer::bundled());
    assert_eq!(sealed(bytes.clone()), bytes);
}

#[test]
fn a_hard_problem_needs_the_strong_model_more_than_trivia() {
    let (proof, trivia) = (Scorer::bundled().score(PROOF), Scorer::bundled().score(TRIVIA));
    assert!(proof.gain_millionths > trivia.gain_millionths, "{proof:?} {trivia:?}");
    assert!(proof.score >= 8 && trivia.score <= 6, "{proof:?} {trivia:?}");
}

#[test]
fn worked_examples_do_not_count() {
    let examples = "What is the opposite of cold?\nA) hot\nB) wet\nAnswer:\nA\n\nHow many legs has a spider?\nA) six\n\
                    B) eight\nAnswer: B\n\n";
    let scorer = Scorer::bundled();
    assert_eq!(scorer.score(&format!("{examples}{TRIVIA}")), scorer.score(TRIVIA));
    assert_ne!(scorer.score(&format!("{examples}{PROOF}")), scorer.score(TRIVIA));
}

#[test]
fn every_text_has_a_score() {
    let long = "lorem ipsum, 12 of them (x_1 != 3)\n".repeat(60_000);
    let lettered = (0..2_000).map(|n| format!("A. {n}\nB. {n}\n")).collect::<String>();
    let odd = [
        "",
        " ",
        "\n",
        "\0",
        "\u{feff}",
        "A. ",
        "\nA. \nB. ",
        "Answer:\nA\n\n",
        "\r\n\r\n",
        "🦀🦀🦀 é",
        "1,2.3.,",
        "((((((",
        "```",
        long.as_str(),
        lettered.as_str(),
    ];
    for text in odd {
        let difficulty = Scorer::bundled().score(text);
        assert!((1..=10).contains(&difficulty.score), "{difficulty:?}");
        assert!((-1_000_000..=1_000_000).contains(&difficulty.gain_millionths), "{difficulty:?}");
        Scorer::bundled().explain(text, 100);
    }
}

#[test]
fn an_explanation_names_signals_and_no_text() {
    let signals = Scorer::bundled().explain(TRIVIA, 5);
    assert!(!signals.is_empty() && signals.len() <= 5);
    let effects: Vec<i32> = signals.iter().map(|signal| signal.effect_millionths.abs()).collect();
    assert!(effects.is_sorted_by(|a, b| a >= b) && effects.iter().all(|effect| *effect != 0), "{signals:?}");
    assert!(signals.iter().all(|signal| !signal.name.contains("Paris")));
    assert_eq!(Scorer::bundled().explain(TRIVIA, 0), []);
    assert!(Scorer::bundled().explain(TRIVIA, 100).iter().any(|signal| signal.name == "wording"));
}

#[test]
fn damage_is_an_error_that_says_what_to_do() {
    let bytes = Scorer::bundled().to_bytes();
    assert_eq!(Scorer::from_bytes(b"PK\x03\x04").unwrap_err(), ScorerError::NotAScorer);
    assert!(ScorerError::NotAScorer.to_string().contains("to_bytes"));
    for length in (0..200).chain((200..bytes.len()).step_by(997)) {
        Scorer::from_bytes(&bytes[..length]).unwrap_err();
        if length >= 16 {
            Scorer::from_bytes(&sealed(bytes[..length].to_vec())).unwrap_err();
        }
    }
    for at in (0..bytes.len()).step_by(509) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        Scorer::from_bytes(&damaged).unwrap_err();
    }
    let longer = sealed([bytes.as_slice(), &[0]].concat());
    assert_eq!(Scorer::from_bytes(&longer).unwrap_err(), ScorerError::Damaged("bytes follow the end"));
    let mut other = bytes.clone();
    other[16] ^= 1;
    assert_eq!(Scorer::from_bytes(&sealed(other)).unwrap_err(), ScorerError::OtherFeatures);
}

/// A forged file that passes the checksum is refused, or gives scores within their range.
#[test]
fn a_forged_file_is_harmless() {
    let bytes = Scorer::bundled().to_bytes();
    let (mut refused, mut state) = (0, 7_u64);
    for _ in 0..300 {
        let mut forged = bytes.clone();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The end, where the trees are, and the head more often than the many weights.
            let at = match state >> 60 {
                0..4 => 20 + usize::try_from(state >> 33).unwrap() % 300,
                _ => bytes.len() - 1 - usize::try_from(state >> 33).unwrap() % 38_000,
            };
            forged[at] = u8::try_from(state >> 20 & 0xff).unwrap();
        }
        match Scorer::from_bytes(&sealed(forged)) {
            Ok(scorer) => {
                let difficulty = scorer.score(TRIVIA);
                assert!((1..=10).contains(&difficulty.score));
                assert!((-1_000_000..=1_000_000).contains(&difficulty.gain_millionths));
                scorer.explain(PROOF, 3);
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 100, "{refused} of 300 were refused");
}

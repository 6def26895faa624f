use ae_router::{Evaluation, LearnError, ScoredPair, Target};
use proptest::prelude::*;

use crate::usd;

/// (score, strong, weak, costs): ties, ups and downs.
const SMALL: [(f64, f64, f64, &str, &str); 12] = [
    (0.4, 1.0, 1.0, "0.03", "0.001"),
    (0.9, 1.0, 0.0, "0.03", "0.001"),
    (0.8, 1.0, 1.0, "0.02", "0.002"),
    (0.0, 1.0, 1.0, "0.01", "0.001"),
    (0.8, 1.0, 0.0, "0.05", "0.001"),
    (0.8, 0.0, 1.0, "0.01", "0.001"),
    (0.6, 1.0, 0.0, "0.04", "0.003"),
    (0.5, 0.0, 0.0, "0.02", "0.001"),
    (0.4, 1.0, 0.0, "0.01", "0.002"),
    (0.3, 1.0, 0.5, "0.02", "0.001"),
    (0.2, 0.0, 1.0, "0.06", "0.004"),
    (0.1, 1.0, 1.0, "0.02", "0.001"),
];

fn small() -> Evaluation {
    let pair = |(score, strong, weak, cost_strong, cost_weak): (f64, f64, f64, &str, &str)| {
        ScoredPair::new(score, strong, weak).with_costs(usd(cost_strong), usd(cost_weak))
    };
    Evaluation::of(SMALL.map(pair)).unwrap()
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

#[test]
fn the_measures_are_those_computed_by_hand() {
    let found = small();
    assert_eq!(found.prompts(), 12);
    close(found.strong_quality(), 0.75);
    close(found.weak_quality(), 6.5 / 12.0);
    // Twelfths of (0+1)/2, 3×1, 1.5, 2, 2×2.5, 3.25, 3, 2.5, 2.5 over a gap of 2.5.
    close(found.apgr(), 0.775);
    // 1.25 lies a quarter of the way from 1 at 4/12 to 2 at 5/12; 2 is reached there; 2.375 at three quarters.
    close(found.cpt(0.5), 4.25 / 12.0);
    close(found.cpt(0.8), 5.0 / 12.0);
    close(found.cpt(0.95), 6.75 / 12.0);
    close(found.cpt(1.0), 7.0 / 12.0);
    close(found.cpt(0.0), 0.0);
    assert_eq!((found.strong_cost(), found.weak_cost()), (Some(usd("0.32")), Some(usd("0.019"))));
    // 0.18 at 6/12 and 0.217 at 8/12: 0.193875 at 6.75/12, of 0.32.
    close(found.saved_share(6.75 / 12.0).unwrap(), 0.394_140_625);
    close(found.saved_share(1.0).unwrap(), 0.0);
}

#[test]
fn the_curve_has_one_point_for_each_score_with_exact_costs() {
    let found = small();
    let points: Vec<_> = found
        .curve()
        .iter()
        .map(|point| (point.threshold, (point.strong_share * 12.0).round(), point.cost.unwrap()))
        .collect();
    let expected = [
        (f64::INFINITY, 0.0, "0.019"),
        (0.9, 1.0, "0.048"),
        (0.8, 4.0, "0.124"),
        (0.6, 5.0, "0.161"),
        (0.5, 6.0, "0.18"),
        (0.4, 8.0, "0.217"),
        (0.3, 9.0, "0.236"),
        (0.2, 10.0, "0.292"),
        (0.1, 11.0, "0.311"),
        (0.0, 12.0, "0.32"),
    ];
    assert_eq!(points, expected.map(|(threshold, share, cost)| (threshold, share, usd(cost))));
    assert_eq!(found.curve()[3].saving, Some(usd("0.159")));
    close(found.curve()[3].recovered, 0.8);
    close(found.curve()[3].quality, 8.5 / 12.0);
}

#[test]
fn thresholds_reach_their_targets() {
    let found = small();
    let quality = found.threshold_for(Target::Quality(0.8)).unwrap();
    assert_eq!((quality.threshold, quality.saving), (0.6, Some(usd("0.159"))));
    // Exactly half of 0.32 is 0.16, which 0.161 at 0.6 exceeds.
    let cost = found.threshold_for(Target::Cost("0.5".parse().unwrap())).unwrap();
    assert_eq!((cost.threshold, cost.cost), (0.9, Some(usd("0.048"))));
    let cost = found.threshold_for(Target::Cost("0.503125".parse().unwrap())).unwrap();
    assert_eq!((cost.threshold, cost.cost), (0.6, Some(usd("0.161"))));
    let error = found.threshold_for(Target::Cost("0.05".parse().unwrap())).unwrap_err();
    assert!(error.to_string().contains("cheapest costs $0.019"), "{error}");
}

#[test]
fn targets_and_pairs_out_of_range_are_refused() {
    let found = small();
    for wrong in [f64::NAN, -0.1, 1.1] {
        assert!(matches!(found.threshold_for(Target::Quality(wrong)), Err(LearnError::OutOfRange { .. })));
    }
    for wrong in ["-0.1", "1.1", "0.1234567"] {
        let target = Target::Cost(wrong.parse().unwrap());
        assert!(matches!(found.threshold_for(target), Err(LearnError::OutOfRange { .. })), "{wrong}");
    }
    for wrong in [
        ScoredPair::new(f64::NAN, 1.0, 0.0),
        ScoredPair::new(f64::INFINITY, 1.0, 0.0),
        ScoredPair::new(0.0, 1.1, 0.0),
        ScoredPair::new(0.0, 1.0, f64::NAN),
        ScoredPair::new(0.0, 1.0, 0.0).with_costs(usd("1"), usd("-1")),
    ] {
        let pairs = [ScoredPair::new(0.0, 1.0, 0.0), wrong];
        assert!(matches!(Evaluation::of(pairs), Err(LearnError::OutOfRange { .. })), "{wrong:?}");
    }
    assert!(matches!(Evaluation::of([]), Err(LearnError::NoGap { .. })));
    assert!(matches!(Evaluation::of([ScoredPair::new(0.0, 0.5, 0.5)]), Err(LearnError::NoGap { .. })));
}

#[test]
fn a_cost_that_was_not_measured_is_not_zero() {
    let pairs =
        [ScoredPair::new(1.0, 1.0, 0.0).with_costs(usd("1"), usd("0")), ScoredPair::new(0.0, 1.0, 1.0)];
    let found = Evaluation::of(pairs).unwrap();
    assert_eq!((found.strong_cost(), found.saved_share(0.5)), (None, None));
    assert!(found.curve().iter().all(|point| point.cost.is_none() && point.saving.is_none()));
    let target = Target::Cost("0.5".parse().unwrap());
    assert!(matches!(found.threshold_for(target), Err(LearnError::CostNotMeasured)));
}

#[test]
fn the_interval_is_seeded_and_holds_the_area() {
    let pairs = (0_u32..400).map(|at| {
        let hard = f64::from(u8::from(at % 3 == 0));
        ScoredPair::new(f64::from(at.wrapping_mul(2_654_435_761) % 97) + 40.0 * hard, 1.0, 1.0 - hard)
    });
    let found = Evaluation::of(pairs).unwrap();
    let (low, high) = found.apgr_interval(200, 7).unwrap();
    assert!(low < found.apgr() && found.apgr() < high && high - low < 0.1, "{low} {} {high}", found.apgr());
    assert_eq!(found.apgr_interval(200, 7), Some((low, high)));
    assert_ne!(found.apgr_interval(200, 8), Some((low, high)));
    assert_eq!(found.apgr_interval(0, 7), None);
}

fn pairs() -> impl Strategy<Value = Vec<ScoredPair>> {
    let pair =
        (0_u8..12, 0_u8..=4, 0_u8..=4, 0_i64..1_000, 0_i64..1_000).prop_map(|(score, strong, weak, a, b)| {
            let cents =
                |minor| ae_router::core::Money::from_minor(minor, 2, ae_router::core::Currency::USD).unwrap();
            ScoredPair::new(f64::from(score), f64::from(strong) / 4.0, f64::from(weak) / 4.0)
                .with_costs(cents(a), cents(b))
        });
    proptest::collection::vec(pair, 1..60)
}

fn rescored(pairs: &[ScoredPair], score: impl Fn(&ScoredPair) -> f64) -> Evaluation {
    Evaluation::of(pairs.iter().map(|pair| {
        let mut pair = *pair;
        pair.score = score(&pair);
        pair
    }))
    .unwrap()
}

proptest! {
    #[test]
    fn the_oracle_is_the_best_and_a_constant_is_chance(pairs in pairs()) {
        let Ok(found) = Evaluation::of(pairs.clone()) else { return Ok(()) };
        let oracle = rescored(&pairs, |pair| pair.strong - pair.weak);
        prop_assert!(oracle.apgr() >= found.apgr() - 1e-12);
        prop_assert!(oracle.apgr() >= 0.5 - 1e-12);
        prop_assert!((rescored(&pairs, |_| 3.0).apgr() - 0.5).abs() < 1e-12);
        // The other way round, the area is mirrored.
        prop_assert!((rescored(&pairs, |pair| -pair.score).apgr() + found.apgr() - 1.0).abs() < 1e-9);
        // Only the order counts.
        prop_assert!((rescored(&pairs, |pair| pair.score.exp()).apgr() - found.apgr()).abs() < 1e-12);
    }

    #[test]
    fn the_curve_goes_from_weak_to_strong(pairs in pairs()) {
        let Ok(found) = Evaluation::of(pairs) else { return Ok(()) };
        let (first, last) = (found.curve()[0], *found.curve().last().unwrap());
        prop_assert_eq!((first.strong_share, first.recovered, first.cost), (0.0, 0.0, found.weak_cost()));
        prop_assert_eq!((last.strong_share, last.recovered, last.cost), (1.0, 1.0, found.strong_cost()));
        for step in found.curve().windows(2) {
            prop_assert!(step[0].strong_share < step[1].strong_share);
            prop_assert!(step[0].threshold > step[1].threshold);
        }
        for share in [0.1, 0.5, 0.8, 0.95] {
            prop_assert!(found.cpt(share) <= found.cpt(share + 0.05) && found.cpt(share) <= 1.0);
        }
    }

    #[test]
    fn a_threshold_reaches_what_it_says_on_the_same_prompts(pairs in pairs(), quality in 0.0..=1.0_f64, most in 0_u32..=100) {
        let Ok(found) = Evaluation::of(pairs.clone()) else { return Ok(()) };
        let apply = |threshold: f64| {
            let (mut outcome, mut cost) = (0.0, 0);
            for pair in &pairs {
                let (strong, weak) = pair.costs.unwrap();
                let is_strong = pair.score >= threshold;
                outcome += if is_strong { pair.strong } else { pair.weak };
                cost += if is_strong { strong.pico() } else { weak.pico() };
            }
            (outcome / pairs.len() as f64, cost)
        };
        let point = found.threshold_for(Target::Quality(quality)).unwrap();
        let (outcome, cost) = apply(point.threshold);
        let gap = found.strong_quality() - found.weak_quality();
        prop_assert!(outcome - found.weak_quality() >= quality * gap - 1e-9);
        prop_assert!((outcome - point.quality).abs() < 1e-9);
        prop_assert_eq!(Some(cost), point.cost.map(|cost| cost.pico()));

        let share = rust_decimal::Decimal::new(most.into(), 2);
        match found.threshold_for(Target::Cost(share)) {
            Ok(point) => {
                let (_, cost) = apply(point.threshold);
                prop_assert_eq!(Some(cost), point.cost.map(|cost| cost.pico()));
                prop_assert!(cost * 100 <= found.strong_cost().unwrap().pico() * i128::from(most));
            }
            Err(LearnError::CostUnreachable { cheapest, .. }) => {
                prop_assert!(cheapest.pico() * 100 > found.strong_cost().unwrap().pico() * i128::from(most));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

use ae_core::Currency;
use proptest::prelude::*;

use super::*;

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, 2, Currency::USD).unwrap()
}

/// 60 days, 1,000 views, nothing sold, a target of 500 USD.
fn numbers() -> Numbers {
    Numbers {
        days: 60,
        views: Some(1_000),
        clicks: Some(5),
        payments: 0,
        net: usd(0),
        mrr: usd(0),
        target: Some(usd(50_000)),
        churn: Some(Lost { of: 0, lost: 0 }),
        interest: None,
    }
}

fn verdict(change: impl FnOnce(&mut Numbers)) -> Verdict {
    let mut numbers = numbers();
    change(&mut numbers);
    decide(numbers).verdict
}

fn earning(mrr: i64, days: u64) -> Verdict {
    verdict(|n| (n.payments, n.net, n.mrr, n.days) = (4, usd(mrr.max(100)), usd(mrr), days))
}

#[test]
fn what_no_one_buys_is_judged_once_enough_saw_it() {
    assert_eq!(verdict(|_| {}), Verdict::Kill);
    assert_eq!(verdict(|n| n.days = 13), Verdict::TooEarly);
    assert_eq!(verdict(|n| n.days = 14), Verdict::Kill);
    assert_eq!(verdict(|n| n.views = Some(299)), Verdict::TooEarly);
    assert_eq!(verdict(|n| (n.views, n.clicks) = (Some(300), Some(5))), Verdict::Kill);
    assert_eq!(verdict(|n| n.clicks = Some(20)), Verdict::Pivot);
    assert_eq!(verdict(|n| (n.clicks, n.days) = (Some(20), 180)), Verdict::Kill);
    assert_eq!(verdict(|n| (n.views, n.days) = (Some(10), 90)), Verdict::Pivot);
    assert_eq!(verdict(|n| (n.views, n.days) = (Some(10), 180)), Verdict::Kill);
    assert_eq!(verdict(|n| (n.views, n.clicks) = (None, None)), Verdict::TooEarly);
}

#[test]
fn what_sells_is_held_to_the_target() {
    assert_eq!(earning(50_000, 1), Verdict::Keep);
    // A third of the time, a third of the target.
    assert_eq!(earning(16_667, 60), Verdict::Keep);
    assert_eq!(earning(16_666, 60), Verdict::TooEarly);
    assert_eq!(earning(16_666, 90), Verdict::Pivot);
    assert_eq!(earning(5_000, 180), Verdict::Pivot);
    assert_eq!(earning(4_999, 180), Verdict::Kill);
    assert_eq!(verdict(|n| (n.payments, n.net, n.target) = (1, usd(2_900), None)), Verdict::Keep);
    let euros = Money::from_minor(50_000, 2, Currency::EUR).unwrap();
    assert_eq!(verdict(|n| (n.payments, n.net, n.target) = (1, usd(2_900), Some(euros))), Verdict::Keep);
}

#[test]
fn customers_who_leave_and_money_that_goes_back_are_no_success() {
    let leaving = |of, lost| {
        verdict(|n| {
            (n.payments, n.net, n.mrr, n.churn) = (20, usd(90_000), usd(60_000), Some(Lost { of, lost }))
        })
    };
    assert_eq!(leaving(10, 2), Verdict::Pivot);
    assert_eq!(leaving(10, 1), Verdict::Keep);
    assert_eq!(leaving(9, 9), Verdict::Keep, "nine are too few to say");
    assert_eq!(verdict(|n| n.payments = 3), Verdict::Pivot);
    assert_eq!(verdict(|n| (n.payments, n.days) = (3, 2)), Verdict::TooEarly);
}

#[test]
fn what_is_only_announced_is_judged_by_interest() {
    let announced = |interest| verdict(|n| n.interest = Some(interest));
    assert_eq!(
        [50, 49, 10, 9].map(announced),
        [Verdict::Keep, Verdict::Pivot, Verdict::Pivot, Verdict::Kill]
    );
    assert_eq!(verdict(|n| (n.interest, n.views) = (Some(50), Some(100))), Verdict::TooEarly);
}

#[test]
fn the_arithmetic_is_shown_line_by_line() {
    let decision = decide(numbers());
    assert_eq!(
        decision.lines,
        [
            "payments: 0",
            "age: 60 >= 14 of DAYS_MIN",
            "page views: 1000 >= 300 of VIEWS_MIN",
            "checkout clicks: 5 x 1000 = 5000 < 20000 = 1000 x 20 of CLICKS_GOOD",
        ]
    );
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(json["verdict"], "kill");
    assert_eq!(json["numbers"]["views"], 1_000);
}

fn any_numbers() -> impl Strategy<Value = Numbers> {
    let counts = (0..400_u64, prop::option::of(0..5_000_u64), 0..500_u64, 0..50_u64);
    let money = (0..10_000_000_i64, 0..10_000_000_i64, prop::option::of(1..10_000_000_i64));
    let rest = (prop::option::of((0..100_u64, 0..100_u64)), prop::option::of(0..500_u64));
    (counts, money, rest).prop_map(
        |((days, views, clicks, payments), (net, mrr, target), (churn, interest))| Numbers {
            days,
            views,
            clicks: views.map(|views| clicks.min(views)),
            payments,
            net: usd(net),
            mrr: usd(mrr),
            target: target.map(usd),
            churn: churn.map(|(of, lost)| Lost { of, lost: lost.min(of) }),
            interest,
        },
    )
}

proptest! {
    #[test]
    fn a_decision_is_explained_and_always_the_same(numbers in any_numbers()) {
        let decision = decide(numbers);
        prop_assert!(!decision.lines.is_empty() && !decision.reason.is_empty());
        prop_assert_eq!(&decision, &decide(numbers));
    }

    #[test]
    fn nothing_is_killed_before_it_was_on_offer_for_two_weeks(numbers in any_numbers()) {
        if numbers.days < DAYS_MIN.value {
            prop_assert_ne!(decide(numbers).verdict, Verdict::Kill);
        }
    }

    #[test]
    fn more_monthly_revenue_is_never_worse(numbers in any_numbers(), more in 0..10_000_000_i64) {
        let better = Numbers { mrr: numbers.mrr.checked_add(usd(more)).unwrap(), ..numbers };
        prop_assert!(decide(better).verdict >= decide(numbers).verdict);
    }

    #[test]
    fn fewer_lost_customers_are_never_worse(numbers in any_numbers(), fewer in 0..100_u64) {
        let less = |churn: Lost| Lost { lost: churn.lost.saturating_sub(fewer), ..churn };
        let better = Numbers { churn: numbers.churn.map(less), ..numbers };
        // Of customers who stay it can be too early to speak, where those who leave say enough.
        let (better, before) = (decide(better).verdict, decide(numbers).verdict);
        prop_assert!(better >= before || before == Verdict::Pivot, "{} {}", better, before);
    }

    #[test]
    fn the_unit_of_money_does_not_matter(numbers in any_numbers(), times in 2..100_u64) {
        let scaled = |money: Money| money.checked_mul(times).unwrap();
        let other = Numbers {
            net: scaled(numbers.net),
            mrr: scaled(numbers.mrr),
            target: numbers.target.map(scaled),
            ..numbers
        };
        prop_assert_eq!(decide(other).verdict, decide(numbers).verdict);
    }

    #[test]
    fn what_is_not_measured_counts_as_unknown_and_not_as_none(numbers in any_numbers()) {
        let unknown = Numbers { views: None, clicks: None, ..numbers };
        let decision = decide(unknown);
        if numbers.payments == 0 && numbers.days < DAYS_MAX.value {
            prop_assert_ne!(decision.verdict, Verdict::Kill);
        }
    }
}

//! How long a routing decision takes.

use std::{
    io::{Write as _, stdout},
    time::Duration,
};

use ae_router::{RouteRequest, Scorer, TierPolicy};
use benches::{
    ratio::{compare, is_measuring, report},
    router::{compare_all, decide_all, lower_case_words, prompts, requests, scores, tier_all, time_each},
};

fn main() {
    let count: u32 = if is_measuring() { 2_000 } else { 20 };
    let policy = TierPolicy::default();
    let (tasks, prompts) = (requests(count as usize), prompts(count as usize));

    let given: Vec<_> = scores().into_iter().cycle().take(30 * count as usize).collect();
    let from_score = || tier_all(&given, &policy);
    report(&compare("tier from a given score", "comparing it", 30 * count, from_score, || {
        compare_all(&given)
    }));
    let allocations = allocation_counter::measure(|| {
        tier_all(&given, &policy);
    });
    line(&format!("tier from a given score: {} allocations", allocations.count_total));

    for (name, all) in [("task, 600 bytes", &tasks), ("bare prompt, 600 bytes", &prompts)] {
        report(&compare(name, "lower-casing", count, || decide_all(all, &policy), || lower_case_words(all)));
        each(name, all, &policy);
    }
    let scorer = Scorer::bundled();
    let score_all = || prompts.iter().map(|it| u64::from(scorer.score(&it.prompt).score)).sum::<u64>();
    report(&compare("the scorer alone", "lower-casing", count, score_all, || lower_case_words(&prompts)));
}

/// Prints the percentiles of single decisions.
fn each(name: &str, requests: &[RouteRequest], policy: &TierPolicy) {
    let times = time_each(requests, policy);
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(Duration::MAX);
    line(&format!("{name}: p50 {:.2?}, p99 {:.2?}", at(50), at(99)));
}

fn line(text: &str) {
    writeln!(stdout(), "{text}").expect("standard output is open");
}

//! Decisions of the router.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ae_core::{Task, TaskKind, TokenUsage};
use ae_router::{Complexity, ModelAvailability, PriceTable, Risk, RouteRequest, Tier, TierPolicy, decide};

use crate::{Numbers, now};

const WORDS: [&str; 24] = [
    "import",
    "export",
    "table",
    "column",
    "preview",
    "before",
    "after",
    "customer",
    "with",
    "without",
    "and",
    "the",
    "file",
    "show",
    "filter",
    "password",
    "deploy",
    "whitespace",
    "refactor",
    "invoice",
    "row",
    "header",
    "parser",
    "sort",
];

/// Requests with prompts of about 600 bytes, of every kind of task.
///
/// # Panics
///
/// Never: the task id is a plain label.
pub fn requests(count: usize) -> Vec<RouteRequest> {
    let kinds = [TaskKind::Architecture, TaskKind::Implementation, TaskKind::Testing, TaskKind::Formatting];
    let mut numbers = Numbers::new(7);
    let usage = TokenUsage::new(20_000, 2_000);
    let mut text = |words: usize| (0..words).map(|_| *numbers.pick(&WORDS)).collect::<Vec<_>>().join(" ");
    kinds
        .into_iter()
        .cycle()
        .take(count)
        .map(|kind| {
            let task = Task::new("T-001".parse().expect("a plain label"), text(6), text(12), kind);
            RouteRequest::new(task, now())
                .with_prompt(text(90))
                .with_expected(usage)
                .with_available(ModelAvailability::all())
        })
        .collect()
}

/// Words of questions.
const QUESTION: [&str; 60] = [
    "the",
    "the",
    "the",
    "of",
    "of",
    "to",
    "a",
    "a",
    "in",
    "is",
    "was",
    "and",
    "which",
    "that",
    "following",
    "when",
    "by",
    "pressure",
    "volume",
    "temperature",
    "company",
    "market",
    "price",
    "patient",
    "court",
    "river",
    "energy",
    "light",
    "cells",
    "protein",
    "century",
    "king",
    "treaty",
    "moves",
    "between",
    "towards",
    "because",
    "if",
    "first",
    "second",
    "increases",
    "decreases",
    "constant",
    "force",
    "current",
    "voltage",
    "theory",
    "argument",
    "author",
    "system",
    "number",
    "sum",
    "what",
    "would",
    "most",
    "likely",
    "not",
    "with",
    "true",
    "false",
];

/// Bare prompts of about 600 bytes, with sentences, numbers and lettered answers. One in eight has a word of risk, as
/// of the questions of public benchmarks.
pub fn prompts(count: usize) -> Vec<RouteRequest> {
    let mut numbers = Numbers::new(11);
    let mut text = |words: usize| (0..words).map(|_| *numbers.pick(&QUESTION)).collect::<Vec<_>>().join(" ");
    (0..count)
        .map(|at| {
            let risk = if at % 8 == 0 { "password" } else { "letter" };
            let question = format!("{}, {} {risk} {at}. {} {}?", text(18), text(16), text(22), text(18));
            let answers = ["A", "B", "C", "D"].map(|letter| format!("\n{letter}. {} {at}", text(5)));
            RouteRequest::for_prompt(question + &answers.concat(), now())
                .with_available(ModelAvailability::all())
        })
        .collect()
}

/// Decides every request; the number of decisions for the Architect.
pub fn decide_all(requests: &[RouteRequest], policy: &TierPolicy) -> usize {
    let prices = PriceTable::bundled();
    requests.iter().filter(|request| decide(request, prices, policy).tier == Tier::Architect).count()
}

/// The time of each decision by itself, the shortest first.
#[expect(clippy::disallowed_methods, reason = "a bench tells the time")]
pub fn time_each(requests: &[RouteRequest], policy: &TierPolicy) -> Vec<Duration> {
    let prices = PriceTable::bundled();
    let mut times: Vec<_> = requests
        .iter()
        .map(|request| {
            let begin = Instant::now();
            black_box(decide(black_box(request), prices, policy));
            begin.elapsed()
        })
        .collect();
    times.sort();
    times
}

/// Difficulties of every score.
pub fn scores() -> Vec<Complexity> {
    let risks = [Risk::Safe, Risk::Moderate, Risk::Sensitive];
    (1..=10).flat_map(|score| risks.map(|risk| Complexity::new(score, risk))).collect()
}

/// The tier of each difficulty; the number for the Architect.
pub fn tier_all(scores: &[Complexity], policy: &TierPolicy) -> usize {
    scores.iter().filter(|complexity| policy.tier(black_box(complexity), false) == Tier::Architect).count()
}

/// The floor: compares the score alone.
pub fn compare_all(scores: &[Complexity]) -> usize {
    scores.iter().filter(|complexity| black_box(complexity).score >= 8).count()
}

/// The floor: reads every word of each text once, in lower case; the number of words.
pub fn lower_case_words(requests: &[RouteRequest]) -> usize {
    let texts = |request: &RouteRequest| {
        let task = request.task.as_ref();
        let of_task = task.map(|task| [task.title.clone(), task.description.clone()].join(" "));
        [of_task.unwrap_or_default(), request.prompt.clone()]
    };
    let words = requests.iter().flat_map(texts);
    words.map(|text| text.split_whitespace().filter(|word| !word.to_lowercase().is_empty()).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workload_has_every_tier() {
        let (policy, requests) = (TierPolicy::default(), requests(40));
        let architect = decide_all(&requests, &policy);
        assert!((10..40).contains(&architect), "{architect}");
        assert_eq!(lower_case_words(&requests), 40 * 108);
        let task = requests[0].task.as_ref().unwrap();
        let bytes = task.title.len() + task.description.len() + requests[0].prompt.len();
        assert!((450..750).contains(&bytes), "{bytes}");
        for prompt in prompts(40) {
            assert!((450..750).contains(&prompt.prompt.len()), "{}", prompt.prompt);
        }
        assert_eq!(time_each(&prompts(40), &policy).len(), 40);
    }

    #[test]
    fn a_tier_from_a_given_score_allocates_nothing() {
        let (policy, scores) = (TierPolicy::default(), scores());
        let allocations = allocation_counter::measure(|| {
            assert_eq!(tier_all(&scores, &policy), 16);
        });
        assert_eq!(allocations.count_total, 0);
        assert_eq!(compare_all(&scores), 9);
        let counted = allocation_counter::measure(|| drop(black_box(vec![1])));
        assert_eq!(counted.count_total, 1, "allocations are counted");
    }
}

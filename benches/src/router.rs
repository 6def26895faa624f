//! Decisions of the router.

use ae_core::{Task, TaskKind, TokenUsage};
use ae_router::{ModelAvailability, PriceTable, RouteRequest, Tier, TierModels, decide};

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

/// Decides every request; the number of decisions for the Architect.
pub fn decide_all(requests: &[RouteRequest], models: &TierModels) -> usize {
    let prices = PriceTable::bundled();
    requests.iter().filter(|request| decide(request, prices, models).tier == Tier::Architect).count()
}

/// The floor: reads every word of each text once, in lower case; the number of words.
pub fn lower_case_words(requests: &[RouteRequest]) -> usize {
    requests
        .iter()
        .flat_map(|request| [&request.task.title, &request.task.description, &request.prompt])
        .flat_map(|text| text.split_whitespace())
        .filter(|word| !word.to_lowercase().is_empty())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workload_has_every_tier() {
        let requests = requests(40);
        let architect = decide_all(&requests, &TierModels::default());
        assert!((10..40).contains(&architect), "{architect}");
        assert_eq!(lower_case_words(&requests), 40 * 108);
        let RouteRequest { task, prompt, .. } = &requests[0];
        let bytes = task.title.len() + task.description.len() + prompt.len();
        assert!((450..750).contains(&bytes), "{bytes}");
    }
}

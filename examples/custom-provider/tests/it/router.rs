use ae_core::{Task, TaskKind, TokenUsage};
use ae_router::{ModelAvailability, ModelRouter, PriceTable, RouteRequest, Tier, TierModels, conformance};
use custom_provider::CheapestFirst;

use crate::now;

fn router() -> CheapestFirst {
    CheapestFirst::new(PriceTable::bundled().clone(), TierModels::default())
}

fn ask(input: u64, output: u64) -> RouteRequest {
    let task = Task::new("T-001".parse().unwrap(), "Import files", "", TaskKind::Implementation);
    RouteRequest::new(task, now())
        .with_expected(TokenUsage::new(input, output))
        .with_available(ModelAvailability::all())
}

#[tokio::test]
async fn it_keeps_the_contract() {
    conformance::router::run_all(&router(), now()).await;
}

#[tokio::test]
async fn which_is_cheapest_depends_on_the_shape_of_the_call() {
    for (request, expected) in
        [(ask(100_000, 1_000), "gpt-5.2"), (ask(1_000, 10_000), "gemini-3.1-pro-preview")]
    {
        let decision = router().route(&request).await.unwrap();
        assert_eq!((decision.tier, decision.model.unwrap().id.as_str()), (Tier::Builder, expected));
        let dearer = decision.alternatives.len();
        assert_eq!(dearer, 2, "{:?}", decision.alternatives);
    }
}

#[tokio::test]
async fn only_what_may_be_called_counts_as_cheapest() {
    let request = ask(100_000, 1_000).with_available(ModelAvailability::none().with_provider("anthropic"));
    let decision = router().route(&request).await.unwrap();
    assert_eq!((decision.model.unwrap().id.as_str(), decision.callable), ("claude-sonnet-4-6", true));
}

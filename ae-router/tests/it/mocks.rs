use ae_core::{Digest, IdempotencyKey, Mode, RunId, TaskKind};
use ae_router::{
    Completion, CompletionRequest, MockModelClient, MockModelRouter, ModelClient, ModelClientInfo,
    ModelRouter, Part, RouteRequest, Tier,
};

use crate::{now, task};

#[tokio::test]
async fn mocks_stand_in_for_the_ports() {
    let mut client = MockModelClient::new();
    client.expect_info().return_const(ModelClientInfo::new("mock", Mode::Live));
    client
        .expect_complete()
        .times(1)
        .returning(|_, request| Ok(Completion::new(&request.model, vec![Part::Text("hello".to_owned())])));
    let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "ask", "mock", 0);
    let answer = client.complete(&key, &CompletionRequest::new("any", "hello?", 10)).await.unwrap();
    assert_eq!((answer.text().as_data().as_str(), client.info().provider.mode), ("hello", Mode::Live));

    let mut router = MockModelRouter::new();
    router.expect_route().returning(|request| {
        Ok(ae_router::decide(request, ae_router::PriceTable::bundled(), &ae_router::TierPolicy::default()))
    });
    let request = RouteRequest::new(task(TaskKind::Formatting, "Sort"), now());
    assert_eq!(router.route(&request).await.unwrap().tier, Tier::Intern);
}

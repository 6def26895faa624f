//! Makes the approved product, prices and payment link.

use std::future::Future;

use ae_billing::PaymentProvider;
use ae_core::{Action, ApprovalId, BackendError, IdempotencyKey, Money, Outcome};
use ae_langflow::Stop;
use ae_safety::{ActionEnd, Grant, Refusal, Scope};
use serde::Serialize;

use super::{Stage, approve::still_approved};
use crate::{
    glue::launch::{LaunchPlan, price_key, product_key},
    state::{Life, LifeUpdate, Seed},
};

/// Makes what is sold. Each object has a durable key, so that a repeat finds it instead of making another.
///
/// # Errors
///
/// When the payment provider breaks.
pub async fn monetize(stage: Stage) -> Result<LifeUpdate, Stop> {
    let seed = stage.seed()?;
    let launch = stage.life.launch.as_ref().ok_or_else(|| stage.missing("launch plan"))?;
    let approval = stage.life.launch_approval.ok_or_else(|| stage.missing("launch approval"))?;
    if !still_approved(&stage, approval, launch.subject(seed)?).await? {
        let reason = "the product or its prices are not what was approved: nothing was put on sale";
        return Ok(stage.end(Outcome::Blocked, reason));
    }
    match create(&stage, seed, launch, approval).await {
        Ok(update) => Ok(update),
        Err(refusal) => stage.refused(refusal),
    }
}

async fn create(
    stage: &Stage,
    seed: &Seed,
    launch: &LaunchPlan,
    approval: ApprovalId,
) -> Result<LifeUpdate, Refusal> {
    let backend = Refusal::Backend;
    let key = product_key(seed.run);
    let action = launch.product_action(seed).map_err(backend)?;
    let request = launch.product.clone();
    let product = guarded(stage, &key, action, request, approval, |payments, request| {
        let key = key.clone();
        async move { payments.ensure_product(&key, &request).await }
    })
    .await?
    .into_inner();

    let mut prices = Vec::with_capacity(launch.prices.len());
    for (sequence, request) in (0_u32..).zip(&launch.prices) {
        let key = price_key(seed.run, sequence);
        let action = launch.price_action(seed, request).map_err(backend)?;
        let price = guarded(stage, &key, action, request.clone(), approval, |payments, request| {
            let key = key.clone();
            async move { payments.ensure_price(&key, &request).await }
        })
        .await?;
        prices.push(price.into_inner());
    }

    let key = IdempotencyKey::derive(seed.run, "monetize", "ensure_payment_link", 0);
    let action = launch.link_action(seed).map_err(backend)?;
    let link = guarded(stage, &key, action, launch.link.clone(), approval, |payments, request| {
        let key = key.clone();
        async move { payments.ensure_payment_link(&key, &request).await }
    })
    .await?
    .into_inner();

    stage.note(&format!("{} prices and the payment link {}", prices.len(), link.url));
    let living =
        stage.living("deployment", "success", "product, prices and payment link made").map_err(stopped)?;
    Ok(Life::update().living(living).product(Some(product)).prices(prices).link(Some(link)))
}

/// One effect on the payment provider, from the gate to the books.
async fn guarded<R, T, F, Fut>(
    stage: &Stage,
    key: &IdempotencyKey,
    action: Action,
    request: R,
    approval: ApprovalId,
    effect: F,
) -> Result<T, Refusal>
where
    R: Serialize + Clone + Send + Sync,
    F: FnOnce(std::sync::Arc<dyn PaymentProvider>, R) -> Fut,
    Fut: Future<Output = Result<T, BackendError>>,
{
    let zero = stage.seed().ok().map(|seed| Money::zero(seed.intent.currency()));
    let mut grant = Grant::new("ae").with_approval(approval);
    if let Some(run) = action.run {
        grant = grant.with_budget(Scope::Run(run));
    }
    let permit = stage.ports.payments.authorize(key, action, request, &grant).await?;
    let redeemed = permit.redeem().await?;
    let result = effect(std::sync::Arc::clone(redeemed.backend()), redeemed.request().clone()).await;
    match result {
        Ok(value) => {
            redeemed.finish(ActionEnd::done(zero)).await.map_err(Refusal::Backend)?;
            Ok(value)
        }
        Err(error) => {
            redeemed.finish(ActionEnd::failed(&error)).await.map_err(Refusal::Backend)?;
            Err(Refusal::Backend(error))
        }
    }
}

fn stopped(stop: Stop) -> Refusal {
    Refusal::Backend(BackendError::new(
        ae_core::ErrorKind::Internal,
        "lifecycle",
        "monetize",
        match stop {
            Stop::Failed(error) => format!("the living spec can't be written: {error}"),
            _ => "the stage was paused while it wrote the living spec".to_owned(),
        },
    ))
}

//! Makes the approved product, prices and payment link.

use std::sync::Arc;

use ae_billing::PaymentProvider;
use ae_core::{Action, ApprovalId, IdempotencyKey};
use ae_safety::{Call, Grant, Order, Scope};
use serde::Serialize;

use super::{Halt, Stage, approve::still_approved};
use crate::{
    glue::for_sale::{price_key, product_key},
    run::{Launched, RunState, RunStateUpdate, Sold},
};

/// Makes what is sold; of a pre-order that is nothing. Each object has a durable key, so that a repeat finds it instead of making another.
pub(super) async fn monetize(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let &Launched { plan: ref launch, approval, .. } = stage.launched()?;
    let changed = "the product or its prices are not what was approved: nothing was put on sale";
    still_approved(&stage, approval, launch.subject()?, changed).await?;
    let Some(sale) = &launch.for_sale else {
        stage.note("not built yet: nothing is sold, the page counts who is interested");
        let line = "not built yet: no product, price or payment link was made";
        return Ok(RunState::update().living(stage.living("deployment", "success", line)?));
    };
    let key = product_key(start.run);
    let action = launch.product_action(sale)?;
    let request = sale.product.clone();
    let product = sell(&stage, &key, action, request, approval, |seller, key, product| {
        seller.ensure_product(key, product)
    });
    let product = product.await?.into_inner();

    let mut prices = Vec::with_capacity(sale.prices.len());
    for (sequence, request) in (0_u32..).zip(&sale.prices) {
        let key = price_key(start.run, sequence);
        let action = launch.price_action(sale, request)?;
        let price = sell(&stage, &key, action, request.clone(), approval, |seller, key, price| {
            seller.ensure_price(key, price)
        });
        prices.push(price.await?.into_inner());
    }

    let key = IdempotencyKey::derive(start.run, "monetize", "ensure_payment_link", 0);
    let action = launch.link_action(sale)?;
    let link = sell(&stage, &key, action, sale.link.clone(), approval, |seller, key, link| {
        seller.ensure_payment_link(key, link)
    });
    let link = link.await?.into_inner();

    stage.note(&format!("{} prices and the payment link {}", prices.len(), link.url));
    let living = stage.living("deployment", "success", "product, prices and payment link made")?;
    Ok(RunState::update().living(living).sold(Some(Sold { product, prices, link })))
}

/// One effect on the payment provider, from the gate to the books.
async fn sell<R: Serialize + Send + Sync, A>(
    stage: &Stage,
    key: &IdempotencyKey,
    action: Action,
    request: R,
    approval: ApprovalId,
    call: impl for<'a> FnOnce(&'a Arc<dyn PaymentProvider>, &'a IdempotencyKey, &'a R) -> Call<'a, A>,
) -> Result<A, Halt> {
    let mut grant = Grant::new("ae").with_approval(approval);
    if let Some(run) = action.run {
        grant = grant.with_budget(Scope::Run(run));
    }
    stage.allowed(
        stage.ports.payments.perform(Order::new(key, action, request, &grant), call, |_| None).await?,
    )
}

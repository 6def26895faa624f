//! Makes the approved product, prices and payment links.

use std::sync::Arc;

use ae_billing::{OnSale, PaymentProvider};
use ae_core::{Action, ApprovalId, IdempotencyKey};
use ae_safety::{Call, Grant, Order, Scope};
use serde::Serialize;

use super::{Halt, Stage, approve::launch_approved};
use crate::{
    glue::for_sale::{link_key, price_key, product_key},
    run::{RunState, RunStateUpdate, Sold},
};

/// Makes what is sold; of a pre-order that is nothing. Each object has a durable key, so that a repeat finds it instead of making another.
pub(super) async fn monetize(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let launched = stage.launched()?;
    let (terms, approval) = (&launched.plan.terms, launched.approval);
    stage.parties()?;
    launch_approved(&stage, launched, "nothing was put on sale").await?;
    let Some(sale) = &terms.for_sale else {
        stage.note("not built yet: nothing is sold, the page counts who is interested");
        let line = "not built yet: no product, price or payment link was made";
        return Ok(RunState::update().living(stage.living("deployment", "success", line)?));
    };
    let key = product_key(start.run);
    let action = terms.product_action(sale)?;
    let request = sale.product.clone();
    let product = sell(&stage, &key, action, request, approval, |seller, key, product| {
        seller.ensure_product(key, product)
    });
    let product = product.await?.into_inner();

    let (mut prices, mut links) = (Vec::new(), Vec::new());
    for (sequence, (new_price, new_link)) in (0_u32..).zip(sale.prices.iter().zip(&sale.links)) {
        let key = price_key(start.run, sequence);
        let action = terms.price_action(sale, new_price)?;
        let price = sell(&stage, &key, action, new_price.clone(), approval, |seller, key, price| {
            seller.ensure_price(key, price)
        });
        let price = price.await?.into_inner();
        let key = link_key(start.run, sequence);
        let action = terms.link_action(sale, new_price, new_link)?;
        let link = sell(&stage, &key, action, new_link.clone(), approval, |seller, key, link| {
            seller.ensure_payment_link(key, link)
        });
        let link = link.await?.into_inner();
        // Events name prices and links alone, and may arrive at once.
        let on_sale = OnSale::new(&terms.parties.seller.name, price.clone()).with_link(link.id.clone());
        stage.ports.books.put_on_sale(&on_sale).await?;
        prices.push(price);
        links.push(link);
    }

    let urls: Vec<_> = links.iter().map(|link| link.url.as_str()).collect();
    stage.note(&format!("{} prices, each with its payment link: {}", prices.len(), urls.join(", ")));
    let living = stage.living("deployment", "success", "product, prices and payment links made")?;
    Ok(RunState::update().living(living).sold(Some(Sold { product, prices, links })))
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

//! The pages of a buyer: where a product is ordered, and the order with how to pay it and, once that is done, its
//! licence.

use ae_billing::{
    LinkId, NewOrder, OrderId, OrderPageContext, PayPageContext, PriceId, order_page, pay_page,
};
use ae_core::{ErrorKind, IdempotencyKey, RunId};
use axum::{
    Extension,
    extract::{Form, Path, Query, State, rejection::FormRejection},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};
use maud::html;
use serde::Deserialize;

use super::{
    Shared,
    answers::{Selected, failure, from_elsewhere, html_page, not_found, refused, whole},
    hosts::Place,
};
use crate::{error::Result, service::Access};

/// `GET /pay/{link}`
pub(super) async fn page(
    State(sale): State<Shared>,
    Extension(place): Extension<Place>,
    Path(link): Path<String>,
    Query(selected): Query<Selected>,
) -> Response {
    let Ok(link) = link.parse::<LinkId>() else {
        return not_found().await;
    };
    let shown = async {
        let Some(view) = sale.link(&link).await? else { return Ok(None) };
        let run = view.link.run;
        let mut context = PayPageContext::new(product(&sale, &place, run).await, sale.new_form())
            .with_sample(sale.rests_on_sample(run).await);
        context.instructions = sale.pay_instructions()?;
        context.selected_tier = selected.tier;
        Ok(Some(pay_page(&view, &context)))
    };
    answer(shown.await).await
}

/// `GET /order/{order}`: for the one who knows its address, which can't be guessed.
pub(super) async fn order(
    State(sale): State<Shared>,
    Extension(place): Extension<Place>,
    Path(order): Path<String>,
) -> Response {
    let Ok(order) = order.parse::<OrderId>() else {
        return not_found().await;
    };
    let shown = async {
        let Some(view) = sale.order(&order).await? else {
            return Ok(sale.access(&order).await?.map(|access| access_page(&order, &access)));
        };
        let now = sale.installation().runtime.now();
        let mut context = OrderPageContext::new(now, product(&sale, &place, view.order.run).await);
        context.instructions = sale.pay_instructions()?;
        context.licence = sale.licence(&view).await?;
        Ok(Some(order_page(&view, &context)))
    };
    answer(shown.await).await
}

/// The page of an order that was paid at a payment provider.
fn access_page(order: &OrderId, access: &Access) -> String {
    let Access { entitlement, product, url, licence } = access;
    let body = html! {
        h1 { "Your order of " (product) }
        @match licence {
            Some(licence) => {
                p role="status" { strong { "Paid. Thank you." } }
                h2 { "Your licence" }
                p { a href=(format!("{url}#licence={licence}")) { "Open " (product) " with it" } }
                p { "Or copy all of this text into the product:" }
                pre { (licence) }
            }
            None => { p role="status" { strong { "This order gives no access now." } " It was given back, has ended, or its time is over." } }
        }
        h2 { "The order" }
        p { "Reference: " code { (order) } ", plan: " (entitlement.tier) }
        p { a href=(url) { "Go on to " (product) } }
    };
    whole(&format!("Your order of {product}"), &body)
}

async fn answer(page: Result<Option<String>>) -> Response {
    match page {
        Ok(Some(page)) => html_page(StatusCode::OK, page),
        Ok(None) => not_found().await,
        Err(error) => failure(&error),
    }
}

/// Where the product of `run` is; the address that was approved may be another than the one that serves now.
async fn product(sale: &Shared, place: &Place, run: RunId) -> String {
    sale.site_of(run).await.map_or_else(|| "/".to_owned(), |site| place.product(&site))
}

/// The form of a buyer.
#[derive(Deserialize)]
pub(super) struct OrderForm {
    /// Which copy of the form this is; forms without one are refused in our own words.
    form_id: Option<String>,
    price: String,
}

/// `POST /pay/{link}/order`: places an order. A copy of the form that is sent again leads to the same order.
pub(super) async fn place_order(
    State(sale): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
    form: Result<Form<OrderForm>, FormRejection>,
) -> Response {
    const AGAIN: &str = "Nothing was ordered; open the payment page again.";
    if from_elsewhere(&headers) {
        return refused(StatusCode::FORBIDDEN, "This form may only be sent from its own page.");
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            return refused(
                rejection.status(),
                &format!("The form is not complete or can't be read. {AGAIN}"),
            );
        }
    };
    let Some(form_id) = form.form_id.and_then(|id| id.parse::<IdempotencyKey>().ok()) else {
        let text =
            format!("The form has no id from this server, so a repeat would be a second order. {AGAIN}");
        return refused(StatusCode::UNPROCESSABLE_ENTITY, &text);
    };
    let (Ok(link), Ok(price)) = (link.parse::<LinkId>(), form.price.parse::<PriceId>()) else {
        return not_found().await;
    };
    match sale.place_order(&form_id, NewOrder::new(link, price)).await {
        Ok(order) => Redirect::to(&format!("/order/{}", order.id)).into_response(),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let text = format!(
                "This copy of the form placed another order, or the price is no longer sold. {AGAIN}"
            );
            refused(StatusCode::CONFLICT, &text)
        }
        Err(error) if error.kind() == ErrorKind::QuotaExceeded => {
            let text = "Too many orders of this product wait for their payment. Nothing was ordered; try again later.";
            refused(StatusCode::SERVICE_UNAVAILABLE, text)
        }
        Err(error) => failure(&error),
    }
}

//! The payment page of the offline ledger, and the operator's word that a payment came in.

use ae_billing::{LinkId, LinkView, NewPayment, PayPageContext, PriceId, pay_page, receipt_page};
use ae_core::{ErrorKind, IdempotencyKey};
use axum::{
    extract::{Form, Path, Query, State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;

use super::{
    Shared,
    answers::{Selected, failure, html_page, message, not_found},
};
use crate::service::Paid;

/// `GET /pay/{link}`
pub(super) async fn page(
    State(sale): State<Shared>,
    Path(link): Path<String>,
    Query(selected): Query<Selected>,
) -> Response {
    let Ok(link) = link.parse::<LinkId>() else {
        return not_found().await;
    };
    match sale.link(&link).await {
        Ok(Some(view)) => {
            let run = view.link.run;
            // The address that was approved may be another than the one that serves now.
            let site = sale.site_of(run).await.map_or_else(|| "/".to_owned(), |site| format!("/p/{site}/"));
            let mut context =
                PayPageContext::new(site, sale.new_form()).with_sample(sale.rests_on_sample(run).await);
            if let Some(tier) = selected.tier {
                context = context.with_selected_tier(tier);
            }
            html_page(StatusCode::OK, pay_page(&view, &context))
        }
        Ok(None) => not_found().await,
        Err(error) => failure(&error),
    }
}

/// The form that the operator sends.
#[derive(Deserialize)]
pub(super) struct PaidForm {
    /// Which copy of the form this is; forms without one are refused in our own words.
    form_id: Option<String>,
    price: String,
    payer_reference: String,
    operator_code: String,
}

/// `POST /pay/{link}/paid`: records a payment. Only the operator may; everybody else is refused.
pub(super) async fn paid(
    State(sale): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
    form: Result<Form<PaidForm>, FormRejection>,
) -> Response {
    if from_elsewhere(&headers) {
        return refused(StatusCode::FORBIDDEN, "This form may only be sent from its own page.");
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            let text = "The form is not complete or can't be read; nothing was recorded. Open the payment page again.";
            return refused(rejection.status(), text);
        }
    };
    if !sale.is_operator(form.operator_code.trim()) {
        return refused(StatusCode::UNAUTHORIZED, "The operator code is wrong; nothing was recorded.");
    }
    let Some(form_id) = form.form_id.and_then(|id| id.parse::<IdempotencyKey>().ok()) else {
        let text = "The form has no id from this server, so a repeat would look like a second payment. Nothing was \
                    recorded; open the payment page again.";
        return refused(StatusCode::UNPROCESSABLE_ENTITY, text);
    };
    let (Ok(link), Ok(price)) = (link.parse::<LinkId>(), form.price.parse::<PriceId>()) else {
        return not_found().await;
    };
    let view = match sale.link(&link).await {
        Ok(Some(view)) => view,
        Ok(None) => return not_found().await,
        Err(error) => return failure(&error),
    };
    let payment = NewPayment::new(link, price, form.payer_reference.trim());
    book(&sale, &view, &form_id, payment).await
}

/// Records the payment, and answers with its receipt.
async fn book(sale: &Shared, view: &LinkView, form: &IdempotencyKey, payment: NewPayment) -> Response {
    match sale.report_payment(view, form, payment).await {
        Ok(Paid { payment, delivered: true }) => html_page(StatusCode::OK, receipt_page(&payment, view)),
        Ok(_) => {
            let text = "The payment is recorded; its event is delivered later.";
            message(StatusCode::ACCEPTED, "Recorded", text)
        }
        Err(error) if error.kind() == ErrorKind::Conflict => refused(
            StatusCode::CONFLICT,
            "This copy of the form has recorded another payment, or the price is no longer sold here. Nothing more was \
             recorded; open the payment page again.",
        ),
        Err(error) => failure(&error.into()),
    }
}

fn refused(status: StatusCode, text: &str) -> Response {
    message(status, "Refused", text)
}

/// A browser says where a form was sent from; anything but this server is refused.
fn from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => {
            origin != format!("http://{host}") && origin != format!("https://{host}")
        }
        (Some(_), None) => true,
        (None, _) => false,
    }
}

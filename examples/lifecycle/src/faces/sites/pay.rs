//! The payment page of the offline ledger, and the operator's word that a payment came in.

use ae_billing::{FormId, LinkId, LinkView, NewPayment, PayPageContext, PriceId, pay_page, receipt_page};
use ae_core::{BackendError, ErrorKind, RunId};
use ae_safety::AuditEvent;
use axum::{
    extract::{Form, Path, Query, State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Shared,
    answers::{failure, html_page, message, not_found},
    webhooks,
};
use crate::store::SignalsFrom;

/// The tier that a button stood for.
#[derive(Debug, Deserialize)]
pub(super) struct Selected {
    tier: Option<String>,
}

/// `GET /pay/{link}`
pub(super) async fn page(
    State(shared): State<Shared>,
    Path(link): Path<String>,
    Query(selected): Query<Selected>,
) -> Response {
    let Ok(link) = link.parse::<LinkId>() else {
        return not_found().await;
    };
    match shared.billing.link(&link).await {
        Ok(Some(view)) => {
            let site = view.product.url.clone().unwrap_or_else(|| "/".to_owned());
            let form = FormId::new(&*shared.host.runtime.ids);
            let mut context =
                PayPageContext::new(site, form).with_sample(rests_on_sample(&shared, view.link.run));
            if let Some(tier) = selected.tier {
                context = context.with_selected_tier(tier);
            }
            html_page(StatusCode::OK, pay_page(&view, &context))
        }
        Ok(None) => not_found().await,
        Err(error) => failure(&error),
    }
}

/// What the operator sends.
#[derive(Deserialize)]
pub(super) struct Paid {
    /// Which copy of the form this is; forms without one are refused in our own words.
    form_id: Option<String>,
    price: String,
    payer_reference: String,
    operator_code: String,
}

/// `POST /pay/{link}/paid`: records a payment. Only the operator may; everybody else is refused.
pub(super) async fn paid(
    State(shared): State<Shared>,
    Path(link): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Paid>, FormRejection>,
) -> Response {
    if from_elsewhere(&headers) {
        return message(StatusCode::FORBIDDEN, "Refused", "This form may only be sent from its own page.");
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) => {
            let text = "The form is not complete or can't be read; nothing was recorded. Open the payment page again.";
            return message(rejection.status(), "Refused", text);
        }
    };
    let known = shared.operator_code.expose().as_bytes();
    if !bool::from(form.operator_code.trim().as_bytes().ct_eq(known)) {
        return message(
            StatusCode::UNAUTHORIZED,
            "Refused",
            "The operator code is wrong; nothing was recorded.",
        );
    }
    let Some(form_id) = form.form_id.and_then(|id| id.parse::<FormId>().ok()) else {
        return message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Refused",
            "The form has no id from this server, so a repeat could not be told from a second payment. Nothing was \
             recorded; open the payment page again.",
        );
    };
    let (Ok(link), Ok(price)) = (link.parse::<LinkId>(), form.price.parse::<PriceId>()) else {
        return not_found().await;
    };
    let view = match shared.billing.link(&link).await {
        Ok(Some(view)) => view,
        Ok(None) => return not_found().await,
        Err(error) => return failure(&error),
    };
    let payment = NewPayment::new(link, price, form.payer_reference.trim());
    book(&shared, &view, &form_id, payment).await
}

/// Records the payment that a copy of the form reports; the same copy sent again finds it. The audit log says what is
/// about to be recorded, and then what became of it.
async fn book(shared: &Shared, view: &LinkView, form_id: &FormId, payment: NewPayment) -> Response {
    let key = form_id.key();
    let report = json!({ "key": key, "link": view.link.id, "price": payment.price });
    if let Err(error) = log(shared, view, "payment_reported", report).await {
        return failure(&error);
    }
    let recorded = shared.billing.record_payment(&key, payment).await;
    let (kind, detail) = match &recorded {
        Ok(payment) => ("payment_recorded", json!({ "key": key, "payment": payment.id })),
        Err(error) => ("payment_not_recorded", json!({ "key": key, "error": error.kind() })),
    };
    if let Err(error) = log(shared, view, kind, detail).await {
        return failure(&error);
    }
    match recorded {
        Ok(payment) => match webhooks::deliver_pending(shared).await {
            Ok(()) => html_page(StatusCode::OK, receipt_page(&payment, view)),
            Err(_) => message(
                StatusCode::ACCEPTED,
                "Recorded",
                "The payment is recorded; its event is delivered later.",
            ),
        },
        Err(error) if error.kind() == ErrorKind::Conflict => message(
            StatusCode::CONFLICT,
            "Refused",
            "This copy of the form has recorded another payment, or the price is no longer sold here. Nothing more was \
             recorded; open the payment page again.",
        ),
        Err(error) => failure(&error),
    }
}

async fn log(shared: &Shared, view: &LinkView, kind: &str, detail: Value) -> Result<(), BackendError> {
    let event = AuditEvent::new(kind, "operator").with_run(view.link.run).with_detail(detail);
    shared.host.keeper.audit().append(&event).await.map(|_| ())
}

/// Whether the run was made from the bundled sample, which its buyers should know.
fn rests_on_sample(shared: &Shared, run: RunId) -> bool {
    shared.host.runs.get(run).is_ok_and(|row| row.settings.signals.contains(&SignalsFrom::Sample))
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

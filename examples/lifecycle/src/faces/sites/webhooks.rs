//! Webhooks: of payment providers, and of the offline ledger, which are signed, sent, verified and booked as theirs are.

use ae_billing::Intake;
use ae_core::{BackendError, ErrorKind};
use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Shared, answers::logged};

/// `POST /api/v1/billing/webhooks/offline`: the raw body must carry a good signature.
pub(super) async fn receive(State(sale): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    answer(sale.receive(&headers, &body).await)
}

/// `POST /api/v1/billing/webhooks/{vendor}`: the raw body must carry a good signature of the payment provider.
pub(super) async fn receive_from(
    State(sale): State<Shared>,
    Path(vendor): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(sale.receive_from(&vendor, &headers, &body).await)
}

fn answer(taken: Result<Intake, BackendError>) -> Response {
    match taken {
        Ok(intake) => {
            let status = match intake {
                Intake::Accepted { .. } => "accepted",
                Intake::Duplicate { .. } => "duplicate",
                _ => "ignored",
            };
            Json(json!({ "status": status })).into_response()
        }
        Err(error) => {
            let kind = error.kind();
            let status = match kind {
                ErrorKind::Unauthenticated | ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
                ErrorKind::NotFound => StatusCode::NOT_FOUND,
                _ => logged(&error.into()),
            };
            (status, Json(json!({ "detail": "the event was refused", "code": kind }))).into_response()
        }
    }
}

//! Webhooks of the offline ledger: signed, sent, verified and booked as a vendor's would be.

use ae_billing::Intake;
use ae_core::ErrorKind;
use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{Shared, answers::logged};

/// `POST /api/v1/billing/webhooks/offline`: the raw body must carry a good signature.
pub(super) async fn receive(State(sale): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    match sale.receive(&headers, &body).await {
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
                _ => logged(&error.into()),
            };
            (status, Json(json!({ "detail": "the event was refused", "code": kind }))).into_response()
        }
    }
}

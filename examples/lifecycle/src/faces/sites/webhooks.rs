//! Webhooks of the offline ledger: signed, sent, verified and booked as a vendor's would be.

use ae_billing::{Intake, sign};
use ae_core::ErrorKind;
use ae_safety::AuditEvent;
use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::Shared;
use crate::error::{Error, Result};

/// The most events that are delivered in one go.
const DELIVERIES_MAX: u32 = 100;

/// `POST /api/v1/billing/webhooks/offline`: the raw body must carry a good signature.
pub(super) async fn receive(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    match shared.intake.receive(&headers, &body, shared.host.runtime.now()).await {
        Ok(intake) => {
            let status = match intake {
                Intake::Accepted { .. } => "accepted",
                Intake::Duplicate { .. } => "duplicate",
                _ => "ignored",
            };
            Json(json!({ "status": status })).into_response()
        }
        Err(error) => {
            let status = match error.kind() {
                ErrorKind::Unauthenticated | ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            (status, Json(json!({ "detail": "the event was refused", "code": error.kind() }))).into_response()
        }
    }
}

/// Delivers the events that the ledger raised: each is signed and goes through the same intake as a request would.
/// An event is delivered at least once; the intake books it once.
///
/// # Errors
///
/// When the ledger breaks; what was not delivered stays in its outbox.
pub(super) async fn deliver_pending(shared: &Shared) -> Result<()> {
    for event in shared.billing.pending_events(DELIVERIES_MAX).await? {
        let now = shared.host.runtime.now();
        let signature = sign(&shared.webhook_secret, &event.body, now);
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_str(&signature).map_err(|error| {
            Error::new(ErrorKind::Internal, "the signature is no header").with_source(error)
        })?;
        headers.insert(ae_billing::SIGNATURE_HEADER, value);
        shared.intake.receive(&headers, &event.body, now).await?;
        shared.billing.mark_delivered(&event.id).await?;
        let record = AuditEvent::new("webhook_delivered", "ae").with_detail(json!({ "event": event.id }));
        shared.host.keeper.audit().append(&record).await?;
    }
    Ok(())
}

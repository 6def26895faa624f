//! The answer of a proxy that does not pass a call on.

use serde_json::{Value, json};

use crate::Api;

ae_core::wire_enum! {
    /// Why a proxy does not pass a call on.
    #[non_exhaustive]
    pub enum RefusalKind {
        /// The budget is gone. Final: clients do not try again.
        Budget = "budget",
        /// The model is not allowed. Final.
        ModelNotAllowed = "model_not_allowed",
        /// The request is not one that the proxy passes on, or can't be read. Final.
        NotAllowed = "not_allowed",
        /// The key of the proxy itself is missing or wrong. Final, though some clients try again.
        Unauthenticated = "unauthenticated",
        /// The vendor can't be reached. Clients try again.
        Unreachable = "unreachable",
        /// The vendor did not answer in time. Clients try again.
        TimedOut = "timed_out",
    }
}

/// An error answer in a vendor's own form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case. `x-should-retry` is the hint that the vendors' own libraries obey.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: String,
}

const FINAL: &[(&str, &str)] = &[("content-type", "application/json"), ("x-should-retry", "false")];
const PASSING: &[(&str, &str)] = &[("content-type", "application/json"), ("x-should-retry", "true")];

/// The error answer of `api` that says `message`.
///
/// A final answer has a status that clients do not try again: 400 for the budget, since a spent budget's own statuses, 402
/// and 429, are tried again by some or by all of them.
#[must_use]
pub fn refusal(api: Api, kind: RefusalKind, message: &str) -> Refusal {
    let (status, body) = match api {
        Api::AnthropicMessages => anthropic(kind, message),
        Api::OpenAiResponses | Api::OpenAiChat => openai(kind, message),
        Api::Gemini => gemini(kind, message),
    };
    let passing = matches!(kind, RefusalKind::Unreachable | RefusalKind::TimedOut);
    Refusal { status, headers: if passing { PASSING } else { FINAL }, body: body.to_string() }
}

fn anthropic(kind: RefusalKind, message: &str) -> (u16, Value) {
    let (status, name) = match kind {
        RefusalKind::Budget => (400, "billing_error"),
        RefusalKind::ModelNotAllowed => (404, "not_found_error"),
        RefusalKind::NotAllowed => (400, "invalid_request_error"),
        RefusalKind::Unauthenticated => (401, "authentication_error"),
        RefusalKind::Unreachable => (502, "api_error"),
        RefusalKind::TimedOut => (504, "timeout_error"),
    };
    (status, json!({ "type": "error", "error": { "type": name, "message": message } }))
}

fn openai(kind: RefusalKind, message: &str) -> (u16, Value) {
    let (status, name, code) = match kind {
        RefusalKind::Budget => (400, "insufficient_quota", Some("insufficient_quota")),
        // Not 404, which the command line client tries again.
        RefusalKind::ModelNotAllowed => (400, "invalid_request_error", Some("model_not_found")),
        RefusalKind::NotAllowed => (400, "invalid_request_error", None),
        RefusalKind::Unauthenticated => (401, "invalid_request_error", Some("invalid_api_key")),
        RefusalKind::Unreachable => (502, "server_error", None),
        RefusalKind::TimedOut => (504, "server_error", None),
    };
    let error = json!({ "message": message, "type": name, "param": null, "code": code });
    (status, json!({ "error": error }))
}

fn gemini(kind: RefusalKind, message: &str) -> (u16, Value) {
    let (status, name) = match kind {
        RefusalKind::Budget => (400, "FAILED_PRECONDITION"),
        RefusalKind::ModelNotAllowed => (404, "NOT_FOUND"),
        RefusalKind::NotAllowed => (400, "INVALID_ARGUMENT"),
        RefusalKind::Unauthenticated => (401, "UNAUTHENTICATED"),
        RefusalKind::Unreachable => (502, "UNAVAILABLE"),
        RefusalKind::TimedOut => (504, "DEADLINE_EXCEEDED"),
    };
    // The only name that tells a budget from a fault of the request.
    let details = match kind {
        RefusalKind::Budget => json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "BUDGET_EXHAUSTED",
            "domain": "ae-core-wire",
        }]),
        _ => json!([]),
    };
    (status, json!({ "error": { "code": status, "message": message, "status": name, "details": details } }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FailureClass, classify};

    #[test]
    fn a_refusal_reads_as_the_vendors_own_error() {
        use RefusalKind::{Budget, ModelNotAllowed, NotAllowed, TimedOut, Unauthenticated, Unreachable};
        for api in Api::ALL {
            for (kind, class) in [
                (Budget, FailureClass::Billing),
                (ModelNotAllowed, FailureClass::ModelNotFound),
                (NotAllowed, FailureClass::InvalidRequest),
                (Unauthenticated, FailureClass::Auth),
            ] {
                let answer = refusal(*api, kind, "the run's budget of 10 USD is spent");
                let header = |name: &str| {
                    answer.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
                };
                let read = classify(*api, answer.status, header, answer.body.as_bytes());
                assert_eq!(read.class(), class, "{api} {kind}: {read:?}");
                assert_eq!(read.message(), "the run's budget of 10 USD is spent");
                assert_eq!(read.retry(), ae_core::Retry::Never, "{api} {kind}");
                assert!(![402, 403, 408, 409, 429].contains(&answer.status) && answer.status < 500);
            }
            for kind in [Unreachable, TimedOut] {
                let answer = refusal(*api, kind, "no answer");
                let read = classify(*api, answer.status, |_| None, answer.body.as_bytes());
                assert_eq!(read.retry(), ae_core::Retry::Backoff, "{api} {kind}");
            }
        }
    }
}

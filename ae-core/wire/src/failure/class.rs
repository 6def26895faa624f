//! From a vendor's words to a class.

use super::{FailureClass, stated::Stated};
use crate::Api;

/// Names that vendors give their errors, the exact ones before the general ones: the first class with a name that is
/// stated counts.
const NAMES: [(FailureClass, &[&str]); 9] = [
    (
        FailureClass::Billing,
        &[
            "billing_error",
            "billing_disabled",
            "billing_hard_limit_reached",
            "billing_not_active",
            "budget_exhausted",
            "credit_balance_exhausted",
            "enforced_spend_limit_reached",
            "insufficient_g1_credits_balance",
            "insufficient_quota",
            "organization_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "project_spend_limit_exceeded",
            "quota_exhausted",
            "usage_limit_reached",
            "usage_not_included",
        ],
    ),
    (FailureClass::ContextTooLong, &["context_length_exceeded", "request_too_large"]),
    (
        FailureClass::Refused,
        &[
            "bio_policy",
            "content_filter",
            "content_policy_violation",
            "cyber_policy",
            "image_content_policy_violation",
            "invalid_prompt",
        ],
    ),
    (FailureClass::Auth, &["api_key_invalid", "authentication_error", "invalid_api_key", "unauthenticated"]),
    (FailureClass::ModelNotFound, &["model_not_found", "not_found_error", "not_found"]),
    (FailureClass::Permission, &["insufficient_permissions", "permission_denied", "permission_error"]),
    (
        FailureClass::Overloaded,
        &["engine_overloaded", "overloaded_error", "server_is_overloaded", "slow_down", "unavailable"],
    ),
    (FailureClass::Timeout, &["deadline_exceeded", "timeout_error"]),
    (FailureClass::RateLimited, &["rate_limit_error", "rate_limit_exceeded", "resource_exhausted"]),
];

/// Names that come with any status: they count where there is none.
const GENERAL: [(FailureClass, &[&str]); 2] = [
    (FailureClass::Server, &["aborted", "api_error", "internal", "internal_server_error", "server_error"]),
    (FailureClass::InvalidRequest, &["failed_precondition", "invalid_argument", "invalid_request_error"]),
];

/// Words of messages, in lower case, where the name says less.
const MESSAGES: [(FailureClass, &[&str]); 2] = [
    (FailureClass::Billing, &["credit balance is too low", "api usage limits", "enable billing"]),
    (
        FailureClass::ContextTooLong,
        &[
            "prompt is too long",
            "exceed context limit",
            "context window",
            "maximum context length",
            "exceeds the maximum number of tokens",
        ],
    ),
];

pub(super) fn of(api: Api, status: Option<u16>, stated: &Stated) -> FailureClass {
    let message = stated.message.to_ascii_lowercase();
    // Gemini names the quota: of a minute, or of a day.
    let of_the_day = |name: &String| name.contains("perday") || name.contains("daily");
    if api == Api::Gemini && stated.names.iter().any(of_the_day) {
        return FailureClass::Billing;
    }
    if let Some((class, _)) =
        MESSAGES.iter().find(|(_, words)| words.iter().any(|words| message.contains(words)))
    {
        return *class;
    }
    // These two say more than the general name that comes with them.
    match status {
        Some(402) => return FailureClass::Billing,
        Some(413) => return FailureClass::ContextTooLong,
        _ => {}
    }
    let stated_in = |table: &[(FailureClass, &[&str])]| {
        let known = |names: &[&str]| stated.names.iter().any(|name| names.contains(&name.as_str()));
        table.iter().find(|(_, names)| known(names)).map(|(class, _)| *class)
    };
    stated_in(&NAMES)
        .or(status.and_then(of_status))
        .or_else(|| stated_in(&GENERAL))
        .unwrap_or(FailureClass::Unknown)
}

fn of_status(status: u16) -> Option<FailureClass> {
    Some(match status {
        401 => FailureClass::Auth,
        403 => FailureClass::Permission,
        404 => FailureClass::ModelNotFound,
        408 | 504 => FailureClass::Timeout,
        429 => FailureClass::RateLimited,
        503 | 529 => FailureClass::Overloaded,
        // A conflict of requests at the vendor passes.
        409 | 500..=599 => FailureClass::Server,
        400..=499 => FailureClass::InvalidRequest,
        _ => return None,
    })
}

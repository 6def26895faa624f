//! Naming failures, by the status of an answer or by the words of an agent.

use std::time::Duration;

use ae_core::{Origin, Untrusted};

use crate::agent::{AgentFailure, FailureKind};

/// The words of a failure.
pub(crate) struct FailureText<'a>(pub(crate) &'a str);

impl FailureText<'_> {
    /// The failure: of `kind` where that is known, else by its words, else `Other`.
    pub(crate) fn failure(&self, kind: Option<FailureKind>) -> AgentFailure {
        let kind = kind.or_else(|| kind_of_words(self.0)).unwrap_or(FailureKind::Other);
        let line = Untrusted::new(Origin::Agent(String::new()), self.0).map(str::to_owned).one_line(500);
        AgentFailure::new(kind, line).with_retry_after(pause(self.0))
    }
}

/// The kind of failure that an HTTP status stands for, if it is one that has a meaning of its own.
pub(crate) fn kind_of_status(status: u64) -> Option<FailureKind> {
    match status {
        401 | 403 | 407 => Some(FailureKind::Auth),
        402 => Some(FailureKind::Billing),
        404 => Some(FailureKind::ModelNotFound),
        413 => Some(FailureKind::ContextTooLong),
        429 => Some(FailureKind::RateLimited),
        408 | 500..=599 => Some(FailureKind::Overloaded),
        _ => None,
    }
}

/// Words that name a kind, in the order in which they are looked for: the particular ones first.
const WORDS: &[(FailureKind, &[&str])] = &[
    (
        FailureKind::ContextTooLong,
        &[
            "prompt is too long",
            "prompt_too_long",
            "context window",
            "context_length",
            "context length",
            "input token count",
            "maximum number of tokens",
            "request_too_large",
        ],
    ),
    (
        FailureKind::Billing,
        &["credit balance", "insufficient_quota", "quota exceeded", "exhausted your daily quota", "billing"],
    ),
    (
        FailureKind::ModelNotFound,
        &[
            "model_not_found",
            "not_found_error",
            "is not found for api version",
            "model does not exist",
            "` does not exist",
            "issue with the selected model",
            "model not found",
        ],
    ),
    (
        FailureKind::Auth,
        &[
            "api key",
            "authentication",
            "unauthenticated",
            "unauthorized",
            "permission_denied",
            "not logged in",
            "please run /login",
            "missing environment variable",
            "set an auth method",
            "invalid auth method",
            "auth_required",
        ],
    ),
    (
        FailureKind::RateLimited,
        &[
            "rate limit",
            "rate_limit",
            "too many requests",
            "resource has been exhausted",
            "resource_exhausted",
            "quota",
        ],
    ),
    (FailureKind::OutputLimit, &["max_output_tokens", "output token maximum", "maximum output"]),
    (FailureKind::Refused, &["refusal", "usage policy", "safety", "content_filter", "prohibited_content"]),
    (FailureKind::SchemaUnmet, &["structured output", "output schema"]),
    (
        FailureKind::Config,
        &[
            "unknown option",
            "unexpected argument",
            "invalid value",
            "requires --verbose",
            "already in use",
            "no conversation found",
            "error loading config",
            "invalid session",
            "no previous sessions",
            "no rollout found",
            "trusted",
        ],
    ),
    (
        FailureKind::Overloaded,
        &[
            "overloaded",
            "at capacity",
            "high demand",
            "unavailable",
            "internal server error",
            "bad gateway",
            "server_error",
        ],
    ),
    (
        FailureKind::Network,
        &[
            "econn",
            "enotfound",
            "etimedout",
            "fetch failed",
            "connection error",
            "connection to the api was lost",
            "stream disconnected",
            "error sending request",
            "network error",
            "api error: terminated",
            "socket hang up",
            "timed out",
        ],
    ),
    (
        FailureKind::EmptyAnswer,
        &["empty response", "without any chunks", "without a finish reason", "no response text"],
    ),
];

/// The kind of failure that `text` speaks of: by its words, then by a status in it.
pub(crate) fn kind_of_words(text: &str) -> Option<FailureKind> {
    let lower = text.to_lowercase();
    let named = WORDS.iter().find(|(_, words)| words.iter().any(|word| lower.contains(word)));
    match named {
        // Vendors speak of billing in each answer about a quota. One that ends by itself is a rate.
        Some((FailureKind::Billing, _)) if pause(text).is_some() => Some(FailureKind::RateLimited),
        Some((kind, _)) => Some(*kind),
        None => status(&lower).and_then(kind_of_status),
    }
}

/// The HTTP status that a text in lower case tells of.
fn status(lower: &str) -> Option<u64> {
    ["status ", "status: ", "status code ", "\"code\":", "api error: ", "rejected ("].iter().find_map(
        |mark| {
            let rest = lower.split_once(mark)?.1.trim_start();
            let (digits, after) = rest.split_at_checked(3)?;
            digits.parse().ok().filter(|_| !after.starts_with(|c: char| c.is_ascii_digit()))
        },
    )
}

/// The pause that a text asks for: "retry in 12.5s", "try again in 20 seconds", "retry after 3s".
fn pause(text: &str) -> Option<Duration> {
    ["retry in ", "try again in ", "retry after "].iter().find_map(|mark| {
        let rest = text.split_once(mark)?.1;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest.get(..end)?.trim_end_matches('.').parse::<f64>().ok()?;
        let unit = rest.get(end..)?.trim_start();
        let seconds = if unit.starts_with("ms") {
            number / 1000.0
        } else if unit.starts_with('m') {
            number * 60.0
        } else if unit.starts_with('h') {
            number * 3600.0
        } else {
            number
        };
        Duration::try_from_secs_f64(seconds).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_status_name_the_kind() {
        for (text, kind) in [
            ("unexpected status 401 Unauthorized: Incorrect API key provided", FailureKind::Auth),
            (
                "unexpected status 403 Forbidden: Country, region, or territory not supported",
                FailureKind::Auth,
            ),
            ("exceeded retry limit, last status: 429 Too Many Requests", FailureKind::RateLimited),
            ("Quota exceeded. Check your plan and billing details.", FailureKind::Billing),
            (
                "You exceeded your current quota, check your plan and billing details. Please retry in 12.5s.",
                FailureKind::RateLimited,
            ),
            ("Codex ran out of room in the model's context window.", FailureKind::ContextTooLong),
            ("stream disconnected before completion: network error", FailureKind::Network),
            ("The model `x` does not exist or you do not have access to it.", FailureKind::ModelNotFound),
            ("We're currently experiencing high demand", FailureKind::Overloaded),
            ("unexpected status 529 <unknown status code>", FailureKind::Overloaded),
            ("[API Error: models/x is not found for API version v1beta]", FailureKind::ModelNotFound),
            ("{\"error\":{\"code\":400,\"message\":\"API key not valid\"}}", FailureKind::Auth),
        ] {
            assert_eq!(kind_of_words(text), Some(kind), "{text}");
        }
        for text in ["", "it broke", "status 5", "status 4012", "status é00"] {
            assert_eq!(kind_of_words(text), None, "{text}");
        }
    }

    #[test]
    fn a_pause_is_read() {
        for (text, millis) in [
            ("Please retry in 1s.", 1000),
            ("try again in 20 seconds", 20_000),
            ("try again in 350ms", 350),
            ("retry after 2m", 120_000),
            ("Please try again in 1.5s", 1500),
        ] {
            assert_eq!(pause(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["retry in a while", "retry in ", "retry in 1e999s", "later"] {
            assert!(pause(text).is_none_or(|pause| pause <= Duration::from_secs(1)), "{text}");
        }
    }
}

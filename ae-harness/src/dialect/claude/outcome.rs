//! The result line of Claude Code, which sums a run up.

use std::collections::BTreeMap;

use ae_core::{Money, TokenUsage};
use serde_json::Value;

use super::{
    decode::value_of,
    line::{Denial, Line, ModelUsage},
};
use crate::{
    agent::{AgentFailure, AgentSession, FailureKind},
    dialect::{
        SessionTotals,
        shared::{FailureText, Said, kind_of_status, kind_of_words, since, usd},
    },
    text::shown,
};

/// The result of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) summary: String,
    pub(super) structured: Option<Value>,
    pub(super) turns: Option<u32>,
    pub(super) session: Option<String>,
    pub(super) denials: Vec<String>,
    /// The tokens and the cost of the session.
    pub(super) usage: Option<TokenUsage>,
    pub(super) cost: Option<Money>,
    /// The tokens and the cost since the result before, which later versions add.
    recent: Option<(Option<TokenUsage>, Option<Money>)>,
    is_budget: bool,
    failure: Option<AgentFailure>,
}

impl Outcome {
    /// `error` is the agent's name for the failure that it showed last.
    pub(super) fn read(line: &Line<'_>, error: Option<&str>) -> Self {
        let subtype = line.subtype.as_deref().unwrap_or_default();
        let said = line.result.as_deref().unwrap_or_default();
        let errors = line.errors.iter().flatten();
        let errors = errors.map(|error| error.as_str().map_or_else(|| error.to_string(), str::to_owned));
        let words = if said.is_empty() { errors.collect::<Vec<_>>().join("\n") } else { said.to_owned() };
        // A missing `is_error` is taken for an error, since success has to be said.
        let failed = subtype != "success" || line.is_error != Some(false);
        let failure = failed.then(|| {
            let named = if words.is_empty() { subtype } else { &words };
            FailureText(named).failure(kind(line, subtype, error, &words))
        });
        let recent = line.model_usage_since_last_result.as_ref();
        Self {
            summary: words,
            structured: line.structured_output.map(value_of).filter(|value| !value.is_null()),
            turns: line.num_turns,
            session: line.session_id.as_ref().map(|id| id.owned()),
            denials: line.permission_denials.iter().flatten().map(denial).collect(),
            usage: line.model_usage.as_ref().and_then(sum),
            cost: line.total_cost_usd.and_then(|raw| usd(raw.get())),
            recent: recent.map(|models| (sum(models), cost(models))),
            is_budget: subtype == "error_max_budget_usd",
            failure,
        }
    }

    /// The tokens of this run: the session's are counted from its start.
    pub(super) fn run_usage(&self, session: &AgentSession, before: &SessionTotals) -> Option<TokenUsage> {
        match self.recent {
            Some((usage, _)) => usage,
            None => since(session, before.usage, self.usage?),
        }
    }

    /// The cost of this run.
    pub(super) fn run_cost(&self, session: &AgentSession, before: &SessionTotals) -> Option<Money> {
        match (self.recent, session) {
            (Some((_, cost)), _) => cost,
            (None, AgentSession::New) => self.cost,
            (None, AgentSession::Resume(_)) => {
                self.cost?.checked_sub(before.cost?).ok().filter(|cost| !cost.is_negative())
            }
        }
    }

    /// The last word. Success without the structured answer that was asked for is not one, nor is success without an
    /// answer and without an act.
    pub(super) fn said(&self, wants_structure: bool, acted: bool) -> Said {
        let fail = |kind, words: &str| Said::Failure(AgentFailure::new(kind, words));
        match &self.failure {
            _ if self.is_budget => Said::Budget,
            Some(failure) => Said::Failure(failure.clone()),
            None if wants_structure && self.structured.is_none() => {
                fail(FailureKind::SchemaUnmet, "it ended without the structured answer")
            }
            None if self.summary.is_empty() && self.structured.is_none() && !acted => {
                fail(FailureKind::EmptyAnswer, "it ended without an answer and without an act")
            }
            None => Said::Success,
        }
    }
}

fn sum(models: &BTreeMap<String, ModelUsage<'_>>) -> Option<TokenUsage> {
    models.values().try_fold(TokenUsage::default(), |sum, model| sum.checked_add(model.usage()))
}

/// The cost of all models; `None` where one has none.
fn cost(models: &BTreeMap<String, ModelUsage<'_>>) -> Option<Money> {
    models.values().try_fold(usd("0")?, |sum, model| sum.checked_add(usd(model.cost_usd?.get())?).ok())
}

fn denial(denial: &Denial<'_>) -> String {
    shown(&format!("{} {}", &*denial.tool_name, denial.tool_input.map_or("", |input| input.get())), 300)
}

/// The kind of a failure: by the result's own words first, then by the failure shown before, then by the status.
fn kind(line: &Line<'_>, subtype: &str, error: Option<&str>, words: &str) -> Option<FailureKind> {
    match (subtype, line.terminal_reason.as_deref(), line.stop_reason.as_deref()) {
        ("error_max_turns", ..) => return Some(FailureKind::MaxTurns),
        ("error_max_structured_output_retries", ..) => return Some(FailureKind::SchemaUnmet),
        (_, Some("prompt_too_long"), _) => return Some(FailureKind::ContextTooLong),
        (_, _, Some("refusal")) => return Some(FailureKind::Refused),
        _ => {}
    }
    match error {
        Some(
            "authentication_failed"
            | "oauth_org_not_allowed"
            | "account_on_hold"
            | "verification_required"
            | "cloud_credential_error",
        ) => Some(FailureKind::Auth),
        Some("billing_error") => Some(FailureKind::Billing),
        Some("rate_limit") => Some(FailureKind::RateLimited),
        Some("overloaded") => Some(FailureKind::Overloaded),
        Some("model_not_found") => Some(FailureKind::ModelNotFound),
        Some("max_output_tokens") => Some(FailureKind::OutputLimit),
        // `server_error` stands for a lost connection as well, and `invalid_request` for many things.
        _ => kind_of_words(words).or_else(|| line.api_error_status.and_then(kind_of_status)),
    }
}

//! Questions, answers and what was done with them.

use std::time::Duration;

use ae_core::{ApprovalId, Digest, Money, ProjectId, RunId, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a person has to decide unless the request says otherwise: one hour.
pub const EXPIRES_AFTER_DEFAULT: Duration = Duration::from_secs(3600);
/// The longest time a person can be given to decide: 30 days.
pub const EXPIRES_AFTER_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// The most actions one approval can cover.
pub const COVERS_MAX: usize = 1000;
/// The longest rendering, in bytes.
pub const RENDERING_BYTES_MAX: usize = 1024 * 1024;
/// The longest title, name of a person or reason, in bytes.
pub const TEXT_BYTES_MAX: usize = 4096;

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApprovalRequest {
    /// The question in one line.
    pub title: String,
    /// Who asks. The same name can't decide.
    pub requested_by: String,
    /// The run it belongs to, if any.
    pub run: Option<RunId>,
    /// The project it belongs to, if any.
    pub project: Option<ProjectId>,
    /// The digests of the actions it allows, see [`Action::digest`](ae_core::Action::digest). Each can be used once.
    pub covers: Vec<Digest>,
    /// The digest of what the reviewer sees.
    pub subject: Digest,
    /// The text that the approver sees, redacted by the caller.
    pub rendering: String,
    /// The most that everything it covers may cost, for the reviewer.
    pub cost_ceiling: Option<Money>,
    /// How long a person has to decide; [`EXPIRES_AFTER_DEFAULT`] when nothing is said. More than zero, at most
    /// [`EXPIRES_AFTER_MAX`].
    pub expires_after: Option<Duration>,
    /// How long after the decision an approval can be used; without a limit when nothing is said.
    pub use_within: Option<Duration>,
}

impl ApprovalRequest {
    /// A question by `requested_by` about `subject` that covers no action yet.
    pub fn new(title: impl Into<String>, requested_by: impl Into<String>, subject: Digest) -> Self {
        Self {
            title: title.into(),
            requested_by: requested_by.into(),
            run: None,
            project: None,
            covers: Vec::new(),
            subject,
            rendering: String::new(),
            cost_ceiling: None,
            expires_after: None,
            use_within: None,
        }
    }

    /// Says which actions are allowed by a yes.
    #[must_use]
    pub fn with_covers(mut self, actions: impl IntoIterator<Item = Digest>) -> Self {
        self.covers = actions.into_iter().collect();
        self
    }
}

ae_core::setters! { ApprovalRequest {
    /// Says which run asks.
    fn with_run(run: some RunId);
    /// Says which project it is about.
    fn with_project(project: some ProjectId);
    /// Says what the reviewer sees.
    fn with_rendering(rendering: into String);
    /// Says what everything may cost at most.
    fn with_cost_ceiling(cost_ceiling: some Money);
    /// Says how long a person has to decide.
    fn with_expires_after(expires_after: some Duration);
    /// Says how long after the decision it can be used.
    fn with_use_within(use_within: some Duration);
} }

ae_core::wire_enum! {
    /// The state of an approval. Only `Pending` can become something else, and `Approved` can still expire or be
    /// cancelled.
    #[derive(PartialOrd, Ord)]
    pub enum ApprovalStatus {
        /// Not decided yet.
        Pending = "pending",
        /// A person said yes.
        Approved = "approved",
        /// A person said no.
        Denied = "denied",
        /// The time to decide, or to use it, is over.
        Expired = "expired",
        /// The question or the approval was withdrawn.
        Cancelled = "cancelled",
    }
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The question.
    pub request: ApprovalRequest,
    /// Where it stands.
    pub status: ApprovalStatus,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// When it left `Pending`.
    pub decided_at: Option<Timestamp>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// The approver's words, or why it was withdrawn.
    pub reason: Option<String>,
    /// Whether a standing decision, such as a `--yes` given beforehand, decided.
    pub standing: bool,
    /// The covered actions that were used, in order of use.
    pub consumed: Vec<Digest>,
}

impl Approval {
    /// A question without an answer.
    pub const fn pending(id: ApprovalId, request: ApprovalRequest, requested_at: Timestamp) -> Self {
        Self {
            id,
            request,
            status: ApprovalStatus::Pending,
            requested_at,
            decided_at: None,
            decided_by: None,
            reason: None,
            standing: false,
            consumed: Vec::new(),
        }
    }
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ruling {
    /// Yes or no.
    pub approved: bool,
    /// Who decides, as the host has verified it: never text from the request.
    pub decided_by: String,
    /// Why.
    pub reason: Option<String>,
    /// Whether it is a standing decision, such as a `--yes` given beforehand.
    pub standing: bool,
}

impl Ruling {
    /// A yes.
    pub fn approve(decided_by: impl Into<String>) -> Self {
        Self { approved: true, decided_by: decided_by.into(), reason: None, standing: false }
    }

    /// A no.
    pub fn deny(decided_by: impl Into<String>) -> Self {
        Self { approved: false, ..Self::approve(decided_by) }
    }
}

ae_core::setters! { Ruling {
    /// Says why.
    fn with_reason(reason: some into String);
    /// Marks it as decided beforehand.
    fn with_standing(standing = true);
} }

/// Which approvals to list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalQuery {
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those that stand so.
    pub status: Option<ApprovalStatus>,
    /// At most this many.
    pub limit: usize,
}

impl ApprovalQuery {
    /// The newest 100.
    pub const fn new() -> Self {
        Self { run: None, status: None, limit: 100 }
    }
}

ae_core::setters! { ApprovalQuery {
    /// Only those of `run`.
    fn with_run(run: some RunId);
    /// Only those that stand at `status`.
    fn with_status(status: some ApprovalStatus);
    /// At most `limit`.
    fn with_limit(limit: usize);
} }

impl Default for ApprovalQuery {
    fn default() -> Self {
        Self::new()
    }
}

//! The rules of the desk, pure: every backend applies these to a record and stores what comes out.

use std::time::Duration;

use ae_core::{ApprovalId, BackendError, Digest, ErrorKind, IdempotencyKey, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Approval, ApprovalRequest, ApprovalStatus, COVERS_MAX, EXPIRES_AFTER_DEFAULT, EXPIRES_AFTER_MAX,
    RENDERING_BYTES_MAX, Ruling, TEXT_BYTES_MAX, names,
};

/// An approval with the keys that named it and its uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) key: IdempotencyKey,
    pub(super) approval: Approval,
    pub(super) uses: Vec<(IdempotencyKey, Digest)>,
}

/// The rules in the name of one backend, for its errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) backend: &'static str,
}

impl Rules {
    pub(super) fn error(
        self,
        kind: ErrorKind,
        operation: &'static str,
        message: impl Into<String>,
    ) -> BackendError {
        BackendError::new(kind, self.backend, operation, message)
    }

    pub(super) fn not_found(self, operation: &'static str, id: ApprovalId) -> BackendError {
        self.error(ErrorKind::NotFound, operation, format!("there is no approval {id}"))
    }

    pub(super) fn check_request(self, request: &ApprovalRequest) -> Result<(), BackendError> {
        let bad = |message: String| Err(self.error(ErrorKind::InvalidInput, "request", message));
        if request.title.trim().is_empty() || request.requested_by.trim().is_empty() {
            return bad("a request needs a title and the name of who asks".into());
        }
        if request.title.len() > TEXT_BYTES_MAX || request.requested_by.len() > TEXT_BYTES_MAX {
            return bad(format!("the title or the name is longer than {TEXT_BYTES_MAX} bytes"));
        }
        if let Some(why) = names::unclear(request.requested_by.trim()) {
            return bad(format!("the name of who asks {why}"));
        }
        if request.rendering.len() > RENDERING_BYTES_MAX {
            return bad(format!("the rendering is longer than {RENDERING_BYTES_MAX} bytes: show a summary"));
        }
        if request.covers.len() > COVERS_MAX {
            return bad(format!("more than {COVERS_MAX} actions in one approval: ask in parts"));
        }
        let mut covers = request.covers.clone();
        covers.sort_unstable();
        if covers.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return bad("an action is covered twice".into());
        }
        for limit in [request.expires_after, request.use_within].into_iter().flatten() {
            if limit.is_zero() || limit > EXPIRES_AFTER_MAX {
                return bad(format!(
                    "a time limit of {} s: use more than 0 s and at most {} s",
                    limit.as_secs(),
                    EXPIRES_AFTER_MAX.as_secs()
                ));
            }
        }
        Ok(())
    }

    /// The same key came again.
    pub(super) fn repeat(self, record: &Record, request: &ApprovalRequest) -> Result<(), BackendError> {
        if record.approval.request == *request {
            return Ok(());
        }
        let message = format!(
            "key {} already asked another question (approval {}): use a new key for a new question",
            record.key, record.approval.id
        );
        Err(self.error(ErrorKind::Conflict, "request", message))
    }

    pub(super) fn decide(
        self,
        record: &mut Record,
        ruling: Ruling,
        now: Timestamp,
    ) -> Result<(), BackendError> {
        let approval = &mut record.approval;
        let decider = ruling.decided_by.trim();
        let reason_bytes = ruling.reason.as_ref().map_or(0, String::len);
        if decider.is_empty() || decider.len() > TEXT_BYTES_MAX || reason_bytes > TEXT_BYTES_MAX {
            let message =
                format!("a ruling needs a name, and name and reason at most {TEXT_BYTES_MAX} bytes");
            return Err(self.error(ErrorKind::InvalidInput, "decide", message));
        }
        if let Some(why) = names::unclear(decider) {
            let message = format!("the name of who decides {why}");
            return Err(self.error(ErrorKind::InvalidInput, "decide", message));
        }
        if approval.status != ApprovalStatus::Pending {
            return Err(self.settled("decide", approval));
        }
        if names::same(decider, &approval.request.requested_by) {
            let message = format!("{decider} asked and can't decide: another person has to");
            return Err(self.error(ErrorKind::PermissionDenied, "decide", message));
        }
        approval.status = if ruling.approved { ApprovalStatus::Approved } else { ApprovalStatus::Denied };
        approval.decided_at = Some(now);
        approval.decided_by = Some(decider.to_owned());
        approval.reason = ruling.reason;
        approval.standing = ruling.standing;
        Ok(())
    }

    pub(super) fn cancel(
        self,
        record: &mut Record,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), BackendError> {
        if reason.len() > TEXT_BYTES_MAX {
            let message = format!("the reason is longer than {TEXT_BYTES_MAX} bytes");
            return Err(self.error(ErrorKind::InvalidInput, "cancel", message));
        }
        let approval = &mut record.approval;
        match approval.status {
            ApprovalStatus::Cancelled => Ok(()),
            ApprovalStatus::Pending | ApprovalStatus::Approved => {
                approval.status = ApprovalStatus::Cancelled;
                approval.decided_at = approval.decided_at.or(Some(now));
                approval.reason = Some(reason.to_owned());
                Ok(())
            }
            ApprovalStatus::Denied | ApprovalStatus::Expired => Err(self.settled("cancel", approval)),
        }
    }

    pub(super) fn consume(
        self,
        record: &mut Record,
        key: &IdempotencyKey,
        action: Digest,
    ) -> Result<(), BackendError> {
        let approval = &mut record.approval;
        let fail = |kind, message| Err(self.error(kind, "consume", message));
        if let Some((_, used)) = record.uses.iter().find(|(by, _)| by == key) {
            return if *used == action {
                Ok(())
            } else {
                let message = format!("key {key} already used approval {} for another action", approval.id);
                fail(ErrorKind::Conflict, message)
            };
        }
        match approval.status {
            ApprovalStatus::Approved => {}
            ApprovalStatus::Pending => {
                return fail(ErrorKind::Conflict, format!("approval {} is pending: wait", approval.id));
            }
            status => {
                let message = format!("approval {} is {status}: ask again", approval.id);
                return fail(refused_by(status, ErrorKind::PermissionDenied), message);
            }
        }
        if !approval.request.covers.contains(&action) {
            let message = format!(
                "approval {} does not cover action {}: what was approved is something else, ask again",
                approval.id,
                action.short(12)
            );
            return fail(ErrorKind::PermissionDenied, message);
        }
        if approval.consumed.contains(&action) {
            let message =
                format!("approval {} was already used for action {}", approval.id, action.short(12));
            return fail(ErrorKind::Conflict, message);
        }
        approval.consumed.push(action);
        record.uses.push((key.clone(), action));
        Ok(())
    }

    fn settled(self, operation: &'static str, approval: &Approval) -> BackendError {
        let by = approval.decided_by.as_deref().map(|who| format!(" by {who}")).unwrap_or_default();
        let message = format!("approval {} is already {}{by}", approval.id, approval.status);
        self.error(refused_by(approval.status, ErrorKind::Conflict), operation, message)
    }
}

/// The kind of a refusal by a status that is final: one that has expired is asked again, which its kind says.
fn refused_by(status: ApprovalStatus, other: ErrorKind) -> ErrorKind {
    if status == ApprovalStatus::Expired { ErrorKind::Expired } else { other }
}

/// Applies expiry; says whether something changed.
pub(super) fn expire(record: &mut Record, now: Timestamp) -> bool {
    let approval = &mut record.approval;
    let request = &approval.request;
    let over = match approval.status {
        ApprovalStatus::Pending => {
            let limit = request.expires_after.unwrap_or(EXPIRES_AFTER_DEFAULT);
            is_over(approval.requested_at, limit, now)
        }
        ApprovalStatus::Approved => match (approval.decided_at, request.use_within) {
            (Some(decided_at), Some(limit)) => is_over(decided_at, limit, now),
            _ => false,
        },
        _ => false,
    };
    if over {
        approval.status = ApprovalStatus::Expired;
        approval.decided_at = approval.decided_at.or(Some(now));
    }
    over
}

/// Whether `limit` after `since` has come. A clock that can't hold the sum is past no limit it could show.
fn is_over(since: Timestamp, limit: Duration, now: Timestamp) -> bool {
    since.checked_add(limit).is_ok_and(|end| now >= end)
}

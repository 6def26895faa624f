//! The approval port.

use std::fmt;

use ae_core::{ApprovalId, BackendError, Digest, IdempotencyKey};
use async_trait::async_trait;

use super::{Approval, ApprovalQuery, ApprovalRequest, Ruling};

/// Keeps questions to people, their answers, and what was done with them.
///
/// # Contract
///
/// - **C1.** `request` with the same key and the same request returns the same approval, as it stands now; with
///   another request it is a `Conflict` and changes nothing.
/// - **C2.** Of any number of `decide` calls exactly one wins; the others see `Conflict` with the present status in the
///   message.
/// - **C3.** Who asked can't decide: `PermissionDenied`, compared as the names look, without regard to case, blanks and
///   look-alike letters. A ruling without a name, or with one that mixes scripts or holds a character that
///   can't be seen, is `InvalidInput`; so is such a name in a request.
/// - **C4.** A question that was not decided in time has expired, and stays so; the same for an approval that was not used
///   within its time. What comes too late is refused with the kind `Expired`, and a new key asks again. Time is the
///   desk's clock; silence is never a yes.
/// - **C5.** `consume` answers only for an approved approval that covers the digest: otherwise `PermissionDenied`, or
///   `Conflict` while it is pending.
/// - **C6.** Each covered digest is consumed once. The same key again is the same answer, also later when the approval
///   can't be used any more; another key is a `Conflict`, and so is the same key for another digest.
/// - **C7.** `cancel` withdraws a pending question or the unused part of an approved one; once denied it is a `Conflict`.
///   Cancelling twice is the same answer.
/// - **C8.** `list` returns the newest first, at most `limit`, with expiry applied.
/// - **C9.** What was answered survives a restart, where the backend is durable; several processes may share it.
///
/// # Errors
///
/// `NotFound` for an id that does not exist, `InvalidInput` for a request that can't be right, `Conflict`, `Expired` and
/// `PermissionDenied` as above; nothing has been applied in these cases. `Unavailable` when the store is busy or down,
/// `StorageFull` when its disk is full, `Protocol` when its data is damaged. An error with
/// [`Effect::Unknown`](ae_core::Effect::Unknown) may have been applied: ask again with the same key.
///
/// # Cancel safety
///
/// A dropped `request` or `consume` either happened or did not; the same key again finds out. After a dropped `decide`
/// or `cancel`, read with `get`.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use ae_core::{Digest, IdempotencyKey, RunId, Runtime};
/// use ae_safety::{ApprovalDesk, ApprovalRequest, ApprovalStatus, MemoryDesk, Ruling};
///
/// let runtime = Runtime::system();
/// let run = RunId::from_uuid(runtime.ids.new_uuid());
/// let desk = MemoryDesk::new(runtime);
/// let release = Digest::of_bytes("release", b"1");
///
/// let key = IdempotencyKey::derive(run, "launch", "request_approval", 0);
/// let request = ApprovalRequest::new("Launch csv-tool?", "agent", release).with_covers([release]);
/// let asked = desk.request(&key, request).await?;
/// let decided = desk.decide(asked.id, Ruling::approve("ada")).await?;
/// assert_eq!(decided.status, ApprovalStatus::Approved);
/// # Ok::<_, ae_core::BackendError>(()) }).unwrap();
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ApprovalDesk: fmt::Debug + Send + Sync + 'static {
    /// Asks.
    async fn request(&self, key: &IdempotencyKey, request: ApprovalRequest)
    -> Result<Approval, BackendError>;

    /// Reads one.
    async fn get(&self, id: ApprovalId) -> Result<Approval, BackendError>;

    /// Reads several.
    async fn list(&self, query: &ApprovalQuery) -> Result<Vec<Approval>, BackendError>;

    /// Answers.
    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Approval, BackendError>;

    /// Withdraws.
    async fn cancel(&self, id: ApprovalId, reason: &str) -> Result<Approval, BackendError>;

    /// Uses it for one covered action, in the name of the effect `key`.
    async fn consume(
        &self,
        key: &IdempotencyKey,
        id: ApprovalId,
        action: Digest,
    ) -> Result<Approval, BackendError>;
}

ae_core::forward! { ApprovalDesk {
    async fn request(&self, key: &IdempotencyKey, request: ApprovalRequest) -> Result<Approval, BackendError>;
    async fn get(&self, id: ApprovalId) -> Result<Approval, BackendError>;
    async fn list(&self, query: &ApprovalQuery) -> Result<Vec<Approval>, BackendError>;
    async fn decide(&self, id: ApprovalId, ruling: Ruling) -> Result<Approval, BackendError>;
    async fn cancel(&self, id: ApprovalId, reason: &str) -> Result<Approval, BackendError>;
    async fn consume(&self, key: &IdempotencyKey, id: ApprovalId, action: Digest) -> Result<Approval, BackendError>;
} }

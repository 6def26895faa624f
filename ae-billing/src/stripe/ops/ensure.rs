//! An effect, once.
//!
//! The journal keeps a request before it is sent, and the vendor's natural keys tell whether an effect happened when the
//! journal can't. Together they make exactly one object of any number of tries, crashes and lost answers:
//!
//! 1. A key that the journal knows as done is looked up by its id; with another request it is a conflict.
//! 2. A request whose outcome is open is sent again as it was stored, under the same idempotency key, because Stripe
//!    answers a repeat from its store. Stripe keeps keys for 24 hours only, so an older request is never sent again: the
//!    natural key says whether it happened, and if it did not, a new one goes out under a new number.
//! 3. A key that the journal doesn't know may have been used from elsewhere, or before the journal was lost: the natural
//!    key is asked first.
//! 4. A stored failure (`Idempotent-Replayed` with 5xx) comes again under its key, so it is not asked again either.

use ae_core::{BackendError, Digest, Effect, ErrorKind, IdempotencyKey, Retry, Timestamp};
use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;

use super::{Inner, error};
use crate::{
    Ensured, StoredRequest,
    stripe::{answer::error::Failure, call::StripeCall},
};

/// Stripe keeps idempotency keys for at least 24 hours; an hour is left for clocks and for the request itself.
const KEY_LIFE_S: i64 = 23 * 3600;
/// How far the clocks of two processes that share a journal may be apart, in seconds.
const CLOCKS_DIFFER_S: i64 = 300;

/// Something to make sure of.
#[async_trait]
pub(in crate::stripe) trait Wanted: Sync {
    type Object: Send;
    type Spec: Serialize + ?Sized;
    const OPERATION: &'static str;
    /// Whether the body holds personal data, which is kept nowhere here.
    const IS_PRIVATE: bool = false;

    fn key(&self) -> &IdempotencyKey;

    /// The request as a value: the same key with another one is a conflict.
    fn spec(&self) -> &Self::Spec;

    /// The object, if it was made, by a natural key that knows no time limit. `since` is the time at which it was first
    /// asked for, where that is known; without it, an operation without a natural key finds nothing.
    async fn existing(
        &self,
        stripe: &Inner,
        since: Option<Timestamp>,
    ) -> Result<Option<Self::Object>, BackendError>;

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Self::Object, BackendError>;

    /// The request, after every check that needs no effect.
    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError>;

    fn read(&self, value: Value) -> Result<Self::Object, BackendError>;

    fn id(object: &Self::Object) -> &str;
}

pub(in crate::stripe) fn digest<W: Wanted>(wanted: &W) -> Result<Digest, BackendError> {
    Digest::of_json("billing-request/1", &(W::OPERATION, wanted.spec())).map_err(|source| {
        error(ErrorKind::Internal, W::OPERATION, "the request can't be written as JSON").with_source(source)
    })
}

pub(in crate::stripe) fn conflict<W: Wanted>(wanted: &W) -> BackendError {
    let message =
        format!("key {} was used for another request: use a new key for a new effect", wanted.key());
    error(ErrorKind::Conflict, W::OPERATION, message)
}

impl Inner {
    /// Makes sure of `wanted`.
    pub(in crate::stripe) async fn ensure<W: Wanted>(
        &self,
        wanted: &W,
    ) -> Result<Ensured<W::Object>, BackendError> {
        let kept = self.claimed(wanted.key(), W::OPERATION, digest(wanted)?).await?;
        match kept {
            Some(StoredRequest { object: Some(id), .. }) => {
                Ok(Ensured::Found(wanted.by_id(self, &id).await?))
            }
            Some(open) if self.is_fresh(&open) => self.send(wanted, open, false).await,
            Some(old) => self.replaced(wanted, old).await,
            None => {
                if let Some(object) = wanted.existing(self, None).await? {
                    let entry = self.entry(wanted)?.with_object(W::id(&object));
                    self.journal.begin(&entry).await?;
                    return Ok(Ensured::Found(object));
                }
                let entry = self.written(wanted, 0).await?;
                let kept = self.journal.begin(&entry).await?;
                self.same(&kept, wanted.key(), W::OPERATION, entry.request)?;
                match &kept.object {
                    Some(id) => Ok(Ensured::Found(wanted.by_id(self, id).await?)),
                    None => {
                        let is_first = kept == entry;
                        self.send(wanted, kept, is_first).await
                    }
                }
            }
        }
    }

    /// The entry of the journal under `key`; a conflict where that is another request.
    pub(in crate::stripe) async fn claimed(
        &self,
        key: &IdempotencyKey,
        operation: &'static str,
        request: Digest,
    ) -> Result<Option<StoredRequest>, BackendError> {
        let kept = self.journal.get(&self.wire.config.scope(), key).await?;
        if let Some(kept) = &kept {
            self.same(kept, key, operation, request)?;
        }
        Ok(kept)
    }

    fn same(
        &self,
        kept: &StoredRequest,
        key: &IdempotencyKey,
        operation: &'static str,
        request: Digest,
    ) -> Result<(), BackendError> {
        if kept.operation == operation && kept.request == request {
            return Ok(());
        }
        let message = format!(
            "key {key} was used for another {} request: use a new key for a new effect",
            kept.operation
        );
        Err(error(ErrorKind::Conflict, operation, message))
    }

    fn is_fresh(&self, kept: &StoredRequest) -> bool {
        let age_s = self.wire.runtime.now().duration_since(kept.sent_at).as_secs();
        // Clocks of two machines differ a little; one that was set back by more says nothing of the age.
        (-CLOCKS_DIFFER_S..KEY_LIFE_S).contains(&age_s)
    }

    fn entry<W: Wanted>(&self, wanted: &W) -> Result<StoredRequest, BackendError> {
        let (scope, now) = (self.wire.config.scope(), self.wire.runtime.now());
        Ok(StoredRequest::new(scope, wanted.key().clone(), W::OPERATION, digest(wanted)?, now))
    }

    /// The request as it will be kept and sent.
    async fn written<W: Wanted>(&self, wanted: &W, sequence: u32) -> Result<StoredRequest, BackendError> {
        let call = wanted.call(self).await?;
        let body = if W::IS_PRIVATE { String::new() } else { call.body() };
        Ok(self.entry(wanted)?.with_path(call.path()).with_body(body).with_sequence(sequence))
    }

    /// Looks for what an old request made; sends a new one where it made nothing.
    async fn replaced<W: Wanted>(
        &self,
        wanted: &W,
        old: StoredRequest,
    ) -> Result<Ensured<W::Object>, BackendError> {
        if let Some(object) = wanted.existing(self, Some(old.sent_at)).await? {
            return self.found(old, object, W::id).await;
        }
        let next = self.written(wanted, old.sequence.saturating_add(1)).await?;
        self.journal.put(&next).await?;
        self.send(wanted, next, false).await
    }

    async fn found<T>(
        &self,
        kept: StoredRequest,
        object: T,
        id: impl Fn(&T) -> &str,
    ) -> Result<Ensured<T>, BackendError> {
        self.journal.put(&kept.with_body("").with_object(id(&object))).await?;
        Ok(Ensured::Found(object))
    }

    /// Sends what is kept, and keeps the outcome.
    async fn send<W: Wanted>(
        &self,
        wanted: &W,
        kept: StoredRequest,
        is_first: bool,
    ) -> Result<Ensured<W::Object>, BackendError> {
        let body = if W::IS_PRIVATE { wanted.call(self).await?.body() } else { kept.body.clone() };
        let call = StripeCall::post(W::OPERATION, kept.path.split('/').skip(2));
        match self.wire.send_body(&call, &body, Some(&kept.sent_under())).await {
            Ok(answered) => {
                let object =
                    wanted.read(answered.value).map_err(|error| error.with_effect(Effect::Unknown))?;
                let found = self.found(kept, object, W::id).await;
                let found = found.map_err(|error| error.with_effect(Effect::Unknown))?;
                Ok(if answered.is_replayed { found } else { Ensured::Created(found.into_inner()) })
            }
            Err(failure) => self.failed(wanted, kept, failure, is_first).await,
        }
    }

    async fn failed<W: Wanted>(
        &self,
        wanted: &W,
        kept: StoredRequest,
        failure: Failure,
        is_first: bool,
    ) -> Result<Ensured<W::Object>, BackendError> {
        let Failure { error, is_replayed } = failure;
        let is_stored_failure = is_replayed && error.status().is_some_and(|status| status >= 500);
        let is_there = matches!(
            error.code(),
            Some("resource_already_exists" | "idempotency_error" | "idempotency_key_in_use")
        );
        if is_stored_failure || is_there {
            if let Some(object) = wanted.existing(self, Some(kept.sent_at)).await? {
                return self.found(kept, object, W::id).await;
            }
        }
        if is_stored_failure {
            let message = format!(
                "{}; Stripe stored this failure and would repeat it, and nothing was made: look at its request log, then use a \
                 new key",
                error.message()
            );
            let mut stored =
                super::error(error.kind(), W::OPERATION, message).with_effect(Effect::NotApplied);
            if let Some(id) = error.request_id() {
                stored = stored.with_request_id(id);
            }
            return Err(stored.with_code("stored_failure").with_retry(Retry::Never));
        }
        // A refusal for good frees the key, unless an earlier send of it may have worked; whatever is worth another try goes
        // out again as it was.
        if is_first && error.effect() == Effect::NotApplied && error.retry() == Retry::Never {
            self.journal.remove(&kept.scope, &kept.key).await?;
        }
        Err(error)
    }
}

//! Subscriptions.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Inner,
    ensure::{Wanted, digest},
    error,
};
use crate::{
    CancelSubscription, Page, Subscription, SubscriptionId, SubscriptionQuery,
    stripe::{
        answer::{self, customers::StripeSubscription},
        call::StripeCall,
        request::customers as requests,
    },
};

/// The end of a subscription with its period, as an effect under a key.
struct WantedCancel<'a> {
    key: &'a IdempotencyKey,
    spec: &'a CancelSubscription,
}

const CANCEL: &str = "cancel_subscription";

#[async_trait]
impl Wanted for WantedCancel<'_> {
    type Object = Subscription;
    type Spec = CancelSubscription;
    const OPERATION: &'static str = CANCEL;

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &CancelSubscription {
        self.spec
    }

    async fn existing(
        &self,
        stripe: &Inner,
        _: Option<Timestamp>,
    ) -> Result<Option<Subscription>, BackendError> {
        let now = stripe.subscription(CANCEL, &self.spec.subscription).await?;
        Ok(Some(now).filter(|now| now.state.is_over() || now.ends_with_period))
    }

    async fn by_id(&self, stripe: &Inner, _: &str) -> Result<Subscription, BackendError> {
        stripe.subscription(CANCEL, &self.spec.subscription).await
    }

    async fn call(&self, _: &Inner) -> Result<StripeCall, BackendError> {
        Ok(requests::cancel_at_period_end(&self.spec.subscription))
    }

    fn read(&self, value: Value) -> Result<Subscription, BackendError> {
        answer::object::<StripeSubscription>(CANCEL, value)?.read(CANCEL)
    }

    fn id(subscription: &Subscription) -> &str {
        subscription.id.as_str()
    }
}

impl Inner {
    pub(in crate::stripe) async fn subscription(
        &self,
        operation: &'static str,
        id: &SubscriptionId,
    ) -> Result<Subscription, BackendError> {
        let call = StripeCall::get(operation, ["subscriptions", id.as_str()]);
        self.wire.object::<StripeSubscription>(&call).await?.read(operation)
    }

    pub(in crate::stripe) async fn subscriptions(
        &self,
        query: &SubscriptionQuery,
    ) -> Result<Page<Subscription>, BackendError> {
        const OPERATION: &str = "subscriptions";
        #[derive(Deserialize)]
        struct List {
            data: Vec<StripeSubscription>,
            has_more: bool,
        }
        if !(1..=100).contains(&query.limit) {
            return Err(error(ErrorKind::InvalidInput, OPERATION, "a page has 1 to 100 subscriptions"));
        }
        let List { data, has_more } = self.wire.object(&requests::subscriptions(query)).await?;
        let items: Vec<Subscription> =
            data.into_iter().map(|one| one.read(OPERATION)).collect::<Result<_, _>>()?;
        let next = items.last().filter(|_| has_more).map(|last| last.id.to_string());
        Ok(Page::new(items, next))
    }

    pub(in crate::stripe) async fn cancel_subscription(
        &self,
        key: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        let wanted = WantedCancel { key, spec: cancel };
        if cancel.at_period_end {
            return Ok(self.ensure(&wanted).await?.into_inner());
        }
        // A DELETE has no idempotency key, and needs none: what is over stays over.
        self.claimed(key, CANCEL, digest(&wanted)?).await?;
        let now = self.subscription(CANCEL, &cancel.subscription).await?;
        if now.state.is_over() {
            return Ok(now);
        }
        match self.wire.object::<StripeSubscription>(&requests::cancel_now(&cancel.subscription)).await {
            Ok(ended) => ended.read(CANCEL),
            // An earlier try whose answer was lost may have ended it.
            Err(gone) if gone.kind() == ErrorKind::NotFound => {
                let now = self.subscription(CANCEL, &cancel.subscription).await?;
                if now.state.is_over() { Ok(now) } else { Err(gone) }
            }
            Err(other) => Err(other),
        }
    }
}

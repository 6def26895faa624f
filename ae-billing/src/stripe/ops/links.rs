//! Payment links.

use ae_core::{BackendError, BillingInterval, ErrorKind, IdempotencyKey, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    Inner,
    ensure::{Wanted, digest},
    error, is_of, of_key, refused, usable, within,
};
use crate::{
    NewLink, PaymentLink,
    stripe::{
        answer::{self, catalog::StripeLink},
        call::StripeCall,
        request::{self, catalog as requests},
    },
};

/// A link to make sure of.
pub(in crate::stripe) struct WantedLink<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewLink,
}

#[async_trait]
impl Wanted for WantedLink<'_> {
    type Object = PaymentLink;
    type Spec = NewLink;
    const OPERATION: &'static str = "ensure_payment_link";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewLink {
        self.spec
    }

    /// Links have no key of their own and can't be searched: all of them are read.
    async fn existing(
        &self,
        stripe: &Inner,
        _: Option<Timestamp>,
    ) -> Result<Option<PaymentLink>, BackendError> {
        let links = stripe.links(Self::OPERATION).await?;
        let own =
            links.into_iter().find(|link| answer::mark(&link.metadata, request::KEY) == self.key.as_str());
        own.map_or(Ok(None), |link| of_key(self, Some(link.read(Self::OPERATION)?)))
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<PaymentLink, BackendError> {
        let call = StripeCall::get(Self::OPERATION, ["payment_links", id]);
        let link: StripeLink = stripe.wire.object(&call).await?;
        Ok(link.read(Self::OPERATION)?.object)
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        let info = stripe.wire.config.info();
        self.spec.check(&info).map_err(refused(Self::OPERATION))?;
        let [price] = self.spec.prices.as_slice() else {
            return Err(error(
                ErrorKind::InvalidInput,
                Self::OPERATION,
                "a link sells exactly one price here",
            ));
        };
        let price = stripe.price_of_key(Self::OPERATION, price).await?;
        usable(Self::OPERATION, price.id.as_str(), price.run == self.spec.run, price.active)?;
        no_trial_of_one_charge(Self::OPERATION, price.interval, self.spec.trial_days)?;
        let links = stripe.links(Self::OPERATION).await?;
        let present = links.iter().filter(|link| is_of(self.spec.run)(&link.metadata)).count();
        within(present, info.caps.links_per_run_max, Self::OPERATION)?;
        Ok(requests::link(self.key, &digest(self)?, self.spec, &price, stripe.wire.runtime.now()))
    }

    fn read(&self, value: Value) -> Result<PaymentLink, BackendError> {
        Ok(answer::object::<StripeLink>(Self::OPERATION, value)?.read(Self::OPERATION)?.object)
    }

    fn id(link: &PaymentLink) -> &str {
        link.id.as_str()
    }
}

pub(super) fn no_trial_of_one_charge(
    operation: &'static str,
    interval: BillingInterval,
    trial_days: Option<u16>,
) -> Result<(), BackendError> {
    if trial_days.is_some() && interval == BillingInterval::OneTime {
        let message = "a price that is charged once has no trial";
        return Err(error(ErrorKind::InvalidInput, operation, message));
    }
    Ok(())
}

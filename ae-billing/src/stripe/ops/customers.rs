//! Customers, checkouts and the portal.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Secret, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Inner, created_since,
    ensure::{Wanted, digest},
    error,
    links::no_trial_of_one_charge,
    of_key, refused, usable,
};
use crate::{
    Checkout, CheckoutId, Customer, NewCheckout, NewCustomer, NewPortal, Portal,
    provider::checks,
    stripe::{
        answer::{
            self,
            customers::{StripeCustomer, StripeSession},
        },
        call::StripeCall,
        request::customers as requests,
    },
};

/// The part of a customer that is kept: no address.
#[derive(Serialize)]
pub(in crate::stripe) struct Label {
    run: ae_core::RunId,
    reference: String,
}

pub(in crate::stripe) struct WantedCustomer<'a> {
    key: &'a IdempotencyKey,
    spec: &'a NewCustomer,
    label: Label,
}

impl<'a> WantedCustomer<'a> {
    pub(in crate::stripe) fn new(key: &'a IdempotencyKey, spec: &'a NewCustomer) -> Self {
        Self { key, spec, label: Label { run: spec.run, reference: spec.reference.clone() } }
    }
}

#[async_trait]
impl Wanted for WantedCustomer<'_> {
    type Object = Customer;
    type Spec = Label;
    const OPERATION: &'static str = "ensure_customer";
    const IS_PRIVATE: bool = true;

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &Label {
        &self.label
    }

    async fn existing(
        &self,
        stripe: &Inner,
        since: Option<Timestamp>,
    ) -> Result<Option<Customer>, BackendError> {
        let Some(since) = since else { return Ok(None) };
        let call = StripeCall::get(Self::OPERATION, ["customers"]).with("created[gte]", created_since(since));
        let customers: Vec<StripeCustomer> = stripe.wire.list(&call).await?;
        let made = customers.into_iter().filter_map(|customer| customer.read(Self::OPERATION).ok());
        of_key(self, made)
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Customer, BackendError> {
        let customer: StripeCustomer =
            stripe.wire.object(&StripeCall::get(Self::OPERATION, ["customers", id])).await?;
        Ok(customer.read(Self::OPERATION)?.object)
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        checks::line("customer's label", &self.spec.reference, 120).map_err(refused(Self::OPERATION))?;
        let clock = stripe.wire.config.test_clock.as_deref();
        Ok(requests::customer(self.key, &digest(self)?, self.spec, clock))
    }

    fn read(&self, value: Value) -> Result<Customer, BackendError> {
        Ok(answer::object::<StripeCustomer>(Self::OPERATION, value)?.read(Self::OPERATION)?.object)
    }

    fn id(customer: &Customer) -> &str {
        customer.id.as_str()
    }
}

pub(in crate::stripe) struct WantedCheckout<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewCheckout,
}

#[async_trait]
impl Wanted for WantedCheckout<'_> {
    type Object = Checkout;
    type Spec = NewCheckout;
    const OPERATION: &'static str = "ensure_checkout";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewCheckout {
        self.spec
    }

    async fn existing(
        &self,
        stripe: &Inner,
        since: Option<Timestamp>,
    ) -> Result<Option<Checkout>, BackendError> {
        let Some(since) = since else { return Ok(None) };
        let call = StripeCall::get(Self::OPERATION, ["checkout", "sessions"])
            .with("created[gte]", created_since(since));
        let sessions: Vec<StripeSession> = stripe.wire.list(&call).await?;
        let made: Result<Vec<_>, _> =
            sessions.into_iter().map(|session| session.read(Self::OPERATION)).collect();
        of_key(self, made?)
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Checkout, BackendError> {
        stripe.checkout(id).await
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        let check = || {
            checks::url("success URL", Some(&self.spec.success_url))?;
            checks::url("cancel URL", self.spec.cancel_url.as_deref())?;
            checks::trial(self.spec.trial_days, &stripe.wire.config.info())
        };
        check().map_err(refused(Self::OPERATION))?;
        if self.spec.quantity == 0 {
            return Err(error(ErrorKind::InvalidInput, Self::OPERATION, "a checkout is of one unit or more"));
        }
        let price = stripe.price_of_key(Self::OPERATION, &self.spec.price).await?;
        usable(Self::OPERATION, price.id.as_str(), price.run == self.spec.run, price.active)?;
        no_trial_of_one_charge(Self::OPERATION, price.interval, self.spec.trial_days)?;
        Ok(requests::checkout(self.key, &digest(self)?, self.spec, &price))
    }

    fn read(&self, value: Value) -> Result<Checkout, BackendError> {
        Ok(answer::object::<StripeSession>(Self::OPERATION, value)?.read(Self::OPERATION)?.object)
    }

    fn id(checkout: &Checkout) -> &str {
        checkout.id.as_str()
    }
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct PortalSession {
    url: String,
}

impl Inner {
    pub(in crate::stripe) async fn checkout(&self, id: &str) -> Result<Checkout, BackendError> {
        const OPERATION: &str = "checkout";
        let call = StripeCall::get(OPERATION, ["checkout", "sessions", id]);
        let session: StripeSession = self.wire.object(&call).await?;
        Ok(session.read(OPERATION)?.object)
    }

    /// Opens the portal, with a configuration of ours where the account has none.
    pub(in crate::stripe) async fn open_portal(&self, spec: &NewPortal) -> Result<Portal, BackendError> {
        const OPERATION: &str = "open_portal";
        checks::url("return URL", Some(&spec.return_url)).map_err(refused(OPERATION))?;
        let call = StripeCall::get(OPERATION, ["billing_portal", "configurations"]).with("active", true);
        let there: Vec<Identified> = self.wire.list(&call).await?;
        let configuration = if there.is_empty() {
            // The same for every process, so that two at once make one.
            let key = format!("ae1_portal_{}", self.wire.config.scope().replace('/', "_"));
            let made = self.wire.send(&requests::portal_configuration(), Some(&key)).await?.value;
            Some(answer::object::<Identified>(OPERATION, made)?.id)
        } else {
            None
        };
        // Each call opens another page: its key is only for the tries of this call.
        let key = format!("ae1_portal_{}", self.wire.runtime.ids.new_uuid());
        let made = self.wire.send(&requests::portal(spec, configuration.as_deref()), Some(&key)).await?.value;
        Ok(Portal::new(Secret::new(answer::object::<PortalSession>(OPERATION, made)?.url)))
    }

    pub(in crate::stripe) async fn checkout_of(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        self.checkout(id.as_str()).await
    }
}

//! The provider.

use std::sync::Arc;

use ae_core::{BackendError, IdempotencyKey, RunId, Runtime, Timestamp};
use async_trait::async_trait;
use serde::Deserialize;

use super::{
    StripeCall,
    client::Wire,
    config::StripeConfig,
    ops::{
        Inner,
        catalog::WantedProduct,
        customers::{WantedCheckout, WantedCustomer},
        ensure::{Wanted as _, digest},
        links::WantedLink,
        prices::WantedPrice,
        usage::WantedMeter,
    },
    request::catalog as requests,
    webhook::{StripeEvent, event_page, event_request},
};
use crate::{
    CancelSubscription, Checkout, CheckoutId, Customer, Endpoint, Ensured, Meter, NewCheckout, NewCustomer,
    NewEndpoint, NewLink, NewMeter, NewPortal, NewPrice, NewProduct, NewRefund, NewUsage, ObjectRef, Page,
    Payment, PaymentLink, PaymentProvider, PaymentQuery, Portal, Price, Product, ProductId, ProviderInfo,
    Refund, RequestJournal, Subscription, SubscriptionId, SubscriptionQuery, stripe::ops::refused,
};

/// Stripe as a [`PaymentProvider`]. Clones share its connections; it needs a Tokio runtime.
///
/// Its objects carry the run, the key and the digest of the request in their metadata, so that everything is found again
/// from any machine; a product has an id that follows from its key, a price has its key as lookup key.
///
/// ```
/// use ae_billing::{MemoryJournal, Mode, PaymentProvider, Stripe, StripeConfig};
/// use ae_core::{Runtime, Secret};
///
/// let key = Secret::new("rk_test_123".to_owned());
/// let stripe = Stripe::new(StripeConfig::new(key, Mode::Test), MemoryJournal::new(), Runtime::system())?;
/// assert!(stripe.info().capabilities.refunds);
///
/// // A key of another mode is refused before anything is sent.
/// let live = StripeConfig::new(Secret::new("rk_live_123".to_owned()), Mode::Test);
/// assert!(Stripe::new(live, MemoryJournal::new(), Runtime::system()).is_err());
/// # Ok::<_, ae_core::BackendError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Stripe(Arc<Inner>);

impl Stripe {
    /// The provider for the account of `config`. What is sent is kept in `journal` first: all processes that use the account
    /// for the same runs should share one that survives a restart.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a key that is not one of Stripe's, or a base address that is none; `PermissionDenied` when the
    /// key's mode is not the configured one, or is live without being allowed.
    pub fn new(
        config: StripeConfig,
        journal: impl RequestJournal,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        Ok(Self(Arc::new(Inner { wire: Wire::new(config, runtime)?, journal: Box::new(journal) })))
    }

    /// A page of the events since `since`, newest first, to catch up after a time without webhooks: Stripe keeps 30 days.
    /// The first page, or the one after [`Page::next`] of the page before. In which order events are booked does not matter,
    /// and one that came before is a duplicate.
    ///
    /// # Errors
    ///
    /// Those of a call that reads.
    pub async fn events(
        &self,
        since: Timestamp,
        after: Option<&str>,
    ) -> Result<Page<StripeEvent>, BackendError> {
        event_page(self.0.wire.object(&event_request(since, after)).await?)
    }

    /// The request that would make the product, without sending it.
    ///
    /// # Errors
    ///
    /// `InvalidInput` as for the product itself.
    pub fn plan_product(&self, key: &IdempotencyKey, spec: &NewProduct) -> Result<StripeCall, BackendError> {
        spec.check().map_err(refused(WantedProduct::OPERATION))?;
        Ok(requests::product(key, &digest(&WantedProduct { key, spec })?, spec))
    }

    /// The request that would make the price, without sending it. The meter of a metered price stands there by its key,
    /// because its id is known only once it is made.
    ///
    /// # Errors
    ///
    /// `InvalidInput` and `QuotaExceeded` as for the price itself.
    pub fn plan_price(&self, key: &IdempotencyKey, spec: &NewPrice) -> Result<StripeCall, BackendError> {
        let refused = refused(WantedPrice::OPERATION);
        spec.check(&self.info()).map_err(&refused)?;
        let product: ProductId = super::answer::parsed(
            WantedPrice::OPERATION,
            &requests::product_id(&spec.product),
            "the id of the product",
        )?;
        let meter = match &spec.charge {
            crate::Charge::Metered { meter, .. } => Some(meter.as_str()),
            _ => None,
        };
        requests::price(key, &digest(&WantedPrice { key, spec })?, spec, &product, meter).map_err(refused)
    }
}

#[derive(Deserialize)]
struct Balance {}

#[async_trait]
impl PaymentProvider for Stripe {
    fn info(&self) -> ProviderInfo {
        self.0.wire.config.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        // The smallest object that says which mode it is of.
        self.0.wire.object::<Balance>(&StripeCall::get("check", ["balance"])).await.map(drop)
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.0.ensure(&WantedProduct { key, spec }).await
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.0.ensure(&WantedPrice { key, spec }).await
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.0.ensure(&WantedLink { key, spec }).await
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.0.deactivate(key, object).await
    }

    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        self.0.refund(key, refund).await
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.0.find(run).await
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.0.payments(query).await
    }

    async fn ensure_customer(
        &self,
        key: &IdempotencyKey,
        customer: &NewCustomer,
    ) -> Result<Ensured<Customer>, BackendError> {
        self.0.ensure(&WantedCustomer::new(key, customer)).await
    }

    async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        checkout: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        self.0.ensure(&WantedCheckout { key, spec: checkout }).await
    }

    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        self.0.checkout_of(id).await
    }

    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError> {
        self.0.open_portal(portal).await
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        self.0.subscription("subscription", id).await
    }

    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError> {
        self.0.subscriptions(query).await
    }

    async fn cancel_subscription(
        &self,
        key: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        self.0.cancel_subscription(key, cancel).await
    }

    async fn ensure_meter(
        &self,
        key: &IdempotencyKey,
        meter: &NewMeter,
    ) -> Result<Ensured<Meter>, BackendError> {
        self.0.ensure(&WantedMeter { key, spec: meter }).await
    }

    async fn record_usage(&self, key: &IdempotencyKey, usage: &NewUsage) -> Result<(), BackendError> {
        self.0.record_usage(key, usage).await
    }

    async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        endpoint: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        self.0.ensure_endpoint(key, endpoint).await
    }
}

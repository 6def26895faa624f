//! The provider.

use std::sync::Arc;

use ae_core::{BackendError, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use super::{answer, client::Wire, config::PolarConfig, request};
use crate::{
    CancelSubscription, Checkout, CheckoutId, Endpoint, Ensured, NewCheckout, NewEndpoint, NewLink,
    NewPortal, NewPrice, NewProduct, NewRefund, ObjectRef, Page, Payment, PaymentLink, PaymentProvider,
    PaymentQuery, Portal, Price, Product, ProviderInfo, Refund, Subscription, SubscriptionId,
    SubscriptionQuery,
};

/// Polar as a [`PaymentProvider`]. Clones share its connections; it needs a Tokio runtime.
///
/// - Each price is a product at Polar, and the product that prices belong to is one there that is never sold. A
///   [`PriceId`](crate::PriceId) is Polar's id of the product that sells the price, as in its events.
/// - Everything is found again by the metadata of Polar's objects, from any machine. Polar has no idempotency keys: what is
///   there is looked at first, one call at a time on clones of one provider, and what makes something is sent once. Two
///   processes that make the same at the same moment see each other afterwards: the older object stays.
/// - Polar deletes links. One that was ended is kept in the metadata of its product.
/// - Amounts of payments and refunds are without the taxes that Polar collects and pays.
/// - Polar makes no customer without an e-mail address, and one alone for each: customers are made by its checkouts. A
///   checkout is found again among the newest 100 of its price.
///
/// ```
/// use ae_billing::{Mode, PaymentProvider, Polar, PolarConfig};
/// use ae_core::{Runtime, Secret};
///
/// let token = Secret::new("polar_oat_123".to_owned());
/// let polar = Polar::new(PolarConfig::new(token.clone(), Mode::Test), Runtime::system())?;
/// assert!(polar.info().capabilities.merchant_of_record);
///
/// // The live mode is refused until it is allowed.
/// assert!(Polar::new(PolarConfig::new(token, Mode::Live), Runtime::system()).is_err());
/// # Ok::<_, ae_core::BackendError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Polar(Arc<Wire>);

impl Polar {
    /// The provider for the organization of `config`.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` where the address is of another mode, or live is not allowed; `InvalidInput` for an address that
    /// is none; `Unauthenticated` for an empty token.
    pub fn new(config: PolarConfig, runtime: Runtime) -> Result<Self, BackendError> {
        Ok(Self(Arc::new(Wire::new(config, runtime)?)))
    }
}

#[async_trait]
impl PaymentProvider for Polar {
    fn info(&self) -> ProviderInfo {
        self.0.config.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        let request = request::first_product();
        self.0.get::<answer::List<answer::Named>>(request).await.map(drop)
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.0.ensure_product(key, spec).await
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.0.ensure_price(key, spec).await
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.0.ensure_link(key, spec).await
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

    async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        checkout: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        self.0.ensure_checkout(key, checkout).await
    }

    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        self.0.checkout(id).await
    }

    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError> {
        self.0.open_portal(portal).await
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        self.0.subscription(id).await
    }

    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError> {
        self.0.subscriptions(query).await
    }

    async fn cancel_subscription(
        &self,
        _: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        self.0.cancel(cancel).await
    }

    async fn ensure_endpoint(
        &self,
        _: &IdempotencyKey,
        endpoint: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        self.0.ensure_endpoint(endpoint).await
    }
}

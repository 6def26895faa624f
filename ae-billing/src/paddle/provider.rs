//! The provider.

use std::sync::Arc;

use ae_core::{BackendError, IdempotencyKey, RunId, Runtime};
use async_trait::async_trait;

use super::{answer, client::Wire, config::PaddleConfig, request};
use crate::{
    CancelSubscription, Checkout, CheckoutId, Endpoint, Ensured, NewCheckout, NewEndpoint, NewLink,
    NewPortal, NewPrice, NewProduct, NewRefund, ObjectRef, Page, Payment, PaymentLink, PaymentProvider,
    PaymentQuery, Portal, Price, Product, ProviderInfo, Refund, Subscription, SubscriptionId,
    SubscriptionQuery,
};

/// Paddle Billing as a [`PaymentProvider`]. Clones share its connections; it needs a Tokio runtime.
///
/// - Paddle has no shareable links: its checkout opens on the [page](PaddleConfig::page) of the configuration. A link is a
///   copy of its price at Paddle, with its own trial, and its address is the page with that copy's id as `price_id`. Paddle
///   takes no success URL, and puts no checkout id into one: the page says where customers go after paying.
/// - A checkout is a transaction, whose address is the account's default payment link with `_ptxn`; its page says where
///   customers go afterwards. Paddle makes none before that link is set in its dashboard.
/// - Everything is found again by the custom data of Paddle's objects, from any machine. Paddle does not search custom data
///   and has no idempotency keys: lists are read, of products of the whole account and of transactions since the run
///   began, one call at a time on clones of one provider, and what makes something is sent once. Two processes that make
///   the same at the same moment see each other afterwards: the older object stays.
/// - Amounts of payments and refunds are without the taxes that Paddle collects and pays.
/// - Most refunds outside the sandbox wait for Paddle's approval: [`RefundState::Pending`](crate::RefundState::Pending).
///   Until that is given, Paddle takes no other refund of the payment.
/// - Paddle makes no customer without an e-mail address, and one alone for each: customers are made by its checkouts. Its
///   portal leads back nowhere.
///
/// ```
/// use ae_billing::{Mode, Paddle, PaddleConfig, PaymentProvider};
/// use ae_core::{Runtime, Secret};
///
/// let key = Secret::new("pdl_sdbx_apikey_123".to_owned());
/// let page = "https://example.com/buy";
/// let paddle = Paddle::new(PaddleConfig::new(key.clone(), Mode::Test, page), Runtime::system())?;
/// assert!(paddle.info().capabilities.merchant_of_record);
///
/// // A key of the sandbox is refused in the live mode.
/// let live = PaddleConfig::new(key, Mode::Live, page).allowing_live();
/// assert!(Paddle::new(live, Runtime::system()).is_err());
/// # Ok::<_, ae_core::BackendError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Paddle(Arc<Wire>);

impl Paddle {
    /// The provider for the account of `config`.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` where key or address are of another mode, or live is not allowed; `InvalidInput` for an address
    /// or a page that is none; `Unauthenticated` for an empty key.
    pub fn new(config: PaddleConfig, runtime: Runtime) -> Result<Self, BackendError> {
        Ok(Self(Arc::new(Wire::new(config, runtime)?)))
    }
}

#[async_trait]
impl PaymentProvider for Paddle {
    fn info(&self) -> ProviderInfo {
        self.0.config.info()
    }

    async fn check(&self) -> Result<(), BackendError> {
        let request = request::first_product();
        self.0.page::<answer::Named>(&request, None).await.map(drop)
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

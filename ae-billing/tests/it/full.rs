//! A provider with every ability, over plain data: what the checks of abilities run on.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use ae_billing::{
    CancelSubscription, Capabilities, Catalog, Checkout, CheckoutId, Customer, CustomerId, Endpoint,
    EndpointId, Ensured, Meter, MeterId, Mode, NewCheckout, NewCustomer, NewEndpoint, NewLink, NewMeter,
    NewPayment, NewPortal, NewPrice, NewProduct, NewUsage, ObjectRef, Page, Payment, PaymentLink,
    PaymentProvider, PaymentQuery, Portal, Price, PriceId, Product, ProviderInfo, Subscription,
    SubscriptionId, SubscriptionQuery, SubscriptionState, Terms,
};
use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId, Secret, Timestamp};
use async_trait::async_trait;

#[derive(Debug, Default)]
struct Made {
    catalog: Catalog,
    keys: BTreeMap<IdempotencyKey, String>,
    customers: BTreeMap<CustomerId, Customer>,
    checkouts: BTreeMap<CheckoutId, Checkout>,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    meters: BTreeMap<MeterId, Meter>,
    endpoints: BTreeMap<String, EndpointId>,
    pub usage: u64,
}

/// Clones share what was made.
#[derive(Debug, Clone)]
pub struct Full {
    made: Arc<Mutex<Made>>,
    info: ProviderInfo,
}

fn failed(kind: ErrorKind, operation: &str) -> BackendError {
    BackendError::new(kind, "full", operation.to_owned(), "refused")
}

impl Full {
    pub fn new() -> Self {
        let able = Capabilities::default()
            .with_own_ids()
            .with_deactivates()
            .with_tiered()
            .with_metered()
            .with_fractions()
            .with_trials()
            .with_customers()
            .with_checkouts()
            .with_portal()
            .with_subscriptions()
            .with_endpoints();
        let info = ProviderInfo::new("full", Mode::Test).with_capabilities(able);
        Self { made: Arc::default(), info }
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&mut Made, Terms<'_>) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        let terms = Terms::new(&self.info, "https://pay.example", Timestamp::UNIX_EPOCH);
        change(&mut self.made.lock().unwrap(), terms)
    }

    /// How much usage was reported.
    pub fn usage(&self) -> u64 {
        self.made.lock().unwrap().usage
    }

    pub fn subscribe(
        &self,
        key: &IdempotencyKey,
        payment: &NewPayment,
    ) -> Result<SubscriptionId, BackendError> {
        self.change(|made, terms| {
            let paid = made.catalog.record_payment(terms, key, payment)?.into_inner();
            let id = SubscriptionId::of_key(key);
            let new =
                Subscription::new(id.clone(), SubscriptionState::Active, paid.paid_at).with_price(paid.price);
            made.subscriptions.insert(id.clone(), new);
            Ok(id)
        })
    }
}

impl Made {
    /// Whether the key was used for the same request before.
    fn is_known(&mut self, key: &IdempotencyKey, request: impl Debug) -> Result<bool, BackendError> {
        let request = format!("{request:?}");
        match self.keys.get(key) {
            Some(known) if *known == request => Ok(true),
            Some(_) => Err(failed(ErrorKind::Conflict, "key")),
            None => {
                self.keys.insert(key.clone(), request);
                Ok(false)
            }
        }
    }
}

#[async_trait]
impl PaymentProvider for Full {
    fn info(&self) -> ProviderInfo {
        self.info.clone()
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.change(|made, terms| made.catalog.ensure_product(terms, key, spec))
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.change(|made, terms| made.catalog.ensure_price(terms, key, spec))
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.change(|made, terms| made.catalog.ensure_payment_link(terms, key, spec))
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.change(|made, terms| made.catalog.deactivate(terms, key, object))
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.change(|made, _| made.catalog.find(run))
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.change(|made, _| made.catalog.payments(query))
    }

    async fn ensure_customer(
        &self,
        key: &IdempotencyKey,
        spec: &NewCustomer,
    ) -> Result<Ensured<Customer>, BackendError> {
        self.change(|made, terms| {
            let customer = Customer::new(CustomerId::of_key(key), spec, terms.now);
            let is_known = made.is_known(key, spec)?;
            made.customers.insert(customer.id.clone(), customer.clone());
            Ok(if is_known { Ensured::Found(customer) } else { Ensured::Created(customer) })
        })
    }

    async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        spec: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        self.change(|made, terms| {
            let price = ObjectRef::Price(PriceId::of_key(&spec.price));
            if !made.catalog.find(spec.run)?.contains(&price) {
                let other = NewLink::new(spec.run, spec.price.clone());
                let probe = made.catalog.clone().ensure_payment_link(terms, key, &other);
                return Err(failed(probe.unwrap_err().kind(), "ensure_checkout"));
            }
            let id = CheckoutId::of_key(key);
            let checkout = Checkout::new(id.clone(), terms.now).with_url(format!("https://pay.example/{id}"));
            let is_known = made.is_known(key, spec)?;
            let checkout = made.checkouts.entry(id).or_insert(checkout).clone();
            Ok(if is_known { Ensured::Found(checkout) } else { Ensured::Created(checkout) })
        })
    }

    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        self.change(|made, _| {
            made.checkouts.get(id).cloned().ok_or_else(|| failed(ErrorKind::NotFound, "checkout"))
        })
    }

    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError> {
        self.change(|made, _| {
            let customer = made.customers.get(&portal.customer);
            let customer = customer.ok_or_else(|| failed(ErrorKind::NotFound, "open_portal"))?;
            Ok(Portal::new(Secret::new(format!("https://pay.example/{}", customer.id))))
        })
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        self.change(|made, _| {
            made.subscriptions.get(id).cloned().ok_or_else(|| failed(ErrorKind::NotFound, "subscription"))
        })
    }

    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError> {
        self.change(|made, _| {
            if !(1..=100).contains(&query.limit) {
                return Err(failed(ErrorKind::InvalidInput, "subscriptions"));
            }
            let wanted = |one: &&Subscription| query.price.is_none() || query.price == one.price;
            let after =
                |one: &&Subscription| query.after.as_deref().is_none_or(|after| one.id.as_str() > after);
            let mut items: Vec<_> =
                made.subscriptions.values().filter(wanted).filter(after).cloned().collect();
            let whole = usize::try_from(query.limit).unwrap();
            let has_more = items.len() > whole;
            items.truncate(whole);
            let next = items.last().filter(|_| has_more).map(|one| one.id.to_string());
            Ok(Page::new(items, next))
        })
    }

    async fn cancel_subscription(
        &self,
        key: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        self.change(|made, _| {
            let known = made.subscriptions.get_mut(&cancel.subscription);
            let known = known.ok_or_else(|| failed(ErrorKind::NotFound, "cancel_subscription"))?;
            known.ends_with_period = true;
            if !cancel.at_period_end {
                known.state = SubscriptionState::Canceled;
            }
            let ended = known.clone();
            made.is_known(key, cancel)?;
            Ok(ended)
        })
    }

    async fn ensure_meter(
        &self,
        key: &IdempotencyKey,
        spec: &NewMeter,
    ) -> Result<Ensured<Meter>, BackendError> {
        self.change(|made, terms| {
            let meter = Meter::new(MeterId::of_key(key), spec.clone(), terms.now);
            let is_known = made.is_known(key, spec)?;
            made.meters.insert(meter.id.clone(), meter.clone());
            Ok(if is_known { Ensured::Found(meter) } else { Ensured::Created(meter) })
        })
    }

    async fn record_usage(&self, key: &IdempotencyKey, usage: &NewUsage) -> Result<(), BackendError> {
        self.change(|made, _| {
            if !made.is_known(key, usage)? {
                made.usage += usage.quantity;
            }
            Ok(())
        })
    }

    async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        spec: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        self.change(|made, _| {
            if let Some(id) = made.endpoints.get(&spec.url) {
                return Ok(Ensured::Found(Endpoint::new(id.clone(), &*spec.url)));
            }
            let id = EndpointId::of_key(key);
            made.endpoints.insert(spec.url.clone(), id.clone());
            let secret = Digest::of_bytes("full", spec.url.as_bytes()).to_string();
            Ok(Ensured::Created(Endpoint::new(id, &*spec.url).with_secret(Secret::new(secret))))
        })
    }
}

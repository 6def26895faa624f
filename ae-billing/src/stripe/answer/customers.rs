//! Customers, checkouts, subscriptions, meters and endpoints.

use ae_core::{BackendError, Secret};
use serde::Deserialize;

use super::{Marks, Named, catalog::Made, mark, money, named, parsed, time};
use crate::{
    Checkout, CheckoutState, Customer, Endpoint, Meter, NewCustomer, NewMeter, Subscription,
    SubscriptionState,
    stripe::{answer::catalog::run_of, request},
};

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeCustomer {
    id: String,
    created: i64,
    #[serde(default)]
    metadata: Marks,
}

impl StripeCustomer {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Made<Customer>, BackendError> {
        let run = parsed(operation, mark(&self.metadata, request::RUN), "the run of a customer")?;
        let spec = NewCustomer::new(run, mark(&self.metadata, request::REFERENCE));
        let id = parsed(operation, &self.id, "the id of a customer")?;
        let customer = Customer::new(id, &spec, time(operation, self.created)?);
        Ok(Made::new(customer, &self.metadata))
    }
}

/// A checkout session.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeSession {
    id: String,
    url: Option<String>,
    status: Option<String>,
    pub(in crate::stripe) payment_status: String,
    pub(in crate::stripe) amount_total: Option<i64>,
    pub(in crate::stripe) currency: Option<String>,
    pub(in crate::stripe) invoice: Option<Named>,
    pub(in crate::stripe) payment_intent: Option<Named>,
    pub(in crate::stripe) subscription: Option<Named>,
    pub(in crate::stripe) customer: Option<Named>,
    pub(in crate::stripe) client_reference_id: Option<String>,
    pub(in crate::stripe) created: i64,
    #[serde(default)]
    metadata: Marks,
}

impl StripeSession {
    /// The payment: an invoice where there is one, else a payment intent.
    pub(in crate::stripe) fn payment(&self) -> Option<&str> {
        self.invoice.as_ref().or(self.payment_intent.as_ref()).map(Named::id)
    }

    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Made<Checkout>, BackendError> {
        let payment = self.payment().map(|id| parsed(operation, id, "the payment of a checkout"));
        let mut checkout = Checkout::new(
            parsed(operation, &self.id, "the id of a checkout")?,
            time(operation, self.created)?,
        )
        .with_paid(matches!(self.payment_status.as_str(), "paid" | "no_payment_required"));
        if let Some(status) = &self.status {
            checkout = checkout.with_state(named(operation, status)?);
        }
        checkout.payment = payment.transpose()?;
        checkout.url = self.url.filter(|_| checkout.state == CheckoutState::Open);
        checkout.amount =
            self.amount_total.zip(self.currency.as_deref()).and_then(|(minor, code)| money(minor, code));
        checkout.subscription = self
            .subscription
            .map(|named| parsed(operation, named.id(), "the subscription of a checkout"))
            .transpose()?;
        checkout.customer = self
            .customer
            .map(|named| parsed(operation, named.id(), "the customer of a checkout"))
            .transpose()?;
        Ok(Made::new(checkout, &self.metadata))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeSubscription {
    id: String,
    status: String,
    customer: Named,
    created: i64,
    #[serde(default)]
    cancel_at_period_end: bool,
    items: Items,
    #[serde(default)]
    metadata: Marks,
}

#[derive(Debug, Deserialize)]
struct Items {
    data: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    price: Named,
    current_period_end: Option<i64>,
}

impl StripeSubscription {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Subscription, BackendError> {
        let state: SubscriptionState = named(operation, &self.status)?;
        let id = parsed(operation, &self.id, "the id of a subscription")?;
        let mut subscription = Subscription::new(id, state, time(operation, self.created)?)
            .with_ends_with_period(self.cancel_at_period_end)
            .with_customer(parsed(operation, self.customer.id(), "the customer of a subscription")?);
        subscription.run = run_of(&self.metadata);
        if let Some(item) = self.items.data.first() {
            subscription.price = Some(parsed(operation, item.price.id(), "the price of a subscription")?);
            subscription.period_end = item.current_period_end.map(|end| time(operation, end)).transpose()?;
        }
        Ok(subscription)
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeMeter {
    pub(in crate::stripe) id: String,
    pub(in crate::stripe) display_name: String,
    pub(in crate::stripe) event_name: String,
    pub(in crate::stripe) status: String,
    created: i64,
}

impl StripeMeter {
    /// The meter; the vendor keeps no run of it, so that is the caller's.
    pub(in crate::stripe) fn read(
        self,
        operation: &'static str,
        spec: &NewMeter,
    ) -> Result<Meter, BackendError> {
        let spec = NewMeter::new(spec.run, self.display_name, self.event_name);
        let id = parsed(operation, &self.id, "the id of a meter")?;
        let mut meter = Meter::new(id, spec, time(operation, self.created)?);
        meter.active = self.status == "active";
        Ok(meter)
    }
}

#[derive(Deserialize)]
pub(in crate::stripe) struct StripeEndpoint {
    pub(in crate::stripe) id: String,
    pub(in crate::stripe) url: String,
    #[serde(default)]
    pub(in crate::stripe) enabled_events: Vec<String>,
    #[serde(default)]
    pub(in crate::stripe) status: String,
    secret: Option<String>,
}

impl StripeEndpoint {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Endpoint, BackendError> {
        let mut endpoint = Endpoint::new(parsed(operation, &self.id, "the id of an endpoint")?, self.url);
        endpoint.secret = self.secret.map(Secret::new);
        Ok(endpoint)
    }
}

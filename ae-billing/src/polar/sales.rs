//! Payments, refunds, customers and subscriptions.

use ae_core::{BackendError, Currency, ErrorKind, IdempotencyKey, Money, Secret};

use super::{
    POLAR_EVENTS,
    answer::{self, List, noted},
    catalog::{hash, id, price_of},
    client::{Wire, missing, unreadable},
    config::{failure, refused},
    money::{cents, of_cents},
    request::{self, HASH, KEY, mark},
    snapshot::{Snapshot, conflict, is_uuid, run as run_of},
};
use crate::{
    CancelSubscription, Checkout, CheckoutId, CheckoutState, Endpoint, Ensured, LinkId, NewCheckout,
    NewEndpoint, NewPortal, NewRefund, Page, Payment, PaymentQuery, Portal, Refund, RefundState,
    RequestError, Subscription, SubscriptionId, SubscriptionQuery, SubscriptionState, provider::checks,
};

fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(refused(operation)(RequestError::new(message)))
}

/// The number of a page, from what an earlier page said.
fn page(operation: &'static str, after: Option<&str>, limit: u32) -> Result<u32, BackendError> {
    if !(1..=100).contains(&limit) {
        return bad(operation, "a page has 1 to 100 items");
    }
    after.map_or(Ok(1), |after| {
        after.parse().or_else(|_| bad(operation, "this is not the end of an earlier page"))
    })
}

fn next(page: u32, list: &answer::Pagination) -> Option<String> {
    (page < list.max_page).then(|| page.saturating_add(1).to_string())
}

impl Wire {
    pub(super) async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        const OPERATION: &str = "payments";
        let number = page(OPERATION, query.after.as_deref(), query.limit)?;
        let all = self.snapshot(query.run).await?;
        if all.prices.is_empty() {
            return Ok(Page::new(Vec::new(), None));
        }
        let products = all.prices.iter().map(|price| &*price.id);
        let request = request::orders(products, number, query.limit);
        let list: Option<List<answer::Order>> = self.get(request).await?;
        let list = list.ok_or_else(|| unreadable(OPERATION, "list"))?;
        let mut items = Vec::new();
        for order in list.items.iter().filter(|order| order.is_paid()) {
            let payment = payment(&all, order)?;
            if query.link.as_ref().is_none_or(|link| *link == payment.link) {
                items.push(payment);
            }
        }
        Ok(Page::new(items, next(number, &list.pagination)))
    }

    pub(super) async fn refund(
        &self,
        key: &IdempotencyKey,
        spec: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        const OPERATION: &str = "refund";
        let none = || missing(OPERATION, "payment of this id");
        if !is_uuid(spec.payment.as_str()) {
            return Err(none());
        }
        let _alone = self.alone().await;
        let order: Option<answer::Order> = self.get(request::order(spec.payment.as_str())).await?;
        let order = order.ok_or_else(none)?;
        let hash = hash(OPERATION, spec)?;
        let all: Vec<answer::Refund> = self.all(&request::refunds(&order.id)).await?;
        let run = run_of(&order.metadata);
        if let Some(run) = run {
            self.snapshot(run).await?.used(OPERATION, OPERATION, key, "")?;
        }
        let counts = |refund: &&answer::Refund| !matches!(&*refund.status, "failed" | "canceled");
        let is_ours = |refund: &answer::Refund| noted(&refund.metadata, KEY) == Some(key.as_str());
        if let Some(index) = all.iter().position(is_ours) {
            let so_far: i64 =
                all.iter().take(index.saturating_add(1)).filter(counts).map(|one| one.amount).sum();
            let known = all.iter().find(|refund| is_ours(refund)).ok_or_else(none)?;
            if noted(&known.metadata, HASH) != Some(&hash) {
                return Err(conflict(OPERATION, key));
            }
            return shown(spec, known, so_far).map(Ensured::Found);
        }
        let gone = all.iter().filter(counts).map(|one| one.amount).sum::<i64>().max(order.refunded_amount);
        let wanted = cents(spec.amount).map_err(refused(OPERATION))?;
        let is_same = order.currency.parse::<Currency>().is_ok_and(|code| code == spec.amount.currency());
        if !is_same {
            return bad(OPERATION, format!("the payment is not in {}", spec.amount.currency()));
        }
        if wanted > order.net_amount.saturating_sub(gone) {
            return bad(OPERATION, format!("{} is more than is left of the payment", spec.amount));
        }
        let run = run.ok_or_else(|| {
            failure(ErrorKind::InvalidInput, OPERATION, "the payment is not for a product of a run")
        })?;
        let request = request::new_refund(spec, wanted, &mark(run, key, "refund", &hash))?;
        let made: answer::Refund = self.make(request).await?;
        shown(spec, &made, gone.saturating_add(made.amount)).map(Ensured::Created)
    }

    pub(super) async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        spec: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        const OPERATION: &str = "ensure_checkout";
        checks::url("success URL", Some(&spec.success_url)).map_err(refused(OPERATION))?;
        checks::url("URL for those who turn back", spec.cancel_url.as_deref()).map_err(refused(OPERATION))?;
        let hash = hash(OPERATION, spec)?;
        let _alone = self.alone().await;
        let all = self.snapshot(spec.run).await?;
        all.used(OPERATION, OPERATION, key, "")?;
        let is_it = |price: &&answer::Product| noted(&price.metadata, KEY) == Some(spec.price.as_str());
        let Some(price) = all.prices.iter().find(is_it) else {
            return Err(self.stranger(OPERATION, &spec.price).await);
        };
        if price.is_archived {
            return Err(failure(
                ErrorKind::Conflict,
                OPERATION,
                "the price was taken off sale: make a new one",
            ));
        }
        let newest: Option<List<answer::Checkout>> = self.get(request::checkouts(&price.id)).await?;
        let newest = newest.map(|list| list.items).unwrap_or_default();
        if let Some(known) = newest.iter().find(|one| noted(&one.metadata, KEY) == Some(key.as_str())) {
            let is_same = noted(&known.metadata, HASH) == Some(&hash);
            return if is_same { checkout(known).map(Ensured::Found) } else { Err(conflict(OPERATION, key)) };
        }
        if spec.quantity != 1 {
            return bad(OPERATION, "Polar sells one unit at a time here");
        }
        let request = request::new_checkout(spec, &price.id, &mark(spec.run, key, "checkout", &hash))?;
        checkout(&self.make(request).await?).map(Ensured::Created)
    }

    pub(super) async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        const OPERATION: &str = "checkout";
        let none = || missing(OPERATION, "checkout of this id");
        if !is_uuid(id.as_str()) {
            return Err(none());
        }
        let known: answer::Checkout = self.get(request::checkout(id.as_str())).await?.ok_or_else(none)?;
        let mut checkout = checkout(&known)?;
        if checkout.paid {
            let orders: Option<List<answer::Order>> = self.get(request::order_of(id.as_str())).await?;
            let order = orders.and_then(|list| list.items.into_iter().next());
            checkout.payment = order.map(|order| self::id(OPERATION, &order.id)).transpose()?;
        }
        Ok(checkout)
    }

    pub(super) async fn open_portal(&self, spec: &NewPortal) -> Result<Portal, BackendError> {
        checks::url("URL to come back to", Some(&spec.return_url)).map_err(refused("open_portal"))?;
        if !is_uuid(spec.customer.as_str()) {
            return Err(missing("open_portal", "customer of this id"));
        }
        let session: answer::Session = self.make(request::portal(spec)?).await?;
        Ok(Portal::new(Secret::new(session.customer_portal_url)))
    }

    pub(super) async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        let none = || missing("subscription", "subscription of this id");
        if !is_uuid(id.as_str()) {
            return Err(none());
        }
        let known = self.get(request::subscription(id.as_str())).await?;
        subscription(&known.ok_or_else(none)?)
    }

    pub(super) async fn subscriptions(
        &self,
        query: &SubscriptionQuery,
    ) -> Result<Page<Subscription>, BackendError> {
        const OPERATION: &str = "subscriptions";
        let number = page(OPERATION, query.after.as_deref(), query.limit)?;
        let (price, customer) = (query.price.as_ref(), query.customer.as_ref());
        let request = request::subscriptions(
            price.map(|price| price.as_str()),
            customer.map(|customer| customer.as_str()),
            number,
            query.limit,
        );
        let list: Option<List<answer::Subscription>> = self.get(request).await?;
        let list = list.ok_or_else(|| unreadable(OPERATION, "list"))?;
        let items = list.items.iter().map(subscription).collect::<Result<_, _>>()?;
        Ok(Page::new(items, next(number, &list.pagination)))
    }

    pub(super) async fn cancel(&self, cancel: &CancelSubscription) -> Result<Subscription, BackendError> {
        let known = self.subscription(&cancel.subscription).await?;
        let is_done = known.state.is_over() || (cancel.at_period_end && known.ends_with_period);
        if is_done {
            return Ok(known);
        }
        let id = cancel.subscription.as_str();
        let request = if cancel.at_period_end { request::cancel_at_end(id)? } else { request::revoke(id) };
        subscription(&self.put(request).await?.json()?)
    }

    pub(super) async fn ensure_endpoint(
        &self,
        spec: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        const OPERATION: &str = "ensure_endpoint";
        checks::url("URL for events", Some(&spec.url)).map_err(refused(OPERATION))?;
        let wanted: Vec<&str> = spec.events.iter().map(String::as_str).collect();
        let wanted = if wanted.is_empty() { POLAR_EVENTS.to_vec() } else { wanted };
        let shown = |known: answer::Endpoint| {
            let endpoint = Endpoint::new(id(OPERATION, &known.id)?, known.url);
            Ok(match known.secret {
                Some(secret) => endpoint.with_secret(Secret::new(secret)),
                None => endpoint,
            })
        };
        let _alone = self.alone().await;
        let all: Vec<answer::Endpoint> = self.all(&request::endpoints()).await?;
        let Some(known) = all.into_iter().find(|known| known.url == spec.url) else {
            return shown(self.make(request::new_endpoint(spec, &wanted)?).await?).map(Ensured::Created);
        };
        if wanted.iter().any(|event| !known.events.iter().any(|known| known == event)) {
            let mut events: Vec<&str> = known.events.iter().map(String::as_str).chain(wanted).collect();
            events.sort_unstable();
            events.dedup();
            self.put(request::more_events(&known.id, &events)?).await?;
        }
        shown(known).map(Ensured::Found)
    }
}

/// An order as a payment. Polar copies what a link carries to the orders that are paid there.
fn payment(all: &Snapshot, order: &answer::Order) -> Result<Payment, BackendError> {
    const OPERATION: &str = "payments";
    let sold = |product: &&answer::Product| Some(&product.id) == order.product_id.as_ref();
    let product = all.prices.iter().find(sold).ok_or_else(|| unreadable(OPERATION, "product"))?;
    let price = price_of(OPERATION, product)?;
    let key = noted(&order.metadata, KEY);
    let at = all.links.iter().find(|link| Some(&*link.key) == key);
    // A payment without a link was made at a checkout of its own.
    let place = at.map(|link| &link.id).or(order.checkout_id.as_ref()).unwrap_or(&order.id);
    let link: LinkId = id(OPERATION, place)?;
    let amount =
        of_cents(order.net_amount, &order.currency).ok_or_else(|| unreadable(OPERATION, "amount"))?;
    let customer = order.customer.as_ref().and_then(|customer| customer.external_id.as_deref());
    let payer = customer.unwrap_or(&order.customer_id);
    Ok(Payment::new(id(OPERATION, &order.id)?, link, &price, payer, order.created_at)
        .with_amount(amount)
        .with_invoice(order.invoice_number.as_deref().unwrap_or_default()))
}

fn shown(spec: &NewRefund, refund: &answer::Refund, total: i64) -> Result<Refund, BackendError> {
    let total: Money = of_cents(total, &refund.currency).ok_or_else(|| unreadable("refund", "amount"))?;
    let state = match &*refund.status {
        "succeeded" => RefundState::Succeeded,
        "failed" | "canceled" => RefundState::Failed,
        _ => RefundState::Pending,
    };
    Ok(Refund::new(spec.clone(), total, refund.created_at).with_state(state))
}

fn checkout(known: &answer::Checkout) -> Result<Checkout, BackendError> {
    const OPERATION: &str = "checkout";
    let (state, paid) = match &*known.status {
        "open" => (CheckoutState::Open, false),
        "confirmed" => (CheckoutState::Complete, false),
        "succeeded" => (CheckoutState::Complete, true),
        _ => (CheckoutState::Expired, false),
    };
    let mut checkout =
        Checkout::new(id(OPERATION, &known.id)?, known.created_at).with_state(state).with_paid(paid);
    if state == CheckoutState::Open {
        checkout.url = Some(known.url.clone());
    }
    checkout.amount = known.total_amount.and_then(|total| of_cents(total, known.currency.as_deref()?));
    checkout.customer = known.customer_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    checkout.subscription = known.subscription_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    Ok(checkout)
}

fn subscription(known: &answer::Subscription) -> Result<Subscription, BackendError> {
    const OPERATION: &str = "subscription";
    let state = SubscriptionState::ALL.iter().copied().find(|state| state.as_str() == known.status);
    let state = state.ok_or_else(|| unreadable(OPERATION, "state"))?;
    let mut subscription = Subscription::new(id(OPERATION, &known.id)?, state, known.created_at)
        .with_ends_with_period(known.cancel_at_period_end);
    subscription.run = run_of(&known.metadata);
    subscription.period_end = known.current_period_end;
    subscription.price = known.product_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    subscription.customer = known.customer_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    Ok(subscription)
}

//! Checkouts and subscriptions.

use ae_core::{BackendError, IdempotencyKey};

use super::{
    answer::{self, Transaction, noted},
    catalog::{copied, found, hash, id, usable},
    client::{Wire, missing, unreadable},
    config::refused,
    money::{number, of_minor},
    payments::{bad, paged},
    request::{self, HASH, KEY, KIND, PRICE, mark},
    snapshot::{Marked, conflict, is_id, run as run_of},
};
use crate::{
    CancelSubscription, Checkout, CheckoutId, CheckoutState, Ensured, NewCheckout, Page, Subscription,
    SubscriptionId, SubscriptionQuery, SubscriptionState, provider::checks,
};

/// Paddle's word for a subscription that has something scheduled and can't be changed until that is taken back.
const LOCKED: &str = "subscription_locked_pending_changes";

impl Wire {
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
        let Ok(price) = found(OPERATION, &all.prices, &spec.price) else {
            return Err(self.stranger(OPERATION, &spec.price).await);
        };
        usable(OPERATION, price)?;
        let start = price.created_at.ok_or_else(|| unreadable(OPERATION, "time"))?;
        let made: Vec<Transaction> = self.all(&request::transactions(OPERATION, None, start)).await?;
        let says = |one: &Transaction, name| noted(one.custom_data.as_ref(), name).map(str::to_owned);
        if let Some(known) = made.iter().find(|one| says(one, KEY).as_deref() == Some(key.as_str())) {
            let is_same = says(known, HASH).is_some_and(|known| known == hash)
                && says(known, KIND).as_deref() == Some("checkout");
            return if is_same { checkout(known).map(Ensured::Found) } else { Err(conflict(OPERATION, key)) };
        }
        if spec.quantity != 1 {
            return bad(OPERATION, "Paddle sells one unit at a time here");
        }
        if spec.trial_days.is_some() && price.billing_cycle.is_none() {
            return bad(OPERATION, "a price that is charged once has no trial");
        }
        let marks = copied(mark(spec.run, key, "checkout", &hash), price);
        checkout(&self.make(request::new_transaction(spec, price, &marks)?).await?).map(Ensured::Created)
    }

    pub(super) async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        let none = || missing("checkout", "checkout of this id");
        if !is_id("txn_", id.as_str()) {
            return Err(none());
        }
        let known = self.get(request::transaction("checkout", id.as_str())).await?;
        checkout(&known.ok_or_else(none)?)
    }

    pub(super) async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        let none = || missing("subscription", "subscription of this id");
        if !is_id("sub_", id.as_str()) {
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
        paged(OPERATION, "sub_", query.after.as_deref(), query.limit)?;
        let prices = match &query.price {
            Some(price) => self.copies(price.as_str()).await?,
            None => Vec::new(),
        };
        let customer = query.customer.as_ref().map(|customer| customer.as_str());
        let list = request::subscriptions(&prices, customer, query.limit);
        let page = self.page::<answer::Subscription>(&list, query.after.as_deref()).await?;
        let next = page.data.last().filter(|_| page.has_more()).map(|last| last.id.clone());
        let items = page.data.iter().map(subscription).collect::<Result<_, _>>()?;
        Ok(Page::new(items, next))
    }

    /// The ids under which a price is sold: its own, and those of its links and checkouts.
    async fn copies(&self, price: &str) -> Result<Vec<String>, BackendError> {
        let mut ids = vec![price.to_owned()];
        if !is_id("pri_", price) {
            return Ok(ids);
        }
        let Some(known) = self.get::<answer::Price>(request::price(price)).await? else { return Ok(ids) };
        let all: Vec<answer::Price> = self.all(&request::prices([&*known.product_id])).await?;
        ids.extend(all.into_iter().filter(|one| one.says(PRICE) == Some(price)).map(|one| one.id));
        Ok(ids)
    }

    pub(super) async fn cancel(&self, cancel: &CancelSubscription) -> Result<Subscription, BackendError> {
        let known = self.subscription(&cancel.subscription).await?;
        let is_done = known.state.is_over() || (cancel.at_period_end && known.ends_with_period);
        if is_done {
            return Ok(known);
        }
        let id = cancel.subscription.as_str();
        let ended = match self.make(request::cancel(id, cancel.at_period_end)?).await {
            // Nothing was done: what is scheduled comes first off, then the end.
            Err(error) if error.code() == Some(LOCKED) => {
                self.put(request::unschedule(id)?).await?;
                self.make(request::cancel(id, cancel.at_period_end)?).await?
            }
            ended => ended?,
        };
        subscription(&ended)
    }
}

fn checkout(known: &Transaction) -> Result<Checkout, BackendError> {
    const OPERATION: &str = "checkout";
    let state = match &*known.status {
        "paid" | "completed" => CheckoutState::Complete,
        "canceled" => CheckoutState::Expired,
        _ => CheckoutState::Open,
    };
    let mut checkout = Checkout::new(id(OPERATION, &known.id)?, known.created_at)
        .with_state(state)
        .with_paid(known.is_paid());
    if state == CheckoutState::Open {
        checkout.url = known.checkout.as_ref().and_then(|opened| opened.url.clone());
    }
    let total = known.details.as_ref().and_then(|details| number(&details.totals.total));
    checkout.amount = total.and_then(|total| of_minor(total, &known.currency_code));
    if checkout.paid {
        checkout.payment = Some(id(OPERATION, &known.id)?);
    }
    checkout.customer = known.customer_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    checkout.subscription = known.subscription_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    Ok(checkout)
}

fn subscription(known: &answer::Subscription) -> Result<Subscription, BackendError> {
    const OPERATION: &str = "subscription";
    let state = SubscriptionState::ALL.iter().copied().find(|state| state.as_str() == known.status);
    let state = state.ok_or_else(|| unreadable(OPERATION, "state"))?;
    let ends = known.scheduled_change.as_ref().is_some_and(|change| change.action == "cancel");
    let mut subscription =
        Subscription::new(id(OPERATION, &known.id)?, state, known.created_at).with_ends_with_period(ends);
    let price = known.items.first().and_then(|item| item.price.as_ref());
    subscription.run =
        price.and_then(|price| run_of(price.marks())).or_else(|| run_of(known.custom_data.as_ref()));
    subscription.period_end = known.current_billing_period.as_ref().map(|period| period.ends_at);
    let price = price.map(|price| price.says(PRICE).unwrap_or(&price.id));
    subscription.price = price.map(|text| id(OPERATION, text)).transpose()?;
    subscription.customer = known.customer_id.as_deref().map(|text| id(OPERATION, text)).transpose()?;
    Ok(subscription)
}

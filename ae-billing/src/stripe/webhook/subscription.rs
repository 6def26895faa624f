//! Subscriptions in their states.

use super::event::Effects;
use crate::{EntitlementEnd, EventEffect, SubscriptionChange, SubscriptionState, webhook::read::Object};

/// The subscription as it is at the time of the event.
pub(super) fn changed(subscription: Object<'_>) -> Effects {
    let id = subscription.needed_id(&["/id"])?;
    let name = subscription.text("/status").ok_or_else(|| subscription.unreadable(&["/status"]))?;
    // A state that is new here is kept and acknowledged, not guessed: refusals would make Stripe give up the endpoint.
    let Some(state) = state(name) else { return Ok(Vec::new()) };
    let run = subscription.run(&["/metadata"]);
    let items = || subscription.list("/items/data");
    let ends = items().filter_map(|item| item.time(&["/current_period_end"]));
    let period_end = ends.max().or_else(|| subscription.time(&["/current_period_end"]));
    let price = items().next().map(|item| item.id(&["/price", "/plan"])).transpose()?.flatten();
    let mut change = SubscriptionChange::new(id.clone(), state, subscription.at)
        .with_price(price.unwrap_or_default())
        .with_customer(subscription.id(&["/customer"])?.unwrap_or_default());
    change.run = run;
    change.period_end = period_end;
    let cancel_at = subscription.time(&["/cancel_at"]);
    change.ends_with_period = subscription.is_true("/cancel_at_period_end")
        || cancel_at.zip(period_end).is_some_and(|(at, end)| at <= end);
    let mut effects = vec![EventEffect::Changed(change)];
    if state.is_over() {
        effects.push(EventEffect::Ended(EntitlementEnd::new(run, id)));
    }
    Ok(effects)
}

/// The state by Stripe's name for it; `None` for one that is not known, which is not guessed.
pub(in crate::stripe) fn state(name: &str) -> Option<SubscriptionState> {
    SubscriptionState::ALL.iter().copied().find(|state| state.as_str() == name)
}

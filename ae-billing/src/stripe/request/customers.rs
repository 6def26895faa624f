//! Customers, checkouts, the portal, subscriptions and refunds.

use ae_core::{Digest, IdempotencyKey};

use super::{PRICE, REFERENCE, TIER, catalog::sold, mark, success_url};
use crate::{
    Charge, NewCheckout, NewCustomer, NewPortal, NewRefund, Price, RequestError, SubscriptionId,
    SubscriptionQuery,
    stripe::{call::StripeCall, form::Form, request::amounts},
};

pub(in crate::stripe) fn customer(
    key: &IdempotencyKey,
    digest: &Digest,
    spec: &NewCustomer,
    test_clock: Option<&str>,
) -> StripeCall {
    let marked = mark(key, digest, Some(spec.run)).with(REFERENCE, &spec.reference);
    let form = Form::new()
        .with("description", &spec.reference)
        .maybe("email", spec.email.as_ref().map(|email| email.expose().as_str()))
        .maybe("test_clock", test_clock)
        .nested("metadata", &marked);
    StripeCall::post("ensure_customer", ["customers"]).with_form(form)
}

pub(in crate::stripe) fn checkout(
    key: &IdempotencyKey,
    digest: &Digest,
    spec: &NewCheckout,
    price: &Price,
) -> StripeCall {
    let marked = mark(key, digest, Some(spec.run)).with(TIER, &price.tier).with(PRICE, &price.id);
    let is_once = price.interval == ae_core::BillingInterval::OneTime;
    let is_metered = matches!(price.charge, Charge::Metered { .. });
    let form = Form::new()
        .with("mode", if is_once { "payment" } else { "subscription" })
        .with("line_items[0][price]", &price.id)
        .maybe("line_items[0][quantity]", (!is_metered).then_some(spec.quantity))
        .with("success_url", success_url(&spec.success_url))
        .maybe("cancel_url", spec.cancel_url.as_ref())
        .maybe("customer", spec.customer.as_ref());
    let form = sold(form, price, spec.trial_days, &marked).nested("metadata", &marked);
    StripeCall::post("ensure_checkout", ["checkout", "sessions"]).with_form(form)
}

pub(in crate::stripe) fn portal(spec: &NewPortal, configuration: Option<&str>) -> StripeCall {
    let form = Form::new()
        .with("customer", &spec.customer)
        .with("return_url", &spec.return_url)
        .maybe("configuration", configuration);
    StripeCall::post("open_portal", ["billing_portal", "sessions"]).with_form(form)
}

/// A portal where customers see invoices, change how they pay and end subscriptions.
pub(in crate::stripe) fn portal_configuration() -> StripeCall {
    let form = Form::new()
        .with("features[invoice_history][enabled]", true)
        .with("features[payment_method_update][enabled]", true)
        .with("features[subscription_cancel][enabled]", true)
        .with("features[subscription_cancel][mode]", "at_period_end");
    StripeCall::post("open_portal", ["billing_portal", "configurations"]).with_form(form)
}

pub(in crate::stripe) fn subscriptions(query: &SubscriptionQuery) -> StripeCall {
    let form = Form::new()
        .with("status", "all")
        .with("limit", query.limit)
        .maybe("price", query.price.as_ref())
        .maybe("customer", query.customer.as_ref())
        .maybe("starting_after", query.after.as_ref());
    StripeCall::get("subscriptions", ["subscriptions"]).with_form(form)
}

pub(in crate::stripe) fn cancel_now(id: &SubscriptionId) -> StripeCall {
    StripeCall::delete("cancel_subscription", ["subscriptions", id.as_str()])
}

pub(in crate::stripe) fn cancel_at_period_end(id: &SubscriptionId) -> StripeCall {
    StripeCall::post("cancel_subscription", ["subscriptions", id.as_str()]).with("cancel_at_period_end", true)
}

pub(in crate::stripe) fn refund(
    key: &IdempotencyKey,
    digest: &Digest,
    spec: &NewRefund,
    intent: &str,
) -> Result<StripeCall, RequestError> {
    let form = Form::new()
        .with("payment_intent", intent)
        .with("amount", amounts::minor(spec.amount)?)
        .nested("metadata", &mark(key, digest, None));
    Ok(StripeCall::post("refund", ["refunds"]).with_form(form))
}

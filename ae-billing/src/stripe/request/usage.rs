//! Meters, usage, and where events are sent.

use ae_core::IdempotencyKey;

use crate::{
    NewEndpoint, NewMeter, NewUsage,
    stripe::{API_VERSION, STRIPE_EVENTS, call::StripeCall, form::Form},
};

pub(in crate::stripe) fn meter(spec: &NewMeter) -> StripeCall {
    let form = Form::new()
        .with("display_name", &spec.name)
        .with("event_name", &spec.event)
        .with("default_aggregation[formula]", "sum")
        .with("customer_mapping[type]", "by_id")
        .with("customer_mapping[event_payload_key]", "stripe_customer_id")
        .with("value_settings[event_payload_key]", "value");
    StripeCall::post("ensure_meter", ["billing", "meters"]).with_form(form)
}

pub(in crate::stripe) fn usage(key: &IdempotencyKey, usage: &NewUsage) -> StripeCall {
    let form = Form::new()
        .with("event_name", &usage.event)
        .with("payload[stripe_customer_id]", &usage.customer)
        .with("payload[value]", usage.quantity)
        .with("identifier", key)
        .with("timestamp", usage.at.as_second());
    StripeCall::post("record_usage", ["billing", "meter_events"]).with_form(form)
}

/// The events that an endpoint gets.
pub(in crate::stripe) fn wanted(spec: &NewEndpoint) -> Vec<&str> {
    if spec.events.is_empty() {
        STRIPE_EVENTS.to_vec()
    } else {
        spec.events.iter().map(String::as_str).collect()
    }
}

fn events(spec: &NewEndpoint) -> Form {
    let events = wanted(spec).into_iter().enumerate();
    events.fold(Form::new(), |form, (index, event)| form.with(format!("enabled_events[{index}]"), event))
}

pub(in crate::stripe) fn endpoint(spec: &NewEndpoint) -> StripeCall {
    let form = Form::new().with("url", &spec.url).with("api_version", API_VERSION);
    let form = events(spec).pairs().iter().fold(form, |form, (name, value)| form.with(name, value));
    StripeCall::post("ensure_endpoint", ["webhook_endpoints"]).with_form(form)
}

/// Sets the events of an endpoint that exists, and switches it on.
pub(in crate::stripe) fn endpoint_again(id: &str, spec: &NewEndpoint) -> StripeCall {
    StripeCall::post("ensure_endpoint", ["webhook_endpoints", id])
        .with_form(events(spec).with("disabled", false))
}

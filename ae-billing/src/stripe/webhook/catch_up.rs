//! Events that were missed: Stripe lists those of the last 30 days.

use ae_core::{BackendError, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::event;
use crate::{
    Page, ProviderEvent, StripeCall, WebhookError,
    stripe::answer::{object, strange},
};

const OPERATION: &str = "events";

/// A listed event, with the bytes to keep.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StripeEvent {
    /// The event, or why it can't be read. An unreadable one does not hold the others up.
    pub event: Result<ProviderEvent, WebhookError>,
    /// The event as JSON.
    pub raw: Vec<u8>,
}

/// Asks for a page of the events since `since`: the first one, or the one after [`Page::next`] of the page before.
pub(in crate::stripe) fn request(since: Timestamp, after: Option<&str>) -> StripeCall {
    let call =
        StripeCall::get(OPERATION, ["events"]).with("limit", 100).with("created[gte]", since.as_second());
    match after {
        Some(last) => call.with("starting_after", last),
        None => call,
    }
}

/// Reads a page.
pub(in crate::stripe) fn page(answer: Value) -> Result<Page<StripeEvent>, BackendError> {
    let list: List = object(OPERATION, answer)?;
    let last = list.data.last().and_then(|event| event.get("id")).and_then(Value::as_str);
    let next = match (list.has_more, last) {
        (false, _) => None,
        (true, Some(last)) => Some(last.to_owned()),
        (true, None) => return Err(strange(OPERATION, "a list that goes on after nothing")),
    };
    let read =
        |value: &Value| StripeEvent { event: event::of_value(value), raw: value.to_string().into_bytes() };
    Ok(Page::new(list.data.iter().map(read).collect(), next))
}

#[derive(Debug, Deserialize)]
struct List {
    data: Vec<Value>,
    has_more: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_follow_each_other_and_an_odd_event_does_not_hold_them_up() {
        let since = Timestamp::from_second(1_800_000_000).unwrap();
        let call = request(since, Some("evt_9"));
        let pairs: Vec<_> = call.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!((call.method(), call.path()), ("GET", "/v1/events".to_owned()));
        assert_eq!(pairs, ["limit=100", "created[gte]=1800000000", "starting_after=evt_9"]);
        assert_eq!(request(since, None).pairs().len(), 2);

        let event = |id: &str, kind: &str| {
            json!({ "id": id, "object": "event", "type": kind, "created": 1_800_000_000, "livemode": false,
                "data": { "object": {} } })
        };
        let data = json!([event("evt_2", "ping"), event("evt_1", "charge.refunded")]);
        let read = page(json!({ "object": "list", "data": data, "has_more": true })).unwrap();
        assert_eq!(read.next.as_deref(), Some("evt_1"));
        assert_eq!(read.items[0].event.as_ref().unwrap().id, "evt_2");
        assert_eq!(serde_json::from_slice::<Value>(&read.items[0].raw).unwrap(), data[0]);
        assert!(matches!(read.items[1].event, Err(WebhookError::MalformedEvent(_))));
        assert_eq!(page(json!({ "data": data, "has_more": false })).unwrap().next, None);
        for answer in [json!(7), json!({}), json!({ "data": [], "has_more": true })] {
            assert!(page(answer).is_err());
        }
    }
}

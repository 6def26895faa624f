//! Single objects and lists.

use serde_json::{Value, json};

use super::{
    handler::{Outcome, refuse},
    state::State,
};

/// The kind of object that a path leads to.
pub(super) fn kind(path: &[&str]) -> Option<&'static str> {
    Some(match path {
        ["products"] => "product",
        ["prices"] => "price",
        ["payment_links"] => "payment_link",
        ["checkout", "sessions"] => "checkout.session",
        ["customers"] => "customer",
        ["subscriptions"] => "subscription",
        ["invoices"] => "invoice",
        ["payment_intents"] => "payment_intent",
        ["charges"] => "charge",
        ["disputes"] => "dispute",
        ["refunds"] => "refund",
        ["billing", "meters"] => "billing.meter",
        ["billing_portal", "configurations"] => "billing_portal.configuration",
        ["webhook_endpoints"] => "webhook_endpoint",
        ["events"] => "event",
        _ => return None,
    })
}

pub(super) fn read(state: &State, path: &[&str], form: &Value) -> Outcome {
    if let Some(kind) = kind(path) {
        return list(state, kind, path, form);
    }
    if let [parent @ .., id, "line_items"] = path {
        let parent = kind(parent)
            .and_then(|kind| state.get(kind, id))
            .ok_or_else(|| refuse(404, "resource_missing", "id"))?;
        return Ok(items(&parent["line_items"]));
    }
    let [parent @ .., id] = path else { return Err(refuse(404, "", "")) };
    let object = kind(parent).and_then(|kind| state.get(kind, id));
    let object = object.ok_or_else(|| refuse(404, "resource_missing", "id"))?;
    Ok(expanded(state, shown(object, form, ""), form, ""))
}

/// The list of one line item.
fn items(item: &Value) -> Value {
    json!({ "object": "list", "data": [item], "has_more": false })
}

/// `object` with objects in the place of the ids that `expand` names, and in its form where the line items are a list.
fn expanded(state: &State, mut object: Value, form: &Value, prefix: &str) -> Value {
    if object["object"] == "checkout.session" && object["line_items"].is_object() {
        object["line_items"] = items(&object["line_items"]);
    }
    let paths = form["expand"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for path in paths.filter_map(|path| path.strip_prefix(prefix)) {
        let names: Vec<&str> = path.split('.').collect();
        put(state, &mut object, &names);
    }
    object
}

/// Puts the object in the place of its id at `names`, one step after the other.
fn put(state: &State, value: &mut Value, names: &[&str]) {
    let [name, rest @ ..] = names else { return };
    let Some(field) = value.get_mut(*name) else { return };
    let kind = match *name {
        "latest_charge" => "charge",
        "latest_invoice" => "invoice",
        name => name,
    };
    if let Some(found) = field.as_str().and_then(|id| state.get(kind, id)) {
        *field = shown(found, &Value::Null, "");
    }
    put(state, field, rest);
}

/// Whether `name` is asked for, below `prefix`.
fn expands(form: &Value, prefix: &str, name: &str) -> bool {
    let wanted = json!(format!("{prefix}{name}"));
    form["expand"].as_array().is_some_and(|names| names.contains(&wanted))
}

/// An object as it is shown: some fields only where they are asked for, a secret never again.
pub(super) fn shown(object: &Value, form: &Value, prefix: &str) -> Value {
    let mut object = object.clone();
    let hidden: &[&str] = match object["object"].as_str().unwrap_or_default() {
        "price" => &["tiers"],
        "invoice" => &["payments"],
        "payment_link" | "checkout.session" => &["line_items"],
        _ => &[],
    };
    if let Some(fields) = object.as_object_mut() {
        for name in hidden.iter().filter(|name| !expands(form, prefix, name)) {
            fields.remove(*name);
        }
        // Neither a payment link nor a refund's mode is shown by Stripe.
        match fields.get("object").and_then(Value::as_str) {
            Some("payment_link") => drop(fields.remove("created")),
            Some("refund") => drop(fields.remove("livemode")),
            _ => {}
        }
    }
    object
}

fn list(state: &State, kind: &str, path: &[&str], form: &Value) -> Outcome {
    let limit = form["limit"].as_u64().unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(refuse(400, "parameter_invalid_integer", "limit"));
    }
    let mut found: Vec<&Value> =
        state.all(kind).iter().rev().filter(|object| matches(object, form)).collect();
    if let Some(last) = form["starting_after"].as_str() {
        let at = found.iter().position(|object| object["id"] == last);
        let at = at.ok_or_else(|| refuse(400, "resource_missing", "starting_after"))?;
        found.drain(..=at);
    }
    let limit = usize::try_from(limit).unwrap_or(100);
    let one = |object: &&Value| expanded(state, shown(object, form, "data."), form, "data.");
    let data: Vec<Value> = found.iter().take(limit).map(one).collect();
    Ok(json!({ "object": "list", "url": format!("/v1/{}", path.join("/")), "has_more": found.len() > limit,
        "data": data }))
}

fn matches(object: &Value, form: &Value) -> bool {
    form.as_object().into_iter().flatten().all(|(name, wanted)| match name.as_str() {
        "limit" | "starting_after" | "expand" => true,
        "ids" => wanted.as_array().is_some_and(|ids| ids.contains(&object["id"])),
        "lookup_keys" => wanted.as_array().is_some_and(|keys| keys.contains(&object["lookup_key"])),
        "types" => wanted.as_array().is_some_and(|types| types.contains(&object["type"])),
        "status" if object["object"] == "subscription" => match wanted.as_str() {
            Some("all") => true,
            Some("ended") => object["status"] == "canceled",
            _ => object["status"] == *wanted,
        },
        "price" => object["items"]["data"][0]["price"]["id"] == *wanted,
        "created" => {
            let at = object["created"].as_i64().unwrap_or_default();
            let bound = |name: &str| wanted[name].as_i64().or_else(|| wanted[name].as_str()?.parse().ok());
            bound("gte").is_none_or(|bound| at >= bound)
                && bound("gt").is_none_or(|bound| at > bound)
                && bound("lte").is_none_or(|bound| at <= bound)
                && bound("lt").is_none_or(|bound| at < bound)
                && wanted.as_i64().is_none_or(|exact| at == exact)
        }
        // Paths that are not described are not typed either.
        _ => object[name] == *wanted || wanted.as_str() == Some(&object[name].to_string()),
    })
}

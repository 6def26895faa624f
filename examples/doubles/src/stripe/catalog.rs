//! Products, prices and links.

use serde_json::{Value, json};

use super::{
    handler::{Outcome, missing, refuse},
    read::{kind, shown},
    state::State,
};

fn or(form: &Value, name: &str, other: &Value) -> Value {
    form.get(name).unwrap_or(other).clone()
}

/// The fields of `form` over the usual ones.
pub(super) fn over(mut usual: Value, form: &Value) -> Value {
    for (name, value) in form.as_object().into_iter().flatten() {
        if name != "expand" {
            usual[name] = value.clone();
        }
    }
    usual
}

pub(super) fn product(state: &mut State, form: Value) -> Outcome {
    let id = match form["id"].as_str() {
        Some(id) if state.get("product", id).is_some() => {
            return Err(refuse(400, "resource_already_exists", "id"));
        }
        Some(id) => id.to_owned(),
        None => state.id("prod"),
    };
    if form["description"] == "" {
        return Err(refuse(400, "parameter_invalid_empty", "description"));
    }
    let usual = json!({ "object": "product", "active": true, "default_price": null, "description": null, "images": [],
        "marketing_features": [], "metadata": {}, "package_dimensions": null, "shippable": null,
        "statement_descriptor": null, "tax_code": null, "type": "service", "unit_label": null, "url": null,
        "updated": state.now() });
    Ok(state.add("product", &id, over(usual, &form)))
}

/// An amount as Stripe gives it in both forms.
fn both(form: &Value, whole: &str, decimal: &str) -> (Value, Value) {
    if let Some(amount) = form[whole].as_i64() {
        return (json!(amount), json!(amount.to_string()));
    }
    let Some(text) = form[decimal].as_str() else { return (Value::Null, Value::Null) };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    (text.parse::<i64>().map_or(Value::Null, Value::from), json!(text))
}

fn tier(form: &Value) -> Value {
    let (unit, unit_decimal) = both(form, "unit_amount", "unit_amount_decimal");
    let (flat, flat_decimal) = both(form, "flat_amount", "flat_amount_decimal");
    let up_to = if form["up_to"] == "inf" { Value::Null } else { form["up_to"].clone() };
    json!({ "up_to": up_to, "unit_amount": unit, "unit_amount_decimal": unit_decimal, "flat_amount": flat,
        "flat_amount_decimal": flat_decimal })
}

pub(super) fn price(state: &mut State, form: Value) -> Outcome {
    let product = form["product"].as_str().unwrap_or_default();
    if state.get("product", product).is_none() {
        return Err(missing("product"));
    }
    let ways = ["unit_amount", "unit_amount_decimal", "custom_unit_amount", "tiers"];
    if ways.iter().filter(|way| form.get(**way).is_some()).count() != 1 {
        return Err(refuse(400, "parameter_invalid", "unit_amount"));
    }
    let is_metered = form["recurring"]["usage_type"] == "metered";
    if is_metered
        && form["recurring"]["meter"].as_str().is_none_or(|meter| state.get("billing.meter", meter).is_none())
    {
        return Err(missing("recurring[meter]"));
    }
    let tiers: Vec<Value> = form["tiers"].as_array().into_iter().flatten().map(tier).collect();
    if form.get("tiers").is_some()
        && (form["billing_scheme"] != "tiered"
            || form.get("tiers_mode").is_none()
            || tiers.last().is_none_or(|last| !last["up_to"].is_null()))
    {
        return Err(refuse(400, "parameter_invalid", "tiers"));
    }
    if let Some(key) = form["lookup_key"].as_str() {
        let has = |price: &&Value| price["lookup_key"] == key && price["active"] == true;
        let holder = state.all("price").iter().find(has).map(|price| price["id"].clone());
        match (holder, form["transfer_lookup_key"] == true) {
            (Some(_), false) => return Err(refuse(400, "resource_already_exists", "lookup_key")),
            (Some(holder), true) => {
                state.set("price", holder.as_str().unwrap_or_default(), &json!({ "lookup_key": null }));
            }
            (None, _) => {}
        }
    }
    let (unit, decimal) = both(&form, "unit_amount", "unit_amount_decimal");
    let recurring = match form.get("recurring") {
        None => Value::Null,
        Some(given) => over(
            json!({ "interval_count": 1, "meter": null, "trial_period_days": null, "usage_type": "licensed" }),
            given,
        ),
    };
    let null = Value::Null;
    let object = json!({ "object": "price", "active": true, "billing_scheme": or(&form, "billing_scheme", &json!("per_unit")),
        "currency": form["currency"], "custom_unit_amount": null, "lookup_key": or(&form, "lookup_key", &null),
        "metadata": or(&form, "metadata", &json!({})), "nickname": or(&form, "nickname", &null), "product": product,
        "recurring": recurring, "tax_behavior": "unspecified", "tiers": tiers, "tiers_mode": or(&form, "tiers_mode", &null),
        "transform_quantity": null, "type": if recurring.is_null() { "one_time" } else { "recurring" },
        "unit_amount": unit, "unit_amount_decimal": decimal });
    let id = state.id("price");
    let made = state.add("price", &id, object);
    Ok(shown(&made, &form, ""))
}

pub(super) fn link(state: &mut State, form: Value) -> Outcome {
    let lines = form["line_items"].as_array().cloned().unwrap_or_default();
    for (index, line) in lines.iter().enumerate() {
        let price = line["price"].as_str().and_then(|id| state.get("price", id));
        let price = price.ok_or_else(|| missing(&format!("line_items[{index}][price]")))?;
        if price["active"] == false {
            return Err(refuse(400, "price_inactive", &format!("line_items[{index}][price]")));
        }
        let is_recurring = !price["recurring"].is_null();
        let other = if is_recurring { "payment_intent_data" } else { "subscription_data" };
        if form.get(other).is_some() {
            return Err(refuse(400, "parameter_invalid", other));
        }
    }
    let id = state.id("plink");
    let usual = json!({ "object": "payment_link", "active": true, "after_completion":
        { "type": "hosted_confirmation", "hosted_confirmation": { "custom_message": null } },
        "allow_promotion_codes": false, "metadata": {}, "restrictions": null, "subscription_data": null,
        "payment_intent_data": null, "customer_creation": "if_required" });
    let mut object = over(usual, &form);
    object["url"] = json!(format!("{}/pay/{id}", state.base));
    let made = state.add("payment_link", &id, object);
    Ok(shown(&made, &form, ""))
}

pub(super) fn updated(state: &mut State, kind_path: &str, id: &str, form: &Value) -> Outcome {
    let kind = kind(&[kind_path]).ok_or_else(|| refuse(404, "", ""))?;
    if state.get(kind, id).is_none() {
        return Err(refuse(404, "resource_missing", "id"));
    }
    let mut fields = form.clone();
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("expand");
        if let Some(off) = fields.remove("disabled") {
            let status = if off == true { "disabled" } else { "enabled" };
            fields.insert("status".to_owned(), json!(status));
        }
    }
    let changed = state.set(kind, id, &fields);
    Ok(shown(&changed, form, ""))
}

pub(super) fn deleted(state: &mut State, kind_path: &str, id: &str) -> Outcome {
    let kind = kind(&[kind_path]).filter(|kind| matches!(*kind, "product" | "webhook_endpoint"));
    let kind = kind.ok_or_else(|| refuse(404, "", ""))?;
    if state.get(kind, id).is_none() {
        return Err(refuse(404, "resource_missing", "id"));
    }
    if kind == "product" && state.all("price").iter().any(|price| price["product"] == id) {
        return Err(refuse(400, "product_has_prices", "id"));
    }
    state.remove(kind, id);
    Ok(json!({ "id": id, "object": kind, "deleted": true }))
}

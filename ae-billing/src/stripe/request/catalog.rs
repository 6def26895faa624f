//! Products, prices, links, and their end.

use ae_core::{Digest, IdempotencyKey, Timestamp};

use super::{MADE_AT, METER, PRICE, TIER, amounts, mark, success_url};
use crate::{
    Charge, NewLink, NewPrice, NewProduct, ObjectRef, Price, ProductId, RequestError, Step,
    provider::ids::derived,
    stripe::{call::StripeCall, form::Form},
};

/// The product's own id, which follows from its key.
pub(in crate::stripe) fn product_id(key: &IdempotencyKey) -> String {
    derived("ae_", key)
}

pub(in crate::stripe) fn product(key: &IdempotencyKey, digest: &Digest, spec: &NewProduct) -> StripeCall {
    let form = Form::new()
        .with("id", product_id(key))
        .with("name", &spec.name)
        // An empty description would be refused.
        .maybe("description", Some(&spec.description).filter(|text| !text.is_empty()))
        .maybe("url", spec.url.as_ref())
        .nested("metadata", &mark(key, digest, Some(spec.run)));
    StripeCall::post("ensure_product", ["products"]).with_form(form)
}

/// `meter` is the vendor's id of the meter of a metered price.
pub(in crate::stripe) fn price(
    key: &IdempotencyKey,
    digest: &Digest,
    spec: &NewPrice,
    product: &ProductId,
    meter: Option<&str>,
) -> Result<StripeCall, RequestError> {
    let currency = spec.charge.currency().ok_or_else(|| RequestError::new("a price without an amount"))?;
    let mut marked = mark(key, digest, Some(spec.run)).with(TIER, &spec.tier);
    let mut form = Form::new()
        .with("product", product)
        .with("currency", currency.code().to_ascii_lowercase())
        .with("nickname", &spec.nickname)
        .with("lookup_key", key);
    if let Some((unit, count)) = amounts::interval(spec.interval)? {
        form = form.with("recurring[interval]", unit).with("recurring[interval_count]", count);
    }
    form = match &spec.charge {
        Charge::Flat(amount) => form.with("unit_amount", amounts::minor(*amount)?),
        Charge::Metered { meter: named, unit } => {
            marked = marked.with(METER, named);
            form.with("recurring[usage_type]", "metered")
                .maybe("recurring[meter]", meter)
                .with("unit_amount_decimal", amounts::decimal(*unit)?)
        }
        Charge::Tiered { mode, steps } => {
            let mut form = form.with("billing_scheme", "tiered").with("tiers_mode", mode.as_str());
            for (index, step) in steps.iter().enumerate() {
                form = form.nested(&format!("tiers[{index}]"), &tier(step)?);
            }
            // Steps come back only where they are asked for.
            form.with("expand[0]", "tiers")
        }
    };
    Ok(StripeCall::post("ensure_price", ["prices"]).with_form(form.nested("metadata", &marked)))
}

fn tier(step: &Step) -> Result<Form, RequestError> {
    let end = step.up_to.map_or_else(|| "inf".to_owned(), |last| last.to_string());
    let unit = step.unit.map(amounts::decimal).transpose()?;
    let flat = step.flat.filter(|amount| !amount.is_zero()).map(amounts::minor).transpose()?;
    Ok(Form::new().with("up_to", end).maybe("unit_amount_decimal", unit).maybe("flat_amount", flat))
}

pub(in crate::stripe) fn link(
    key: &IdempotencyKey,
    digest: &Digest,
    spec: &NewLink,
    price: &Price,
    now: Timestamp,
) -> StripeCall {
    let marked = mark(key, digest, Some(spec.run)).with(TIER, &price.tier).with(PRICE, &price.id);
    let mut form = Form::new().with("line_items[0][price]", &price.id).with("line_items[0][quantity]", 1);
    if let Some(url) = &spec.success_url {
        form = form
            .with("after_completion[type]", "redirect")
            .with("after_completion[redirect][url]", success_url(url));
    }
    form = sold(form, price, spec.trial_days, &marked);
    let marked = marked.with(MADE_AT, now.as_second());
    StripeCall::post("ensure_payment_link", ["payment_links"]).with_form(form.nested("metadata", &marked))
}

/// The marks of a sale, on the object that the sale will make.
pub(in crate::stripe) fn sold(form: Form, price: &Price, trial_days: Option<u16>, marked: &Form) -> Form {
    if price.interval == ae_core::BillingInterval::OneTime {
        form.nested("payment_intent_data[metadata]", marked)
    } else {
        form.maybe("subscription_data[trial_period_days]", trial_days)
            .nested("subscription_data[metadata]", marked)
    }
}

pub(in crate::stripe) fn path_of(object: &ObjectRef) -> [&str; 2] {
    match object {
        ObjectRef::Product(id) => ["products", id.as_str()],
        ObjectRef::Price(id) => ["prices", id.as_str()],
        ObjectRef::Link(id) => ["payment_links", id.as_str()],
    }
}

pub(in crate::stripe) fn deactivate(object: &ObjectRef) -> StripeCall {
    StripeCall::post("deactivate", path_of(object)).with("active", false)
}

//! Products, prices and links.

use std::num::NonZeroU16;

use ae_core::{BackendError, BillingInterval, Currency, IntervalUnit, Money, RunId};
use serde::Deserialize;

use super::{Marks, Named, mark, named, parsed, strange, time};
use crate::{
    Charge, NewLink, NewPrice, NewProduct, PaymentLink, Price, Product, Step, TierMode,
    stripe::request::{self, amounts},
};

/// An object that was made here, as it is found again.
#[derive(Debug, Clone)]
pub(in crate::stripe) struct Made<T> {
    pub(in crate::stripe) object: T,
    pub(in crate::stripe) key: String,
    pub(in crate::stripe) request: String,
}

impl<T> Made<T> {
    pub(super) fn new(object: T, marks: &Marks) -> Self {
        Self {
            object,
            key: mark(marks, request::KEY).to_owned(),
            request: mark(marks, request::REQUEST).to_owned(),
        }
    }
}

/// The run that an object was made for; `None` for what others made.
pub(in crate::stripe) fn run_of(marks: &Marks) -> Option<RunId> {
    mark(marks, request::RUN).parse().ok()
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeProduct {
    pub(in crate::stripe) id: String,
    name: String,
    description: Option<String>,
    url: Option<String>,
    active: bool,
    created: i64,
    #[serde(default)]
    pub(in crate::stripe) metadata: Marks,
}

impl StripeProduct {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Made<Product>, BackendError> {
        let run = parsed(operation, mark(&self.metadata, request::RUN), "the run of a product")?;
        let mut spec = NewProduct::new(run, self.name, self.description.unwrap_or_default());
        spec.url = self.url;
        let id = parsed(operation, &self.id, "the id of a product")?;
        let product = Product::new(id, spec, time(operation, self.created)?).with_active(self.active);
        Ok(Made::new(product, &self.metadata))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripePrice {
    pub(in crate::stripe) id: String,
    product: Named,
    currency: String,
    nickname: Option<String>,
    unit_amount_decimal: Option<String>,
    recurring: Option<Recurring>,
    tiers_mode: Option<String>,
    tiers: Option<Vec<Tier>>,
    active: bool,
    created: i64,
    #[serde(default)]
    pub(in crate::stripe) metadata: Marks,
}

#[derive(Debug, Deserialize)]
struct Recurring {
    interval: String,
    interval_count: u16,
    usage_type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Tier {
    up_to: Option<u64>,
    unit_amount_decimal: Option<String>,
    flat_amount: Option<i64>,
}

impl StripePrice {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Made<Price>, BackendError> {
        let run = parsed(operation, mark(&self.metadata, request::RUN), "the run of a price")?;
        let id = parsed(operation, &self.id, "the id of a price")?;
        let product = parsed(operation, self.product.id(), "the product of a price")?;
        let charge = self.charge(operation)?;
        let interval = self.recurring.as_ref().map_or(Ok(BillingInterval::OneTime), |recurring| {
            let unit = IntervalUnit::ALL.iter().copied().find(|unit| unit.as_str() == recurring.interval);
            let count = NonZeroU16::new(recurring.interval_count);
            let read = count.zip(unit).map(|(count, unit)| BillingInterval::Every { count, unit });
            read.ok_or_else(|| strange(operation, "an interval of another unit"))
        })?;
        // The request is built again; the product's key is not part of the price.
        let key = parsed(operation, mark(&self.metadata, request::KEY), "the key of a price")?;
        let (tier, nickname) =
            (mark(&self.metadata, request::TIER).to_owned(), self.nickname.unwrap_or_default());
        let spec = NewPrice::new(run, key, tier, nickname, charge, interval);
        let price = Price::new(id, product, spec, time(operation, self.created)?).with_active(self.active);
        Ok(Made::new(price, &self.metadata))
    }

    fn charge(&self, operation: &'static str) -> Result<Charge, BackendError> {
        let currency: Currency = parsed(operation, &self.currency, "the currency of a price")?;
        let amount = |text: &str| {
            amounts::read(text, currency).ok_or_else(|| strange(operation, "an amount that is not exact"))
        };
        if let Some(mode) = &self.tiers_mode {
            let mode: TierMode = named(operation, mode)?;
            let steps = self.tiers.as_deref().unwrap_or_default().iter().map(|tier| {
                let unit = tier.unit_amount_decimal.as_deref().map(amount).transpose()?;
                let flat = tier.flat_amount.map(|flat| amount(&flat.to_string())).transpose()?;
                let step = Step::new(tier.up_to, unit.unwrap_or_else(|| Money::zero(currency)));
                Ok::<_, BackendError>(Step { unit, flat, ..step })
            });
            return Ok(Charge::Tiered { mode, steps: steps.collect::<Result<_, _>>()? });
        }
        let unit = amount(self.unit_amount_decimal.as_deref().unwrap_or_default())?;
        let is_metered =
            self.recurring.as_ref().and_then(|recurring| recurring.usage_type.as_deref()) == Some("metered");
        if is_metered {
            let meter = parsed(operation, mark(&self.metadata, request::METER), "the meter of a price")?;
            return Ok(Charge::Metered { meter, unit });
        }
        Ok(Charge::Flat(unit))
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct StripeLink {
    pub(in crate::stripe) id: String,
    url: String,
    active: bool,
    after_completion: Option<AfterCompletion>,
    #[serde(default)]
    pub(in crate::stripe) metadata: Marks,
}

#[derive(Debug, Deserialize)]
struct AfterCompletion {
    redirect: Option<Redirect>,
}

#[derive(Debug, Deserialize)]
struct Redirect {
    url: String,
}

impl StripeLink {
    pub(in crate::stripe) fn read(self, operation: &'static str) -> Result<Made<PaymentLink>, BackendError> {
        let run = parsed(operation, mark(&self.metadata, request::RUN), "the run of a link")?;
        let key = parsed(operation, mark(&self.metadata, request::KEY), "the key of a link")?;
        let price = parsed(operation, mark(&self.metadata, request::PRICE), "the price of a link")?;
        let at = parsed(operation, mark(&self.metadata, request::MADE_AT), "the time of a link")?;
        let id = parsed(operation, &self.id, "the id of a link")?;
        let mut spec = NewLink::new(run, key);
        spec.success_url = self
            .after_completion
            .and_then(|after| after.redirect)
            .map(|redirect| redirect.url.replace("{CHECKOUT_SESSION_ID}", "{CHECKOUT}"));
        let link =
            PaymentLink::new(id, vec![price], spec, self.url, time(operation, at)?).with_active(self.active);
        Ok(Made::new(link, &self.metadata))
    }
}

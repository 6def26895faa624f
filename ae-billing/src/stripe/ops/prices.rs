//! Prices.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::{
    Inner,
    catalog::product_call,
    ensure::{Wanted, digest},
    error, of_key, refused, usable, within,
};
use crate::{
    Charge, NewPrice, Price,
    stripe::{
        answer::{
            self,
            catalog::{StripePrice, StripeProduct},
        },
        call::StripeCall,
        request::catalog as requests,
    },
};

/// A price to make sure of.
pub(in crate::stripe) struct WantedPrice<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewPrice,
}

#[async_trait]
impl Wanted for WantedPrice<'_> {
    type Object = Price;
    type Spec = NewPrice;
    const OPERATION: &'static str = "ensure_price";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewPrice {
        self.spec
    }

    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<Price>, BackendError> {
        stripe
            .price_under(Self::OPERATION, self.key)
            .await?
            .map_or(Ok(None), |price| of_key(self, Some(price.read(Self::OPERATION)?)))
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Price, BackendError> {
        stripe.price(Self::OPERATION, id).await
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        let info = stripe.wire.config.info();
        self.spec.check(&info).map_err(refused(Self::OPERATION))?;
        let id = requests::product_id(&self.spec.product);
        let product: StripeProduct = stripe.wire.object(&product_call(Self::OPERATION, &id)).await?;
        let product = product.read(Self::OPERATION)?.object;
        usable(Self::OPERATION, product.id.as_str(), product.run == self.spec.run, product.active)?;
        let present = stripe.prices(Self::OPERATION, self.spec.run).await?.len();
        within(present, info.caps.prices_per_run_max, Self::OPERATION)?;
        let meter = match &self.spec.charge {
            Charge::Metered { meter, .. } => Some(stripe.meter_id(Self::OPERATION, meter).await?),
            _ => None,
        };
        requests::price(self.key, &digest(self)?, self.spec, &product.id, meter.as_deref())
            .map_err(refused(Self::OPERATION))
    }

    fn read(&self, value: Value) -> Result<Price, BackendError> {
        Ok(answer::object::<StripePrice>(Self::OPERATION, value)?.read(Self::OPERATION)?.object)
    }

    fn id(price: &Price) -> &str {
        price.id.as_str()
    }
}

impl Inner {
    pub(super) async fn price(&self, operation: &'static str, id: &str) -> Result<Price, BackendError> {
        let call = StripeCall::get(operation, ["prices", id]).with("expand[0]", "tiers");
        let price: StripePrice = self.wire.object(&call).await?;
        Ok(price.read(operation)?.object)
    }

    /// The price with this lookup key, on sale or not.
    async fn price_under(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
    ) -> Result<Option<StripePrice>, BackendError> {
        let call = StripeCall::get(operation, ["prices"])
            .with("lookup_keys[0]", key)
            .with("expand[0]", "data.tiers");
        Ok(self.wire.list(&call).await?.pop())
    }

    /// The price that was ensured under `key`.
    pub(super) async fn price_of_key(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
    ) -> Result<Price, BackendError> {
        if let Some(id) = self.made_under(key, WantedPrice::OPERATION).await? {
            return self.price(operation, &id).await;
        }
        match self.price_under(operation, key).await? {
            Some(price) => Ok(price.read(operation)?.object),
            None => Err(error(ErrorKind::NotFound, operation, format!("there is no price under {key}"))),
        }
    }

    /// The vendor's id of what `operation` made under `key`, as the journal knows it.
    pub(super) async fn made_under(
        &self,
        key: &IdempotencyKey,
        operation: &str,
    ) -> Result<Option<String>, BackendError> {
        let kept = self.journal.get(&self.wire.config.scope(), key).await?;
        Ok(kept.filter(|kept| kept.operation == operation).and_then(|kept| kept.object))
    }

    async fn meter_id(&self, operation: &'static str, key: &IdempotencyKey) -> Result<String, BackendError> {
        // The vendor keeps no marks of ours on a meter.
        self.made_under(key, super::usage::ENSURE_METER).await?.ok_or_else(|| {
            error(ErrorKind::NotFound, operation, format!("there is no meter under {key}: ensure it first"))
        })
    }
}

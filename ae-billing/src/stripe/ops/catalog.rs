//! Products, what a run made, and the end of a sale.

use ae_core::{BackendError, ErrorKind, IdempotencyKey, RunId, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::{Inner, ensure::Wanted, error, is_of, of_key, refused, within};
use crate::{
    NewProduct, ObjectRef, Product,
    stripe::{
        answer::{
            self, Marks,
            catalog::{StripeLink, StripePrice, StripeProduct},
        },
        call::StripeCall,
        request::{self, catalog as requests},
    },
};

/// A product to make sure of.
pub(in crate::stripe) struct WantedProduct<'a> {
    pub(in crate::stripe) key: &'a IdempotencyKey,
    pub(in crate::stripe) spec: &'a NewProduct,
}

#[async_trait]
impl Wanted for WantedProduct<'_> {
    type Object = Product;
    type Spec = NewProduct;
    const OPERATION: &'static str = "ensure_product";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &NewProduct {
        self.spec
    }

    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<Product>, BackendError> {
        let call = product_call(Self::OPERATION, &requests::product_id(self.key));
        let found: Option<StripeProduct> = stripe.wire.found(&call).await?;
        let made = found.map(|product| product.read(Self::OPERATION)).transpose()?;
        of_key(self, made)
    }

    async fn by_id(&self, stripe: &Inner, id: &str) -> Result<Product, BackendError> {
        let product: StripeProduct = stripe.wire.object(&product_call(Self::OPERATION, id)).await?;
        Ok(product.read(Self::OPERATION)?.object)
    }

    async fn call(&self, stripe: &Inner) -> Result<StripeCall, BackendError> {
        self.spec.check().map_err(refused(Self::OPERATION))?;
        let present = stripe.products(Self::OPERATION, self.spec.run).await?.len();
        within(present, stripe.wire.config.caps.products_per_run_max, Self::OPERATION)?;
        Ok(requests::product(self.key, &super::ensure::digest(self)?, self.spec))
    }

    fn read(&self, value: Value) -> Result<Product, BackendError> {
        Ok(answer::object::<StripeProduct>(Self::OPERATION, value)?.read(Self::OPERATION)?.object)
    }

    fn id(product: &Product) -> &str {
        product.id.as_str()
    }
}

pub(super) fn product_call(operation: &'static str, id: &str) -> StripeCall {
    StripeCall::get(operation, ["products", id])
}

/// An object that is to go off sale.
#[derive(serde::Deserialize)]
struct OnSale {
    active: bool,
    #[serde(default)]
    metadata: Marks,
}

/// The end of a sale, as an effect under a key.
struct WantedEnd<'a> {
    key: &'a IdempotencyKey,
    object: &'a ObjectRef,
}

#[async_trait]
impl Wanted for WantedEnd<'_> {
    type Object = String;
    type Spec = ObjectRef;
    const OPERATION: &'static str = "deactivate";

    fn key(&self) -> &IdempotencyKey {
        self.key
    }

    fn spec(&self) -> &ObjectRef {
        self.object
    }

    async fn existing(&self, stripe: &Inner, _: Option<Timestamp>) -> Result<Option<String>, BackendError> {
        let [kind, id] = requests::path_of(self.object);
        let object: OnSale = stripe.wire.object(&StripeCall::get(Self::OPERATION, [kind, id])).await?;
        if !object.metadata.contains_key(request::KEY) {
            let message = format!("{id} was not made here: take it off sale where it was made");
            return Err(error(ErrorKind::InvalidInput, Self::OPERATION, message));
        }
        Ok((!object.active).then(|| id.to_owned()))
    }

    async fn by_id(&self, _: &Inner, id: &str) -> Result<String, BackendError> {
        Ok(id.to_owned())
    }

    async fn call(&self, _: &Inner) -> Result<StripeCall, BackendError> {
        Ok(requests::deactivate(self.object))
    }

    fn read(&self, _: Value) -> Result<String, BackendError> {
        let [_, id] = requests::path_of(self.object);
        Ok(id.to_owned())
    }

    fn id(id: &String) -> &str {
        id
    }
}

impl Inner {
    pub(in crate::stripe) async fn deactivate(
        &self,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        self.ensure(&WantedEnd { key, object }).await.map(drop)
    }

    /// The products of `run`, oldest first. Search would be quicker, but it lags behind.
    pub(super) async fn products(
        &self,
        operation: &'static str,
        run: RunId,
    ) -> Result<Vec<StripeProduct>, BackendError> {
        let mut products: Vec<StripeProduct> =
            self.wire.list(&StripeCall::get(operation, ["products"])).await?;
        products.retain(|product| is_of(run)(&product.metadata));
        products.reverse();
        Ok(products)
    }

    /// The prices of a product, oldest first.
    pub(super) async fn prices_of(
        &self,
        operation: &'static str,
        product: &str,
    ) -> Result<Vec<StripePrice>, BackendError> {
        let call =
            StripeCall::get(operation, ["prices"]).with("product", product).with("expand[0]", "data.tiers");
        let mut prices: Vec<StripePrice> = self.wire.list(&call).await?;
        prices.reverse();
        Ok(prices)
    }

    /// The prices of a run, oldest first within each product.
    pub(super) async fn prices(
        &self,
        operation: &'static str,
        run: RunId,
    ) -> Result<Vec<StripePrice>, BackendError> {
        let mut all = Vec::new();
        for product in self.products(operation, run).await? {
            let prices = self.prices_of(operation, &product.id).await?;
            all.extend(prices.into_iter().filter(|price| is_of(run)(&price.metadata)));
        }
        Ok(all)
    }

    /// All links of the account, oldest first.
    pub(super) async fn links(&self, operation: &'static str) -> Result<Vec<StripeLink>, BackendError> {
        let mut links: Vec<StripeLink> =
            self.wire.list(&StripeCall::get(operation, ["payment_links"])).await?;
        links.reverse();
        Ok(links)
    }

    pub(in crate::stripe) async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        const OPERATION: &str = "find";
        let id = |text: &str| answer::parsed(OPERATION, text, "an id");
        let mut found = Vec::new();
        for product in self.products(OPERATION, run).await? {
            found.push(ObjectRef::Product(answer::parsed(OPERATION, &product.id, "an id")?));
        }
        for price in self.prices(OPERATION, run).await? {
            found.push(ObjectRef::Price(answer::parsed(OPERATION, &price.id, "an id")?));
        }
        for link in self.links(OPERATION).await?.into_iter().filter(|link| is_of(run)(&link.metadata)) {
            found.push(ObjectRef::Link(id(&link.id)?));
        }
        Ok(found)
    }
}

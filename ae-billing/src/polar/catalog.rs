//! Products, prices and links.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId};
use serde::Serialize;

use super::{
    answer::{Link, Product, noted},
    client::{Wire, missing, unreadable},
    config::{failure, refused},
    request::{self, KEY, PRODUCT, RUN, TIER, mark},
    snapshot::{Sale, Snapshot, ended_by, ended_name, is_uuid, run as run_of},
};
use crate::{Ensured, NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, Price, PriceId, RequestError};

/// The digest of a request: another one under its key is a conflict.
pub(super) fn hash(operation: &'static str, request: &impl Serialize) -> Result<String, BackendError> {
    let digest = Digest::of_json("polar-request/1", request);
    let digest = digest.map_err(|source| {
        failure(ErrorKind::Internal, operation, "the request can't be written as JSON").with_source(source)
    })?;
    Ok(digest.short(32).to_string())
}

/// An id of ours from one of Polar's.
pub(super) fn id<T: std::str::FromStr>(operation: &'static str, text: &str) -> Result<T, BackendError> {
    text.parse().map_err(|_| unreadable(operation, "id"))
}

fn within(operation: &'static str, present: usize, most: usize) -> Result<(), BackendError> {
    if present < most {
        return Ok(());
    }
    let message = format!("this run has made {present} of these, the cap: raise it if that is meant");
    Err(failure(ErrorKind::QuotaExceeded, operation, message))
}

fn usable(operation: &'static str, product: &Product) -> Result<(), BackendError> {
    if !product.is_archived {
        return Ok(());
    }
    let message = format!("{} was taken off sale: make a new one", product.id);
    Err(failure(ErrorKind::Conflict, operation, message))
}

impl Wire {
    pub(super) async fn snapshot(&self, run: RunId) -> Result<Snapshot, BackendError> {
        let products: Vec<Product> = self.all(&request::products(RUN, &run.to_string())).await?;
        let all = Snapshot::new(products.clone(), Vec::new());
        if all.prices.is_empty() {
            return Ok(all);
        }
        let links = self.all::<Link>(&request::links(all.prices.iter().map(|price| &*price.id))).await?;
        Ok(Snapshot::new(products, links))
    }

    /// The error of a reference that the run does not have.
    pub(super) async fn stranger(&self, operation: &'static str, key: &IdempotencyKey) -> BackendError {
        match self.all::<Product>(&request::products(KEY, key.as_str())).await {
            Err(error) => error,
            Ok(all) if all.is_empty() => missing(operation, "object that was made under this key"),
            Ok(_) => refused(operation)(RequestError::new(
                "the object of this key belongs to another run, or is of another kind",
            )),
        }
    }

    pub(super) async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<crate::Product>, BackendError> {
        const OPERATION: &str = "ensure_product";
        let _alone = self.alone().await;
        let (all, hash) = (self.snapshot(spec.run).await?, hash(OPERATION, spec)?);
        all.ends(OPERATION, key, "")?;
        let shown = |product: &Product| {
            let id = id(OPERATION, &product.id)?;
            Ok(crate::Product::new(id, spec.clone(), product.created_at).with_active(!product.is_archived))
        };
        if all.used(OPERATION, "product", key, &hash)? {
            return shown(found(OPERATION, &all.products, key)?).map(Ensured::Found);
        }
        spec.check().map_err(refused(OPERATION))?;
        within(OPERATION, all.products.len(), self.config.caps.products_per_run_max)?;
        let request = request::new_product(spec, &mark(spec.run, key, "product", &hash))?;
        let made: Product = self.make(request).await?;
        let first = self.first(spec.run, key, &made.id).await?;
        let first_product = found(OPERATION, &first.products, key)?;
        let product = shown(first_product)?;
        Ok(if first_product.id == made.id { Ensured::Created(product) } else { Ensured::Found(product) })
    }

    pub(super) async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        const OPERATION: &str = "ensure_price";
        let _alone = self.alone().await;
        let (all, hash) = (self.snapshot(spec.run).await?, hash(OPERATION, spec)?);
        all.ends(OPERATION, key, "")?;
        let shown = |price: &Product, product: &Product| {
            let (id, product) = (id(OPERATION, &price.id)?, id(OPERATION, &product.id)?);
            Ok(Price::new(id, product, spec.clone(), price.created_at).with_active(!price.is_archived))
        };
        if all.used(OPERATION, "price", key, &hash)? {
            let product = found(OPERATION, &all.products, &spec.product)?;
            return shown(found(OPERATION, &all.prices, key)?, product).map(Ensured::Found);
        }
        spec.check(&self.config.info()).map_err(refused(OPERATION))?;
        let Ok(product) = found(OPERATION, &all.products, &spec.product) else {
            return Err(self.stranger(OPERATION, &spec.product).await);
        };
        usable(OPERATION, product)?;
        within(OPERATION, all.prices.len(), self.config.caps.prices_per_run_max)?;
        let mut metadata = mark(spec.run, key, "price", &hash);
        metadata.insert(TIER.to_owned(), spec.tier.clone().into());
        metadata.insert(PRODUCT.to_owned(), product.id.clone().into());
        let request = request::new_price(&product.name, product.description.as_deref(), spec, &metadata)?;
        let made: Product = self.make(request).await?;
        let first = self.first(spec.run, key, &made.id).await?;
        let price = found(OPERATION, &first.prices, key)?;
        let is_ours = price.id == made.id;
        let price = shown(price, product)?;
        Ok(if is_ours { Ensured::Created(price) } else { Ensured::Found(price) })
    }

    pub(super) async fn ensure_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        const OPERATION: &str = "ensure_payment_link";
        let _alone = self.alone().await;
        let (all, hash) = (self.snapshot(spec.run).await?, hash(OPERATION, spec)?);
        all.ends(OPERATION, key, "")?;
        let shown = |sale: &Sale| {
            let (id, price) = (id(OPERATION, &sale.id)?, id(OPERATION, &sale.price)?);
            Ok(PaymentLink::new(id, vec![price], spec.clone(), &sale.url, sale.created_at)
                .with_active(sale.active))
        };
        let known = |all: &Snapshot| {
            let sale = all.links.iter().find(|sale| sale.key == key.as_str()).cloned();
            sale.ok_or_else(|| missing(OPERATION, "link"))
        };
        if all.used(OPERATION, "link", key, &hash)? {
            return shown(&known(&all)?).map(Ensured::Found);
        }
        spec.check(&self.config.info()).map_err(refused(OPERATION))?;
        let Some(wanted) = spec.prices.first() else {
            return Err(refused(OPERATION)(RequestError::new("a link sells one price: name it")));
        };
        let Ok(price) = found(OPERATION, &all.prices, wanted) else {
            return Err(self.stranger(OPERATION, wanted).await);
        };
        usable(OPERATION, price)?;
        if spec.trial_days.is_some() && price.recurring_interval.is_none() {
            return Err(refused(OPERATION)(RequestError::new("a price that is charged once has no trial")));
        }
        within(OPERATION, all.links.len(), self.config.caps.links_per_run_max)?;
        let request = request::new_link(spec, &price.id, &mark(spec.run, key, "link", &hash))?;
        let made: Link = self.make(request).await?;
        let first = known(&self.snapshot(spec.run).await?)?;
        if first.id == made.id {
            return shown(&first).map(Ensured::Created);
        }
        self.put(request::delete_link(&made.id)).await?;
        shown(&first).map(Ensured::Found)
    }

    /// The state of the run after `made` was made under `key`. Where another process made one before, ours is taken off sale.
    async fn first(&self, run: RunId, key: &IdempotencyKey, made: &str) -> Result<Snapshot, BackendError> {
        let all = self.snapshot(run).await?;
        let is_first = all.products.iter().chain(&all.prices).any(|product| product.id == made);
        let has_one = all.products.iter().chain(&all.prices).any(|product| is_of(product, key));
        if !is_first && has_one {
            self.put(request::archive(made, &super::answer::Metadata::new())?).await?;
        }
        Ok(all)
    }

    pub(super) async fn deactivate(
        &self,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "deactivate";
        let (text, is_link) = match object {
            ObjectRef::Product(id) => (id.as_str(), false),
            ObjectRef::Price(id) => (id.as_str(), false),
            ObjectRef::Link(id) => (id.as_str(), true),
        };
        let none = || missing(OPERATION, text);
        if !is_uuid(text) {
            return Err(none());
        }
        let _alone = self.alone().await;
        let run = if is_link { self.run_of_link(text).await? } else { self.run_of_product(text).await? };
        let all = self.snapshot(run.ok_or_else(none)?).await?;
        // The key is not one under which something was made.
        all.used(OPERATION, OPERATION, key, "")?;
        all.ends(OPERATION, key, text)?;
        if !is_link {
            let product = all.products.iter().chain(&all.prices).find(|product| product.id == text);
            let product = product.ok_or_else(none)?;
            let noted = ended_by(&product.metadata, key, text);
            if !product.is_archived || noted.is_some() {
                let metadata = noted.unwrap_or_else(|| product.metadata.clone());
                self.put(request::archive(text, &metadata)?).await?;
            }
            return Ok(());
        }
        let sale = all.links.iter().find(|sale| sale.id == text).ok_or_else(none)?;
        let price = all.prices.iter().find(|price| price.id == sale.price).ok_or_else(none)?;
        // First what is kept of it, then its end: a crash between leaves the end to be repeated.
        let noted = ended_by(&price.metadata, key, text);
        if sale.active || noted.is_some() {
            let metadata = sale.tombstone(noted.as_ref().unwrap_or(&price.metadata));
            self.put(request::note(&price.id, &metadata)?).await?;
        }
        match self.put(request::delete_link(text)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    async fn run_of_product(&self, id: &str) -> Result<Option<RunId>, BackendError> {
        let product: Option<Product> = self.get(request::product(id)).await?;
        Ok(product.and_then(|product| run_of(&product.metadata)))
    }

    async fn run_of_link(&self, id: &str) -> Result<Option<RunId>, BackendError> {
        if let Some(link) = self.get::<Link>(request::link(id)).await? {
            return Ok(run_of(&link.metadata));
        }
        let prices: Vec<Product> = self.all(&request::products(&ended_name(id), "ended")).await?;
        Ok(prices.first().and_then(|price| run_of(&price.metadata)))
    }

    pub(super) async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        const OPERATION: &str = "find";
        let all = self.snapshot(run).await?;
        let products = all.products.iter().map(|one| Ok(ObjectRef::Product(id(OPERATION, &one.id)?)));
        let prices = all.prices.iter().map(|one| Ok(ObjectRef::Price(id(OPERATION, &one.id)?)));
        let links = all.links.iter().map(|one| Ok(ObjectRef::Link(id(OPERATION, &one.id)?)));
        products.chain(prices).chain(links).collect()
    }
}

fn is_of(product: &Product, key: &IdempotencyKey) -> bool {
    noted(&product.metadata, KEY) == Some(key.as_str())
}

fn found<'a>(
    operation: &'static str,
    all: &'a [Product],
    key: &IdempotencyKey,
) -> Result<&'a Product, BackendError> {
    all.iter().find(|product| is_of(product, key)).ok_or_else(|| missing(operation, "object of this key"))
}

/// The price that is sold as `product`.
pub(super) fn price_of(operation: &'static str, product: &Product) -> Result<Price, BackendError> {
    let wrong = |what| unreadable(operation, what);
    let id: PriceId = id(operation, &product.id)?;
    let amount = product
        .prices
        .first()
        .and_then(|price| super::money::of_cents(price.price_amount?, price.price_currency.as_deref()?));
    let interval =
        super::money::interval(product.recurring_interval.as_deref(), product.recurring_interval_count);
    let key = noted(&product.metadata, KEY).and_then(|key| key.parse::<IdempotencyKey>().ok());
    let spec = NewPrice::new(
        run_of(&product.metadata).ok_or_else(|| wrong("run"))?,
        key.ok_or_else(|| wrong("key"))?,
        noted(&product.metadata, TIER).unwrap_or_default(),
        &product.name,
        amount.ok_or_else(|| wrong("price"))?,
        interval.ok_or_else(|| wrong("interval"))?,
    );
    let of =
        noted(&product.metadata, PRODUCT).and_then(|of| of.parse().ok()).ok_or_else(|| wrong("product"))?;
    Ok(Price::new(id, of, spec, product.created_at).with_active(!product.is_archived))
}

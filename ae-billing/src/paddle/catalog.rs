//! Products, prices and links.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId, Timestamp};
use serde::Serialize;

use super::{
    answer::{self, Identified, Marks},
    client::{Wire, missing, unreadable},
    config::{failure, refused},
    money,
    request::{self, KEY, PRICE, TIER, mark},
    snapshot::{Marked, Snapshot, ended_by, is_id, run as run_of},
};
use crate::{Ensured, NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, Price, Product, RequestError};

/// The digest of a request: another one under its key is a conflict.
pub(super) fn hash(operation: &'static str, request: &impl Serialize) -> Result<String, BackendError> {
    let digest = Digest::of_json("paddle-request/1", request);
    let digest = digest.map_err(|source| {
        failure(ErrorKind::Internal, operation, "the request can't be written as JSON").with_source(source)
    })?;
    Ok(digest.short(32).to_string())
}

/// An id of ours from one of Paddle's.
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

/// Refuses what was taken off sale.
pub(super) fn usable(operation: &'static str, object: &impl Marked) -> Result<(), BackendError> {
    if object.is_active() {
        return Ok(());
    }
    let message = format!("{} was taken off sale: make a new one", object.id());
    Err(failure(ErrorKind::Conflict, operation, message))
}

/// The object that was made under `key`.
pub(super) fn found<'a, T: Marked>(
    operation: &'static str,
    all: &'a [T],
    key: &IdempotencyKey,
) -> Result<&'a T, BackendError> {
    let known = all.iter().find(|one| one.says(KEY) == Some(key.as_str()));
    known.ok_or_else(|| missing(operation, "object of this key"))
}

fn made_at(operation: &'static str, price: &answer::Price) -> Result<Timestamp, BackendError> {
    price.created_at.ok_or_else(|| unreadable(operation, "time"))
}

impl Wire {
    pub(super) async fn snapshot(&self, run: RunId) -> Result<Snapshot, BackendError> {
        let mut products: Vec<answer::Product> = self.all(&request::products()).await?;
        products.retain(|product| run_of(product.marks()) == Some(run));
        if products.is_empty() {
            return Ok(Snapshot::default());
        }
        let prices = self.all(&request::prices(products.iter().map(Identified::id))).await?;
        Ok(Snapshot::new(products, prices))
    }

    /// The error of a reference that the run does not have.
    pub(super) async fn stranger(&self, operation: &'static str, key: &IdempotencyKey) -> BackendError {
        match self.knows(key).await {
            Err(error) => error,
            Ok(true) => refused(operation)(RequestError::new(
                "the object of this key belongs to another run, or is of another kind",
            )),
            Ok(false) => missing(operation, "object that was made under this key"),
        }
    }

    /// Whether any run made something under `key`.
    async fn knows(&self, key: &IdempotencyKey) -> Result<bool, BackendError> {
        let mut products: Vec<answer::Product> = self.all(&request::products()).await?;
        products.retain(|product| run_of(product.marks()).is_some());
        if found("find", &products, key).is_ok() {
            return Ok(true);
        }
        // Lists of ids in addresses are kept short.
        for some in products.chunks(50) {
            let prices: Vec<answer::Price> =
                self.all(&request::prices(some.iter().map(Identified::id))).await?;
            if found("find", &prices, key).is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        const OPERATION: &str = "ensure_product";
        let _alone = self.alone().await;
        let (all, hash) = (self.snapshot(spec.run).await?, hash(OPERATION, spec)?);
        all.ends(OPERATION, key, "")?;
        let shown = |product: &answer::Product| {
            let id = id(OPERATION, &product.id)?;
            Ok(Product::new(id, spec.clone(), product.created_at).with_active(product.is_active()))
        };
        if all.used(OPERATION, "product", key, &hash)? {
            return shown(found(OPERATION, &all.products, key)?).map(Ensured::Found);
        }
        spec.check().map_err(refused(OPERATION))?;
        within(OPERATION, all.products.len(), self.config.caps.products_per_run_max)?;
        let marks = mark(spec.run, key, "product", &hash);
        let request = request::new_product(spec, &self.config.tax_category, &marks)?;
        let made: answer::Product = self.make(request).await?;
        let all = self.snapshot(spec.run).await?;
        let first = found(OPERATION, &all.products, key)?;
        self.kept("products", first.id(), &made.id, shown(first)?).await
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
        let shown = |price: &answer::Price| {
            let (id, product) = (id(OPERATION, &price.id)?, id(OPERATION, &price.product_id)?);
            let at = made_at(OPERATION, price)?;
            Ok(Price::new(id, product, spec.clone(), at).with_active(price.is_active()))
        };
        if all.used(OPERATION, "price", key, &hash)? {
            return shown(found(OPERATION, &all.prices, key)?).map(Ensured::Found);
        }
        spec.check(&self.config.info()).map_err(refused(OPERATION))?;
        let Ok(product) = found(OPERATION, &all.products, &spec.product) else {
            return Err(self.stranger(OPERATION, &spec.product).await);
        };
        usable(OPERATION, product)?;
        within(OPERATION, all.prices.len(), self.config.caps.prices_per_run_max)?;
        let mut marks = mark(spec.run, key, "price", &hash);
        marks.insert(TIER.to_owned(), spec.tier.clone().into());
        let made: answer::Price = self.make(request::new_price(spec, &product.id, &marks)?).await?;
        let all = self.snapshot(spec.run).await?;
        let first = found(OPERATION, &all.prices, key)?;
        self.kept("prices", first.id(), &made.id, shown(first)?).await
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
        let shown = |link: &answer::Price| {
            let price = link.says(PRICE).ok_or_else(|| unreadable(OPERATION, "price"))?;
            let (price, at) = (id(OPERATION, price)?, made_at(OPERATION, link)?);
            let (link_id, url) = (id(OPERATION, &link.id)?, self.config.link(&link.id));
            Ok(PaymentLink::new(link_id, vec![price], spec.clone(), url, at).with_active(link.is_active()))
        };
        if all.used(OPERATION, "link", key, &hash)? {
            return shown(found(OPERATION, &all.links, key)?).map(Ensured::Found);
        }
        spec.check(&self.config.info()).map_err(refused(OPERATION))?;
        let Some(wanted) = spec.prices.first() else {
            return Err(refused(OPERATION)(RequestError::new("a link sells one price: name it")));
        };
        let Ok(price) = found(OPERATION, &all.prices, wanted) else {
            return Err(self.stranger(OPERATION, wanted).await);
        };
        usable(OPERATION, price)?;
        if spec.trial_days.is_some() && price.billing_cycle.is_none() {
            return Err(refused(OPERATION)(RequestError::new("a price that is charged once has no trial")));
        }
        within(OPERATION, all.links.len(), self.config.caps.links_per_run_max)?;
        let marks = copied(mark(spec.run, key, "link", &hash), price);
        let made: answer::Price = self.make(request::new_link(price, spec.trial_days, &marks)?).await?;
        let all = self.snapshot(spec.run).await?;
        let first = found(OPERATION, &all.links, key)?;
        self.kept("prices", first.id(), &made.id, shown(first)?).await
    }

    /// The answer for `made` under a key of which `first` is the oldest object. Where another process made one before, ours is taken off
    /// sale.
    async fn kept<T>(
        &self,
        kind: &'static str,
        first: &str,
        made: &str,
        object: T,
    ) -> Result<Ensured<T>, BackendError> {
        if first == made {
            return Ok(Ensured::Created(object));
        }
        self.put(request::archive(kind, made, Some(&Marks::new()))?).await?;
        Ok(Ensured::Found(object))
    }

    pub(super) async fn deactivate(
        &self,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "deactivate";
        let (text, kind, prefix) = match object {
            ObjectRef::Product(id) => (id.as_str(), "products", "pro_"),
            ObjectRef::Price(id) => (id.as_str(), "prices", "pri_"),
            ObjectRef::Link(id) => (id.as_str(), "prices", "pri_"),
        };
        let none = || missing(OPERATION, text);
        if !is_id(prefix, text) {
            return Err(none());
        }
        let _alone = self.alone().await;
        let run = if kind == "products" {
            let product: Option<answer::Product> = self.get(request::product(text)).await?;
            product.and_then(|product| run_of(product.marks()))
        } else {
            let price: Option<answer::Price> = self.get(request::price(text)).await?;
            price.and_then(|price| run_of(price.marks()))
        };
        let all = self.snapshot(run.ok_or_else(none)?).await?;
        // The key is not one under which something was made.
        all.used(OPERATION, OPERATION, key, "")?;
        all.ends(OPERATION, key, text)?;
        let (active, marks) = match object {
            ObjectRef::Product(_) => state(&all.products, text),
            ObjectRef::Price(_) => state(&all.prices, text),
            ObjectRef::Link(_) => state(&all.links, text),
        }
        .ok_or_else(none)?;
        let noted = ended_by(marks, key, text);
        if active || noted.is_some() {
            self.put(request::archive(kind, text, noted.as_ref())?).await?;
        }
        Ok(())
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

fn state<'a, T: Marked>(all: &'a [T], id: &str) -> Option<(bool, Option<&'a Marks>)> {
    all.iter().find(|one| one.id() == id).map(|one| (one.is_active(), one.marks()))
}

/// `marks` of a copy of `price`: its id and its tier.
pub(super) fn copied(mut marks: Marks, price: &answer::Price) -> Marks {
    marks.insert(PRICE.to_owned(), price.id.clone().into());
    marks.insert(TIER.to_owned(), price.says(TIER).unwrap_or_default().into());
    marks
}

/// A price as it is on record.
pub(super) fn price_of(operation: &'static str, price: &answer::Price) -> Result<Price, BackendError> {
    let wrong = |what| unreadable(operation, what);
    let key = price.says(KEY).and_then(|key| key.parse::<IdempotencyKey>().ok());
    let spec = NewPrice::new(
        run_of(price.marks()).ok_or_else(|| wrong("run"))?,
        key.ok_or_else(|| wrong("key"))?,
        price.says(TIER).unwrap_or_default(),
        price.name.as_deref().unwrap_or_default(),
        money::of_price(&price.unit_price).ok_or_else(|| wrong("price"))?,
        money::interval(price.billing_cycle.as_ref()).ok_or_else(|| wrong("interval"))?,
    );
    let (id, product) = (id(operation, &price.id)?, id(operation, &price.product_id)?);
    Ok(Price::new(id, product, spec, made_at(operation, price)?).with_active(price.is_active()))
}

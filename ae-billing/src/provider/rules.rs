//! The rules for products, prices and links, the same for every store.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Ensured, LinkId, NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, Price, PriceId, Product,
    ProductId, ProviderInfo,
    store::records::{Find, Records, Table, bad, error, load, load_all, refused, save},
};

/// The terms of one call: the provider's own info, where its links lead, and the time.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Terms<'a> {
    /// The provider: its name in errors, its caps and currencies.
    pub provider: &'a ProviderInfo,
    /// A link's URL is `{base_url}/pay/{link id}`.
    pub base_url: &'a str,
    /// The time of the call.
    pub now: Timestamp,
}

impl<'a> Terms<'a> {
    /// The terms of `provider` at `now`, with links under `base_url`.
    pub const fn new(provider: &'a ProviderInfo, base_url: &'a str, now: Timestamp) -> Self {
        Self { provider, base_url, now }
    }
}

/// A used key: what it was used for.
#[derive(Debug, Serialize, Deserialize)]
struct UsedKey {
    operation: String,
    request: Digest,
}

impl Terms<'_> {
    pub(crate) fn ensure_product(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        const OPERATION: &str = "ensure_product";
        let (id, run) = (ProductId::of_key(key), spec.run.to_string());
        if claim(records, key, OPERATION, &run, spec)? {
            return Ok(Ensured::Found(needed(records, Table::Products, id.as_str(), OPERATION)?));
        }
        spec.check().map_err(refused(OPERATION))?;
        within(records, Table::Products, &run, self.provider.caps.products_per_run_max, OPERATION)?;
        let product = Product::new(id, spec.clone(), self.now);
        save_product(records, &product)?;
        Ok(Ensured::Created(product))
    }

    pub(crate) fn ensure_price(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        const OPERATION: &str = "ensure_price";
        let (id, run) = (PriceId::of_key(key), spec.run.to_string());
        if claim(records, key, OPERATION, &run, spec)? {
            return Ok(Ensured::Found(needed(records, Table::Prices, id.as_str(), OPERATION)?));
        }
        spec.check(self.provider).map_err(refused(OPERATION))?;
        let product = ProductId::of_key(&spec.product);
        let product: Product = needed(records, Table::Products, product.as_str(), OPERATION)?;
        usable(OPERATION, &product.id, product.run == spec.run, product.active)?;
        within(records, Table::Prices, &run, self.provider.caps.prices_per_run_max, OPERATION)?;
        let price = Price::new(id, product.id, spec.clone(), self.now);
        save_price(records, &price)?;
        Ok(Ensured::Created(price))
    }

    pub(crate) fn ensure_payment_link(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        const OPERATION: &str = "ensure_payment_link";
        let (id, run) = (LinkId::of_key(key), spec.run.to_string());
        if claim(records, key, OPERATION, &run, spec)? {
            let link = needed(records, Table::Links, id.as_str(), OPERATION)?;
            return Ok(Ensured::Found(self.shown(link)));
        }
        spec.check(self.provider).map_err(refused(OPERATION))?;
        let mut prices: Vec<Price> = Vec::with_capacity(spec.prices.len());
        for id in spec.prices.iter().map(PriceId::of_key) {
            let price: Price = needed(records, Table::Prices, id.as_str(), OPERATION)?;
            usable(OPERATION, &price.id, price.run == spec.run, price.active)?;
            if prices.iter().any(|other| other.tier == price.tier || other.product != price.product) {
                let message =
                    format!("{id} does not go with the prices before it: one product, each tier once");
                return bad(OPERATION, message);
            }
            prices.push(price);
        }
        within(records, Table::Links, &run, self.provider.caps.links_per_run_max, OPERATION)?;
        // Kept without its URL, which follows from where pages are served now.
        let prices = prices.into_iter().map(|price| price.id).collect();
        let link = PaymentLink::new(id, prices, spec.clone(), "", self.now);
        save_link(records, &link)?;
        Ok(Ensured::Created(self.shown(link)))
    }

    pub(crate) fn deactivate(
        self,
        records: &mut dyn Records,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        const OPERATION: &str = "deactivate";
        match object {
            ObjectRef::Product(id) => {
                let mut product: Product = needed(records, Table::Products, id.as_str(), OPERATION)?;
                claim(records, key, OPERATION, &product.run.to_string(), object)?;
                if std::mem::take(&mut product.active) {
                    save_product(records, &product)?;
                }
            }
            ObjectRef::Price(id) => {
                let mut price: Price = needed(records, Table::Prices, id.as_str(), OPERATION)?;
                claim(records, key, OPERATION, &price.run.to_string(), object)?;
                if std::mem::take(&mut price.active) {
                    save_price(records, &price)?;
                }
            }
            ObjectRef::Link(id) => {
                let mut link: PaymentLink = needed(records, Table::Links, id.as_str(), OPERATION)?;
                claim(records, key, OPERATION, &link.run.to_string(), object)?;
                if std::mem::take(&mut link.active) {
                    save_link(records, &link)?;
                }
            }
        }
        Ok(())
    }

    /// A link that was kept, with its URL.
    pub(crate) fn shown(self, link: PaymentLink) -> PaymentLink {
        PaymentLink { url: format!("{}/pay/{}", self.base_url, link.id), ..link }
    }
}

pub(crate) fn find(records: &dyn Records, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
    let run = run.to_string();
    let products: Vec<Product> = load_all(records, Table::Products, Find::of_run(&run))?;
    let prices: Vec<Price> = load_all(records, Table::Prices, Find::of_run(&run))?;
    let links: Vec<PaymentLink> = load_all(records, Table::Links, Find::of_run(&run))?;
    Ok(products
        .into_iter()
        .map(|product| ObjectRef::Product(product.id))
        .chain(prices.into_iter().map(|price| ObjectRef::Price(price.id)))
        .chain(links.into_iter().map(|link| ObjectRef::Link(link.id)))
        .collect())
}

/// Binds `key` to this request. `true` when it was bound to the same one before.
pub(crate) fn claim<T: Serialize + ?Sized>(
    records: &mut dyn Records,
    key: &IdempotencyKey,
    operation: &'static str,
    run: &str,
    request: &T,
) -> Result<bool, BackendError> {
    let request = Digest::of_json("billing-request/1", request).map_err(|source| {
        error(ErrorKind::Internal, operation, "the request can't be written as JSON").with_source(source)
    })?;
    match load::<UsedKey>(records, Table::Keys, key.as_str())? {
        Some(used) if used.operation == operation && used.request == request => Ok(true),
        Some(used) => {
            let message = format!(
                "key {key} was used for another {} request: use a new key for a new effect",
                used.operation
            );
            Err(error(ErrorKind::Conflict, operation, message))
        }
        None => {
            let used = UsedKey { operation: operation.to_owned(), request };
            save(records, Table::Keys, (key.as_str(), run, ""), &used)?;
            Ok(false)
        }
    }
}

pub(crate) fn needed<T: serde::de::DeserializeOwned>(
    records: &dyn Records,
    table: Table,
    id: &str,
    operation: &'static str,
) -> Result<T, BackendError> {
    load(records, table, id)?
        .ok_or_else(|| error(ErrorKind::NotFound, operation, format!("there is no {id} here")))
}

fn usable(
    operation: &'static str,
    id: &impl std::fmt::Display,
    is_own: bool,
    is_active: bool,
) -> Result<(), BackendError> {
    if !is_own {
        return bad(operation, format!("{id} belongs to another run"));
    }
    if !is_active {
        return Err(error(
            ErrorKind::Conflict,
            operation,
            format!("{id} was taken off sale: make a new one"),
        ));
    }
    Ok(())
}

fn within(
    records: &dyn Records,
    table: Table,
    run: &str,
    most: usize,
    operation: &'static str,
) -> Result<(), BackendError> {
    let limit = u32::try_from(most).unwrap_or(u32::MAX);
    let present = records.find(table, Find { limit, ..Find::of_run(run) })?.len();
    if present < most {
        return Ok(());
    }
    let message = format!("this run has made {present} of these, the cap: raise it if that is meant");
    Err(error(ErrorKind::QuotaExceeded, operation, message))
}

fn save_product(records: &mut dyn Records, product: &Product) -> Result<(), BackendError> {
    save(records, Table::Products, (product.id.as_str(), &product.run.to_string(), ""), product)
}

fn save_price(records: &mut dyn Records, price: &Price) -> Result<(), BackendError> {
    let names = (price.id.as_str(), &*price.run.to_string(), price.product.as_str());
    save(records, Table::Prices, names, price)
}

fn save_link(records: &mut dyn Records, link: &PaymentLink) -> Result<(), BackendError> {
    save(records, Table::Links, (link.id.as_str(), &link.run.to_string(), ""), link)
}

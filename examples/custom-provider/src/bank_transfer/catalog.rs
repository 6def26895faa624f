//! The rules for products, prices and links. Whatever they refuse has changed nothing.

use ae_billing::{
    Ensured, LinkId, NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, Price, PriceId, Product,
    ProductId, ProviderInfo,
};
use ae_core::{BackendError, ErrorKind, IdempotencyKey, Timestamp};

use super::{bad, book::Book, error, refused};

/// What one call knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) operation: &'static str,
    pub(super) info: &'a ProviderInfo,
    pub(super) base_url: &'a str,
    pub(super) now: Timestamp,
}

impl Maker<'_> {
    pub(super) fn product(
        self,
        book: &mut Book,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        let id = ProductId::of_key(key);
        if book.claim(key, self.operation, spec)? {
            return Ok(Ensured::Found(self.get(&book.products, |made| made.id == id, &id)?.clone()));
        }
        spec.check().map_err(refused(self.operation))?;
        let made = book.products.iter().filter(|made| made.run == spec.run).count();
        self.within(made, self.info.caps.products_per_run_max)?;
        let product = Product::new(id, spec.clone(), self.now);
        book.products.push(product.clone());
        Ok(Ensured::Created(product))
    }

    pub(super) fn price(
        self,
        book: &mut Book,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        let id = PriceId::of_key(key);
        if book.claim(key, self.operation, spec)? {
            return Ok(Ensured::Found(self.get(&book.prices, |made| made.id == id, &id)?.clone()));
        }
        spec.check(self.info).map_err(refused(self.operation))?;
        let product = ProductId::of_key(&spec.product);
        let product = self.get(&book.products, |made| made.id == product, &product)?;
        self.usable(&product.id, product.run == spec.run, product.active)?;
        let made = book.prices.iter().filter(|made| made.run == spec.run).count();
        self.within(made, self.info.caps.prices_per_run_max)?;
        let price = Price::new(id, product.id.clone(), spec.clone(), self.now);
        book.prices.push(price.clone());
        Ok(Ensured::Created(price))
    }

    pub(super) fn link(
        self,
        book: &mut Book,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        let id = LinkId::of_key(key);
        if book.claim(key, self.operation, spec)? {
            return Ok(Ensured::Found(self.get(&book.links, |made| made.id == id, &id)?.clone()));
        }
        spec.check().map_err(refused(self.operation))?;
        let mut prices: Vec<&Price> = Vec::with_capacity(spec.prices.len());
        for line in &spec.prices.iter().map(PriceId::of_key).collect::<Vec<_>>() {
            let price = self.get(&book.prices, |made| made.id == *line, line)?;
            self.usable(line, price.run == spec.run, price.active)?;
            if prices.iter().any(|other| other.tier == price.tier || other.product != price.product) {
                let message = format!("{line} does not go with the others: one product, each tier once");
                return bad(self.operation, message);
            }
            prices.push(price);
        }
        let made = book.links.iter().filter(|made| made.run == spec.run).count();
        self.within(made, self.info.caps.links_per_run_max)?;
        let url = format!("{}/{id}.txt", self.base_url);
        let prices = prices.into_iter().map(|price| price.id.clone()).collect();
        let link = PaymentLink::new(id, prices, spec.clone(), url, self.now);
        book.links.push(link.clone());
        Ok(Ensured::Created(link))
    }

    pub(super) fn end(
        self,
        book: &mut Book,
        key: &IdempotencyKey,
        object: &ObjectRef,
    ) -> Result<(), BackendError> {
        let active = match object {
            ObjectRef::Product(id) => {
                book.products.iter_mut().find(|made| made.id == *id).map(|made| &mut made.active)
            }
            ObjectRef::Price(id) => {
                book.prices.iter_mut().find(|made| made.id == *id).map(|made| &mut made.active)
            }
            ObjectRef::Link(id) => {
                book.links.iter_mut().find(|made| made.id == *id).map(|made| &mut made.active)
            }
            _ => None,
        };
        let missing = || error(ErrorKind::NotFound, self.operation, format!("there is no {object:?}"));
        *active.ok_or_else(missing)? = false;
        book.claim(key, self.operation, object).map(|_| ())
    }

    fn get<'b, T>(
        self,
        made: &'b [T],
        is_it: impl Fn(&T) -> bool,
        id: &impl std::fmt::Display,
    ) -> Result<&'b T, BackendError> {
        let missing = || error(ErrorKind::NotFound, self.operation, format!("there is no {id} in the book"));
        made.iter().find(|object| is_it(object)).ok_or_else(missing)
    }

    fn usable(self, id: &impl std::fmt::Display, is_own: bool, is_active: bool) -> Result<(), BackendError> {
        if !is_own {
            return bad(self.operation, format!("{id} belongs to another run"));
        }
        if !is_active {
            let message = format!("{id} was taken off sale: make a new one");
            return Err(error(ErrorKind::Conflict, self.operation, message));
        }
        Ok(())
    }

    fn within(self, made: usize, most: usize) -> Result<(), BackendError> {
        if made < most {
            return Ok(());
        }
        let message = format!("this run has made {made} of these, the cap: raise it if that is meant");
        Err(error(ErrorKind::QuotaExceeded, self.operation, message))
    }
}

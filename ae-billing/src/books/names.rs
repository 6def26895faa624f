//! The names by which agreements are found: prices, links, customers and orders, in rows of their own; and what is on
//! sale.

use std::collections::BTreeSet;

use ae_core::{BackendError, ErrorKind};

use super::facts::{Sales, SoldAt};
use crate::{
    OnSale, OrderId,
    provider::{checks, rules::Terms},
    store::records::{By, Records, Row, Table, error, load, parse, refused, save},
};

const OPERATION: &str = "put_on_sale";

/// The name of something of a provider.
pub(super) fn of(kind: &str, provider: &str, id: &str) -> String {
    format!("{kind} {provider}:{id}")
}

pub(super) fn order(order: &OrderId) -> String {
    format!("order {order}")
}

/// The name of the payments of an agreement whose rows another agreement owns.
pub(super) fn payments_of(agreement: &str) -> String {
    format!("payments {agreement}")
}

/// Lets `thing`, an agreement or a payment, be found by `name`.
pub(super) fn add(records: &mut dyn Records, name: &str, thing: &str) -> Result<(), BackendError> {
    let id = format!("{name} {thing}");
    if records.get(Table::Names, &id)?.is_none() {
        let (run, owner) = (String::new(), name.to_owned());
        records.put(Table::Names, Row { id, run, owner, body: thing.to_owned() })?;
    }
    Ok(())
}

/// The agreements, or payments, with any of `names`.
pub(super) fn named(
    records: &dyn Records,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<String>, BackendError> {
    let rows = records.among(Table::Names, By::Owner, &names.into_iter().collect())?;
    Ok(rows.into_iter().map(|row| row.body).collect())
}

impl Terms<'_> {
    pub(crate) fn put_on_sale(self, records: &mut dyn Records, sale: &OnSale) -> Result<(), BackendError> {
        checks::label("provider's name", &sale.provider).map_err(refused(OPERATION))?;
        let run = sale.run.to_string();
        let row = of("price", &sale.provider, sale.price.id.as_str());
        match load::<OnSale>(records, Table::Sales, &row)? {
            None => {
                let sale = OnSale { link: None, ..sale.clone() };
                save(records, Table::Sales, (&row, &run, &sale.provider), &sale)?;
            }
            Some(known) if is_same(&known, sale) => {}
            Some(_) => return taken(&sale.price.id),
        }
        let Some(link) = &sale.link else { return Ok(()) };
        let row = of("link", &sale.provider, link.as_str());
        let known = load::<SoldAt>(records, Table::Sales, &row)?;
        let mut at = known.unwrap_or_else(|| SoldAt {
            provider: sale.provider.clone(),
            run: sale.run,
            prices: Vec::new(),
        });
        if at.run != sale.run {
            return taken(link);
        }
        if !at.prices.contains(&sale.price.id) {
            at.prices.push(sale.price.id.clone());
            save(records, Table::Sales, (&row, &run, &sale.provider), &at)?;
        }
        Ok(())
    }
}

/// Whether both say the same of what never changes.
fn is_same(one: &OnSale, other: &OnSale) -> bool {
    let terms = |sale: &OnSale| (sale.run, sale.price.tier.clone(), sale.price.interval);
    terms(one) == terms(other) && one.price.charge == other.price.charge
}

fn taken(what: &impl std::fmt::Display) -> Result<(), BackendError> {
    let message = format!("{what} is on sale already, for another run or on other terms: announce a new one");
    Err(error(ErrorKind::Conflict, OPERATION, message))
}

impl Sales {
    /// Those with these names, and the prices that links sell.
    pub(super) fn read(records: &dyn Records, names: &BTreeSet<String>) -> Result<Self, BackendError> {
        let mut sales = Self::default();
        for row in records.among(Table::Sales, By::Id, names)? {
            sales.add(&row)?;
        }
        let sold = sales
            .links
            .values()
            .flat_map(|at| at.prices.iter().map(|price| of("price", &at.provider, price.as_str())));
        for row in records.among(Table::Sales, By::Id, &sold.collect())? {
            sales.add(&row)?;
        }
        Ok(sales)
    }

    fn add(&mut self, row: &Row) -> Result<(), BackendError> {
        if row.id.starts_with("price ") {
            self.prices.insert(row.id.clone(), parse(Table::Sales, row)?);
        } else {
            self.links.insert(row.id.clone(), parse(Table::Sales, row)?);
        }
        Ok(())
    }
}

//! The facts that belong together, read from their rows.
//!
//! Payments and agreements are the knots of a net: a payment belongs to an agreement, may have other names, and may be
//! refunded, disputed or have failed. From some knots all that hang on them are read, level by level, so that what is
//! summed up is always whole.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{BackendError, RunId};
use serde::de::DeserializeOwned;

use super::{
    facts::{Fact, Sales, Stated},
    names,
};
use crate::{
    DisputedPayment, FailedPayment, PaidInvoice, PaymentAlias, RefundedPayment, SubscriptionChange,
    store::records::{By, Find, Records, Row, Table, parse},
};

/// Statements by the names of their rows.
type ByRow<T> = BTreeMap<String, Stated<T>>;

/// Facts, and all that is on sale of what they name.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) paid: ByRow<PaidInvoice>,
    pub(super) changes: ByRow<SubscriptionChange>,
    pub(super) refunds: ByRow<RefundedPayment>,
    pub(super) disputes: ByRow<DisputedPayment>,
    pub(super) failures: ByRow<FailedPayment>,
    pub(super) aliases: ByRow<PaymentAlias>,
    pub(super) sales: Sales,
}

/// Payments and agreements, by the provider's name and their ids.
#[derive(Debug, Default)]
pub(super) struct Knots {
    pub(super) payments: BTreeSet<String>,
    pub(super) agreements: BTreeSet<String>,
}

impl Knots {
    pub(super) fn of_agreement(name: impl Into<String>) -> Self {
        Self { payments: BTreeSet::new(), agreements: BTreeSet::from([name.into()]) }
    }

    /// Those that state the run, or that sell what it has put on sale.
    pub(super) fn of_run(records: &dyn Records, run: RunId) -> Result<Self, BackendError> {
        let run = run.to_string();
        let find = Find::of_run(&run);
        let mut facts = Facts::default();
        let mut knots =
            facts.read(|table| Ok(records.find(table, find)?.into_iter().map(|(_, row)| row).collect()))?;
        let sold = records.find(Table::Sales, find)?.into_iter().map(|(_, row)| row.id);
        knots.agreements.extend(names::named(records, sold)?);
        Ok(knots)
    }

    /// Those of payments without a stated run, and of all that went back.
    pub(super) fn of_money(records: &dyn Records) -> Result<Self, BackendError> {
        Facts::default().read(|table| {
            let find = match table {
                Table::Revenue => Find::of_run(""),
                Table::Refunds | Table::Disputes => Find::ALL,
                _ => return Ok(Vec::new()),
            };
            Ok(records.find(table, find)?.into_iter().map(|(_, row)| row).collect())
        })
    }

    fn is_empty(&self) -> bool {
        self.payments.is_empty() && self.agreements.is_empty()
    }

    /// Adds `others`. The answer is those that were not known.
    fn take(&mut self, others: Self) -> Self {
        let new = Self {
            payments: others.payments.difference(&self.payments).cloned().collect(),
            agreements: others.agreements.difference(&self.agreements).cloned().collect(),
        };
        self.payments.extend(others.payments);
        self.agreements.extend(others.agreements);
        new
    }
}

impl Facts {
    /// All that hangs on `knots`, directly or through others.
    pub(super) fn on(records: &dyn Records, knots: Knots) -> Result<Self, BackendError> {
        let mut facts = Self::default();
        let mut known = Knots::default();
        let mut next = known.take(knots);
        while !next.is_empty() {
            let of_payments = facts.read(|table| match table {
                Table::Revenue | Table::Failures => records.among(table, By::Id, &next.payments),
                Table::Refunds | Table::Disputes | Table::Aliases => {
                    records.among(table, By::Owner, &next.payments)
                }
                _ => Ok(Vec::new()),
            })?;
            let of_agreements = facts.read(|table| match table {
                Table::Revenue | Table::Failures => records.among(table, By::Owner, &next.agreements),
                Table::Entitlements => records.among(table, By::Id, &next.agreements),
                _ => Ok(Vec::new()),
            })?;
            let names: Vec<_> = next.agreements.iter().map(|name| names::payments_of(name)).collect();
            let others = names::named(records, names)?;
            next = known.take(of_payments);
            let mut more = known.take(of_agreements);
            more.payments.extend(others.into_iter().filter(|payment| known.payments.insert(payment.clone())));
            next.payments.extend(more.payments);
            next.agreements.extend(more.agreements);
        }
        facts.sales = Sales::read(records, &facts.names_of_sales())?;
        Ok(facts)
    }

    /// Adds the rows that `rows` gives of each table. The answer is the knots that they hang on.
    fn read(
        &mut self,
        rows: impl Fn(Table) -> Result<Vec<Row>, BackendError>,
    ) -> Result<Knots, BackendError> {
        let mut knots = Knots::default();
        add(&mut self.paid, rows(Table::Revenue)?, |provider, invoice| {
            knots.payments.insert(place(provider, &invoice.payment));
            knots.agreements.insert(place(provider, invoice.owner()));
        })?;
        add(&mut self.changes, rows(Table::Entitlements)?, |provider, change| {
            knots.agreements.insert(place(provider, &change.entitlement));
        })?;
        add(&mut self.refunds, rows(Table::Refunds)?, |provider, refund| {
            knots.payments.insert(place(provider, &refund.payment));
        })?;
        add(&mut self.disputes, rows(Table::Disputes)?, |provider, dispute| {
            knots.payments.insert(place(provider, &dispute.payment));
        })?;
        add(&mut self.failures, rows(Table::Failures)?, |provider, failed| {
            knots.payments.insert(place(provider, &failed.payment));
            knots.agreements.insert(place(provider, failed.owner()));
        })?;
        add(&mut self.aliases, rows(Table::Aliases)?, |provider, alias| {
            knots.payments.insert(place(provider, &alias.payment));
            knots.payments.insert(place(provider, &alias.alias));
        })?;
        Ok(knots)
    }

    fn names_of_sales(&self) -> BTreeSet<String> {
        let paid = self.paid.values().flat_map(|row| row.all().map(|fact| (&row.provider, fact)));
        let paid = paid
            .flat_map(|(provider, fact)| [("price", provider, &fact.price), ("link", provider, &fact.link)]);
        let changes = self.changes.values().flat_map(|row| row.all().map(|fact| (&row.provider, fact)));
        let changes = changes.map(|(provider, fact)| ("price", provider, &fact.price));
        let failures = self.failures.values().flat_map(|row| row.all().map(|fact| (&row.provider, fact)));
        let failures = failures.map(|(provider, fact)| ("price", provider, &fact.price));
        paid.chain(changes)
            .chain(failures)
            .filter(|(_, _, name)| !name.is_empty())
            .map(|(kind, provider, name)| names::of(kind, provider, name))
            .collect()
    }
}

pub(super) fn place(provider: &str, id: &str) -> String {
    format!("{provider}:{id}")
}

fn add<T: Fact + DeserializeOwned>(
    known: &mut ByRow<T>,
    rows: Vec<Row>,
    mut each: impl FnMut(&str, &T),
) -> Result<(), BackendError> {
    for row in rows {
        let stated: Stated<T> = parse(T::TABLE, &row)?;
        stated.all().for_each(|fact| each(&stated.provider, fact));
        known.insert(row.id, stated);
    }
    Ok(())
}

//! The needs of the rules from a store: rows in a few tables, and transactions.

use std::{collections::BTreeSet, fmt};

use ae_core::{BackendError, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::journal::JournalEntry;
use crate::RequestError;

/// The name in every error of an offline ledger.
pub(crate) const BACKEND: &str = "offline-ledger";

ae_core::wire_enum! {
    /// The tables of rows, by their names in a database and in the journal.
    #[derive(PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Table {
        Keys = "billing_keys",
        Products = "billing_products",
        Prices = "billing_prices",
        Links = "billing_links",
        Payments = "billing_payments",
        Outbox = "billing_outbox",
        Events = "billing_events",
        Revenue = "billing_revenue",
        Entitlements = "billing_entitlements",
        Refunds = "billing_refunds",
        Failures = "billing_failures",
        Credits = "billing_credits",
        Orders = "billing_orders",
        Names = "billing_names",
        Sales = "billing_sales",
        Aliases = "billing_aliases",
        Disputes = "billing_disputes",
    }
}

/// One row. `run` and `owner` can be searched by; `body` is JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub(crate) id: String,
    pub(crate) run: String,
    pub(crate) owner: String,
    pub(crate) body: String,
}

/// Which rows of a table: oldest first, unless the newest are wanted first.
#[derive(Debug, Clone, Copy)]
pub struct Find<'a> {
    pub(crate) run: Option<&'a str>,
    pub(crate) owner: Option<&'a str>,
    pub(crate) after: u64,
    pub(crate) limit: u32,
    pub(crate) newest_first: bool,
}

impl<'a> Find<'a> {
    pub(crate) const ALL: Self =
        Self { run: None, owner: None, after: 0, limit: u32::MAX, newest_first: false };

    pub(crate) const fn of_run(run: &'a str) -> Self {
        Self { run: Some(run), ..Self::ALL }
    }

    pub(crate) const fn of_owner(owner: &'a str) -> Self {
        Self { owner: Some(owner), ..Self::ALL }
    }

    pub(crate) fn matches(&self, position: u64, row: &Row) -> bool {
        (if self.newest_first { self.after == 0 || position < self.after } else { position > self.after })
            && self.run.is_none_or(|run| run == row.run)
            && self.owner.is_none_or(|owner| owner == row.owner)
    }
}

/// The column by which rows are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    Id,
    Owner,
}

/// The rows as one transaction sees them.
pub trait Records {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError>;
    /// Positions and rows; a row keeps the position of its first write.
    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError>;
    fn count(&self, table: Table) -> Result<u64, BackendError>;
    /// Every row with one of `names`, in any order.
    fn among(&self, table: Table, by: By, names: &BTreeSet<String>) -> Result<Vec<Row>, BackendError> {
        let mut rows = Vec::new();
        for name in names {
            match by {
                By::Id => rows.extend(self.get(table, name)?),
                By::Owner => {
                    rows.extend(self.find(table, Find::of_owner(name))?.into_iter().map(|(_, row)| row));
                }
            }
        }
        Ok(rows)
    }
    /// Writes the row and its journal entry.
    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError>;
}

/// A place that keeps rows. Sealed: only the stores of this crate implement it.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    #[doc(hidden)]
    fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> impl Future<Output = Result<T, BackendError>> + Send;

    /// Everything that `work` puts is kept when it succeeds, nothing of it when it fails.
    #[doc(hidden)]
    fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> impl Future<Output = Result<T, BackendError>> + Send;

    /// The journal and all rows of one moment.
    #[doc(hidden)]
    fn audit<T: Send + 'static>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> impl Future<Output = Result<T, BackendError>> + Send;
}

pub(crate) fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, BACKEND, operation, message)
}

pub(crate) fn bad<T>(operation: &'static str, message: impl Into<String>) -> Result<T, BackendError> {
    Err(error(ErrorKind::InvalidInput, operation, message))
}

/// The fault of a request, as the answer of `operation`.
pub(crate) fn refused(operation: &'static str) -> impl Fn(RequestError) -> BackendError {
    move |wrong| error(wrong.kind(), operation, wrong.to_string())
}

pub(crate) fn parse<T: DeserializeOwned>(table: Table, row: &Row) -> Result<T, BackendError> {
    serde_json::from_str(&row.body).map_err(|source| {
        let message = format!("{} {} is damaged: restore the ledger from a copy", table.as_str(), row.id);
        error(ErrorKind::Protocol, "read", message).with_source(source)
    })
}

pub(crate) fn load<T: DeserializeOwned>(
    records: &dyn Records,
    table: Table,
    id: &str,
) -> Result<Option<T>, BackendError> {
    records.get(table, id)?.map(|row| parse(table, &row)).transpose()
}

pub(crate) fn load_all<T: DeserializeOwned>(
    records: &dyn Records,
    table: Table,
    find: Find<'_>,
) -> Result<Vec<T>, BackendError> {
    records.find(table, find)?.iter().map(|(_, row)| parse(table, row)).collect()
}

pub(crate) fn save<T: Serialize>(
    records: &mut dyn Records,
    table: Table,
    (id, run, owner): (&str, &str, &str),
    value: &T,
) -> Result<(), BackendError> {
    let body = serde_json::to_string(value).map_err(|source| {
        error(ErrorKind::Internal, "write", format!("{} {id} can't be written as JSON", table.as_str()))
            .with_source(source)
    })?;
    records.put(table, Row { id: id.to_owned(), run: run.to_owned(), owner: owner.to_owned(), body })
}

//! Columns and the words of the port.

use ae_core::{Digest, Timestamp};
use tokio_postgres::Row;

use super::errors::Fault;
use crate::store::record::{Head, Header};

pub(super) fn number_at(row: &Row, column: usize) -> Result<u64, Fault> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| Fault::Damaged)
}

pub(super) fn digest_at(row: &Row, column: usize) -> Result<Digest, Fault> {
    digest(row.try_get(column)?)
}

pub(super) fn hash_at(row: &Row, column: usize) -> Result<Option<Digest>, Fault> {
    row.try_get::<_, Option<&[u8]>>(column)?.map(digest).transpose()
}

pub(super) fn time_at(row: &Row, column: usize) -> Result<Timestamp, Fault> {
    Timestamp::from_millisecond(row.try_get(column)?).map_err(|_| Fault::Damaged)
}

pub(super) fn header_at(row: &Row, column: usize) -> Result<Header, Fault> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| Fault::Damaged)
}

/// A head in three columns: number, step, digest.
pub(super) fn head_at(row: &Row, column: usize) -> Result<Head, Fault> {
    Ok(Head::new(number_at(row, column)?, number_at(row, column + 1)?, digest_at(row, column + 2)?))
}

/// A number as the database keeps it; one past its range lies at the end of it, where no record is.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn digest(bytes: &[u8]) -> Result<Digest, Fault> {
    bytes.try_into().map(Digest::from_bytes).map_err(|_| Fault::Damaged)
}

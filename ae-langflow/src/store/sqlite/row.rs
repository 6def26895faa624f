//! Columns and the words of the port.

use ae_core::{Digest, Timestamp};
use rusqlite::{Error, Result, Row, types::Type};

use super::key;
use crate::store::record::{Head, Header, TaskRecord};

/// A head in three columns from `column` on: key, step, digest.
pub(super) fn head_at(row: &Row<'_>, column: usize) -> Result<Head> {
    let digest = Digest::from_bytes(row.get(column + 2)?);
    Ok(Head::new(key::seq(row.get(column)?), number_at(row, column + 1)?, digest))
}

pub(super) fn header_at(row: &Row<'_>, column: usize) -> Result<Header> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| damaged(column, Type::Text, error))
}

pub(super) fn digest_at(row: &Row<'_>, column: usize) -> Result<Option<Digest>> {
    Ok(row.get::<_, Option<[u8; 32]>>(column)?.map(Digest::from_bytes))
}

pub(super) fn time_at(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(|error| damaged(column, Type::Integer, error))
}

pub(super) fn number_at(row: &Row<'_>, column: usize) -> Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|error| damaged(column, Type::Integer, error))
}

/// A note in four columns.
pub(super) fn note_of(row: &Row<'_>) -> Result<TaskRecord> {
    let (task, key): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(TaskRecord::new(number_at(row, 2)?, task, key, row.get::<_, String>(3)?))
}

pub(super) fn integer(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

fn damaged(column: usize, kind: Type, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, kind, Box::new(error))
}

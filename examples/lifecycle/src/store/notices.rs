//! The state of each order that the operator's own system was notified of.

use std::collections::BTreeMap;

use super::RunIndex;
use crate::error::Result;

/// The table, which the list of runs makes.
pub(super) const TABLE: &str =
    "CREATE TABLE notices (order_id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;";

impl RunIndex {
    /// The state of each order that was sent last.
    pub async fn told(&self) -> Result<BTreeMap<String, String>> {
        let told = self.0.read("notices", |connection| {
            let mut statement = connection.prepare("SELECT order_id, state FROM notices")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<BTreeMap<String, String>>>()?)
        });
        Ok(told.await?)
    }

    /// Remembers that `state` of `order` was sent.
    pub async fn remember_told(&self, order: &str, state: &str) -> Result<()> {
        let (order, state) = (order.to_owned(), state.to_owned());
        let kept = self.0.write("remember_told", move |connection| {
            let sql = "INSERT OR REPLACE INTO notices (order_id, state) VALUES (?1, ?2)";
            Ok(connection.execute(sql, (order, state)).map(drop)?)
        });
        Ok(kept.await?)
    }
}

//! Tables of rows in memory.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::BackendError;
use serde::{Deserialize, Serialize};

use super::records::{Find, Records, Row, Table};

/// Rows in the order of their first write, and what the change under way replaced.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Table, Row)>", into = "Vec<(Table, Row)>")]
pub(crate) struct Rows {
    tables: BTreeMap<Table, Rank>,
    undo: Vec<(Table, Row, Option<Row>)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rank {
    rows: Vec<Row>,
    places: BTreeMap<String, usize>,
    /// The places of the rows of each owner, so that looking rows up by it does not read all of them.
    owned: BTreeMap<String, BTreeSet<usize>>,
}

impl Rank {
    fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(*self.places.get(id)?)
    }

    /// Writes the row. The answer is the one that it replaced.
    fn put(&mut self, row: Row) -> Option<Row> {
        let place = self.places.get(&row.id).copied().unwrap_or(self.rows.len());
        self.owned.entry(row.owner.clone()).or_default().insert(place);
        let Some(present) = self.rows.get_mut(place) else {
            self.places.insert(row.id.clone(), place);
            self.rows.push(row);
            return None;
        };
        let before = std::mem::replace(present, row);
        if self.rows.get(place).is_some_and(|row| row.owner != before.owner) {
            self.disown(&before.owner, place);
        }
        Some(before)
    }

    /// Takes the newest row back.
    fn pop(&mut self) {
        if let Some(row) = self.rows.pop() {
            self.places.remove(&row.id);
            self.disown(&row.owner, self.rows.len());
        }
    }

    fn disown(&mut self, owner: &str, place: usize) {
        if let Some(places) = self.owned.get_mut(owner) {
            places.remove(&place);
            if places.is_empty() {
                self.owned.remove(owner);
            }
        }
    }

    /// Positions and rows, oldest first: those of `owner`, else all.
    fn placed<'a>(&'a self, owner: Option<&str>) -> Vec<(u64, &'a Row)> {
        let all = |place: usize| Some((u64::try_from(place).ok()?.checked_add(1)?, self.rows.get(place)?));
        match owner {
            Some(owner) => self.owned.get(owner).into_iter().flatten().copied().filter_map(all).collect(),
            None => (0..self.rows.len()).filter_map(all).collect(),
        }
    }
}

impl Rows {
    /// Works on the rows: everything that `work` puts is kept when it succeeds, nothing of it when it fails.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, BackendError>,
    ) -> Result<T, BackendError> {
        self.undo.clear();
        let done = work(self);
        if done.is_err() {
            self.roll_back();
        }
        done
    }

    /// Every write of the last change, in its order.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (Table, &Row)> {
        self.undo.iter().map(|(table, row, _)| (*table, row))
    }

    fn roll_back(&mut self) {
        for (table, _, before) in std::mem::take(&mut self.undo).into_iter().rev() {
            let rank = self.tables.entry(table).or_default();
            match before {
                Some(before) => drop(rank.put(before)),
                // Newest first, so a row that is taken back is the last one.
                None => {
                    rank.pop();
                    if rank.rows.is_empty() {
                        self.tables.remove(&table);
                    }
                }
            }
        }
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.tables == other.tables
    }
}

impl From<Vec<(Table, Row)>> for Rows {
    fn from(all: Vec<(Table, Row)>) -> Self {
        let mut rows = Self::default();
        for (table, row) in all {
            rows.tables.entry(table).or_default().put(row);
        }
        rows
    }
}

impl From<Rows> for Vec<(Table, Row)> {
    fn from(rows: Rows) -> Self {
        let of_table = |(table, rank): (Table, Rank)| rank.rows.into_iter().map(move |row| (table, row));
        rows.tables.into_iter().flat_map(of_table).collect()
    }
}

impl Records for Rows {
    fn get(&self, table: Table, id: &str) -> Result<Option<Row>, BackendError> {
        Ok(self.tables.get(&table).and_then(|rank| rank.get(id)).cloned())
    }

    fn find(&self, table: Table, find: Find<'_>) -> Result<Vec<(u64, Row)>, BackendError> {
        let Some(rank) = self.tables.get(&table) else { return Ok(Vec::new()) };
        let most = usize::try_from(find.limit).unwrap_or(usize::MAX);
        let mut placed = rank.placed(find.owner);
        if find.newest_first {
            placed.reverse();
        }
        let fits = |(position, row): &(u64, &Row)| find.matches(*position, row);
        Ok(placed
            .into_iter()
            .filter(fits)
            .take(most)
            .map(|(position, row)| (position, row.clone()))
            .collect())
    }

    fn count(&self, table: Table) -> Result<u64, BackendError> {
        let rows = self.tables.get(&table).map_or(0, |rank| rank.rows.len());
        Ok(u64::try_from(rows).unwrap_or(u64::MAX))
    }

    fn put(&mut self, table: Table, row: Row) -> Result<(), BackendError> {
        let before = self.tables.entry(table).or_default().put(row.clone());
        self.undo.push((table, row, before));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::BACKEND;

    fn row(id: &str, body: &str) -> Row {
        Row { id: id.into(), run: "r".into(), owner: String::new(), body: body.into() }
    }

    #[test]
    fn a_failed_change_leaves_nothing_and_what_is_written_is_read_back() {
        let mut rows = Rows::default();
        rows.change(|rows| rows.put(Table::Keys, row("a", "1"))).unwrap();
        let before = rows.clone();
        let failed = rows.change(|rows| {
            for (table, id, body) in [
                (Table::Keys, "a", "2"),
                (Table::Keys, "b", "3"),
                (Table::Links, "a", "4"),
                (Table::Keys, "a", "5"),
            ] {
                rows.put(table, row(id, body))?;
            }
            Err::<(), _>(BackendError::new(ae_core::ErrorKind::Internal, BACKEND, "test", "stop"))
        });
        assert!(failed.is_err());
        assert_eq!(rows, before);
        rows.change(|rows| rows.put(Table::Keys, row("b", "6"))).unwrap();
        let json = serde_json::to_string(&rows).unwrap();
        assert_eq!(serde_json::from_str::<Rows>(&json).unwrap(), rows, "{json}");
    }
}

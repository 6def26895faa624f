//! How often visitors said that they want a product which is not built yet: a number for each site and nothing else.

use rusqlite::OptionalExtension;

use super::RunIndex;
use crate::error::Result;

/// The table, which the list of runs makes.
pub(super) const TABLE: &str =
    "CREATE TABLE interest (site TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;";
/// The highest count that is kept: it says enough, and the store does not grow with what clients send.
const COUNT_MAX: u32 = 1_000_000;

impl RunIndex {
    /// Counts one more for `site`.
    pub async fn add_interest(&self, site: &str) -> Result<()> {
        let site = site.to_owned();
        let added = self.0.write("add_interest", move |connection| {
            let sql = "INSERT INTO interest (site, count) VALUES (?1, 1)
                       ON CONFLICT (site) DO UPDATE SET count = min(count + 1, ?2)";
            Ok(connection.execute(sql, (site, COUNT_MAX)).map(drop)?)
        });
        Ok(added.await?)
    }

    /// The count of `site`.
    pub async fn interest(&self, site: &str) -> Result<u64> {
        let site = site.to_owned();
        let count = self.0.read("interest", move |connection| {
            let sql = "SELECT count FROM interest WHERE site = ?1";
            Ok(connection.query_row(sql, [site], |row| row.get::<_, i64>(0)).optional()?)
        });
        Ok(count.await?.unwrap_or_default().unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_count_outlives_the_process_and_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        let index = RunIndex::open(&path).unwrap();
        for _ in 0..3 {
            index.add_interest("one").await.unwrap();
        }
        index.add_interest("two").await.unwrap();
        drop(index);
        let index = RunIndex::open(&path).unwrap();
        assert_eq!(index.interest("one").await.unwrap(), 3);
        assert_eq!(index.interest("none").await.unwrap(), 0);
        let most = i64::from(COUNT_MAX);
        index.0.write_blocking("test", |c| Ok(c.execute("UPDATE interest SET count = ?1", [most])?)).unwrap();
        index.add_interest("one").await.unwrap();
        assert_eq!(index.interest("one").await.unwrap(), u64::from(COUNT_MAX));
    }
}

//! How often the pages of a product were seen and its checkout was asked for: numbers a day and site, and nothing else.

use std::collections::BTreeMap;

use super::RunIndex;
use crate::error::Result;

/// The table, which the list of runs makes. A day is counted from 1970-01-01, in UTC.
pub(super) const TABLE: &str = "CREATE TABLE visits (
        site TEXT NOT NULL, day INTEGER NOT NULL, views INTEGER NOT NULL, clicks INTEGER NOT NULL,
        PRIMARY KEY (site, day)
    ) STRICT, WITHOUT ROWID;";
/// The highest number that is kept for a day.
const COUNT_MAX: i64 = 1_000_000_000;

/// The numbers of a site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Visits {
    /// Pages that were shown.
    pub views: u64,
    /// Ways to a payment page that were taken.
    pub clicks: u64,
}

/// Numbers by site and day, days since 1970-01-01.
pub type Counted = BTreeMap<(String, i64), Visits>;

impl RunIndex {
    /// Adds `counted` to what is there, all of it or nothing.
    pub async fn add_visits(&self, counted: Counted) -> Result<()> {
        let added = self.0.write("add_visits", move |connection| {
            let sql =
                "INSERT INTO visits (site, day, views, clicks) VALUES (?1, ?2, min(?3, ?5), min(?4, ?5))
                       ON CONFLICT (site, day) DO UPDATE SET
                       views = min(views + excluded.views, ?5), clicks = min(clicks + excluded.clicks, ?5)";
            let mut statement = connection.prepare(sql)?;
            for ((site, day), visits) in &counted {
                statement.execute((site, day, number(visits.views), number(visits.clicks), COUNT_MAX))?;
            }
            Ok(())
        });
        Ok(added.await?)
    }

    /// The sums of `site` over the days from `first` on.
    pub async fn visits(&self, site: &str, first: i64) -> Result<Visits> {
        let site = site.to_owned();
        let sums = self.0.read("visits", move |connection| {
            let sql = "SELECT coalesce(sum(views), 0), coalesce(sum(clicks), 0) FROM visits WHERE site = ?1 AND day >= ?2";
            let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            Ok(connection.query_row(sql, (site, first), row)?)
        });
        let (views, clicks) = sums.await?;
        Ok(Visits { views: views.unsigned_abs(), clicks: clicks.unsigned_abs() })
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(COUNT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_add_up_by_site_and_day_and_have_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs.db");
        let index = RunIndex::open(&path).unwrap();
        let batch = |entries: &[(&str, i64, u64, u64)]| -> Counted {
            let entry = |(site, day, views, clicks): &(&str, i64, u64, u64)| {
                ((String::from(*site), *day), Visits { views: *views, clicks: *clicks })
            };
            entries.iter().map(entry).collect()
        };
        index
            .add_visits(batch(&[("one", 20_000, 3, 1), ("one", 20_001, 5, 0), ("two", 20_000, 7, 7)]))
            .await
            .unwrap();
        index.add_visits(batch(&[("one", 20_000, 2, 0)])).await.unwrap();
        drop(index);
        let index = RunIndex::open_read_only(&path).unwrap();
        assert_eq!(index.visits("one", 0).await.unwrap(), Visits { views: 10, clicks: 1 });
        assert_eq!(index.visits("one", 20_001).await.unwrap(), Visits { views: 5, clicks: 0 });
        assert_eq!(index.visits("none", 0).await.unwrap(), Visits::default());
        let index = RunIndex::open(&path).unwrap();
        for _ in 0..2 {
            index.add_visits(batch(&[("two", 20_000, u64::MAX, 1)])).await.unwrap();
        }
        let most = COUNT_MAX.unsigned_abs();
        assert_eq!(index.visits("two", 0).await.unwrap(), Visits { views: most, clicks: 9 });
    }
}

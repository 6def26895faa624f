//! A caller's budget: in memory, and with `--spent` in a file that outlives the process.
//!
//! The file gets a line before each try with the most that it can cost, and one after it with its cost. A try without the
//! second line, because the process was killed, counts in full at the next start: it may have been made. Lines are written
//! at once but not forced to the disk, so that a loss of power can lose the last ones.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{ErrorKind as Io, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use ae_router::{
    Budget, MemoryBudget,
    core::{BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Money, RunId},
};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::args::usd;

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    key: String,
    #[serde(rename = "try")]
    number: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    most: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
}

/// The file of all callers.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Mutex<File>,
}

impl Journal {
    /// Opens the file, and what it says that each caller has spent. It is written again with one line a caller.
    pub(crate) fn open(path: &Path) -> Result<(Self, BTreeMap<String, Money>), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == Io::NotFound => String::new(),
            read => read.map_err(failed)?,
        };
        let spent = spent(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut short = Vec::new();
        for (key, cost) in &spent {
            let cost = Some(cost.to_decimal().to_string());
            line(&mut short, &Line { key: key.clone(), number: String::new(), most: None, cost })
                .map_err(failed)?;
        }
        let beside = path.with_extension("new");
        std::fs::write(&beside, short).map_err(failed)?;
        std::fs::rename(&beside, path).map_err(failed)?;
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok((Self { file: Mutex::new(file) }, spent))
    }

    fn append(&self, of: &Line) -> Result<(), BackendError> {
        let mut bytes = Vec::new();
        let written = line(&mut bytes, of)
            .and_then(|()| self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&bytes));
        written.map_err(|error| {
            let message = "the file of --spent can't be written: without it no call is made";
            BackendError::new(ErrorKind::StorageFull, "proxy", "book", message).with_source(error)
        })
    }
}

fn line(bytes: &mut Vec<u8>, line: &Line) -> std::io::Result<()> {
    serde_json::to_writer(&mut *bytes, line)?;
    bytes.push(b'\n');
    Ok(())
}

/// The sum for each caller. A last line that is cut is left out: its try was not begun.
fn spent(text: &str) -> Result<BTreeMap<String, Money>, String> {
    let mut sums = BTreeMap::new();
    let mut open = BTreeMap::new();
    for (at, text) in text.split_inclusive('\n').enumerate().filter(|(_, text)| text.ends_with('\n')) {
        let place = |error: String| format!("line {}: {error}", at + 1);
        let line: Line = serde_json::from_str(text).map_err(|error| place(error.to_string()))?;
        let amount = |text: Option<&String>| text.map(|text| usd(text).map_err(place)).transpose();
        let name = (line.key.clone(), line.number);
        match (amount(line.most.as_ref())?, amount(line.cost.as_ref())?) {
            (Some(most), _) => drop(open.insert(name, most)),
            (None, Some(cost)) => {
                // A try ends once; the sums of an earlier run have no name.
                if open.remove(&name).is_some() || name.1.is_empty() {
                    add(&mut sums, line.key, cost).map_err(place)?;
                }
            }
            (None, None) => return Err(place("it has no amount".to_owned())),
        }
    }
    for ((key, _), most) in open {
        add(&mut sums, key, most)?;
    }
    Ok(sums)
}

fn add(sums: &mut BTreeMap<String, Money>, key: String, amount: Money) -> Result<(), String> {
    let sum = sums.entry(key).or_insert(Money::zero(Currency::USD));
    *sum = sum.checked_add(amount).map_err(|error| error.to_string())?;
    Ok(())
}

/// A caller's budget.
#[derive(Debug)]
pub(crate) struct Ledger {
    name: String,
    pub(crate) memory: MemoryBudget,
    journal: Option<Arc<Journal>>,
}

impl Ledger {
    /// A budget of which `before` is spent already.
    pub(crate) async fn new(
        name: &str,
        limit: Money,
        before: Option<Money>,
        journal: Option<Arc<Journal>>,
    ) -> Result<Self, BackendError> {
        let memory = MemoryBudget::new(limit);
        if let Some(before) = before {
            let start = IdempotencyKey::derive(
                RunId::from_digest(&Digest::of_bytes("proxy", name.as_bytes())),
                "proxy",
                "start",
                0,
            );
            // A cost above its reservation is booked in full.
            memory.reserve(&start, Money::zero(Currency::USD)).await?;
            memory.settle(&start, before).await?;
        }
        Ok(Self { name: name.to_owned(), memory, journal })
    }

    fn append(
        &self,
        key: &IdempotencyKey,
        most: Option<Money>,
        cost: Option<Money>,
    ) -> Result<(), BackendError> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let text = |amount: Option<Money>| amount.map(|amount| amount.to_decimal().to_string());
        let (most, cost) = (text(most), text(cost));
        journal.append(&Line { key: self.name.clone(), number: key.to_string(), most, cost })
    }
}

#[async_trait]
impl Budget for Ledger {
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError> {
        self.memory.reserve(key, most).await?;
        if let Err(error) = self.append(key, Some(most), None) {
            self.memory.release(key).await?;
            return Err(error);
        }
        Ok(())
    }

    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError> {
        // A failure to write is tried again, and the same end again changes nothing.
        self.memory.settle(key, cost).await?;
        self.append(key, None, Some(cost))
    }

    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.memory.release(key).await?;
        self.append(key, None, Some(Money::zero(Currency::USD)))
    }

    async fn left(&self) -> Result<Option<Money>, BackendError> {
        self.memory.left().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> IdempotencyKey {
        IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("t", b"t")), "t", "t", number)
    }

    #[tokio::test]
    async fn a_restart_forgets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spent.jsonl");
        for (round, left) in [(0, "9.00"), (1, "8.00")] {
            let (journal, spent) = Journal::open(&path).unwrap();
            let before = spent.get("ci").copied();
            let journal = Some(Arc::new(journal));
            let ledger = Ledger::new("ci", usd("10").unwrap(), before, journal).await.unwrap();
            for (at, cost) in [Some("0.25"), Some("0.15"), None].into_iter().enumerate() {
                let key = key(round * 10 + u32::try_from(at).unwrap());
                ledger.reserve(&key, usd("0.60").unwrap()).await.unwrap();
                if let Some(cost) = cost {
                    ledger.settle(&key, usd(cost).unwrap()).await.unwrap();
                }
            }
            let released = key(round * 10 + 9);
            ledger.reserve(&released, usd("1").unwrap()).await.unwrap();
            ledger.release(&released).await.unwrap();
            // The third try of each round has no end, and counts in full.
            assert_eq!(ledger.left().await.unwrap(), Some(usd(left).unwrap()), "round {round}");
        }
        std::fs::write(&path, "{\"key\":\"ci\",\"try\":\"\",\"cost\":\"2\"}\n{\"key\":\"ci\",\"tr").unwrap();
        assert_eq!(Journal::open(&path).unwrap().1["ci"], usd("2").unwrap());
        std::fs::write(&path, "{\"key\":\"ci\"}\n").unwrap();
        assert!(Journal::open(&path).unwrap_err().contains("line 1"));
    }

    #[cfg(feature = "conformance")]
    #[tokio::test]
    async fn it_is_a_budget() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spent.jsonl");
        let journal = Arc::new(Journal::open(&path).unwrap().0);
        let fresh = async |limit| Ledger::new("ci", limit, None, Some(Arc::clone(&journal))).await.unwrap();
        ae_router::conformance::budget::run_all(fresh).await;
        assert!(Journal::open(&path).is_ok(), "what the checks wrote can be read");
    }

    #[tokio::test]
    async fn more_than_the_limit_leaves_nothing() {
        let ledger = Ledger::new("ci", usd("1").unwrap(), Some(usd("2").unwrap()), None).await.unwrap();
        assert_eq!(ledger.left().await.unwrap(), Some(usd("0").unwrap()));
        assert!(ledger.reserve(&key(0), usd("0.01").unwrap()).await.is_err());
    }
}

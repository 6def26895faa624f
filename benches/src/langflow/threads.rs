//! Many threads in one file.

use std::{num::NonZeroU64, path::Path, sync::Arc};

use ae_langflow::{App, Durability, Page, Retention, RunConfig, SqliteCheckpointer, ThreadInfo};

use super::{Counter, advance, block_on, counter};

/// Threads of a hundred steps each, with one more to go, in one file.
#[derive(Debug)]
pub struct Many {
    app: App<Counter>,
    threads: u32,
    _folder: tempfile::TempDir,
}

/// The steps of each thread.
const STEPS: u32 = 100;

impl Many {
    /// `threads` threads in a new file in `folder`.
    ///
    /// # Panics
    ///
    /// When the file can't be written.
    pub fn new(folder: &Path, threads: u32) -> Self {
        let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
        let store = SqliteCheckpointer::open(folder.path().join("threads.db"), Durability::Normal);
        // Threads that are to be pruned have snapshots early.
        let app = counter().with_store(Arc::new(store.expect("a new file"))).with_snapshots_after(2048);
        let many = Self { app, threads, _folder: folder };
        for number in 0..threads {
            let start = Some(Counter::small(STEPS + 1));
            advance(&many.app, start, &config(number), u64::from(STEPS));
        }
        many
    }

    /// Lists all of them, a page of 100 at a time; how many there are.
    ///
    /// # Panics
    ///
    /// When the file can't be read.
    pub fn list(&self) -> usize {
        let (mut found, mut page) = (0, Page::first(100));
        loop {
            let lines: Vec<ThreadInfo> = block_on(self.app.threads(page)).expect("a readable file");
            let Some(last) = lines.last() else {
                return found;
            };
            found += lines.len();
            page = Page::first(100).with_after(last.thread.clone());
        }
    }

    /// Reads every hundredth thread; the steps they have.
    ///
    /// # Panics
    ///
    /// When the file can't be read.
    pub fn resume(&self) -> u64 {
        let some = (0..self.threads).step_by(100);
        some.map(|number| {
            let state = block_on(self.app.get_state(&config(number)));
            state.expect("a readable file").expect("a thread").step
        })
        .sum()
    }

    /// Leaves every hundredth thread its last ten records; how many records went.
    ///
    /// # Panics
    ///
    /// When the file can't be written.
    pub fn prune(&self) -> u64 {
        let keep = Retention::KeepLast(NonZeroU64::new(10).expect("ten is not zero"));
        let some = (0..self.threads).step_by(100);
        some.map(|number| {
            block_on(self.app.prune(&config(number), keep)).expect("a file that can be written")
        })
        .sum()
    }
}

fn config(number: u32) -> RunConfig {
    RunConfig::thread(format!("thread {number:06}"))
}

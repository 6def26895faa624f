//! Checks of a store after its process was killed.
//!
//! A child process runs a [`script`] on the store and reports every call that has returned. The parent kills it,
//! opens the store again and calls [`verify_after_crash`] with the number of calls that were reported: all of them have
//! to be in the store, and the one under way as a whole or not at all. A server may still be busy with that one when its
//! client is dead: wait until it is not.
//!
//! ```
//! use ae_langflow::{MemoryCheckpointer, conformance::checkpointer::crash};
//!
//! # async fn example() {
//! // The child; flushed, so that a report is not lost with the process.
//! let (store, script) = (MemoryCheckpointer::new(), crash::script(7, 100));
//! crash::run(&store, &script, 0, |done| println!("{done}")).await;
//!
//! // The parent, once the child is dead, with the last number that it read:
//! let stored = crash::verify_after_crash(&store, &script, 100).await;
//! // A new child goes on from there.
//! crash::run(&store, &script, stored, |done| println!("{done}")).await;
//! # }
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU64,
};

use ae_core::DigestWriter;

use super::support::{blob, done, first, list_after, load_at, next_step, note, same_step, with_snapshot};
use crate::{
    Checkpointer, MemoryCheckpointer,
    host::{Blob, Head, Loaded, Prune, Record, StoreCall},
};

const PREFIX: &str = "crash ";
const THREADS: u64 = 4;
const BLOBS: u64 = 5;
const PAGE: usize = 100;

/// The first `length` calls of the workload that follows from `seed`: commits with and without snapshots and shared
/// blobs, notes, copies, prunes and deletes on a few threads, whose names begin with `crash `.
#[must_use]
pub fn script(seed: u64, length: usize) -> Vec<StoreCall> {
    let mut author = Author { seed, drawn: 0, threads: BTreeMap::new() };
    (0..length).map(|_| author.next()).collect()
}

/// Makes the calls of `script` from number `from` on (from 0), and reports after each how many are done in all.
pub async fn run(store: &dyn Checkpointer, script: &[StoreCall], from: usize, mut done: impl FnMut(usize)) {
    for (number, call) in script.iter().enumerate().skip(from) {
        let result = call.clone().run(store).await;
        result.unwrap_or_else(|error| panic!("call {number}, {call}, failed: {error:?}"));
        done(number + 1);
    }
}

/// Checks that `store` holds what the first `acknowledged` calls of `script` made, or one call more, and nothing else
/// in the threads of the script. Returns the number of calls that it holds; those that change nothing are held.
pub async fn verify_after_crash(
    store: &dyn Checkpointer,
    script: &[StoreCall],
    acknowledged: usize,
) -> usize {
    let found = contents(store).await;
    let model = MemoryCheckpointer::new();
    run(&model, script.get(..acknowledged).unwrap_or(script), 0, |_| {}).await;
    let expected = contents(&model).await;
    let mut held = acknowledged;
    let mut next = step(&model, script, held).await;
    if found != expected {
        let lost = difference(&found, &expected);
        let Some(with_next) = next else { panic!("all {held} calls had returned, and {lost}") };
        assert!(
            found == with_next,
            "{held} calls had returned, and {lost}; if the next call is taken to be done, {}",
            difference(&found, &with_next)
        );
        held += 1;
        next = step(&model, script, held).await;
    }
    while next.is_some_and(|next| next == found) {
        held += 1;
        next = step(&model, script, held).await;
    }
    held
}

type Contents = BTreeMap<String, Vec<Option<Loaded>>>;

/// The contents of the model after one more call.
async fn step(model: &dyn Checkpointer, script: &[StoreCall], number: usize) -> Option<Contents> {
    let call = script.get(number)?;
    done(call.clone().run(model).await, "the model");
    Some(contents(model).await)
}

fn difference(found: &Contents, expected: &Contents) -> String {
    let both: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let thread = both.into_iter().find(|thread| found.get(*thread) != expected.get(*thread));
    let Some(thread) = thread else { return "nothing differs".to_owned() };
    match (found.get(thread), expected.get(thread)) {
        (Some(found), Some(expected)) => {
            let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
            match at {
                Some(0) => format!("{thread:?} is another now"),
                Some(read) => format!("{thread:?} is another as of record {}", read - 1),
                None => format!("{thread:?} ends elsewhere"),
            }
        }
        (Some(_), None) => format!("{thread:?} should not be there"),
        (None, _) => format!("{thread:?} is missing"),
    }
}

/// Every thread of the script as of every record, and with its notes.
async fn contents(store: &dyn Checkpointer) -> Contents {
    let mut threads = BTreeMap::new();
    let mut after = PREFIX.to_owned();
    loop {
        let page = list_after(store, &after, PAGE).await;
        let ours: Vec<_> = page.into_iter().filter(|line| line.thread.starts_with(PREFIX)).collect();
        let Some(last) = ours.last() else { return threads };
        after.clone_from(&last.thread);
        for line in ours {
            let mut reads = vec![load_at(store, &line.thread, None).await];
            for seq in 0..=line.seq {
                reads.push(load_at(store, &line.thread, Some(seq)).await);
            }
            threads.insert(line.thread, reads);
        }
    }
}

/// Writes a script. It follows the threads, so that every call succeeds.
struct Author {
    seed: u64,
    drawn: u64,
    /// The head of each thread.
    threads: BTreeMap<String, Head>,
}

impl Author {
    /// A number below `bound`.
    fn draw(&mut self, bound: u64) -> u64 {
        self.drawn += 1;
        let digest = DigestWriter::new("crash script").field(&self.seed.to_be_bytes());
        let digest = digest.field(&self.drawn.to_be_bytes()).finish();
        let [a, b, c, d, ..] = *digest.as_bytes();
        u64::from(u32::from_be_bytes([a, b, c, d])) % bound
    }

    fn next(&mut self) -> StoreCall {
        let thread = format!("{PREFIX}{}", self.draw(THREADS));
        let Some(head) = self.threads.get(&thread).copied() else { return self.begin(thread) };
        match self.draw(100) {
            0..60 => {
                let record = self.record(head);
                self.threads.insert(thread.clone(), record.head);
                StoreCall::Commit { thread, expected: Some(head), record }
            }
            60..80 => {
                let (task, value) = (format!("task {}", self.draw(3)), self.drawn.to_string());
                StoreCall::AppendOnce { thread, head, notes: vec![note(head.step, &task, &value)] }
            }
            80..88 => {
                let every = (self.draw(2) == 1).then(|| NonZeroU64::new(4)).flatten();
                let last = NonZeroU64::new(1 + self.draw(6)).unwrap_or(NonZeroU64::MIN);
                let prune = Prune { keep_every: every, ..Prune::keep_last(last) };
                StoreCall::Prune { thread, prune }
            }
            88..95 => self.copy(thread, head),
            _ => {
                self.threads.remove(&thread);
                StoreCall::Delete { thread }
            }
        }
    }

    fn begin(&mut self, thread: String) -> StoreCall {
        let record = first().with_blobs(self.blobs());
        self.threads.insert(thread.clone(), record.head);
        StoreCall::Commit { thread, expected: None, record }
    }

    fn record(&mut self, head: Head) -> Record {
        let change = format!("{{\"drawn\":{}}}", self.drawn);
        let record = match self.draw(5) {
            0 => {
                let filler = usize::try_from(self.draw(20_000)).unwrap_or_default();
                with_snapshot(head, &change, &format!("\"{}\"", "s".repeat(filler)))
            }
            1 => same_step(head, &change),
            _ => next_step(head, &change),
        };
        record.with_blobs(self.blobs())
    }

    /// Some of a few texts, so that records share them; some are larger than a page of a file.
    fn blobs(&mut self) -> Vec<Blob> {
        let (first, many) = (self.draw(BLOBS), self.draw(3));
        let text = |number: u64| {
            let times = usize::try_from(number).unwrap_or_default() * 1_000 + 1;
            blob(&format!("\"{}\"", number.to_string().repeat(times)))
        };
        (first..BLOBS.min(first + many)).map(text).collect()
    }

    /// A copy of the whole thread: records before its end may have been pruned.
    fn copy(&mut self, from: String, head: Head) -> StoreCall {
        let to = format!("{PREFIX}copy {}", self.drawn);
        let up_to = (self.draw(2) == 1).then_some(head.seq);
        StoreCall::Copy { from, up_to, to }
    }
}

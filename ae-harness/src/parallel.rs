//! Work on many files at once: their contents wait for one disk together, and not one after another.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The most threads that work on one list.
const THREADS_MAX: usize = 8;
/// The items that are worth a thread.
const ITEMS: usize = 16;

/// The results of `work` on each item, in their order, or the first error that was met. After an error no item is begun.
pub(crate) fn try_map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = items.len().div_ceil(ITEMS).min(THREADS_MAX);
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    let failed = || failure.lock().unwrap_or_else(PoisonError::into_inner);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            match work(item) {
                Ok(result) => done.push((at, result)),
                Err(error) => {
                    next.store(items.len(), Ordering::Relaxed);
                    failed().get_or_insert(error);
                    return done;
                }
            }
        }
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut done = Vec::with_capacity(items.len());
    for part in parts {
        done.extend(part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
    }
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_an_error_ends_the_work() {
        for count in [0_usize, 1, 15, 16, 17, 1_000] {
            let items: Vec<_> = (0..count).collect();
            let doubled = try_map(&items, |item| Ok::<_, ()>(item * 2)).unwrap();
            assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        let items: Vec<_> = (0..1_000).collect();
        let begun = AtomicUsize::new(0);
        let answer = try_map(&items, |item| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *item >= 100 { Err("no") } else { Ok(()) }
        });
        assert_eq!(answer, Err("no"));
        assert!(begun.load(Ordering::Relaxed) <= 100 + THREADS_MAX);
    }
}
